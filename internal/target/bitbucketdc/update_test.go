package bitbucketdc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAnUpdateKeepsWhatItDoesNotChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	name, email := "Ana", "ana.lopez@example.com"
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{DisplayName: &name}))
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{Email: &email}))
	after, _ := w.sim.Roster().Account("ana@example.com")
	if after.DisplayName != name || after.Email != email {
		t.Errorf("the account is %+v", after)
	}
	w.engine.ResetCalls()
	name = "Ana López"
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{DisplayName: &name, Email: &email}))
	if diff := cmp.Diff(map[string]int{"PUT /rest/api/latest/admin/users": 1}, w.engine.Counts()); diff != "" {
		t.Errorf("calls where nothing needs to be read first (-want +got)\n%s", diff)
	}
}

func TestAUserIsNotRenamedAndTheRestIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, account("ana@example.com"))
	name, userName, same := "Ana", "ana.lopez", "ANA@example.com"
	err := w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{DisplayName: &name, UserName: &userName})
	if directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("got %v, want a *directory.RefusedError", err)
	}
	if after, there := w.sim.Roster().Account("ana@example.com"); !there || after.DisplayName != name {
		t.Errorf("the account is %+v, %t", after, there)
	}
	ok(t, w.target.UpdateAccount(t.Context(), "ana@example.com", directory.AccountPatch{UserName: &same}))
}
