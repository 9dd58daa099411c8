package activities

import (
	"context"
	"fmt"

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
	counts, err := a.Store.Counts(ctx, in.RunID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	result, left := sum(in.RunID, counts)
	reason := ""
	switch {
	case in.Failure == directory.ClassCanceled:
		result.Outcome, reason = workflows.OutcomeStopped, "it was cancelled"
	case in.Failure != "":
		result.Outcome, reason = workflows.OutcomeFailed, string(in.Failure)
	default:
		result.Outcome = outcomeOf(result, left)
	}
	if err := a.Store.FinishPush(ctx, claimOf(in.RunRef), result.Outcome, reason, a.Now()); err != nil {
		return result, err
	}
	a.tell("pushes applied", in.Connection, result, counts)
	return result, nil
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
