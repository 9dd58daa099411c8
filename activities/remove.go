package activities

import (
	"context"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// suspend takes the access of somebody whose ladder says so by now. Where access
// hangs on groups, the account is in none of those afterwards.
func (b *batch) suspend(ctx context.Context, d store.DueChange) attempt {
	suspender, can := b.target.Target.(directory.Suspender)
	if !can {
		return ended(directory.Refused, directory.ClassUnsupported)
	}
	access, err := b.accessGroups(ctx)
	if err != nil {
		return failed(err)
	}
	switch directory.DesiredState(d.DesiredState) {
	case directory.DesireSuspended, directory.DesireDeactivated, directory.DesireDeleted: // a later step suspends as well
	default:
		t := b.stale(d)
		if t.Account != nil {
			t.Left = access // what it would have been made includes that
		}
		return t
	}
	return b.afterHandOver(ctx, d, func() attempt {
		if err := suspender.SuspendAccount(ctx, d.AccountID); err != nil {
			return failed(err)
		}
		t := b.observed(d, directory.AccountSuspended)
		t.Left = access
		return t
	})
}

// deactivate blocks the account of somebody whose ladder says so by now.
func (b *batch) deactivate(ctx context.Context, d store.DueChange) attempt {
	if d.DesiredState != string(directory.DesireDeactivated) && d.DesiredState != string(directory.DesireDeleted) {
		return b.stale(d)
	}
	deactivator, can := b.target.Target.(directory.Deactivator)
	if !can {
		return ended(directory.Refused, directory.ClassUnsupported)
	}
	return b.afterHandOver(ctx, d, func() attempt {
		if err := deactivator.DeactivateAccount(ctx, d.AccountID); err != nil {
			return failed(err)
		}
		return b.observed(d, directory.AccountDeactivated)
	})
}

// deleteAccount takes the account of somebody out of the target, at the end of
// a ladder that says so. It cannot be taken back: what is desired must be
// exactly that at this moment.
func (b *batch) deleteAccount(ctx context.Context, d store.DueChange) attempt {
	switch {
	case d.DesiredState != string(directory.DesireDeleted):
		return ended(directory.Skipped, directory.ClassStale)
	case d.RemoteID != "" && d.RemoteID != d.AccountID:
		return ended(directory.Skipped, directory.ClassStale) // planned, and admitted, about another account
	}
	deleter, can := b.target.Target.(directory.AccountDeleter)
	if !can {
		return ended(directory.Refused, directory.ClassUnsupported)
	}
	return b.afterHandOver(ctx, d, func() attempt {
		if err := deleter.DeleteAccount(ctx, d.AccountID); err != nil {
			return failed(err)
		}
		return attempt{Outcome: store.Outcome{State: directory.Applied, Gone: true}}
	})
}

// accessGroups are the groups, by surrogate id, that suspending takes an account
// out of. The target is asked once a batch.
func (b *batch) accessGroups(ctx context.Context) ([]int64, error) {
	taker, takes := b.target.Target.(directory.AccessTaker)
	if !takes {
		return nil, nil
	}
	b.access.mu.Lock()
	defer b.access.mu.Unlock()
	if b.access.asked {
		return b.access.groups, nil
	}
	ids, err := steady(ctx, func() ([]string, error) { return taker.AccessGroups(ctx) })
	if err != nil {
		return nil, err
	}
	linked, err := b.Store.LinkedGroups(ctx, b.target.Identity, ids)
	if err != nil {
		return nil, err
	}
	for _, group := range linked {
		b.access.groups = append(b.access.groups, group)
	}
	b.access.asked = true
	return b.access.groups, nil
}

// accessGroups are asked for once.
type accessGroups struct {
	mu     sync.Mutex
	asked  bool
	groups []int64
}

// untouchable reports whether a linked account, or the group of the change, is
// never touched.
func (b *batch) untouchable(d store.DueChange) bool {
	return d.Protected || b.protected.Account(d.AccountID, d.AccountEmail, d.AccountUserName)
}
