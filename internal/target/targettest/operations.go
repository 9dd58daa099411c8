package targettest

import (
	"context"
	"errors"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// operation is one method, with what the product needs to hold for it.
type operation struct {
	name  string
	write bool
	call  func(ctx context.Context, t *testing.T, f Fixture, w world) error
	// settled fails the test unless the operation was done exactly once.
	settled func(t *testing.T, f Fixture, w world)
	// again are errors other than nil that a repetition may end in.
	again directory.Class
	// can is whether the target has the method at all; nil is always.
	can func(f Fixture) bool
}

// implements reports whether a target has an optional interface.
func implements[I any](f Fixture) bool {
	_, can := f.Target.(I)
	return can
}

// world is what is seeded before an operation.
type world struct {
	account, suspended, member, group string
	email, newEmail, newGroup         string
}

func seedWorld(t *testing.T, f Fixture) world {
	t.Helper()
	w := world{email: f.email("present"), newEmail: f.email("newcomer"), newGroup: "newcomers"}
	ids := f.SeedAccounts(t, w.email, f.email("suspended"), f.email("member"))
	w.account, w.suspended, w.member = ids[0], ids[1], ids[2]
	w.group = f.SeedGroups(t, "seeded")[0]
	f.SeedMembers(t, w.group, w.member)
	// What a target learns once and keeps (the products that it grants) it
	// learns here, so that a fault meets the call that the test is about.
	if outcomes, err := create(t.Context(), t, f.Target, []directory.NewAccount{{Ref: 1, Email: f.email("early")}}); err != nil || outcomes[1].Err != nil {
		t.Fatalf("create before the test: %v, %v", err, outcomes[1].Err)
	}
	if err := f.Target.SuspendAccount(t.Context(), w.suspended); err != nil {
		t.Fatalf("suspend before the test: %v", err)
	}
	return w
}

func operations() []operation {
	return []operation{
		{name: "Accounts", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Accounts(ctx, "")
			return err
		}},
		{name: "Account", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Account(ctx, w.account)
			return err
		}},
		{name: "FindAccounts", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.FindAccounts(ctx, []string{w.email})
			return err
		}},
		{name: "Groups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Groups(ctx, "")
			return err
		}},
		{name: "FindGroups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.FindGroups(ctx, []string{"seeded"})
			return err
		}},
		{name: "Members", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Members(ctx, w.group, "")
			return err
		}},
		{name: "CreateAccounts", write: true, again: directory.ClassConflict,
			call: func(ctx context.Context, t *testing.T, f Fixture, w world) error {
				outcomes, err := create(ctx, t, f.Target, []directory.NewAccount{{Ref: 1, Email: w.newEmail}})
				return errors.Join(err, outcomes[1].Err)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if n := f.withEmail(t, w.newEmail); n != 1 {
					t.Errorf("the product holds %d accounts for the newcomer", n)
				}
			}},
		{name: "SuspendAccount", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.SuspendAccount(ctx, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.account).Status; got != directory.AccountSuspended {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "RestoreAccount", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.RestoreAccount(ctx, w.suspended)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.suspended).Status; got != directory.AccountActive {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "CreateGroup", write: true, again: directory.ClassConflict,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				_, err := f.Target.CreateGroup(ctx, directory.NewGroup{Name: w.newGroup})
				return err
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if found, err := f.Target.FindGroups(t.Context(), []string{w.newGroup}); err != nil || len(found) != 1 {
					t.Errorf("found %+v, %v", found, err)
				}
			}},
		{name: "AddMember", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.AddMember(ctx, w.group, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if lacking := missing([]string{w.account, w.member}, f.MembersNow(t, w.group)); len(lacking) > 0 {
					t.Errorf("the group lacks %v", lacking)
				}
			}},
		{name: "RemoveMember", write: true,
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.RemoveMember(ctx, w.group, w.member)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if members := f.MembersNow(t, w.group); len(members) != 0 {
					t.Errorf("the group still has %v", members)
				}
			}},
		{name: "UpdateAccount", write: true, can: implements[directory.AccountWriter],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				name := "Changed"
				return f.Target.(directory.AccountWriter).UpdateAccount(ctx, w.account, directory.AccountPatch{DisplayName: &name})
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if account, err := f.Target.Account(t.Context(), w.account); err != nil || account.DisplayName != "Changed" {
					t.Errorf("the account is %+v, %v", account, err)
				}
			}},
		{name: "DeactivateAccount", write: true, can: implements[directory.Deactivator],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.Deactivator).DeactivateAccount(ctx, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.account).Status; got != directory.AccountDeactivated {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "DeleteAccount", write: true, can: implements[directory.AccountDeleter],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.AccountDeleter).DeleteAccount(ctx, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if n := f.withEmail(t, w.email); n != 0 {
					t.Errorf("the product still holds %d accounts of that address", n)
				}
			}},
		{name: "RenameGroup", write: true, can: implements[directory.GroupRenamer],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.GroupRenamer).RenameGroup(ctx, w.group, "renamed")
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if found, err := f.Target.FindGroups(t.Context(), []string{"renamed"}); err != nil || len(found) != 1 || found[0].ID != w.group {
					t.Errorf("found %+v, %v", found, err)
				}
			}},
		{name: "FindAccountsBy", can: func(f Fixture) bool { return implements[directory.AccountFinder](f) && len(f.FindBy) > 0 },
			call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
				_, err := f.Target.(directory.AccountFinder).FindAccountsBy(ctx, f.FindBy[0], []string{"anybody"})
				return err
			}},
	}
}
