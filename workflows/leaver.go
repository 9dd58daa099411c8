package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// leaverLook is how often a leaver is looked at whatever happens, as the clock
// that a step's time is reckoned by may have been set.
const leaverLook = 24 * time.Hour

// Leaver is the timers of one person who is leaving: when a step of a ladder is
// due it advances the person's rows, which changes what is desired, and a run of
// that one person does the rest. It never writes to a target. Steps and their
// times are in the database: a Leaver that is lost is made again. It ends when
// no step is due any more.
func Leaver(ctx workflow.Context, in LeaverInput) (LeaverResult, error) {
	var total LeaverResult
	wake := workflow.GetSignalChannel(ctx, WakeSignal)
	for {
		for wake.ReceiveAsync(nil) { // one look is enough for all of them
		}
		var step LeaverResult
		options := local(ctx, FirstHeartbeat, fmt.Sprintf("steps of user %d", in.UserID))
		if err := workflow.ExecuteActivity(options, ActivityLeaverStep, in).Get(ctx, &step); err != nil {
			return total, err
		}
		total.Steps += step.Steps
		total.SearchAttributes = step.SearchAttributes
		if step.Next == 0 {
			// A signal that came meanwhile may be of a row that the look above has missed.
			if wake.ReceiveAsync(nil) {
				continue
			}
			in.say(ctx, total, OutcomeDone, "no step is due any more")
			return total, nil
		}
		in.say(ctx, total, "running", "the next step is due at "+workflow.Now(ctx).Add(step.Next).UTC().Format(time.RFC3339))
		if enough(ctx) {
			return total, workflow.NewContinueAsNewError(ctx, Leaver, in)
		}
		if err := in.wait(ctx, wake, min(step.Next, leaverLook)); err != nil {
			return total, err
		}
	}
}

func (in LeaverInput) wait(ctx workflow.Context, wake workflow.ReceiveChannel, d time.Duration) error {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	var failure error
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(wake, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	selector.AddFuture(workflow.NewTimer(timerCtx, d), func(f workflow.Future) { failure = f.Get(ctx, nil) })
	selector.Select(ctx)
	return failure
}

func (in LeaverInput) say(ctx workflow.Context, total LeaverResult, outcome, state string) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**, user %d is leaving: %s. %d steps taken.", in.Connection, in.UserID, state, total.Steps))
	if total.SearchAttributes {
		tell(ctx, in.Connection, TriggerLeaver, outcome, 0, 0)
	}
}
