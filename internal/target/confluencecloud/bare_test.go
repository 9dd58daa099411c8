package confluencecloud_test

import (
	"io"
	"net/http"
	"strings"
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
		sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1), PageLimit: shortPage})
		otherwise := standintest.Otherwise(standintest.Bare(sim.Handler()), "email", "emailAddress", "accountType", "managedBy", "next")
		return fixtureOf(t, sim, newTarget(t, sim, otherwise))
	})
}

func TestWhoIsGoneWithoutAWordIsGone(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	target := newTarget(t, sim, standintest.Bare(sim.Handler()))
	id := seed(t, sim, "ana@example.com")
	users, _ := sim.Roster().GroupNamed("confluence-users-example")
	if _, err := target.Account(t.Context(), "nobody"); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("the account: %v", err)
	}
	if _, err := target.Members(t.Context(), "nothing", ""); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("the members: %v", err)
	}
	for what, err := range map[string]error{
		"an account in a group":  target.AddMember(t.Context(), users.ID, "nobody"),
		"an account in no group": target.AddMember(t.Context(), "nothing", id),
	} {
		if directory.ClassOf(err) != directory.ClassNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"out of a group that is gone":  target.RemoveMember(t.Context(), "nothing", id),
		"somebody gone out of a group": target.RemoveMember(t.Context(), users.ID, "nobody"),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAGroupThatIsGoneIsNotAGroupWithoutMembers: the description has no 404 for the
// members of a group.
func TestAGroupThatIsGoneIsNotAGroupWithoutMembers(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	handler := sim.Handler()
	target := newTarget(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/membersByGroupId") {
			_, _ = io.WriteString(w, `{"results":[],"_links":{}}`)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	if _, err := target.Members(t.Context(), "nothing", ""); directory.ClassOf(err) != directory.ClassNotFound {
		t.Errorf("a group that is gone: %v", err)
	}
	users, _ := sim.Roster().GroupNamed("confluence-users-example")
	if page, err := target.Members(t.Context(), users.ID, ""); err != nil || len(page.AccountIDs) > 0 {
		t.Errorf("a group without members: %+v, %v", page, err)
	}
}

// TestMembersThatAreNotFoundOfAGroupThatIsThereAreAnOutage: the group is not gone.
func TestMembersThatAreNotFoundOfAGroupThatIsThereAreAnOutage(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	handler := sim.Handler()
	target := newTarget(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/membersByGroupId") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"statusCode":404,"message":"no"}`)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	users, _ := sim.Roster().GroupNamed("confluence-users-example")
	if page, err := target.Members(t.Context(), users.ID, ""); directory.ClassOf(err) != directory.ClassUnavailable {
		t.Errorf("got %+v, %v, want a *directory.UnavailableError", page, err)
	}
}

// TestA404WithoutAWordAboutWhatIsThereIsAnOutage: none of it may look gone.
func TestA404WithoutAWordAboutWhatIsThereIsAnOutage(t *testing.T) {
	t.Parallel()
	sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
	handler := sim.Handler()
	target := newTarget(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/wiki/rest/api/group/by-id", "/wiki/rest/api/group/userByGroupId":
			w.WriteHeader(http.StatusNotFound)
		default:
			handler.ServeHTTP(w, r)
		}
	}))
	id := seed(t, sim, "ana@example.com")
	users, _ := sim.Roster().GroupNamed("confluence-users-example")
	for what, err := range map[string]error{
		"into a group": target.AddMember(t.Context(), users.ID, id), "out of a group": target.RemoveMember(t.Context(), users.ID, id),
	} {
		if directory.ClassOf(err) != directory.ClassUnavailable {
			t.Errorf("%s: got %v, want a *directory.UnavailableError", what, err)
		}
	}
}
