package gatewaytest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// logged closes the gateway and returns the log of requests, oldest first.
func logged(t *testing.T, g *gatewaytest.Gateway) []store.ScimLogEntry {
	t.Helper()
	if err := g.Server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	entries, err := g.Store.ScimLog(context.Background(), "staff", store.ScimLogFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(entries, func(a, b store.ScimLogEntry) int { return a.At.Compare(b.At) })
	return entries
}

func TestTheLogOfRequestsHasWritesRefusalsReadsAndFailedLogins(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newCaller(t, g).with("User-Agent", "Okta SCIM Client 1.0.0").with("X-Request-Id", "r-1")
	id := c.want(c.do("POST", "/Users", `{"userName":"ada","password":"s3cret-Passw0rd"}`), http.StatusCreated).id()
	c.want(c.do("PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`), http.StatusOK)
	c.want(c.do("POST", "/Users", `{"userName":"ADA"}`), http.StatusConflict)
	c.want(c.do("GET", "/Users?filter=userName%20eq%20%22ada%22", ""), http.StatusOK)
	c.want(c.with("Authorization", "Bearer wrong").do("DELETE", "/Users/"+id, ""), http.StatusUnauthorized)
	var lines []string
	for _, e := range logged(t, g) {
		lines = append(lines, fmt.Sprintf("%s %s %s %d %q %q", e.Token, e.Method, strings.ReplaceAll(e.Path, id, "ID"), e.Status, e.Summary, e.Detail))
		if e.Client != "Okta SCIM Client 1.0.0" || e.RequestID != "r-1" || e.Address != "127.0.0.1" || time.Since(e.At) > time.Minute {
			t.Errorf("got %+v", e)
		}
	}
	want := []string{
		`test POST /Users 201 "create a user" ""`,
		`test PATCH /Users/ID 200 "change a user: replace active=false" ""`,
		`test POST /Users 409 "create a user" "another resource has this userName already; its id is ` + id + `"`,
		`test GET /Users 200 "list users by a filter" ""`,
		` DELETE /Users/ID 401 "log in" "the token is missing, wrong, expired, revoked or not this connection's"`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	text := g.Log.String()
	for _, secret := range []string{"s3cret-Passw0rd", g.Token, "userName"} {
		if strings.Contains(text, secret) {
			t.Errorf("the program's log has %q", secret)
		}
	}
}

func TestManyReadsAreCountedInOneLine(t *testing.T) {
	t.Parallel()
	now := time.Now()
	g := gatewaytest.Start(t, gatewaytest.Clock(func() time.Time { return now }))
	c := newCaller(t, g)
	for range 60 {
		c.want(c.do("GET", "/Users/none", ""), http.StatusNotFound)
	}
	// The log may have been written in between, so that there may be several
	// such lines.
	var listed, counted int
	for _, e := range logged(t, g) {
		var more int
		if _, err := fmt.Sscanf(e.Summary, "%d more reads", &more); err != nil {
			listed++
		}
		counted += more
	}
	if listed != 50 || counted != 10 {
		t.Errorf("%d reads are listed and %d counted, want 50 and 10", listed, counted)
	}
}

func TestMetricsHaveRoutesAndNoIds(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	g.NewToken("staff", "okta", time.Unix(2000000000, 0))
	c := newCaller(t, g)
	id := c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated).id()
	c.want(c.do("GET", "/users/"+id+"/", ""), http.StatusOK)
	c.want(c.do("GET", "/Users/unknown-id", ""), http.StatusNotFound)
	c.want(c.do("GET", "/Nothing/unknown-id", ""), http.StatusNotFound)
	c.want(c.do("GET", g.Server.BaseURL("made-up-name")+"/Users", ""), http.StatusUnauthorized)
	err := testutil.GatherAndCompare(g.Registry, strings.NewReader(`# HELP rollcall_scim_requests_total SCIM requests that were answered, by connection, route, method and status.
# TYPE rollcall_scim_requests_total counter
rollcall_scim_requests_total{connection="",method="GET",route="/{type}",status="401"} 1
rollcall_scim_requests_total{connection="staff",method="GET",route="/Users/{id}",status="200"} 1
rollcall_scim_requests_total{connection="staff",method="GET",route="/Users/{id}",status="404"} 1
rollcall_scim_requests_total{connection="staff",method="GET",route="unknown",status="404"} 1
rollcall_scim_requests_total{connection="staff",method="POST",route="/Users",status="201"} 1
`), "rollcall_scim_requests_total")
	if err != nil {
		t.Error(err)
	}
	families, err := g.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				for _, personal := range []string{id, "unknown-id", "made-up-name", "ada"} {
					if strings.Contains(l.GetValue(), personal) {
						t.Errorf("%s has label %s=%q", f.GetName(), l.GetName(), l.GetValue())
					}
				}
			}
		}
	}
}

func TestTheExpiryOfTokensIsMeasured(t *testing.T) {
	t.Parallel()
	one := gatewaytest.Start(t)
	one.NewToken("staff", "okta", time.Unix(2000000000, 0))
	one.NewToken("staff", "old", time.Now().Add(-time.Hour))
	if _, err := one.Store.RevokeScimToken(context.Background(), "staff", "old", time.Now()); err != nil {
		t.Fatal(err)
	}
	// It is measured at the start, and each minute.
	two := gatewaytest.Start(t, gatewaytest.SharedStore(one))
	const want = `# HELP rollcall_scim_token_expires_timestamp_seconds When a token expires, in Unix time; tokens that never expire have no value.
# TYPE rollcall_scim_token_expires_timestamp_seconds gauge
rollcall_scim_token_expires_timestamp_seconds{connection="staff",token="okta"} 2e+09
`
	eventually(t, func() error {
		return testutil.GatherAndCompare(two.Registry, strings.NewReader(want), "rollcall_scim_token_expires_timestamp_seconds")
	})
}

func TestAPushWakesTheShardsOfWhatItChangedAndARepetitionNone(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newCaller(t, g)
	id := c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated).id()
	if got := g.Woken(); len(got) != 1 {
		t.Fatalf("woken %v, want one shard", got)
	}
	c.want(c.do("PUT", "/Users/"+id, `{"userName":"ada"}`), http.StatusOK)
	c.want(c.do("PUT", "/Users/none", `{"userName":"bob"}`), http.StatusNotFound)
	if got := g.Woken(); len(got) != 1 {
		t.Errorf("woken %v after nothing changed", got)
	}
}

func TestWhatWaitsToBeAppliedIsMeasured(t *testing.T) {
	t.Parallel()
	one := gatewaytest.Start(t)
	c := newCaller(t, one)
	c.want(c.do("POST", "/Users", `{"userName":"ada"}`), http.StatusCreated)
	c.want(c.do("POST", "/Groups", `{"displayName":"team"}`), http.StatusCreated)
	two := gatewaytest.Start(t, gatewaytest.SharedStore(one))
	const want = `# HELP rollcall_scim_inbox_pending Objects that were pushed and are not applied in every target yet.
# TYPE rollcall_scim_inbox_pending gauge
rollcall_scim_inbox_pending{connection="staff"} 2
`
	eventually(t, func() error {
		return testutil.GatherAndCompare(two.Registry, strings.NewReader(want), "rollcall_scim_inbox_pending")
	})
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, holds func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err = holds(); err == nil {
			return
		}
	}
	t.Error(err)
}
