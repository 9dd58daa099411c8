package bitbucketcloud_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/target/bitbucketcloud"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// TestWhatIsNoListIsAnOutage: none of these may look like an empty workspace or
// group.
func TestWhatIsNoListIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an empty object": `{}`, "null": `null`, "nothing": ``, "a page of some proxy": `<html>busy</html>`,
		"a list that is none": `{"values":null}`, "an error with the status of a success": `{"type":"error","error":{"message":"x"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := answering(t, http.StatusOK, body)
			_, err := target.Accounts(t.Context(), "")
			wantClass(t, err, directory.ClassUnavailable)
			_, err = target.Groups(t.Context(), "")
			wantClass(t, err, directory.ClassUnavailable)
			_, err = target.Members(t.Context(), "club", "")
			wantClass(t, err, directory.ClassUnavailable)
			_, err = target.FindAccounts(t.Context(), []string{"ana@example.com"})
			wantClass(t, err, directory.ClassUnavailable)
			_, err = target.FindGroups(t.Context(), []string{"club"})
			wantClass(t, err, directory.ClassUnavailable)
		})
	}
}

func TestTheNextPageIsFollowedNowhereElse(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]string{
		"another list":    "{base}/2.0/workspaces/acme/permissions?page=2",
		"another API":     "{base}/internal/members?page=2",
		"itself":          "{base}/2.0/workspaces/acme/members?pagelen=100",
		"no address":      "%zz",
		"without a query": "{base}/2.0/workspaces/acme/members",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := answering(t, http.StatusOK, `{"values":[],"next":"`+next+`"}`)
			_, err := target.Accounts(t.Context(), "")
			wantClass(t, err, directory.ClassUnavailable)
		})
	}
}

// TestTheNextPageIsAskedForWhereTheFirstWas: whatever host its address names, and
// whether it names one. The credential goes nowhere else.
func TestTheNextPageIsAskedForWhereTheFirstWas(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]string{
		"the workspace by its uuid": "{base}/2.0/workspaces/%7Buuid%7D/members?page=2",
		"the host behind a proxy":   "https://api.bitbucket.example/2.0/workspaces/acme/members?page=2",
		"with the port":             "https://api.bitbucket.example:443/2.0/workspaces/acme/members?page=2",
		"with a slash at its end":   "{base}/2.0/workspaces/acme/members/?page=2",
		"without a host":            "/2.0/workspaces/acme/members?page=2",
		"a query alone":             "?page=2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := serving(t, func(w http.ResponseWriter, r *http.Request) {
				body := `{"values":[{"user":{"uuid":"{2}"}}],"next":null}`
				if r.URL.Query().Get("page") == "" {
					body = `{"values":[{"user":{"uuid":"{1}"}}],"next":"` + strings.ReplaceAll(next, "{base}", "http://"+r.Host) + `"}`
				}
				_, _ = io.WriteString(w, body)
			})
			first, err := target.Accounts(t.Context(), "")
			if err != nil || first.Next != "page=2" {
				t.Fatalf("got %+v, %v", first, err)
			}
			second, err := target.Accounts(t.Context(), first.Next)
			if err != nil || second.Next != "" || len(second.Accounts) != 1 || second.Accounts[0].ID != "{2}" {
				t.Errorf("got %+v, %v", second, err)
			}
		})
	}
}

func TestWhoseTokenItIsMayBeRefusedInAnyWay(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest} {
		p := newPlace(t, bitbucketcloudsim.Options{}, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/2.0/user" {
					w.WriteHeader(status)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, nil)
		if protected, err := p.target.Protected(t.Context()); err != nil || len(protected.AccountIDs) != 1 {
			t.Errorf("HTTP %d: protected are %+v, %v; want the owner", status, protected, err)
		}
	}
}

// TestAWorkspaceHasAnOwner: whose permission is not told would be nobody's guard.
func TestAWorkspaceHasAnOwner(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"values":[]}`, `{"values":[{"user":{"uuid":"{1}"}}]}`} {
		_, err := answering(t, http.StatusOK, body).Protected(t.Context())
		wantClass(t, err, directory.ClassUnavailable)
	}
	p := newPlace(t, bitbucketcloudsim.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/2.0/user" {
				_, _ = io.WriteString(w, `{"type":"user"}`)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil)
	_, err := p.target.Protected(t.Context())
	wantClass(t, err, directory.ClassUnavailable)
}

func TestMembersWithoutAnAddressAreNoMatch(t *testing.T) {
	t.Parallel()
	// A filter that was ignored gives everybody, and no addresses.
	target := answering(t, http.StatusOK, `{"values":[{"user":{"uuid":"{1}","display_name":"Ana"}}]}`)
	_, err := target.FindAccounts(t.Context(), []string{"ana@example.com"})
	wantClass(t, err, directory.ClassAuth)
	target = answering(t, http.StatusOK, `{"values":[{"user":{"uuid":"{1}","email":"somebody@example.com"}}]}`)
	if found, err := target.FindAccounts(t.Context(), []string{"ana@example.com"}); err != nil || len(found) > 0 {
		t.Errorf("somebody else is taken for Ana: %+v, %v", found, err)
	}
}

func TestAStatusMeansWhatBitbucketMeansByIt(t *testing.T) {
	t.Parallel()
	permit := func(target *bitbucketcloud.Target) error {
		return target.Permit(t.Context(), "club", directory.Permission{Scope: "project CORE", Level: "read"})
	}
	add := func(target *bitbucketcloud.Target) error { return target.AddMember(t.Context(), "club", "{1}") }
	for name, test := range map[string]struct {
		status int
		call   func(*bitbucketcloud.Target) error
		want   directory.Class
	}{
		"403 to a group is the credential's":        {http.StatusForbidden, add, directory.ClassAuth},
		"403 to a permission is the one project's":  {http.StatusForbidden, permit, directory.ClassRefused},
		"429 without a word is a limit":             {http.StatusTooManyRequests, add, directory.ClassRateLimited},
		"404 to a permission may be a lost project": {http.StatusNotFound, permit, directory.ClassNotFound},
		"404 to all of 1.0 is no lost group":        {http.StatusNotFound, add, directory.ClassAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantClass(t, test.call(answering(t, test.status, `{"type":"error","error":{"message":"no"}}`)), test.want)
		})
	}
}

func wantClass(t *testing.T, err error, want directory.Class) {
	t.Helper()
	if err == nil || directory.ClassOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// answering is a target whose vendor says the same to everything; {base} in it
// is the server's own address.
func answering(t *testing.T, status int, body string) *bitbucketcloud.Target {
	t.Helper()
	return serving(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if _, err := io.WriteString(w, strings.ReplaceAll(body, "{base}", "http://"+r.Host)); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

func serving(t *testing.T, serve http.HandlerFunc) *bitbucketcloud.Target {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	target, err := bitbucketcloud.New(bitbucketcloud.Config{BaseURL: server.URL, Workspace: "acme", Credential: rest.Bearer("token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return target
}
