package targettest

import (
	"context"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// world is what is seeded before an operation.
type world struct {
	account, blocked, member, group string
	email, newEmail, newGroup       string
	// outer has inner in it, where groups can be in groups.
	outer, inner string
	// leads is what member leads, where accounts lead something.
	leads []string
}

func seedWorld(t *testing.T, f Fixture) world {
	t.Helper()
	// Words that no path of an API has in it: they must be in no error.
	w := world{email: f.email("pia.present"), newEmail: f.email("nora.newcomer"), newGroup: "newcomers"}
	ids := f.SeedAccounts(t, w.email, f.email("bert.blocked"), f.email("moe.joined"))
	w.account, w.blocked, w.member = ids[0], ids[1], ids[2]
	groups := f.SeedGroups(t, "sown", "outermost", "innermost")
	w.group, w.outer, w.inner = groups[0], groups[1], groups[2]
	f.SeedMembers(t, w.group, w.member)
	if implements[directory.Nester](f) {
		f.SeedSubgroups(t, w.outer, w.inner)
	}
	if implements[directory.LeadKeeper](f) {
		w.leads = f.Lead(t, w.member)
	}
	// What a target learns once and keeps (the products that it grants) it
	// learns here, so that a fault meets the call that the test is about.
	if creator, can := f.Target.(directory.AccountCreator); can {
		outcomes, err := create(t.Context(), t, creator, []directory.NewAccount{f.wanted(1, f.email("earl.early"))})
		if err != nil || outcomes[1].Err != nil {
			t.Fatalf("create before the test: %v, %v", err, outcomes[1].Err)
		}
	}
	if err := f.block(t.Context(), w.blocked); err != nil {
		t.Fatalf("block before the test: %v: %s", err, directory.DetailOf(err))
	}
	return w
}

// block takes an account's access away in the gentlest way that the target has;
// in one that has none it does nothing.
func (f Fixture) block(ctx context.Context, id string) error {
	if suspender, can := f.Target.(directory.Suspender); can {
		return suspender.SuspendAccount(ctx, id)
	}
	if deactivator, can := f.Target.(directory.Deactivator); can {
		return deactivator.DeactivateAccount(ctx, id)
	}
	return nil
}
