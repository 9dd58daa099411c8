package confluencecloud_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

// unseen answers as for a token whose owner may not see profiles: the look-up of
// many accounts leaves them out.
func unseen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wiki/api/v2/users-bulk" {
			_, _ = io.WriteString(w, `{"results":[]}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func TestWhoseProfileIsNotShownIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	target := newTarget(t, sim, unseen(sim.Handler()))
	id := seed(t, sim, "ana@example.com")
	account, err := target.Account(t.Context(), id)
	if err != nil || account.ID != id || account.Status != directory.AccountActive {
		t.Errorf("got %+v, %v", account, err)
	}
	if _, err := target.Account(t.Context(), "nobody"); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("nobody: %v", err)
	}
}

// TestARefusedRemovalIsNotDoneBecauseAProfileIsNotShown: a leaver loses nothing
// but groups here.
func TestARefusedRemovalIsNotDoneBecauseAProfileIsNotShown(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	group := sim.NewGroup("staff")
	if err := sim.Roster().AddGroup(group); err != nil {
		t.Fatal(err)
	}
	id := seed(t, sim, "ana@example.com")
	if _, err := sim.Roster().Join(group.ID, id); err != nil {
		t.Fatal(err)
	}
	target := newTarget(t, sim, unseen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"statusCode":403,"message":"no"}`)
			return
		}
		sim.Handler().ServeHTTP(w, r)
	})))
	if err := target.RemoveMember(t.Context(), group.ID, id); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want the refusal: the account is still in the group", err)
	}
}
