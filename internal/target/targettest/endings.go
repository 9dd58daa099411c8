package targettest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testDeactivating(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.Deactivator) {
		f := fixture(t)
		deactivator, can := f.Target.(directory.Deactivator)
		if !can {
			t.Skip("this target does not deactivate accounts")
		}
		return f, deactivator
	}
	steps := []statusStep{
		{"deactivating blocks an account", []string{"deactivate"}, directory.AccountDeactivated},
		{"deactivating twice is deactivating once", []string{"deactivate", "deactivate"}, directory.AccountDeactivated},
		{"restoring takes it back", []string{"deactivate", "restore"}, directory.AccountActive},
		{"restoring twice is restoring once", []string{"deactivate", "restore", "restore"}, directory.AccountActive},
		{"restoring somebody active changes nothing", []string{"restore"}, directory.AccountActive},
		{"a suspended account can be deactivated", []string{"suspend", "deactivate"}, directory.AccountDeactivated},
		{"restoring takes both back", []string{"suspend", "deactivate", "restore"}, directory.AccountActive},
		{"suspending a deactivated account leaves it deactivated", []string{"deactivate", "suspend"}, directory.AccountDeactivated},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			f, deactivator := able(t)
			writes := map[string]func(context.Context, string) error{
				"deactivate": deactivator.DeactivateAccount, "restore": deactivator.RestoreAccount,
			}
			if suspender, can := f.Target.(directory.Suspender); can {
				writes["suspend"] = suspender.SuspendAccount
			} else if slices.Contains(step.do, "suspend") {
				t.Skip("this target does not suspend accounts")
			}
			step.run(t, f, writes)
		})
	}
	t.Run("an account that is not ours to block is an UnmanagedError", func(t *testing.T) {
		t.Parallel()
		f, deactivator := able(t)
		if f.ForeignEmail == nil {
			t.Skip("every account of this product can be deactivated")
		}
		ids := f.SeedAccounts(t, f.ForeignEmail("stranger"))
		err := deactivator.DeactivateAccount(t.Context(), ids[0])
		var unmanaged *directory.UnmanagedError
		if !errors.As(err, &unmanaged) {
			t.Errorf("got %v: %s, want a *directory.UnmanagedError", err, directory.DetailOf(err))
		}
		if got := f.account(t, ids[0]).Status; got != directory.AccountActive {
			t.Errorf("the product says %s", got)
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		_, deactivator := able(t)
		wantMissing(t, deactivator.DeactivateAccount(t.Context(), "nobody-has-this-id"), "account")
	})
}

func testDeleting(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.AccountDeleter) {
		f := fixture(t)
		deleter, can := f.Target.(directory.AccountDeleter)
		if !can {
			t.Skip("this target does not delete accounts")
		}
		return f, deleter
	}
	for name, prepare := range map[string]func(t *testing.T, f Fixture, id string) error{
		"an active account": func(*testing.T, Fixture, string) error { return nil },
		"a suspended account": func(t *testing.T, f Fixture, id string) error {
			if suspender, can := f.Target.(directory.Suspender); can {
				return suspender.SuspendAccount(t.Context(), id)
			}
			return nil
		},
		"a deactivated account": func(t *testing.T, f Fixture, id string) error {
			if deactivator, can := f.Target.(directory.Deactivator); can {
				return deactivator.DeactivateAccount(t.Context(), id)
			}
			return nil
		},
	} {
		t.Run(name+" is taken out with its memberships, once or twice", func(t *testing.T) {
			t.Parallel()
			f, deleter := able(t)
			ids, groups := f.SeedAccounts(t, f.email("leaver"), f.email("stayer")), f.SeedGroups(t, "club")
			f.SeedMembers(t, groups[0], ids...)
			if err := prepare(t, f, ids[0]); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := deleter.DeleteAccount(t.Context(), ids[0]); err != nil {
					t.Fatalf("DeleteAccount: %v: %s", err, directory.DetailOf(err))
				}
			}
			if n := f.withEmail(t, f.email("leaver")); n != 0 {
				t.Errorf("the product still holds %d accounts of that address", n)
			}
			if members := f.MembersNow(t, groups[0]); len(members) != 1 || members[0] != ids[1] {
				t.Errorf("the group has %v, want %s alone", members, ids[1])
			}
			_, err := f.Target.Account(t.Context(), ids[0])
			wantMissing(t, err, "account")
			found, err := f.find(t.Context(), asIs, f.email("leaver"))
			if err != nil || len(found) != 0 {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
	t.Run("an account that never was is gone", func(t *testing.T) {
		t.Parallel()
		_, deleter := able(t)
		if err := deleter.DeleteAccount(t.Context(), "nobody-has-this-id"); err != nil {
			t.Errorf("DeleteAccount: %v: %s", err, directory.DetailOf(err))
		}
	})
	t.Run("somebody who was blocked and then taken out can be made anew", func(t *testing.T) {
		t.Parallel()
		f, deleter := able(t)
		creator := f.creator(t)
		deactivator, can := f.Target.(directory.Deactivator)
		if !can {
			t.Skip("this target does not deactivate accounts")
		}
		ids := f.SeedAccounts(t, f.email("again"), f.email("other"))
		writes := []func(context.Context, string) error{deactivator.DeactivateAccount, deleter.DeleteAccount}
		if suspender, suspends := f.Target.(directory.Suspender); suspends {
			writes = slices.Insert(writes, 0, suspender.SuspendAccount)
		}
		for _, write := range writes {
			if err := write(t.Context(), ids[0]); err != nil {
				t.Fatalf("%v: %s", err, directory.DetailOf(err))
			}
		}
		outcomes, err := create(t.Context(), t, creator, []directory.NewAccount{f.wanted(1, f.email("again")), f.wanted(2, f.email("newcomer"))})
		if err != nil || outcomes[1].Err != nil || outcomes[2].Err != nil {
			t.Fatalf("CreateAccounts: %v, %v (%s), %v", err, outcomes[1].Err, directory.DetailOf(outcomes[1].Err), outcomes[2].Err)
		}
		if got := f.account(t, outcomes[1].AccountID).Status; got != directory.AccountActive {
			t.Errorf("the product says %s", got)
		}
	})
	t.Run("somebody who was taken out can be made anew", func(t *testing.T) {
		t.Parallel()
		f, deleter := able(t)
		creator := f.creator(t)
		ids := f.SeedAccounts(t, f.email("again"))
		if err := deleter.DeleteAccount(t.Context(), ids[0]); err != nil {
			t.Fatalf("DeleteAccount: %v", err)
		}
		outcomes, err := create(t.Context(), t, creator, []directory.NewAccount{f.wanted(1, f.email("again"))})
		if err != nil || outcomes[1].Err != nil {
			t.Fatalf("CreateAccounts: %v, %v", err, outcomes[1].Err)
		}
		if got := f.account(t, outcomes[1].AccountID).Status; got != directory.AccountActive {
			t.Errorf("the product says %s", got)
		}
	})
}
