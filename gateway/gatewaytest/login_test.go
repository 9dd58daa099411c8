package gatewaytest_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/config"
)

// It is not parallel, since it measures.
func TestEveryWrongLoginIsAnsweredAlike(t *testing.T) {
	g := gatewaytest.Start(t, gatewaytest.Also("other", config.ConnectionScim{Client: config.ClientAuto}),
		gatewaytest.Settings(func(s *config.Scim) { s.FailedLogins = 100_000 }))
	expired := g.NewToken("staff", "expired", time.Now().Add(-time.Minute))
	revoked := g.NewToken("staff", "revoked", time.Time{})
	if _, err := g.Store.RevokeScimToken(context.Background(), "staff", "revoked", time.Now()); err != nil {
		t.Fatal(err)
	}
	elsewhere := g.NewToken("other", "elsewhere", time.Time{})
	type attempt struct{ url, authorization string }
	attempts := map[string]attempt{
		"a wrong token":                {g.URL, "Bearer rcs_" + "0123456789012345678901234567890123456789012"},
		"an expired token":             {g.URL, "Bearer " + expired},
		"a revoked token":              {g.URL, "Bearer " + revoked},
		"a token of another":           {g.URL, "Bearer " + elsewhere},
		"no token":                     {g.URL, ""},
		"a token without a scheme":     {g.URL, g.Token},
		"basic, which is not accepted": {g.URL, "Basic " + base64.StdEncoding.EncodeToString([]byte("test:"+g.Token))},
		"a connection that is none":    {g.Server.BaseURL("nobody"), "Bearer " + g.Token},
	}
	var first *reply
	for name, a := range attempts {
		c := &caller{TB: t, url: a.url, header: http.Header{"Authorization": {a.authorization}}}
		r := c.want(c.do("GET", "/Users/x", ""), http.StatusUnauthorized)
		if got := r.header.Values("Www-Authenticate"); !slices.Equal(got, []string{`Bearer realm="rollcall"`}) {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
		if first == nil {
			first = &r
		}
		if diff := cmp.Diff(first.json, r.json); diff != "" {
			t.Errorf("%s is answered differently:\n%s", name, diff)
		}
	}

	// The time of the answer does not tell them apart either. Of interleaved
	// requests a low quantile is compared: what is above it is the machine's
	// other work.
	times := map[string][]time.Duration{}
	for range 150 {
		for name, a := range attempts {
			c := &caller{TB: t, url: a.url, header: http.Header{"Authorization": {a.authorization}}}
			begun := time.Now()
			c.do("GET", "/Users/x", "")
			times[name] = append(times[name], time.Since(begun))
		}
	}
	typical := map[string]time.Duration{}
	for name, all := range times {
		slices.Sort(all)
		typical[name] = all[len(all)/5]
	}
	for one, a := range typical {
		for other, b := range typical {
			if a > b+b/2+100*time.Microsecond {
				t.Errorf("%s takes %s, %s %s", one, a, other, b)
			}
		}
	}
	t.Log(typical)
}

func TestWhatAConnectionAcceptsAsCredentialsIsItsSetting(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, gatewaytest.Staff(func(c *config.ConnectionScim) { c.Basic, c.RawToken = true, true }))
	basic := func(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
	for name, one := range map[string]struct {
		authorization string
		want          int
	}{
		"a bearer token":                      {"Bearer " + g.Token, 404},
		"a bearer token, the scheme in small": {"bearer " + g.Token, 404},
		"the token by itself":                 {g.Token, 404},
		"basic with the token's name":         {basic("test:" + g.Token), 404},
		"basic with another name":             {basic("other:" + g.Token), 401},
		"basic without a name":                {basic(":" + g.Token), 401},
		"basic that is no base64":             {"Basic %%%", 401},
		"another scheme":                      {"Digest " + g.Token, 401},
	} {
		c := &caller{TB: t, url: g.URL, header: http.Header{"Authorization": {one.authorization}}}
		r := c.do("GET", "/Users/x", "")
		if r.status != one.want {
			t.Errorf("%s: status %d, want %d", name, r.status, one.want)
		}
		if r.status == 401 && len(r.header.Values("Www-Authenticate")) != 2 {
			t.Errorf("%s: WWW-Authenticate %q, want Bearer and Basic", name, r.header.Values("Www-Authenticate"))
		}
	}
}

func TestWithoutATokenNobodyLearnsWhatThereIs(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := &caller{TB: t, url: g.URL, header: http.Header{}}
	for _, path := range []string{"", "/", "/Users", "/Nothing", "/Schemas", "/ServiceProviderConfig", "/Me", "/a/b/c/d"} {
		c.want(c.do("GET", g.URL+path, ""), http.StatusUnauthorized)
		c.want(c.do("TRACE", g.URL+path, ""), http.StatusUnauthorized)
	}
	c.want(c.do("GET", "http://"+g.Server.Address()+"/", ""), http.StatusNotFound)
	c.want(c.do("GET", "http://"+g.Server.Address()+"/scim/v2/", ""), http.StatusNotFound)
}

func TestATokenIsSeenToHaveBeenUsed(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newCaller(t, g)
	c.want(c.do("GET", "/Users/x", ""), http.StatusNotFound)
	if err := g.Server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	tokens, err := g.Store.ScimTokens(context.Background(), "staff")
	if err != nil {
		t.Fatal(err)
	}
	if len(tokens) != 1 || time.Since(tokens[0].LastUsed) > 2*time.Minute {
		t.Errorf("got %+v, want the last use within the last minute", tokens)
	}
}
