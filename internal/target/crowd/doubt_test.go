package crowd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/target/crowd"
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
		target := answeringWrites(t, http.StatusBadRequest, `{"reason":"ILLEGAL_ARGUMENT","message":"no"}`, body)
		err := target.RemoveMember(t.Context(), "club", "ana")
		if err == nil && want != "" || err != nil && directory.ClassOf(err) != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

// answeringWrites is a target of a Crowd that answers all writes with a status and
// a body, and all else with another.
func answeringWrites(t *testing.T, status int, refusal, told string) *crowd.Target {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method != http.MethodGet {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, refusal)
			return
		}
		_, _ = io.WriteString(w, told)
	}))
	t.Cleanup(server.Close)
	return newTarget(t, server.URL, crowdsim.DefaultPassword)
}
