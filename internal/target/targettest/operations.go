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

// operations are all methods of a target that call it.
func operations() []operation {
	all := []operation{
		{name: "Accounts", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Accounts(ctx, "")
			return err
		}},
		{name: "Account", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Account(ctx, w.account)
			return err
		}},
		// A target that tells no addresses answers without asking.
		{name: "FindAccounts", can: func(f Fixture) bool { return !f.TellsNoAddress }, call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.FindAccounts(ctx, []string{w.email})
			return err
		}},
		{name: "Groups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.Groups(ctx, "")
			return err
		}},
		{name: "FindGroups", call: func(ctx context.Context, _ *testing.T, f Fixture, _ world) error {
			_, err := f.Target.FindGroups(ctx, []string{"sown"})
			return err
		}},
		{name: "Members", call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
			_, err := f.Target.Members(ctx, w.group, "")
			return err
		}},
		{name: "CreateAccounts", write: true, again: directory.ClassConflict, can: implements[directory.AccountCreator],
			call: func(ctx context.Context, t *testing.T, f Fixture, w world) error {
				outcomes, err := create(ctx, t, f.creator(t), []directory.NewAccount{f.wanted(1, w.newEmail)})
				return errors.Join(err, outcomes[1].Err)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if n := f.withEmail(t, w.newEmail); n != 1 {
					t.Errorf("the product holds %d accounts for the newcomer", n)
				}
			}},
		{name: "SuspendAccount", write: true, can: implements[directory.Suspender],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.Suspender).SuspendAccount(ctx, w.account)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.account).Status; got != directory.AccountSuspended {
					t.Errorf("the account is %s", got)
				}
			}},
		{name: "RestoreAccount", write: true, can: implements[directory.Restorer],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.Restorer).RestoreAccount(ctx, w.blocked)
			},
			settled: func(t *testing.T, f Fixture, w world) {
				if got := f.account(t, w.blocked).Status; got != directory.AccountActive {
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
	}
	return append(all, optionalOperations()...)
}
