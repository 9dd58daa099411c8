package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The verbs that steer a run.
const (
	VerbPause  = "pause"
	VerbResume = "resume"
	VerbStop   = "stop"
	VerbSlow   = "slow"
	VerbSkip   = "skip"
)

// Verbs lists the verbs that steer a run.
var Verbs = [...]string{VerbPause, VerbResume, VerbStop, VerbSlow, VerbSkip}

// classStopped is the class of a run that a person has stopped.
const classStopped directory.Class = "stopped"

// steerable lets a run be steered by the update "control". What it asks for is
// a row of the database, which whatever works for the run looks at: it takes
// effect within two seconds, also in the middle of a batch.
func steerable(ctx workflow.Context, run func() RunRef) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, ControlUpdate, func(ctx workflow.Context, in Control) (Control, error) {
		in.RunID = run().RunID
		var stands Control
		err := workflow.ExecuteActivity(local(ctx, FirstHeartbeat, in.Verb), ActivitySteer, in).Get(ctx, &stands)
		return stands, err
	}, workflow.UpdateHandlerOptions{Validator: func(in Control) error { return in.check(run().RunID) }})
	if err != nil {
		return fmt.Errorf("register update: %w", err)
	}
	return nil
}

// check refuses what cannot be done before it is in the run's history.
func (c Control) check(runID int64) error {
	switch {
	case runID == 0:
		return errors.New("the run has not begun yet; try again in a moment")
	case c.RunID != 0 && c.RunID != runID:
		return fmt.Errorf("this is run %d, not run %d", runID, c.RunID)
	case !slices.Contains(Verbs[:], c.Verb):
		return fmt.Errorf("unknown verb; one of %v", Verbs)
	case c.Pace < 0:
		return errors.New("a pace is a number of changes a second, 0 for no limit")
	case c.Verb == VerbSkip && c.UserID == 0:
		return errors.New("skip needs the id of a user")
	}
	return nil
}

// settled waits until every update that was accepted has been answered: a
// history must not end in the middle of one.
func settled(ctx workflow.Context) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// tell sets the search attributes under which operators find a workflow.
func tell(ctx workflow.Context, connection, trigger, outcome string, held, failed int64) {
	err := workflow.UpsertTypedSearchAttributes(ctx, attributeConnection.ValueSet(connection), attributeTrigger.ValueSet(trigger),
		attributeOutcome.ValueSet(outcome), attributeHeld.ValueSet(held), attributeFailed.ValueSet(failed))
	if err != nil {
		workflow.GetLogger(ctx).Warn("search attributes were not set", "error", err)
	}
}
