package rest_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const token = "s3cret/token+1"

func client(t *testing.T, serve http.HandlerFunc, change ...func(*rest.Config)) *rest.Client {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	base, err := rest.ParseBase(server.URL + "/context/")
	if err != nil {
		t.Fatal(err)
	}
	transport := rest.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	config := rest.Config{Base: base, Authorize: rest.Bearer(token), Transport: transport}
	for _, c := range change {
		c(&config)
	}
	return rest.New(config)
}

func TestARequestIsWhatTheCallSays(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, body = r, string(text)
		io.WriteString(w, `{}`)
	}, func(c *rest.Config) {
		c.Authorize = rest.Basic("ana@example.com", token)
		c.Header = http.Header{"X-Atlassian-Token": {"no-check"}}
		c.UserAgent, c.ContentType = "rollcall/1", "application/scim+json"
	})
	_, err := c.Do(t.Context(), rest.Call{
		Method: "POST", Template: "/group/{name}/user", Args: []string{"a/b c"}, Query: url.Values{"q": {"x y"}}, Body: map[string]int{"n": 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.URL.EscapedPath() != "/context/group/a%2Fb%20c/user" || got.URL.RawQuery != "q=x+y" || body != `{"n":1}` {
		t.Errorf("sent %s?%s %s", got.URL.EscapedPath(), got.URL.RawQuery, body)
	}
	want := map[string]string{
		"Authorization":     "Basic " + base64.StdEncoding.EncodeToString([]byte("ana@example.com:"+token)),
		"X-Atlassian-Token": "no-check", "User-Agent": "rollcall/1", "Content-Type": "application/scim+json", "Accept": "application/json",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
		}
	}
}

func TestWhatGoesWrongIsTyped(t *testing.T) {
	t.Parallel()
	read, write, place := rest.Call{Method: "GET", Template: "/user", Object: "account"}, rest.Call{Method: "PUT", Template: "/user", Object: "account"}, rest.Call{Method: "GET", Template: "/users"}
	tests := []struct {
		name   string
		call   rest.Call
		status int
		header string
		want   error
	}{
		{"asked too often", write, 429, "7", &directory.RateLimitError{Call: "PUT /user", RetryAfter: 7 * time.Second}},
		{"an outage at a read", read, 503, "", &directory.UnavailableError{Call: "GET /user", Status: 503, Detail: `"why"`}},
		{"an outage at a write", write, 500, "3", &directory.UnavailableError{Call: "PUT /user", Status: 500, Ambiguous: true, RetryAfter: 3 * time.Second, Detail: `"why"`}},
		{"a redirect", read, 302, "", &directory.UnavailableError{Call: "GET /user", Status: 302, Detail: `"why"`}},
		{"the credential", read, 401, "", &directory.AuthError{Call: "GET /user", Status: 401, Detail: `"why"`}},
		{"a right that the credential lacks", place, 403, "", &directory.AuthError{Call: "GET /users", Status: 403, Detail: `"why"`}},
		{"an object that may not be touched", write, 403, "", &directory.RefusedError{Call: "PUT /user", Status: 403, Detail: `"why"`}},
		{"a place that is missing", place, 404, "", &directory.AuthError{Call: "GET /users", Status: 404, Detail: `"why"`}},
		{"an object that is missing", write, 404, "", &directory.NotFoundError{Call: "PUT /user", What: "account", Detail: `"why"`}},
		{"a conflict", write, 409, "", &directory.ConflictError{Call: "PUT /user", Detail: `"why"`}},
		{"a refusal", write, 400, "", &directory.RefusedError{Call: "PUT /user", Status: 400, Detail: `"why"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, "why")
			})
			_, err := c.Do(t.Context(), test.call)
			if diff := cmp.Diff(test.want, err); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestARedirectIsSaidWithoutWhatWasAsked(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://login.example.com/start?back="+r.URL.RawQuery, http.StatusFound)
	})
	call := rest.Call{Method: "POST", Template: "/user", Query: url.Values{"password": {"s3cret-word"}}, Secrets: []string{"s3cret-word"}}
	err := c.Send(t.Context(), call)
	detail := directory.DetailOf(err)
	if directory.ClassOf(err) != directory.ClassUnavailable || !strings.Contains(detail, "redirected to https://login.example.com/start,") || strings.Contains(detail, "s3cret") {
		t.Errorf("got %v: %s", err, detail)
	}
}

func TestAPageInPlaceOfAnAnswerIsCalledOne(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "\n<!DOCTYPE html><title>Log in</title>")
	})
	var out struct{}
	for what, err := range map[string]error{
		"a read":  c.Get(t.Context(), rest.Call{Method: "GET", Template: "/user"}, &out),
		"a write": c.Send(t.Context(), rest.Call{Method: "PUT", Template: "/user"}),
	} {
		if directory.ClassOf(err) != directory.ClassUnavailable || !strings.Contains(directory.DetailOf(err), "login page") {
			t.Errorf("%s: %v: %s", what, err, directory.DetailOf(err))
		}
	}
}

func TestTheVendorsOwnWordsDecideWhereTheyMust(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409) }, func(c *rest.Config) {
		c.Dialect = rest.Dialect{
			Read: func([]byte) rest.Said { return rest.Said{Code: "LICENCE-1", Detail: "full"} },
			Type: func(call rest.Call, status int, said rest.Said) error {
				if said.Code == "LICENCE-1" {
					return &directory.SeatError{Call: call.Name(), Detail: said.Detail}
				}
				return nil
			},
		}
	})
	_, err := c.Do(t.Context(), rest.Call{Method: "POST", Template: "/user"})
	if diff := cmp.Diff(error(&directory.SeatError{Call: "POST /user", Detail: "full"}), err); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAnAnswerThatIsNoneIsAnOutage(t *testing.T) {
	t.Parallel()
	serve := map[string]http.HandlerFunc{
		"empty":             func(http.ResponseWriter, *http.Request) {},
		"a page of a proxy": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>sign in</html>") },
		"cut":               func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"shorter than it is": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			io.WriteString(w, "{")
		},
		"without end": func(w http.ResponseWriter, _ *http.Request) {
			block := strings.Repeat(" ", 1<<20)
			for range 17 {
				io.WriteString(w, block)
			}
		},
	}
	for name, handler := range serve {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, handler)
			var out map[string]any
			err := c.Get(t.Context(), rest.Call{Method: "GET", Template: "/users"}, &out)
			var unavailable *directory.UnavailableError
			if !errors.As(err, &unavailable) || unavailable.Ambiguous {
				t.Errorf("read: %v, want an unambiguous *directory.UnavailableError", err)
			}
			if name == "empty" || name == "without end" {
				return // a write may be answered with nothing
			}
			err = c.Send(t.Context(), rest.Call{Method: "POST", Template: "/users"})
			if !errors.As(err, &unavailable) || !unavailable.Ambiguous {
				t.Errorf("write: %v, want an ambiguous *directory.UnavailableError", err)
			}
		})
	}
}

func TestAWriteThatNeverLeftWasNotDone(t *testing.T) {
	t.Parallel()
	// Nobody listens there, nor may begin to meanwhile.
	base, err := rest.ParseBase("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = rest.New(rest.Config{Base: base, Authorize: rest.Bearer(token)}).Do(t.Context(), rest.Call{Method: "POST", Template: "/users"})
	var unavailable *directory.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Ambiguous {
		t.Errorf("got %v, want an unambiguous *directory.UnavailableError", err)
	}
}

func TestNoSecretIsInAnError(t *testing.T) {
	t.Parallel()
	const password = "p&ss w0rd"
	call := rest.Call{
		Method: "POST", Template: "/admin/users", Query: url.Values{"name": {"ana.private"}, "password": {password}}, Secrets: []string{password},
	}
	basic := base64.StdEncoding.EncodeToString([]byte("ana:" + token))
	for name, serve := range map[string]http.HandlerFunc{
		"echoed": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, r.Header.Get("Authorization")+" "+r.URL.RawQuery+" "+password+" "+token+" /"+url.PathEscape(password)+"/"+url.PathEscape(token))
		},
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, serve, func(c *rest.Config) { c.Authorize = rest.Basic("ana", token) }).Do(t.Context(), call)
			text := err.Error() + " " + directory.DetailOf(err)
			for _, secret := range []string{password, url.QueryEscape(password), url.PathEscape(password), token, url.QueryEscape(token), url.PathEscape(token), basic} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in %q", secret, text)
				}
			}
			if strings.Contains(err.Error(), "ana.private") || name == "cut" && strings.Contains(text, "ana.private") {
				t.Errorf("the address is in %q", text)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestATransportLearnsTheNameOfACallAndKeepsItsErrors(t *testing.T) {
	t.Parallel()
	spent := &directory.RateLimitError{Call: "the budget"}
	var name string
	c := client(t, nil, func(c *rest.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			name = rest.NameOf(r)
			return nil, spent
		})
	})
	_, err := c.Do(t.Context(), rest.Call{Method: "DELETE", Template: "/users/{id}", Args: []string{"ana"}})
	if !errors.Is(err, spent) || name != "DELETE /users/{id}" {
		t.Errorf("got %v for %q", err, name)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/users/ana", nil)
	if err != nil || rest.NameOf(request) != "other" {
		t.Errorf("a request of nobody's is called %q, %v", rest.NameOf(request), err)
	}
}

func TestABaseURLIsCheckedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"https://jira.example.com": true, "https://example.com/jira/": true, "http://127.0.0.1:8080": true, "http://localhost": true, "http://[::1]:1": true,
		"http://jira.example.com": false, "jira.example.com": false, "ftp://jira.example.com": false, "https://u:s3cret@example.com": false,
		"https://example.com?x=s3cret": false, "": false, "https://": false, "://s3cret": false,
	} {
		base, err := rest.ParseBase(raw)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "s3cret") || ok && strings.HasSuffix(base.Path, "/") {
			t.Errorf("%s: %v, %v", raw, base, err)
		}
	}
}

func TestACredentialIsChecked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		credential rest.Credential
		ok         bool
	}{
		"a token": {rest.Bearer(token), true}, "a name and a password": {rest.Basic("ana", "pass wörd"), true},
		"no token": {rest.Bearer(""), false}, "a token with a blank": {rest.Bearer("a b"), false}, "a token with a line feed": {rest.Bearer("a\n"), false},
		"no name": {rest.Basic("", "x"), false}, "a name with a colon": {rest.Basic("a:b", "x"), false}, "no password": {rest.Basic("a", ""), false},
	} {
		if err := test.credential.Problem(); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
