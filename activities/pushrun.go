package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// FinishPush counts what a run of what was pushed came to, and closes it.
func (a *Activities) FinishPush(ctx context.Context, in workflows.FinishPushInput) (workflows.SyncResult, error) {
	defer a.beat(ctx)()
	result, err := a.finishPush(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) finishPush(ctx context.Context, in workflows.FinishPushInput) (workflows.SyncResult, error) {
	return a.finishBeside(ctx, besideEnd{RunRef: in.RunRef, failure: in.Failure, trigger: workflows.TriggerPush, what: "pushes applied"})
}

// FinishSubjects ends a request, and counts what its run came to and closes it.
func (a *Activities) FinishSubjects(ctx context.Context, in workflows.FinishSubjectsInput) (workflows.SyncResult, error) {
	defer a.beat(ctx)()
	result, err := a.finishSubjects(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) finishSubjects(ctx context.Context, in workflows.FinishSubjectsInput) (workflows.SyncResult, error) {
	request, err := a.Store.Request(ctx, in.RequestID)
	if errors.Is(err, store.ErrNotFound) {
		return workflows.SyncResult{Outcome: workflows.OutcomeFailed}, nil // there never was one
	}
	if err != nil {
		return workflows.SyncResult{}, err
	}
	if in.RunID == 0 {
		// Nothing was begun: it cannot be, or an earlier execution has done it.
		if request.RunID != 0 {
			return a.outcome(ctx, request.RunID)
		}
		return workflows.SyncResult{Outcome: workflows.OutcomeFailed}, a.Store.EndRequest(ctx, in.RequestID, 0, a.Now())
	}
	if request.Kind == store.RequestApproval && in.Failure == "" {
		if err := a.dropStale(ctx, in, request.Subject); err != nil {
			return workflows.SyncResult{}, err
		}
	}
	result, err := a.finishBeside(ctx, besideEnd{RunRef: in.RunRef, failure: in.Failure, trigger: in.Trigger, what: "request carried out", dry: request.DryRun, notFound: in.NotFound})
	if err != nil {
		return result, err
	}
	return result, a.Store.EndRequest(ctx, in.RequestID, in.RunID, a.Now())
}

// dropStale records which of the changes that were approved are not due any
// more, or cannot be done since their target is not used. Asked again after the run was closed, it has been done.
func (a *Activities) dropStale(ctx context.Context, in workflows.FinishSubjectsInput, approval int64) error {
	c, err := a.connection(in.Connection)
	if err != nil {
		return err
	}
	target, err := a.Store.ApprovalTarget(ctx, approval)
	if err != nil {
		return err
	}
	class, err := a.unused(ctx, c, target)
	switch {
	case err != nil:
	case class != "":
		_, err = a.Store.FailApproved(ctx, claimOf(in.RunRef), target, approval, class)
	default:
		_, err = a.Store.DropStale(ctx, claimOf(in.RunRef), target, approval)
	}
	if isFenced(err) {
		return nil
	}
	return err
}

// outcome is what a run came to that has ended before.
func (a *Activities) outcome(ctx context.Context, runID int64) (workflows.SyncResult, error) {
	run, err := a.Store.Run(ctx, runID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	counts, err := a.Store.Counts(ctx, runID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	result, _ := sum(runID, counts)
	result.Outcome = run.Outcome
	return result, nil
}

// besideEnd is the end of a run that worked beside others.
type besideEnd struct {
	workflows.RunRef
	failure       directory.Class
	trigger, what string
	dry, notFound bool
}

func (a *Activities) finishBeside(ctx context.Context, end besideEnd) (workflows.SyncResult, error) {
	counts, err := a.Store.Counts(ctx, end.RunID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	moved, err := a.movedIn(ctx, end.RunID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	result, left := sum(end.RunID, counts)
	reason, failure := "", end.failure
	switch {
	case end.failure == directory.ClassCanceled:
		result.Outcome, reason = workflows.OutcomeStopped, "it was cancelled"
	case end.failure == classStopped:
		result.Outcome, reason = workflows.OutcomeStopped, "a person has stopped it"
	case end.failure != "":
		result.Outcome, reason = workflows.OutcomeFailed, string(end.failure)
	case end.notFound:
		result.Outcome, reason = workflows.OutcomeFailed, string(directory.ClassNotFound)
	case len(moved) > 0:
		result.Outcome, reason, failure = workflows.OutcomeFailed, strings.Join(moved, ", "), classMoved
	case end.dry:
		result.Outcome = workflows.OutcomeDry
	default:
		result.Outcome = outcomeOf(result, left)
	}
	if err := a.Store.FinishPush(ctx, claimOf(end.RunRef), result.Outcome, reason, a.Now()); err != nil {
		return result, err
	}
	a.tell(end.what, end.Connection, result, counts)
	if end.notFound {
		return result, nil // who asked is told; there is nothing for others to hear
	}
	if err := a.tellOfRun(ctx, end.RunRef, result, failure, counts); err != nil || end.dry {
		return result, err
	}
	return result, a.followUp(ctx, end.RunRef, end.trigger, counts)
}

// PullPushed takes everything over that was pushed and is still in the inbox,
// for a run that compares all of it with the targets. What the inbox holds
// stays there until its own workflow has applied it.
func (a *Activities) PullPushed(ctx context.Context, in workflows.ReadInput) (workflows.PullResult, error) {
	result, err := a.pullPushed(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) pullPushed(ctx context.Context, in workflows.ReadInput) (workflows.PullResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.PullResult{}, err
	}
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.PullResult{}, err
	}
	defer stop()
	var result workflows.PullResult
	for after := int64(0); ; {
		items, err := a.Store.PendingInbox(ctx, in.ConnectionID, after, drainAtOnce)
		if err != nil {
			return result, err
		}
		if len(items) == 0 {
			return result, a.Store.SaveProgress(ctx, claim, store.Progress{Stage: "plan", UsersRead: result.Users, GroupsRead: result.Groups})
		}
		ids := make([]int64, len(items))
		for i, item := range items {
			ids[i] = item.ResourceID
		}
		pulled, err := a.Store.Pull(ctx, claim, ids, c.Mapping, a.Now())
		if err != nil {
			return result, fmt.Errorf("take over what was pushed: %w", err)
		}
		result.Users += int64(len(pulled.Users))
		result.Groups += int64(len(pulled.Groups))
		after = ids[len(ids)-1]
	}
}
