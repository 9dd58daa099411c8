package activities

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// batchSize is how many changes one activity applies: 0.02 history events a
// person, and at most a few seconds of work to repeat after a crash.
const batchSize = 200

// outageAfter is how many calls in a row may fail before the target counts as
// down: the batch is put off as a whole then.
const outageAfter = 16

// ApplyBatch applies a batch of changes of one stage. A change that fails is
// recorded with its reason and does not stop the others; the activity's own
// error means that the target or the database cannot be used now.
func (a *Activities) ApplyBatch(ctx context.Context, in workflows.BatchInput) (workflows.ApplyResult, error) {
	result, err := a.applyBatch(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) applyBatch(ctx context.Context, in workflows.BatchInput) (workflows.ApplyResult, error) {
	t, err := a.targetOf(ctx, in.Connection, in.Target)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	b := a.newBatch(in.RunRef, in.Target.ID, t)
	ctx, stop, err := a.alive(ctx, b.claim, b.progress)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	defer stop()
	if in.Stage == directory.StageLeavers {
		ctx = budget.WithPriority(ctx)
	}
	return b.runBeside(ctx, c, in.Stage, store.Range(in.Range))
}

// ApplyChange applies one change that is worth trying again. Its error, as
// long as attempts are left, is the change's own.
func (a *Activities) ApplyChange(ctx context.Context, in workflows.ChangeInput) (workflows.ApplyResult, error) {
	result, err := a.applyChange(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) applyChange(ctx context.Context, in workflows.ChangeInput) (workflows.ApplyResult, error) {
	t, err := a.targetOf(ctx, in.Connection, in.Target)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	due, err := a.Store.Due(ctx, in.ChangeID)
	if errors.Is(err, store.ErrNotFound) {
		return workflows.ApplyResult{}, nil // settled by an earlier attempt whose answer was lost
	}
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	b := a.newBatch(in.RunRef, in.Target.ID, t)
	ctx, stop, err := a.alive(ctx, b.claim, nil)
	if err != nil {
		return workflows.ApplyResult{}, err
	}
	defer stop()
	result, err := b.runChange(ctx, in, due)
	switch {
	case err != nil && lastAttempt(ctx) && ctx.Err() == nil:
		return workflows.ApplyResult{Failed: 1}, errors.Join(err, a.Store.EndRetry(ctx, b.claim, in.ChangeID, a.Now()))
	case err != nil || len(result.Retry) == 0:
		return result, err
	}
	// The row says why, in the target's words; the last attempt's word is "failed".
	if lastAttempt(ctx) {
		return workflows.ApplyResult{Failed: 1}, a.Store.EndRetry(ctx, b.claim, in.ChangeID, a.Now())
	}
	return result, temporal.NewApplicationErrorWithOptions("", string(result.Retry[0].Class), temporal.ApplicationErrorOptions{
		NextRetryDelay: b.longestWait(), Category: temporal.ApplicationErrorCategoryBenign})
}

// FailStage records that what is left of a stage could not be tried.
func (a *Activities) FailStage(ctx context.Context, in workflows.StageInput) error {
	defer a.beat(ctx)()
	return a.classify(ctx, a.Store.FailRest(ctx, claimOf(in.RunRef), in.Target.ID, in.Stage, in.Class, a.Now()))
}

// batch is a batch of changes under way.
type batch struct {
	*Activities
	claim     store.Claim
	targetID  int64
	target    *Target
	protected store.Protected
	recorder  *recorder
	settled   atomic.Int64
	failures  atomic.Int64 // calls in a row that found the target unavailable
	wait      atomic.Int64 // the longest wait that the target asked for, nanoseconds

	// busy, when set, reports whether another run has the lease of a change's subject.
	busy func(store.DueChange) bool
	// access is what the target said of the groups that give access.
	access accessGroups
	// elsewhere are the users whose account another run has made.
	elsewhere map[int64]bool
	// sent are the changes whose writes may have been done.
	sent sendings
	// retried is whether an earlier attempt at the batch was cut off.
	retried bool
}

func (a *Activities) newBatch(run workflows.RunRef, targetID int64, t *Target) *batch {
	return &batch{Activities: a, claim: claimOf(run), targetID: targetID, target: t}
}

func (b *batch) progress() any { return b.settled.Load() }

func (b *batch) longestWait() time.Duration { return time.Duration(b.wait.Load()) }

// run applies changes of one stage and records each outcome as it comes.
func (b *batch) run(ctx context.Context, stage directory.Stage, due []store.DueChange) (workflows.ApplyResult, error) {
	var err error
	if b.protected, err = b.Store.Protected(ctx, b.targetID); err != nil {
		return workflows.ApplyResult{}, err
	}
	b.recorder = newRecorder(ctx, b)
	if due, err = b.settleBusy(ctx, due); err != nil {
		result, recordErr := b.recorder.close()
		return result, errors.Join(err, recordErr)
	}
	switch stage {
	case directory.StageGroups:
		err = b.groups(ctx, due)
	case directory.StageAccounts:
		err = b.accounts(ctx, due)
	default:
		err = b.oneByOne(ctx, due)
	}
	// What is known is recorded, even when the batch stops here.
	result, recordErr := b.recorder.close()
	return result, errors.Join(err, recordErr)
}

// oneByOne applies changes that each touch one account or one membership.
func (b *batch) oneByOne(ctx context.Context, due []store.DueChange) error {
	members, err := b.intendMembers(ctx, b.toJoin(due))
	if err != nil {
		return err
	}
	err = b.each(ctx, due, b.one)
	return errors.Join(err, b.callOff(ctx, intended{members: members}))
}

// one applies a change that touches one account or one membership.
func (b *batch) one(ctx context.Context, d store.DueChange) attempt {
	if directory.Kind(d.Kind) == directory.RemoveMember && d.UserID == 0 {
		return b.removeForeign(ctx, d)
	}
	switch directory.Kind(d.Kind) {
	case directory.AddNesting, directory.RemoveNesting:
		return b.nest(ctx, d)
	}
	if d.AccountID == "" {
		return ended(directory.Blocked, directory.ClassNoLink)
	}
	if b.untouchable(d) {
		return ended(directory.Skipped, directory.ClassProtected)
	}
	switch directory.Kind(d.Kind) {
	case directory.SuspendAccount:
		return b.suspend(ctx, d)
	case directory.DeactivateAccount:
		return b.deactivate(ctx, d)
	case directory.DeleteAccount:
		return b.deleteAccount(ctx, d)
	case directory.AddMember, directory.RemoveMember:
		return b.membership(ctx, d)
	}
	return ended(directory.Refused, directory.ClassInternal)
}

func (b *batch) membership(ctx context.Context, d store.DueChange) attempt {
	if d.TargetGroupID == "" {
		return ended(directory.Blocked, directory.ClassNoLink)
	}
	if b.protected.Group(d.TargetGroupID, d.GroupName) {
		return ended(directory.Skipped, directory.ClassProtected)
	}
	add := d.Kind == string(directory.AddMember)
	if add != d.Member || add && d.DesiredState != string(directory.DesireActive) && d.AccountStatus != string(directory.AccountActive) {
		return b.stale(d)
	}
	if add {
		b.sent.begin(d.ID)
		if err := b.target.AddMember(ctx, d.TargetGroupID, d.AccountID); err != nil {
			b.sent.ended(d.ID, err)
			return failed(err)
		}
		return attempt{Outcome: store.Outcome{State: directory.Applied, Joined: []int64{d.GroupID}}}
	}
	if t, may := b.throughAnother(ctx, d); !may {
		return t
	}
	if err := b.target.RemoveMember(ctx, d.TargetGroupID, d.AccountID); err != nil {
		return failed(err)
	}
	return attempt{Outcome: store.Outcome{State: directory.Applied, Left: []int64{d.GroupID}}}
}

// observed is the outcome of a change after which an account has a new status.
func (b *batch) observed(d store.DueChange, status directory.AccountStatus) attempt {
	account := known(d)
	account.Status = status
	return attempt{Outcome: store.Outcome{State: directory.Applied, Account: &account}}
}

// attempt is what one try of a change came to.
type attempt struct {
	store.Outcome
	err error
}

func ended(state directory.State, class directory.Class) attempt {
	return attempt{Outcome: store.Outcome{State: state, Class: class}}
}

// failed turns an error of a target into the outcome of its change.
func failed(err error) attempt {
	switch {
	case errors.Is(err, errSkipped):
		return ended(directory.Skipped, directory.ClassByHand)
	case errors.Is(err, errStopped):
		return attempt{Outcome: store.Outcome{State: directory.Refused, Class: classStopped}, err: err}
	}
	o := store.Outcome{State: directory.Refused, Class: directory.ClassOf(err), Detail: directory.DetailOf(err)}
	switch o.Class {
	case directory.ClassRateLimited, directory.ClassUnavailable:
		o.State = directory.Retry
	case directory.ClassUnmanaged:
		o.State = directory.Skipped
	case directory.ClassSeat:
		o.State = directory.Failed
	case directory.ClassNotFound:
		o.State = directory.Failed
	}
	return attempt{Outcome: o, err: err}
}

// record passes an outcome on to be stored. It returns an error when the
// batch must stop: the credential is refused, the target is down, it asked
// for a longer wait than a batch makes, or the run has lost its connection.
func (b *batch) record(ctx context.Context, d store.DueChange, t attempt) error {
	if ctx.Err() != nil && t.State == directory.Refused && t.err != nil {
		return ctx.Err() // stopped in the middle: nothing is known of this one
	}
	switch t.Class {
	case directory.ClassAuth:
		return t.err
	case directory.ClassCanceled, classStopped:
		return t.err
	case directory.ClassRateLimited, directory.ClassUnavailable:
		b.noteWait(retryAfter(t.err))
		if t.Class == directory.ClassRateLimited && t.err != nil {
			return t.err // the transport has waited for a short limit; this one is long
		}
		if b.failures.Add(1) >= outageAfter {
			return t.err
		}
	default:
		b.failures.Store(0)
	}
	o := t.Outcome
	o.ChangeID, o.UserID, o.GroupID = d.ID, d.UserID, d.GroupID
	b.settled.Add(1)
	return b.recorder.add(o, subjectOf(d))
}

func (b *batch) noteWait(wait time.Duration) {
	for {
		longest := b.wait.Load()
		if int64(wait) <= longest || b.wait.CompareAndSwap(longest, int64(wait)) {
			return
		}
	}
}

func subjectOf(d store.DueChange) string {
	switch {
	case d.UserID != 0 && d.GroupID != 0:
		return fmt.Sprintf("user %d in group %d", d.UserID, d.GroupID)
	case d.UserID != 0:
		return fmt.Sprintf("user %d", d.UserID)
	}
	return fmt.Sprintf("group %d", d.GroupID)
}
