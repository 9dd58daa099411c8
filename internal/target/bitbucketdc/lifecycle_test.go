package bitbucketdc_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, directory.DetailOf(err))
	}
}

func TestALeaverLosesWhatGivesAccessAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	w.seedGroups(t, group("readers"),
		roster.Group{ID: "creators", Name: "creators", Permissions: map[string]string{"": bitbucketdcsim.ProjectCreate}})
	for _, name := range []string{"readers", "creators", bitbucketdcsim.UsersGroup} {
		w.join(t, name, "ana@example.com", "ben@example.com")
	}
	ok(t, w.sim.Roster().ChangeAccount("ana@example.com", func(a *roster.Account) { a.Permissions = []string{bitbucketdcsim.LicensedUser} }))
	groups, err := w.target.AccessGroups(t.Context())
	ok(t, err)
	if diff := cmp.Diff([]string{bitbucketdcsim.UsersGroup, bitbucketdcsim.AdministratorsGroup, "creators"}, groups); diff != "" {
		t.Errorf("access groups (-want +got)\n%s", diff)
	}
	ok(t, w.target.SuspendAccount(t.Context(), "ana@example.com"))
	after, _ := w.sim.Roster().Account("ana@example.com")
	if !after.Active || w.sim.Licensed(after.ID) || len(after.Permissions) > 0 {
		t.Errorf("the account is %+v, licensed: %t", after, w.sim.Licensed(after.ID))
	}
	var names []string
	for _, g := range w.sim.Roster().GroupsOf(after.ID) {
		names = append(names, g.Name)
	}
	if diff := cmp.Diff([]string{"readers"}, names); diff != "" {
		t.Errorf("groups of the leaver (-want +got)\n%s", diff)
	}
	if len(w.sim.Roster().GroupsOf("ben@example.com")) != 3 {
		t.Error("somebody else lost a group")
	}
}

func TestALeaverIsThreeReadsAndACallForEachAccessGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	w.join(t, bitbucketdcsim.UsersGroup, "ana@example.com")
	ok(t, w.target.SuspendAccount(t.Context(), "ana@example.com"))
	want := map[string]int{
		"GET /rest/api/latest/admin/users/more-members":  1,
		"GET /rest/api/latest/admin/permissions/groups":  1,
		"POST /rest/api/latest/admin/users/remove-group": 1,
		"GET /rest/api/latest/users":                     1,
	}
	if diff := cmp.Diff(want, w.engine.Counts()); diff != "" {
		t.Errorf("calls (-want +got)\n%s", diff)
	}
}

func TestAccessThatCannotBeTakenIsRefusedAndNotCalledDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	w.seedGroups(t, roster.Group{ID: "ldap-users", Name: "ldap-users", External: true, Permissions: map[string]string{"": bitbucketdcsim.LicensedUser}})
	w.join(t, "ldap-users", "ana@example.com")
	w.join(t, bitbucketdcsim.UsersGroup, "ana@example.com")
	ok(t, w.sim.Roster().ChangeAccount("ana@example.com", func(a *roster.Account) { a.Permissions = []string{bitbucketdcsim.LicensedUser} }))
	err := w.target.SuspendAccount(t.Context(), "ana@example.com")
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Call != "POST /rest/api/latest/admin/users/remove-group" {
		t.Errorf("got %v, want the refusal of the group", err)
	}
	// One group that stays keeps nothing else.
	after, _ := w.sim.Roster().Account("ana@example.com")
	if w.sim.Roster().IsMember(bitbucketdcsim.UsersGroup, after.ID) || len(after.Permissions) > 0 {
		t.Error("what could be taken was not")
	}

	w = newWorld(t)
	w.seed(t, account("ben@example.com"))
	ok(t, w.sim.Roster().ChangeAccount("ben@example.com", func(a *roster.Account) { a.Permissions = []string{bitbucketdcsim.LicensedUser} }))
	w.engine.Add(fault.Rule{API: bitbucketdcsim.API, Kind: fault.Status, Status: 409, Method: "DELETE", Path: "/admin/permissions/users$"})
	if err := w.target.SuspendAccount(t.Context(), "ben@example.com"); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v: somebody is licensed still, and the 409 is about a permission that is too high", err)
	}

	// A licence that comes from elsewhere: nothing that could be taken shows it.
	w = newWorld(t, instead("/rest/api/latest/users", 200, `{"values":[{"name":"cat@example.com"}],"isLastPage":true}`))
	w.seed(t, account("cat@example.com"))
	if err := w.target.SuspendAccount(t.Context(), "cat@example.com"); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want a *directory.RefusedError", err)
	}
}

func TestRestoringGivesTheAccessGroupsBackToWhoLacksAccessAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"), account("ben@example.com"))
	w.seedGroups(t, roster.Group{ID: "creators", Name: "creators", Permissions: map[string]string{"": bitbucketdcsim.ProjectCreate}})
	w.join(t, "creators", "ben@example.com")
	for _, id := range []string{"ana@example.com", "ben@example.com"} {
		ok(t, w.target.RestoreAccount(t.Context(), id))
	}
	if !w.sim.Roster().IsMember(bitbucketdcsim.UsersGroup, "ana@example.com") {
		t.Error("ana has no access")
	}
	if w.sim.Roster().IsMember(bitbucketdcsim.UsersGroup, "ben@example.com") {
		t.Error("ben had access and was put in a group for it")
	}
}

func TestRestoringSaysWhatIsInItsWay(t *testing.T) {
	t.Parallel()
	t.Run("a full licence is a SeatError", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(w *world) { w.options.SeatLimit = 2 })
		w.seed(t, account("ana@example.com"))
		if err := w.target.RestoreAccount(t.Context(), "ana@example.com"); directory.ClassOf(err) != directory.ClassSeat {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an access group that is gone is a RefusedError", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(w *world) { w.access = []string{"nobody"} })
		w.seed(t, account("ana@example.com"))
		if err := w.target.RestoreAccount(t.Context(), "ana@example.com"); directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an account of a read-only directory is an UnmanagedError", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.seed(t, account("ana@"+foreignDomain))
		if err := w.target.RestoreAccount(t.Context(), "ana@"+foreignDomain); directory.ClassOf(err) != directory.ClassUnmanaged {
			t.Errorf("got %v", err)
		}
	})
}

func TestNobodyDeletesTheCredentialsOwnUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.target.DeleteAccount(t.Context(), bitbucketdcsim.DefaultUser); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want a *directory.RefusedError", err)
	}
}
