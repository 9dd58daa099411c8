package targettest

import (
	"context"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// optionalOperations are those that only some targets have.
func optionalOperations() []operation {
	all := []operation{
		{name: "UpdateAccount", write: true, can: implements[directory.AccountWriter],
			call: func(ctx context.Context, _ *testing.T, f Fixture, w world) error {
				return f.Target.(directory.AccountWriter).UpdateAccount(ctx, w.account, f.naming("Changed", w.email))
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
	return append(all, groupOperations()...)
}
