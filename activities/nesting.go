package activities

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// nests reports whether groups are kept in groups in the target.
func (t *Target) nests() bool {
	_, can := t.Target.(directory.Nester)
	return t.Nests && can
}

// nest puts a group in another, or takes it out, as is wanted at this moment.
func (b *batch) nest(ctx context.Context, d store.DueChange) attempt {
	due, err := b.Store.DueNesting(ctx, d.ID)
	if err != nil {
		return unread(err)
	}
	nester, can := b.target.Target.(directory.Nester)
	add := d.Kind == string(directory.AddNesting)
	switch {
	case !can:
		return ended(directory.Refused, directory.ClassUnsupported)
	case due.Protected || b.protected.Group(due.InnerGroupID, due.InnerName) || b.protected.Group(due.OuterGroupID, due.OuterName):
		return ended(directory.Skipped, directory.ClassProtected)
	case due.InnerGroupID == "" || due.OuterGroupID == "":
		return ended(directory.Blocked, directory.ClassNoLink)
	case add != due.Wanted:
		return b.staleNesting(d, due)
	case add == due.Nested && !due.Missing:
		return ended(directory.Applied, "") // done by an attempt whose answer was lost, or by another run
	}
	if add {
		return b.nestIn(ctx, nester, d, due)
	}
	needed, err := b.Store.NestingNeeded(ctx, b.targetID, d.GroupID, due.OuterID)
	if err != nil {
		return unread(err)
	}
	if needed {
		return ended(directory.Blocked, directory.ClassNoNesting)
	}
	if err := nester.RemoveSubgroup(ctx, due.OuterGroupID, due.InnerGroupID); err != nil {
		return failed(err)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Outside: due.OuterID}}
}

// nestIn puts a group in another. That it is ours should it come about is noted
// before it is sent; only a target that says no to it takes that back.
func (b *batch) nestIn(ctx context.Context, nester directory.Nester, d store.DueChange, due store.DueNesting) attempt {
	if !due.Missing {
		if err := b.Store.IntendNesting(ctx, b.claim, b.targetID, d.GroupID, due.OuterID); err != nil {
			return unread(err)
		}
	}
	if err := nester.AddSubgroup(ctx, due.OuterGroupID, due.InnerGroupID); err != nil {
		t := failed(err)
		if !directory.NotDone(err) || due.Missing { // an earlier attempt is as much in doubt as it was
			return t
		}
		t.NotInside = due.OuterID
		if t.Class == directory.ClassAuth || t.Class == directory.ClassRateLimited {
			// The batch stops, and the change has no outcome: what somebody else makes of it
			// then is not ours.
			t.err = errors.Join(t.err, b.recorder.add(store.Outcome{GroupID: d.GroupID, NotInside: due.OuterID}, subjectOf(d)))
		}
		return t
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Inside: due.OuterID}}
}

// staleNesting is stale for a group in another. One that may have been put in is
// known already (nestIn); one that may have been taken out is in doubt from now on.
func (b *batch) staleNesting(d store.DueChange, due store.DueNesting) attempt {
	t := ended(directory.Skipped, directory.ClassStale)
	if b.busy == nil || !b.retried && d.Attempts == 0 {
		return t
	}
	if d.Kind == string(directory.RemoveNesting) {
		t.Unsure = due.OuterID
	}
	return t
}

// throughAnother ends a removal of somebody who is to be in a group through one
// that is in it, where that is not so in the target yet: until it is, they stay.
func (b *batch) throughAnother(ctx context.Context, d store.DueChange) (attempt, bool) {
	if !d.Nested {
		return attempt{}, true
	}
	through, err := b.Store.ThroughAnother(ctx, b.targetID, d.UserID, d.GroupID)
	if err != nil {
		return unread(err), false
	}
	return ended(directory.Blocked, directory.ClassNoNesting), through
}

// observeSubgroups reads which groups are in a linked group.
func (a *Activities) observeSubgroups(ctx context.Context, claim store.Claim, targetID int64, t *Target, l store.Link) error {
	nester, can := t.Target.(directory.Nester)
	if !can || !t.nests() {
		return nil
	}
	inside, err := allPages(func(cursor string) ([]string, string, error) {
		page, err := steady(ctx, func() (directory.GroupIDPage, error) { return nester.Subgroups(ctx, l.RemoteID, cursor) })
		return page.GroupIDs, page.Next, err
	})
	if err != nil {
		return err
	}
	return a.Store.ObserveSubgroups(ctx, claim, targetID, l.Subject, inside)
}
