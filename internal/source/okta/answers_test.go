package okta_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
)

const oneUser = `[{"id":"00u1","status":"ACTIVE","lastUpdated":"2026-01-05T09:00:00.000Z","profile":{"login":"a@x.example","email":"a@x.example"}}]`

// answering returns a source whose organisation answers everything with h.
func answering(t *testing.T, h http.HandlerFunc, app ...string) *okta.Source {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return newSource(t, okta.Config{URL: server.URL, AppID: strings.Join(app, "")})
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		status      int
		contentType string
		body        string
	}{
		{"an empty body is no empty list", 200, "application/json", ""},
		{"a body of white space is no empty list", 200, "application/json", " \n"},
		{"null is no empty list", 200, "application/json", "null"},
		{"an object is no list", 200, "application/json", "{}"},
		{"an item without an id is no user", 200, "application/json", `[{"status":"ACTIVE"}]`},
		{"a list that is cut is no list", 200, "application/json", oneUser[:50]},
		{"a list with something behind it is no list", 200, "application/json", "[]<html>"},
		{"a page of HTML is no list", 200, "text/html", "[]"},
		{"a 204 is no empty list", 204, "", ""},
		{"a 404 of a proxy does not mean that somebody is gone", 404, "text/html", "not here"},
		{"a 502 is an outage", 502, "text/html", "bad gateway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body)) // the test ends with the server
			})
			page, err := source.Users(t.Context(), directory.PageRequest{})
			var unavailable *directory.UnavailableError
			if !errors.As(err, &unavailable) || len(page.Users) != 0 {
				t.Errorf("users: %v, %d users; want unavailable", err, len(page.Users))
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls; want 1, nothing is retried here", calls.Load())
			}
		})
	}
}

func TestContentTypesThatAreJSON(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{
		"application/json", "application/json;charset=UTF-8", `application/json; okta-version=1.0.0`,
		"Application/JSON", "application/json;;", "application/hal+json",
	} {
		source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			fmt.Fprint(w, oneUser)
		})
		if page, err := source.Users(t.Context(), directory.PageRequest{}); err != nil || len(page.Users) != 1 {
			t.Errorf("%q: %d users, %v; want one", contentType, len(page.Users), err)
		}
	}
}

func TestNextLinks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		cursor string
		links  []string
		want   string
		fails  bool
	}{
		{"no link is the end", "", nil, "", false},
		{"only self is the end", "", []string{`<https://x.example/api/v1/users>; rel="self"`}, "", false},
		{"next in a header of its own", "", []string{`<https://x.example/a>; rel="self"`, `<https://x.example/a?after=c2&limit=1>; rel="next"`}, "c2", false},
		{"self and next in one header", "", []string{`<https://x.example/a?after=c1>; rel="self", <https://x.example/a?after=c2>; rel="next"`}, "c2", false},
		{"a comma inside a link", "", []string{`<https://x.example/a?fields=a,b&after=c2>; title="x, y"; rel="next"`}, "c2", false},
		{"a relation without quotes, and another", "", []string{`<https://x.example/a?after=c2>; rel=next`}, "c2", false},
		{"a cursor that is escaped", "", []string{`<https://x.example/a?after=c%2F2%3D>; rel="next"`}, "c/2=", false},
		{"next leads back to the same page", "c1", []string{`<https://x.example/a?after=c1>; rel="next"`}, "", true},
		{"next has no cursor", "", []string{`<https://x.example/a>; rel="next"`}, "", true},
		{"next cannot be parsed", "", []string{"<https://x.example:port%zz/a?after=c2>; rel=\"next\""}, "", true},
		{"self cannot be parsed, which the SDK dereferences", "", []string{"<http://[::1%zz/>; rel=\"self\""}, "", false},
		{"a cursor longer than 2 KB", "", []string{`<https://x.example/a?after=` + strings.Repeat("c", 2049) + `>; rel="next"`}, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query().Get("after"); got != tt.cursor {
					t.Errorf("asked after %q; want %q", got, tt.cursor)
				}
				w.Header().Set("Content-Type", "application/json")
				w.Header()["Link"] = tt.links
				fmt.Fprint(w, oneUser)
			})
			page, err := source.Users(t.Context(), directory.PageRequest{Cursor: tt.cursor})
			if (directory.ClassOf(err) == directory.ClassUnavailable) != tt.fails || (err == nil) == tt.fails || page.Next != tt.want {
				t.Errorf("next %q, %v; want %q, failing %v", page.Next, err, tt.want, tt.fails)
			}
		})
	}
}

func TestAConnectionClosedWithoutAnAnswerIsNotRetried(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	source := answering(t, func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		panic(http.ErrAbortHandler)
	})
	_, err := source.Users(t.Context(), directory.PageRequest{})
	if directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("%v; want unavailable", err)
	}
	// net/http repeats a GET once when a kept connection was closed under it.
	if n := calls.Load(); n > 2 {
		t.Errorf("%d calls; want one", n)
	}
}

func TestAnAnswerThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	defer close(release)
	source := newSource(t, okta.Config{URL: server.URL, Timeout: 50 * time.Millisecond})
	started := time.Now()
	_, err := source.Users(t.Context(), directory.PageRequest{})
	if directory.ClassOf(err) != directory.ClassUnavailable || time.Since(started) > 20*time.Second {
		t.Errorf("%v after %s; want unavailable at once", err, time.Since(started))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := source.Users(ctx, directory.PageRequest{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the caller's own deadline", err)
	}
}

// Everybody is in Everyone: a token that sees no group of somebody has lost a
// role, and what it does not see must not be taken for a membership that ended.
func TestSomebodyWhoCanSignInIsInAGroup(t *testing.T) {
	t.Parallel()
	for status, class := range map[string]directory.Class{"ACTIVE": directory.ClassUnavailable, "DEPROVISIONED": "", "SUSPENDED": ""} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			source := answering(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if strings.HasSuffix(r.URL.Path, "/groups") {
					io.WriteString(w, "[]")
					return
				}
				io.WriteString(w, strings.ReplaceAll(strings.Trim(oneUser, "[]"), "ACTIVE", status))
			})
			groups, err := source.UserGroups(t.Context(), "00u1")
			if (err != nil) != (class != "") || err != nil && directory.ClassOf(err) != class || len(groups) != 0 {
				t.Errorf("%v, %v; want class %q", groups, err, class)
			}
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	t.Cleanup(elsewhere.Close)
	source := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})
	_, err := source.Users(t.Context(), directory.PageRequest{})
	if directory.ClassOf(err) != directory.ClassRefused || followed.Load() {
		t.Errorf("%v, followed %v; want refused", err, followed.Load())
	}
}

func TestRateLimitedAnswersSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		header map[string]string
		want   time.Duration
	}{
		{"by the reset of Okta's clock, whatever ours says", map[string]string{"X-Rate-Limit-Reset": fmt.Sprint(date.Unix() + 41)}, 42 * time.Second},
		{"by Retry-After in seconds, which goes first", map[string]string{"X-Rate-Limit-Reset": fmt.Sprint(date.Unix() + 41), "Retry-After": "9"}, 9 * time.Second},
		{"by Retry-After as a date", map[string]string{"Retry-After": date.Add(90 * time.Second).Format(http.TimeFormat)}, 90 * time.Second},
		{"at once when the reset has passed", map[string]string{"X-Rate-Limit-Reset": fmt.Sprint(date.Unix() - 5)}, time.Second},
		{"not at all without headers", nil, 0},
		{"not at all with headers that say nothing", map[string]string{"X-Rate-Limit-Reset": "soon", "Retry-After": "later"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", date.Format(http.TimeFormat))
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			_, err := source.Users(t.Context(), directory.PageRequest{})
			var limited *directory.RateLimitError
			if !errors.As(err, &limited) {
				t.Fatalf("%v; want a rate-limit error", err)
			}
			if diff := cmp.Diff(&directory.RateLimitError{Call: "GET /api/v1/users", RetryAfter: tt.want}, limited); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesCarryTheTimeOfOktasClock(t *testing.T) {
	t.Parallel()
	date := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, oneUser)
	})
	page, err := source.Users(t.Context(), directory.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if page.AskedAt.After(date) || date.Sub(page.AskedAt) > time.Minute {
		t.Errorf("asked at %s; want shortly before %s", page.AskedAt, date)
	}
}

func TestErrorsKeepTheVendorsWordsAsDetailOnly(t *testing.T) {
	t.Parallel()
	source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"errorCode":"E0000001","errorSummary":"Api validation failed for zoe@acme.example with %s","errorCauses":[{"errorSummary":"limit: too large"}]}`, token)
	})
	_, err := source.Users(t.Context(), directory.PageRequest{})
	want := &directory.RefusedError{
		Call: "GET /api/v1/users", Status: 400, Code: "E0000001",
		Detail: "Api validation failed for zoe@acme.example with [secret]: limit: too large",
	}
	var got *directory.RefusedError
	if !errors.As(err, &got) {
		t.Fatalf("%v; want refused", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "zoe") {
		t.Errorf("the error's text has the vendor's words: %v", err)
	}
}
