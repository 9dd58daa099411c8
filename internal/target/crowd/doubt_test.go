package crowd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
)

// TestARefusedRemovalIsNotDoneBecauseTheReadBackIsAboutSomethingElse: it says
// neither that somebody is in the group nor that they are not.
func TestARefusedRemovalIsNotDoneBecauseTheReadBackIsAboutSomethingElse(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		`{"name":"other"}`:           directory.ClassUnavailable,
		`{"name":"ANA"}`:             directory.ClassRefused,
		`{"users":[{"name":"ANA"}]}`: directory.ClassRefused,
		`{"users":[]}`:               "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"reason":"ILLEGAL_ARGUMENT","message":"no"}`)
				return
			}
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		err := newTarget(t, server.URL, crowdsim.DefaultPassword).RemoveMember(t.Context(), "club", "ana")
		if err == nil && want != "" || err != nil && directory.ClassOf(err) != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}
