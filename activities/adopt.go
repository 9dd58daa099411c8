package activities

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// originOf tells ours from what was there before: it was looked for and not
// found before this change was first sent.
func originOf(d store.DueChange) string {
	if d.IntentAt != 0 {
		return store.Created
	}
	return store.Adopted
}

// adopt decides whether the account found for a joiner becomes theirs. What
// is unsure is reported, never guessed.
func (b *batch) adopt(d store.DueChange, accounts []directory.Account, linked map[string]int64) (attempt, bool) {
	a := accounts[0]
	switch {
	case len(accounts) > 1:
		return ended(directory.Refused, directory.ClassAmbiguous), false
	case b.protected.Account(a.ID, a.Email, a.UserName):
		return ended(directory.Skipped, directory.ClassProtected), false
	case a.ReadOnly:
		return ended(directory.Skipped, directory.ClassReadOnly), false
	case a.Status == directory.AccountClosed:
		return ended(directory.Refused, directory.ClassClosed), false
	}
	if user, taken := linked[a.ID]; taken && user != d.UserID {
		return ended(directory.Refused, directory.ClassLinked), false
	}
	return attempt{}, true
}

// settleAdopted makes adopted accounts what is desired of them, and gives
// them what a new account would have got where the target tells that apart.
// One with which that does not succeed is adopted again by the next run.
func (b *batch) settleAdopted(ctx context.Context, adopted []store.DueChange, taken map[int64]bool, full *seats) error {
	granter, grants := b.target.Target.(directory.AccessGranter)
	settled := make([]bool, len(adopted))
	err := eachAtOnce(ctx, b.target.Concurrency, len(adopted), func(ctx context.Context, i int) error {
		if taken[adopted[i].UserID] {
			return b.record(ctx, adopted[i], ended(directory.Refused, directory.ClassLinked))
		}
		switch err := b.pass(ctx, adopted[i]); {
		case errors.Is(err, errSkipped):
			t := ended(directory.Skipped, directory.ClassByHand)
			t.Unlink = true
			return b.record(ctx, adopted[i], t)
		case err != nil:
			return err
		}
		t := b.converge(ctx, adopted[i])
		if t.State == directory.Waiting {
			full.none(t.err)
		}
		if t.State != directory.Applied {
			t.Account, t.Unlink = nil, true
		} else if grants {
			settled[i] = true
			// What is recorded after the grant is the account as it is now.
			return resume(&adopted[i], *t.Account)
		}
		return b.record(ctx, adopted[i], t)
	})
	if err != nil || !grants {
		return err
	}
	var grant []store.DueChange
	for i, d := range adopted {
		if settled[i] {
			grant = append(grant, d)
		}
	}
	for _, turn := range turns(grant) {
		_, err := b.together(ctx, turn, full, granter.GrantAccess, func(d store.DueChange, t attempt) error { return b.record(ctx, d, t) })
		if err != nil {
			return err
		}
	}
	return nil
}

// resumed is the account that a joiner was linked to before an attempt was cut
// off: as it was found now, or, where the target's search lags, as it was known.
func resumed(d store.DueChange, found []directory.Account) []directory.Account {
	for _, a := range found {
		if a.ID == d.AccountID {
			return []directory.Account{a}
		}
	}
	return []directory.Account{known(d)}
}

// resume brings a change up to what is known of its account by now; attributes
// that the target does not tell stay as they were.
func resume(d *store.DueChange, a directory.Account) error {
	attributes := d.AccountAttributes
	if err := take(d, a); err != nil {
		return err
	}
	if a.Attributes == nil {
		d.AccountAttributes = attributes
	}
	return nil
}
