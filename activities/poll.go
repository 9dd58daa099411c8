package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// PollChanges asks the source's event log whether something happened.
func (a *Activities) PollChanges(ctx context.Context, in workflows.WatchInput) (workflows.PollResult, error) {
	defer a.beat(ctx)()
	result, err := a.pollChanges(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) pollChanges(ctx context.Context, in workflows.WatchInput) (workflows.PollResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.PollResult{}, err
	}
	log, ok := c.Source.(directory.ChangeLog)
	if !ok {
		return workflows.PollResult{}, final(classUnknown)
	}
	id, err := a.Store.ConnectionID(ctx, in.Connection)
	if errors.Is(err, store.ErrNotFound) {
		return workflows.PollResult{}, nil // no run yet: the first reads everything
	}
	if err != nil {
		return workflows.PollResult{}, err
	}
	busy, err := a.Store.Claimed(ctx, id, a.Now())
	if err != nil || busy {
		// What happened meanwhile is seen at the next poll: the cursor stays.
		return workflows.PollResult{}, err
	}
	cursor, err := a.Store.LogCursor(ctx, id)
	if err != nil {
		return workflows.PollResult{}, err
	}
	changes, err := steady(ctx, func() (directory.Changes, error) { return log.Changes(ctx, cursor) })
	if err != nil {
		return workflows.PollResult{}, err
	}
	activity.GetLogger(ctx).Debug("polled the event log", "connection", in.Connection, "events", changes.Events)
	if changes.Next == cursor {
		return workflows.PollResult{Events: changes.Events}, nil
	}
	return workflows.PollResult{Events: changes.Events}, a.Store.SaveLogCursor(ctx, id, changes.Next, changes.Full)
}
