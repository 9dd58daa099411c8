package targettest

import (
	"context"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func testLifecycle(t *testing.T, fixture func(t *testing.T) Fixture) {
	able := func(t *testing.T) (Fixture, directory.Suspender) {
		f := fixture(t)
		suspender, can := f.Target.(directory.Suspender)
		if !can {
			t.Skip("this target does not suspend accounts")
		}
		return f, suspender
	}
	steps := []statusStep{
		{"suspending takes access away", []string{"suspend"}, directory.AccountSuspended},
		{"suspending twice is suspending once", []string{"suspend", "suspend"}, directory.AccountSuspended},
		{"restoring gives access back", []string{"suspend", "restore"}, directory.AccountActive},
		{"restoring twice is restoring once", []string{"suspend", "restore", "restore"}, directory.AccountActive},
		{"restoring somebody active changes nothing", []string{"restore"}, directory.AccountActive},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			f, suspender := able(t)
			step.run(t, f, map[string]func(context.Context, string) error{
				"suspend": suspender.SuspendAccount, "restore": suspender.RestoreAccount,
			})
		})
	}
	t.Run("a suspended account keeps its groups", func(t *testing.T) {
		t.Parallel()
		f, suspender := able(t)
		ids, groups := f.SeedAccounts(t, f.email("keeper")), f.SeedGroups(t, "kept")
		f.SeedMembers(t, groups[0], ids...)
		if err := suspender.SuspendAccount(t.Context(), ids[0]); err != nil {
			t.Fatalf("SuspendAccount: %v", err)
		}
		if members := f.MembersNow(t, groups[0]); !slices.Contains(members, ids[0]) {
			t.Errorf("the group has %v", members)
		}
	})
	t.Run("an account that does not exist is a NotFoundError", func(t *testing.T) {
		t.Parallel()
		_, suspender := able(t)
		wantMissing(t, suspender.SuspendAccount(t.Context(), "nobody-has-this-id"), "account")
		wantMissing(t, suspender.RestoreAccount(t.Context(), "nobody-has-this-id"), "account")
	})
}

// statusStep is what is done to an account, and what it is then.
type statusStep struct {
	name string
	do   []string
	want directory.AccountStatus
}

// run does the step by the writes of its verbs. Somebody else stays active.
func (s statusStep) run(t *testing.T, f Fixture, writes map[string]func(ctx context.Context, accountID string) error) {
	t.Helper()
	ids := f.SeedAccounts(t, f.email("one"), f.email("other"))
	for i, verb := range s.do {
		if err := writes[verb](t.Context(), ids[0]); err != nil {
			t.Fatalf("step %d, %s: %v: %s", i+1, verb, err, directory.DetailOf(err))
		}
	}
	if got := f.account(t, ids[0]).Status; got != s.want {
		t.Errorf("the product says %s, want %s", got, s.want)
	}
	if got := f.account(t, ids[1]).Status; got != directory.AccountActive {
		t.Errorf("somebody else is %s", got)
	}
	account, err := f.Target.Account(t.Context(), ids[0])
	if err != nil || account.Status != s.want {
		t.Errorf("Account says %s, %v; want %s", account.Status, err, s.want)
	}
}
