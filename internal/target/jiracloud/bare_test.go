package jiracloud_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

func TestATargetKeepsItsPromisesHoweverAnswersAreWritten(t *testing.T) {
	t.Parallel()
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		sim := sitesim.New(sitesim.Options{Engine: fault.New(1), PageLimit: shortPage})
		otherwise := standintest.Otherwise(standintest.Bare(sim.Handler()), "emailAddress", "accountType", "description", "nextPage")
		return fixtureOf(t, sim, newTarget(t, sim, otherwise))
	})
}

func TestWhoIsGoneWithoutAWordIsGone(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	target := newTarget(t, sim, standintest.Bare(sim.Handler()))
	id := add(t, sim, "ana@example.com")
	group := groupNamed(t, sim, softwareUsers).ID
	if _, err := target.Account(t.Context(), "nobody"); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("the account: %v", err)
	}
	if _, err := target.Members(t.Context(), "nothing", ""); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("the members: %v", err)
	}
	for what, err := range map[string]error{
		"an account in a group":  target.AddMember(t.Context(), group, "nobody"),
		"an account in no group": target.AddMember(t.Context(), "nothing", id),
	} {
		if directory.ClassOf(err) != directory.ClassNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"out of a group that is gone":        target.RemoveMember(t.Context(), "nothing", id),
		"somebody gone out of a group":       target.RemoveMember(t.Context(), group, "nobody"),
		"somebody gone removed from a site ": target.DeleteAccount(t.Context(), "nobody"),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestA404WithoutAWordAboutWhoIsThereIsAnOutage: none of them may look gone.
func TestA404WithoutAWordAboutWhoIsThereIsAnOutage(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
	handler := sim.Handler()
	missing := map[string]bool{
		"GET /rest/api/3/user": true, "GET /rest/api/3/user/groups": true, "GET /rest/api/3/group/member": true,
		"POST /rest/api/3/group/user": true, "DELETE /rest/api/3/group/user": true, "DELETE /rest/api/3/user": true,
	}
	target := newTarget(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if missing[r.Method+" "+r.URL.Path] {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	id, group := add(t, sim, "ana@example.com"), groupNamed(t, sim, softwareUsers).ID
	_, account := target.Account(t.Context(), id)
	_, members := target.Members(t.Context(), group, "")
	for what, err := range map[string]error{
		"the account": account, "the members": members, "into a group": target.AddMember(t.Context(), group, id),
		"out of a group": target.RemoveMember(t.Context(), group, id), "out of the site": target.DeleteAccount(t.Context(), id),
	} {
		if directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: got %v, want a *directory.UnavailableError", what, err)
		}
	}
}
