package targettest

import (
	"context"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// creator is the target as one that makes accounts; without it the test is
// skipped.
func (f Fixture) creator(t *testing.T) directory.AccountCreator {
	t.Helper()
	creator, can := f.Target.(directory.AccountCreator)
	if !can {
		t.Skip("this target does not create accounts")
	}
	return creator
}

// wanted asks for an account.
func (f Fixture) wanted(ref int64, email string) directory.NewAccount {
	a := directory.NewAccount{Ref: ref, Email: email, DisplayName: "Wanted Person"}
	if f.UserName != nil {
		a.UserName = f.UserName(email)
	}
	return a
}

// create creates accounts and fails the test unless done was called once for
// each that has an outcome, one call at a time.
func create(ctx context.Context, t *testing.T, target directory.AccountCreator, batch []directory.NewAccount) (map[int64]directory.AccountCreated, error) {
	t.Helper()
	outcomes := make(map[int64]directory.AccountCreated)
	// Unguarded on purpose: calls of done that overlap are a data race.
	busy := false
	err := target.CreateAccounts(ctx, batch, func(outcome directory.AccountCreated) {
		if busy {
			t.Error("calls of done overlap")
		}
		busy = true
		if _, twice := outcomes[outcome.Ref]; twice {
			t.Errorf("done was called twice for element %d", outcome.Ref)
		}
		if !slices.ContainsFunc(batch, func(wanted directory.NewAccount) bool { return wanted.Ref == outcome.Ref }) {
			t.Errorf("done was called for element %d, which is not in the batch", outcome.Ref)
		}
		if (outcome.AccountID == "") == (outcome.Err == nil) {
			t.Errorf("element %d has id %q and error %v; it must have one of them", outcome.Ref, outcome.AccountID, outcome.Err)
		}
		outcomes[outcome.Ref] = outcome
		busy = false
	})
	if err == nil && len(outcomes) != len(batch) {
		t.Errorf("%d of %d elements have an outcome, and no error says why", len(outcomes), len(batch))
	}
	return outcomes, err
}
