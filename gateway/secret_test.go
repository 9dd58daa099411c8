package gateway_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// TestASecretIsKeptNowhere sends passwords by every way there is: neither they
// nor the token are in an answer, the database's files, the log or the
// metrics.
func TestASecretIsKeptNowhere(t *testing.T) {
	t.Parallel()
	const password = "Tr0ub4dor-and-3-seeds"
	c, g := start(t)
	body := func(name string) object {
		return object{"schemas": array{userURN}, "userName": name, "password": password}
	}
	name := c.unique()
	u := c.do(t, "POST", "/Users", body(name)).want(t, 201)
	path := "/Users/" + u.id()
	answers := []answer{
		u,
		c.do(t, "PUT", path, body(name)).want(t, 200),
		c.patch(t, path, op("replace", "password", password)).want(t, 200),
		c.patch(t, path, op("add", "", object{"password": password})).want(t, 200),
		c.patch(t, path, op("replace", userURN+":password", password)).want(t, 200),
		c.bulk(t, 0, object{"method": "POST", "path": "/Users", "bulkId": "x", "data": body(c.unique())}, object{"method": "PUT", "path": path, "data": body(name)}).want(t, 200),
		// Refusals, with the secret where it should be and where it should not.
		c.do(t, "POST", "/Users", body(name)).want(t, 409),
		c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "password": password}).want(t, 400),
		c.do(t, "POST", "/Users", `{"password":"`+password+`"`).want(t, 400),
		c.do(t, "POST", "/Users", object{"schemas": array{userURN}, "userName": c.unique(), "password": array{password}}).want(t, 400),
		c.patch(t, path, op("replace", "password", object{"word": password})).want(t, 400),
		c.find(t, "/Users", "filter", `password eq "`+password+`"`).want(t, 403),
		c.find(t, "/Users", "filter", `userName eq "`+password+`"`).want(t, 200),
		c.get(t, path+"?attributes=password"),
		c.get(t, "/Users?attributes=password"),
	}
	wrong := "rcs_" + strings.Repeat("w", 43)
	answers = append(answers, c.with("Authorization", "Bearer "+wrong).do(t, "GET", "/Users", nil).want(t, 401))
	for _, a := range answers {
		for _, secret := range []string{password, g.Token} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("%s %s (status %d) returns a secret", a.method, a.path, a.status)
			}
		}
	}
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(g.Registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if recorder.Body.Len() == 0 {
		t.Error("there are no metrics to look at")
	}
	// The log of requests is written behind the answers: a stopped gateway
	// has written all of it.
	if err := g.Server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"the metrics": recorder.Body.String(), "the log": g.Log.String()}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(g.DatabaseFile + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		places["the database's file"+suffix] = string(content)
	}
	digest := func(secret string) []string {
		sum := sha256.Sum256([]byte(secret))
		return []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString(sum[:])}
	}
	// A token's digest is kept; a password's is not, nor anything of it.
	for place, content := range places {
		for _, secret := range append(digest(password), g.Token, wrong) {
			if strings.Contains(content, secret) {
				t.Errorf("%s has a secret", place)
			}
		}
	}
	if !strings.Contains(places["the database's file"]+places["the database's file-wal"], name) {
		t.Error("the user is not in the files: the search cannot find anything")
	}
	if !strings.Contains(places["the database's file"]+places["the database's file-wal"], digest(g.Token)[2]) {
		t.Error("the token's digest is not in the files: the search cannot find anything")
	}
}
