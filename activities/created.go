package activities

import (
	"context"
	"errors"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// observeCreated learns what the target made of new accounts, whether they
// are managed above all, and writes the attributes that a create could not carry.
func (b *batch) observeCreated(ctx context.Context, made []store.DueChange) error {
	emails := make([]string, 0, len(made))
	for _, d := range made {
		emails = append(emails, d.DesiredEmail)
	}
	if len(emails) == 0 {
		return nil
	}
	found, err := b.findByEmail(ctx, emails)
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, b.target.Concurrency, len(made), func(ctx context.Context, i int) error {
		d := made[i]
		// Where the target's search lags, what the create said has to do.
		account := directory.Account{ID: d.AccountID, UserName: d.DesiredUserName, Email: d.DesiredEmail, Status: directory.AccountActive}
		for _, a := range found[strings.ToLower(d.DesiredEmail)] {
			if a.ID == d.AccountID {
				account = a
			}
		}
		return b.complete(ctx, d, account)
	})
}

// complete writes what a create did not carry, where the target lets us, and
// records the account with it.
func (b *batch) complete(ctx context.Context, d store.DueChange, account directory.Account) error {
	take(&d, account)
	t := attempt{Outcome: store.Outcome{State: directory.Applied, Account: &account, Origin: store.Created}}
	patch, err := patchOf(d)
	if err != nil {
		return err
	}
	patch.Email = nil // it was created with it
	written := patch
	written.Attributes = filled(patch.Attributes)
	if !account.Managed || nothing(patch) {
		return b.record(ctx, d, t)
	}
	if !nothing(written) {
		switch err := b.pass(ctx, d); {
		case errors.Is(err, errSkipped):
			return b.record(ctx, d, t) // it is there; the rest is the next run's
		case err != nil:
			return err
		}
		if err := b.write(ctx, d, written); err != nil {
			return b.nameNotWritten(ctx, d, t, failed(err))
		}
	}
	if account, err = patched(account, d.AccountAttributes, patch); err != nil {
		return err
	}
	return b.record(ctx, d, t)
}

// filled leaves out what is to be cleared: a new account has nothing to clear.
func filled(attributes map[string]string) map[string]string {
	var kept map[string]string
	for name, value := range attributes {
		if value == "" {
			continue
		}
		if kept == nil {
			kept = make(map[string]string, len(attributes))
		}
		kept[name] = value
	}
	return kept
}

// nameNotWritten records an account that was created and could not be given
// its name or attributes: where that is worth trying again the change is, else
// a note says so.
func (b *batch) nameNotWritten(ctx context.Context, d store.DueChange, made, failure attempt) error {
	if failure.State == directory.Retry {
		failure.Account, failure.Origin = made.Account, made.Origin
		return b.record(ctx, d, failure)
	}
	err := b.Store.Note(ctx, b.claim, store.Note{TargetID: b.targetID, Code: "name-not-written", UserID: d.UserID,
		Text: "The account was created, its name could not be written: " + string(failure.Class) + "."})
	if err != nil {
		return err
	}
	return b.record(ctx, d, made)
}
