package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// converge makes a linked account what is desired of it at this moment:
// active, with the source's address, names and attributes where the target
// lets us write them.
func (b *batch) converge(ctx context.Context, d store.DueChange) attempt {
	switch {
	case d.AccountID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	case d.DesiredState != string(directory.DesireActive):
		return b.stale(d)
	case b.untouchable(d):
		return ended(directory.Skipped, directory.ClassProtected)
	}
	now := known(d)
	switch now.Status {
	case directory.AccountSuspended, directory.AccountDeactivated:
		restorer, can := b.target.Target.(directory.Restorer)
		if !can {
			return ended(directory.Skipped, directory.ClassUnsupported)
		}
		if err := restorer.RestoreAccount(ctx, d.AccountID); err != nil {
			return waits(failed(err))
		}
		now.Status = directory.AccountActive
	}
	patch, err := b.patchOf(d)
	if err != nil {
		return unread(err)
	}
	if !nothing(patch) && d.Managed {
		if t, ok := b.freeNames(ctx, d, patch); !ok {
			t.Account = &now // what was done before stays known
			return t
		}
		if err := b.write(ctx, d, patch); err != nil {
			t := failed(err)
			t.Account = &now
			return t
		}
		if now, err = patched(now, d.AccountAttributes, patch); err != nil {
			return unread(err)
		}
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Account: &now, Origin: originOf(d)}}
}

// unread puts a change off because the database could not be asked about it.
func unread(err error) attempt {
	return attempt{Outcome: store.Outcome{State: directory.Retry, Class: classDatabase}, err: err}
}

// waits turns a change for which no licence is free into one that waits for
// one, in the order in which people came.
func waits(t attempt) attempt {
	if t.Class == directory.ClassSeat {
		t.State = directory.Waiting
	}
	return t
}

// freeNames makes sure that an address or a user name is not somebody else's
// before it is written: a person whose address becomes an administrator's gains
// nothing by it.
func (b *batch) freeNames(ctx context.Context, d store.DueChange, patch directory.AccountPatch) (attempt, bool) {
	if patch.Email != nil {
		found, err := b.findByEmail(ctx, []string{*patch.Email})
		if err != nil {
			return failed(err), false
		}
		if heldByAnother(found[strings.ToLower(*patch.Email)], d.AccountID) {
			return ended(directory.Refused, directory.ClassConflict), false
		}
	}
	finder, finds := b.target.Target.(directory.AccountFinder)
	if patch.UserName != nil && finds {
		found, err := steady(ctx, func() ([]directory.Account, error) {
			return finder.FindAccountsBy(ctx, byUserName, []string{*patch.UserName})
		})
		if err != nil {
			return failed(err), false
		}
		if heldByAnother(found, d.AccountID) {
			return ended(directory.Refused, directory.ClassConflict), false
		}
	}
	return attempt{}, true
}

func heldByAnother(found []directory.Account, accountID string) bool {
	for _, a := range found {
		if a.ID != accountID {
			return true
		}
	}
	return false
}

func (b *batch) write(ctx context.Context, d store.DueChange, patch directory.AccountPatch) error {
	writer, ok := b.target.Target.(directory.AccountWriter)
	if !ok {
		return &directory.UnmanagedError{Call: "update account"}
	}
	return writer.UpdateAccount(ctx, d.AccountID, patch)
}
