package vendortest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// mostCalls is how many calls a stuck vendor answers: whoever has not noticed by
// then never would.
const mostCalls = 1000

// Stuck starts a vendor whose lists do not move on: answer makes the body of the
// answer to the n-th call, from 1 on; an empty one is a 404. After 1,000 calls it
// refuses everything, so that a client that would go on for ever fails its test.
func Stuck(t *testing.T, answer func(r *http.Request, n int64) string) (address string, transport http.RoundTripper) {
	t.Helper()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		if n > mostCalls {
			http.Error(w, `{"message":"enough"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		body := answer(r, n)
		if body == "" {
			w.WriteHeader(http.StatusNotFound)
			body = "{}"
		}
		if _, err := fmt.Fprint(w, body); err != nil {
			return
		}
	}))
	t.Cleanup(server.Close)
	own := rest.NewTransport()
	t.Cleanup(own.CloseIdleConnections)
	return server.URL, own
}

// WantStuck fails unless an error is the outage of a list that does not move on.
func WantStuck(t *testing.T, what string, err error) {
	t.Helper()
	if directory.ClassOf(err) != directory.ClassUnavailable || !strings.Contains(directory.DetailOf(err), "does not move on") {
		t.Errorf("%s: %v: %s, want a list that does not move on", what, err, directory.DetailOf(err))
	}
}
