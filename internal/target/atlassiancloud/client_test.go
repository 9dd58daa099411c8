package atlassiancloud

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAnIdIsEscapedInAPath(t *testing.T) {
	t.Parallel()
	var path string
	target, _ := against(t, nil, func(c *Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			path = r.URL.EscapedPath()
			return nil, errors.New("not sent")
		})
	})
	err := target.SuspendAccount(t.Context(), "712020:a/b?c")
	if !strings.HasSuffix(path, "/users/712020:a%2Fb%3Fc/suspend") {
		t.Errorf("path is %s", path)
	}
	// A transport that does not say whether it sent may have sent.
	if !ambiguous(err) {
		t.Errorf("got %v, want an ambiguous error", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhatTheTransportHasTypedStaysSo(t *testing.T) {
	t.Parallel()
	spent := &directory.RateLimitError{Call: "the budget"}
	target, _ := against(t, nil, func(c *Config) {
		c.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, spent })
	})
	if err := target.AddMember(t.Context(), "g1", "a1"); !errors.Is(err, spent) {
		t.Errorf("got %v, want the transport's own error", err)
	}
}
