package activities

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// observeCreated learns what the target made of new accounts, whether they
// are managed above all, and writes the attributes that a create could not carry.
// Those of whom the target's answer has told it are not looked up.
func (b *batch) observeCreated(ctx context.Context, made []newcomer) error {
	var unknown []store.DueChange
	for _, n := range made {
		if n.account == nil {
			unknown = append(unknown, n.DueChange)
		}
	}
	found, err := b.lookUpCreated(ctx, unknown)
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, b.target.Concurrency, len(made), func(ctx context.Context, i int) error {
		d := made[i].DueChange
		// Where the target's search lags, what the create said has to do.
		account := directory.Account{ID: d.AccountID, UserName: d.DesiredUserName, Email: d.DesiredEmail, Status: directory.AccountActive}
		if a, there := found[d.AccountID]; there {
			account = a
		}
		if told := made[i].account; told != nil {
			account = *told
		}
		if account.Email == "" {
			account.Email = d.DesiredEmail // it was created with it, whatever the target tells
		}
		return b.complete(ctx, d, account)
	})
}

// newcomer is a change whose account is there now, as the target's answer has
// told it; nil where that told nothing.
type newcomer struct {
	store.DueChange
	account *directory.Account
}

// lookUpCreated finds new accounts, by their ids: by the address, or by the user
// name in a target that tells no address.
func (b *batch) lookUpCreated(ctx context.Context, made []store.DueChange) (map[string]directory.Account, error) {
	attribute := byEmail
	if !b.target.Can.TellsAddress() {
		attribute = byUserName
	}
	accounts, err := b.findBy(ctx, attribute, made)
	if err != nil {
		return nil, err
	}
	found := make(map[string]directory.Account, len(made))
	for _, theirs := range accounts {
		for _, a := range theirs {
			found[a.ID] = a
		}
	}
	return found, nil
}

// complete writes what a create did not carry, where the target lets us, and
// records the account with it.
func (b *batch) complete(ctx context.Context, d store.DueChange, account directory.Account) error {
	if err := take(&d, account); err != nil {
		return err
	}
	t := attempt{Outcome: store.Outcome{State: directory.Applied, Account: &account, Origin: store.Created}}
	patch, err := b.patchOf(d)
	if err != nil {
		return err
	}
	if patch.DisplayName == nil || b.target.Can.TellsAddress() {
		patch.Email = nil // it was created with it
	}
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
