package rest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// TestARedirectIsFollowedForASlashAlone: anywhere else the credential must not go,
// and a write must not become a read.
func TestARedirectIsFollowedForASlashAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method   string
		status   int
		location string
		follows  bool
	}{
		"a read, for good":               {"GET", http.StatusMovedPermanently, "/context/groups/acme/?q=1", true},
		"a read, for now":                {"GET", http.StatusFound, "/context/groups/acme/?q=1", true},
		"a write that stays one":         {"PUT", http.StatusPermanentRedirect, "/context/groups/acme/?q=1", true},
		"a write that would become none": {"PUT", http.StatusMovedPermanently, "/context/groups/acme/?q=1", false},
		"another path":                   {"GET", http.StatusFound, "/context/login?q=1", false},
		"another question":               {"GET", http.StatusFound, "/context/groups/acme/", false},
		"another host":                   {"GET", http.StatusFound, "http://localhost:1/context/groups/acme/?q=1", false},
		"the same again":                 {"GET", http.StatusFound, "/context/groups/acme?q=1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, body := "", ""
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/") {
					w.Header().Set("Location", test.location)
					w.WriteHeader(test.status)
					return
				}
				text, _ := io.ReadAll(r.Body)
				got, body = r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization"), string(text)
			})
			call := rest.Call{Method: test.method, Template: "/groups/{workspace}", Args: []string{"acme"}, Query: url.Values{"q": {"1"}}}
			sent := ""
			if test.method != "GET" {
				call.Body, sent = struct{}{}, "{}"
			}
			_, err := c.Do(t.Context(), call)
			if !test.follows {
				if directory.ClassOf(err) != directory.ClassUnavailable || got != "" {
					t.Errorf("%v, and %q was asked for", err, got)
				}
				return
			}
			if want := test.method + " /context/groups/acme/?q=1 Bearer " + token; err != nil || got != want || body != sent {
				t.Errorf("%v, and %q with %q was asked for, want %q", err, got, body, want)
			}
		})
	}
}
