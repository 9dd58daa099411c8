package activities

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// LeaverStep takes the steps of one leaver's ladders that are due, which
// changes what is desired, and has a run of that one person made; it writes to
// no target itself.
func (a *Activities) LeaverStep(ctx context.Context, in workflows.LeaverInput) (workflows.LeaverResult, error) {
	defer a.beat(ctx)()
	result, err := a.leaverStep(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) leaverStep(ctx context.Context, in workflows.LeaverInput) (workflows.LeaverResult, error) {
	if _, err := a.connection(in.Connection); err != nil {
		return workflows.LeaverResult{}, err
	}
	result := workflows.LeaverResult{SearchAttributes: a.SearchAttributes}
	step, err := a.Store.LeaverStep(ctx, in.Connection, in.UserID, store.Request{
		Kind: store.RequestUsers, Name: workflows.TriggerLeaver, Who: store.Who{Name: "the ladder of a leaver"},
	}, a.Now())
	if err != nil {
		return result, err
	}
	result.Steps = step.Advanced
	if !step.Next.IsZero() {
		// What is due this very moment has just been taken.
		result.Next = max(step.Next.Sub(a.Now()), leaverSoonest)
	}
	if step.RequestID != 0 {
		a.start(ctx, func(ctx context.Context) error {
			return a.Start.Subjects(ctx, in.Connection, step.RequestID, workflows.TriggerLeaver)
		})
	}
	return result, nil
}

// request records a request of the machine's own, or joins one that has not
// begun, and starts its workflow.
func (a *Activities) request(ctx context.Context, connection string, r store.Request, trigger string) error {
	id, err := a.Store.JoinRequest(ctx, r, a.Now())
	if err != nil {
		return err
	}
	a.start(ctx, func(ctx context.Context) error { return a.Start.Subjects(ctx, connection, id, trigger) })
	return nil
}

// start starts a workflow beside this one. One that cannot be started now is in
// the database, and the sweep starts it.
func (a *Activities) start(ctx context.Context, begin func(ctx context.Context) error) {
	if a.Start == nil {
		return
	}
	if err := begin(ctx); err != nil {
		a.Log.Warn("a workflow was not started; the next sweep does it", "error", err)
	}
}
