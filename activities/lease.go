package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// runBeside applies a batch of a run beside pushes and requests: of the
// subjects whose leases it gets. The others are being changed by another just
// now; their changes are retried later, each by itself.
func (b *batch) runBeside(ctx context.Context, c *Connection, stage directory.Stage, r store.Range) (workflows.ApplyResult, error) {
	users, groups, err := b.Store.BatchSubjects(ctx, b.claim.RunID, b.targetID, stage, r)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	return b.underLease(ctx, c, stage, users, groups, func(ctx context.Context) ([]store.DueChange, error) {
		return b.Store.DueBatch(ctx, b.claim.RunID, b.targetID, stage, r)
	})
}

// runChange applies one change under a lease.
func (b *batch) runChange(ctx context.Context, in workflows.ChangeInput, due store.DueChange) (workflows.ApplyResult, error) {
	c, err := b.connection(in.Connection)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	users, groups := subjectsOf(in.Stage, due)
	return b.underLease(ctx, c, in.Stage, users, groups, func(ctx context.Context) ([]store.DueChange, error) {
		due, err := b.Store.Due(ctx, in.ChangeID)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return []store.DueChange{due}, err
	})
}

// underLease leases subjects, reads what is due of them, and applies what
// nobody has done meanwhile. It returns an error only when nothing can be said
// of the batch as a whole.
func (b *batch) underLease(ctx context.Context, c *Connection, stage directory.Stage, users, groups []int64,
	read func(ctx context.Context) ([]store.DueChange, error)) (result workflows.ApplyResult, err error) {
	if len(users)+len(groups) == 0 {
		return result, nil
	}
	leased, err := b.Store.Lease(ctx, b.claim, b.targetID, users, groups, b.Now())
	if err != nil {
		return result, err
	}
	defer func() {
		// What was written is recorded by now, even when the batch was stopped.
		err = errors.Join(err, b.Store.Release(context.WithoutCancel(ctx), b.claim, b.targetID, leased))
	}()
	due, err := read(ctx)
	if err != nil || len(due) == 0 {
		return result, err
	}
	b.busy = func(d store.DueChange) bool {
		if stage == directory.StageGroups || d.UserID == 0 {
			return !leased.Groups[d.GroupID]
		}
		return !leased.Users[d.UserID]
	}
	b.retried = activity.GetInfo(ctx).Attempt > 1
	if b.elsewhere, err = b.madeElsewhere(ctx, due); err != nil {
		return result, err
	}
	result, err = b.run(ctx, stage, due)
	if stage == directory.StageGroups {
		b.wakeOthers(ctx, c)
	}
	return result, err
}

func (b *batch) madeElsewhere(ctx context.Context, due []store.DueChange) (map[int64]bool, error) {
	var linked []int64
	for _, d := range due {
		if directory.Kind(d.Kind) == directory.CreateAccount && d.AccountID != "" {
			linked = append(linked, d.UserID)
		}
	}
	if len(linked) == 0 {
		return nil, nil
	}
	return b.Store.MadeElsewhere(ctx, b.claim.RunID, b.targetID, linked)
}

// settleBusy records what is not to be applied now: changes whose subjects
// are another's just now, and those that another has made meanwhile. It
// returns the rest.
func (b *batch) settleBusy(ctx context.Context, due []store.DueChange) ([]store.DueChange, error) {
	if b.busy == nil {
		return due, nil
	}
	var left []store.DueChange
	for _, d := range due {
		var err error
		switch {
		case b.busy(d):
			err = b.record(ctx, d, ended(directory.Retry, classBusy))
		case b.done(d):
			err = b.record(ctx, d, ended(directory.Skipped, directory.ClassStale))
		default:
			left = append(left, d)
		}
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// done reports whether a change has been made by another run: what was
// observed of its subject, whose lease is held, is what the change asks for.
func (b *batch) done(d store.DueChange) bool {
	attributes, err := patchOf(d, b.target.RenamesAccounts)
	known := err == nil && attributes.UserName == nil && attributes.Email == nil && len(attributes.Attributes) == 0 &&
		(attributes.DisplayName == nil || d.AccountName == "")
	switch directory.Kind(d.Kind) {
	case directory.SuspendAccount:
		return d.AccountStatus == string(directory.AccountSuspended) || d.AccountStatus == string(directory.AccountDeactivated)
	case directory.DeactivateAccount:
		return d.AccountStatus == string(directory.AccountDeactivated)
	case directory.DeleteAccount:
		return d.AccountID == ""
	case directory.RestoreAccount, directory.UpdateAccount:
		return d.AccountStatus == string(directory.AccountActive) && known
	case directory.CreateAccount:
		return b.elsewhere[d.UserID] && d.AccountStatus == string(directory.AccountActive) && known
	case directory.AddMember:
		return d.Joined
	case directory.RemoveMember:
		return d.UserID != 0 && !d.Joined && !d.Missing
	}
	return false
}

// stale ends a change that is not desired any more. Where an earlier attempt
// may have made it all the same, a push has asked for the contrary meanwhile
// and waits for the lease: what is observed is then what it would have been
// made, so that the push undoes it. A membership that may have been made is
// known already (intendMembers).
func (b *batch) stale(d store.DueChange) attempt {
	t := ended(directory.Skipped, directory.ClassStale)
	if b.busy == nil || !b.retried && d.Attempts == 0 || d.AccountID == "" {
		return t
	}
	switch directory.Kind(d.Kind) {
	case directory.SuspendAccount:
		t.Account = b.observed(d, directory.AccountSuspended).Account
	case directory.DeactivateAccount:
		t.Account = b.observed(d, directory.AccountDeactivated).Account
	case directory.RestoreAccount:
		t.Account = b.observed(d, directory.AccountActive).Account
	case directory.RemoveMember:
		if d.UserID != 0 {
			t.Left = []int64{d.GroupID}
		}
	}
	return t
}

func subjectsOf(stage directory.Stage, d store.DueChange) (users, groups []int64) {
	if stage == directory.StageGroups || d.UserID == 0 {
		return nil, []int64{d.GroupID} // a member whom no link knows is the group's
	}
	return []int64{d.UserID}, nil
}

// wakeOthers tells the shards that have something to do since groups were linked.
func (a *Activities) wakeOthers(ctx context.Context, c *Connection) {
	if a.Wake == nil {
		return
	}
	id, err := a.Store.ConnectionID(ctx, c.Name)
	if err != nil {
		a.Log.Warn("shards were not woken; the next sweep does it", "connection", c.Name, "error", err)
		return
	}
	shards, err := a.Store.DueShards(ctx, id, a.Now())
	if err != nil {
		a.Log.Warn("shards were not woken; the next sweep does it", "connection", c.Name, "error", err)
		return
	}
	if len(shards) > 0 {
		a.Wake(c.Name, shards)
	}
}
