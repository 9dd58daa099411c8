package bitbucketdc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
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

// TestWhoHoldsMoreThanTheCredentialIsRefusedAndEndsNothing: Bitbucket answers 401
// for it, as for a credential that is wrong.
func TestWhoHoldsMoreThanTheCredentialIsRefusedAndEndsNothing(t *testing.T) {
	t.Parallel()
	name, email := "Chief", "new@example.com"
	patch := directory.AccountPatch{DisplayName: &name, Email: &email}
	w := newWorld(t, func(w *world) { w.options.Permission = bitbucketdcsim.Admin })
	chief := account("chief@example.com")
	chief.Permissions = []string{bitbucketdcsim.SysAdmin}
	w.seed(t, chief)
	if err := w.target.UpdateAccount(t.Context(), chief.ID, patch); directory.ClassOf(err) != directory.ClassRefused {
		t.Errorf("somebody higher: %v, want a *directory.RefusedError", err)
	}
	for what, err := range map[string]error{
		"a suspension": w.target.SuspendAccount(t.Context(), chief.ID),
		"a removal":    w.target.DeleteAccount(t.Context(), chief.ID),
	} {
		if directory.ClassOf(err) != directory.ClassRefused {
			t.Errorf("%s: %v, want a *directory.RefusedError", what, err)
		}
	}
	w = newWorld(t, func(w *world) { w.options.Permission = bitbucketdcsim.LicensedUser })
	w.seed(t, chief)
	if err := w.target.UpdateAccount(t.Context(), chief.ID, patch); directory.ClassOf(err) != directory.ClassAuth {
		t.Errorf("a credential that does not administer: %v, want a *directory.AuthError", err)
	}
}
