package jiracloud_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
)

func TestWhatAnotherSystemProvisionsIsRefusedAndStays(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{})
	in, out := add(t, sim, "in@example.com"), add(t, sim, "out@example.com", func(a *roster.Account) { a.External = true })
	group := sim.NewGroup("provisioned")
	group.External = true
	if err := sim.Roster().AddGroup(group); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Roster().Join(group.ID, in); err != nil {
		t.Fatal(err)
	}
	before := sim.Roster().State()
	for what, err := range map[string]error{
		"into the group": target.AddMember(t.Context(), group.ID, out), "out of the group": target.RemoveMember(t.Context(), group.ID, in),
		"out of the site": target.DeleteAccount(t.Context(), out),
	} {
		if directory.ClassOf(err) != directory.ClassRefused || directory.DetailOf(err) == "" {
			t.Errorf("%s: got %v, want a refusal in the vendor's words", what, err)
		}
	}
	if diff := cmp.Diff(before, sim.Roster().State()); diff != "" {
		t.Errorf("the site changed (-before +after)\n%s", diff)
	}
}

// TestWhoMayNotBrowseUsersIsNotToldThatNobodyIsThere: the search finds nobody then,
// and each person would seem to be new.
func TestWhoMayNotBrowseUsersIsNotToldThatNobodyIsThere(t *testing.T) {
	t.Parallel()
	sim, target := fresh(t, sitesim.Options{NotBrowsing: true})
	add(t, sim, "ana@example.com")
	if found, err := target.FindAccounts(t.Context(), []string{"ana@example.com"}); directory.ClassOf(err) != directory.ClassAuth {
		t.Errorf("got %+v, %v, want a *directory.AuthError", found, err)
	}
}

func TestWhetherUsersMayBeBrowsedIsAskedOnceIfNobodyIsFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asked []string
		lists int
	}{
		"somebody is found first": {[]string{"ana@example.com", "nobody@example.com", "none@example.com"}, 0},
		"nobody is":               {[]string{"nobody@example.com", "none@example.com", "ana@example.com"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, target := fresh(t, sitesim.Options{})
			add(t, sim, "ana@example.com")
			for _, email := range test.asked {
				if _, err := target.FindAccounts(t.Context(), []string{email}); err != nil {
					t.Fatal(err)
				}
			}
			if lists := sim.Engine().Counts()["GET /rest/api/3/users/search"]; lists != test.lists {
				t.Errorf("the list was asked for %d times, want %d", lists, test.lists)
			}
		})
	}
}

// TestAForbiddenGroupIsOneGroupAndAGatewaysPageIsTheCredential: a group that
// another system provisions must not end the whole run.
func TestAForbiddenGroupIsOneGroupAndAGatewaysPageIsTheCredential(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]directory.Class{
		"":                                     directory.ClassRefused,
		`{"errorMessages":["no"],"errors":{}}`: directory.ClassRefused,
		"<html>not from this address</html>":   directory.ClassAuth,
	} {
		target := newTarget(t, sitesim.New(sitesim.Options{}), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, body)
		}))
		if _, err := target.Members(t.Context(), "staff", ""); directory.ClassOf(err) != want {
			t.Errorf("%q: got %v, want %s", body, err, want)
		}
	}
}
