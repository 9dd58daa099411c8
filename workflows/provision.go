package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ProvisionName is the name under which Provision is registered.
const ProvisionName = "Provision"

// linger is how long a shard waits for more before its workflow completes:
// Temporal Cloud starts at most one workflow of an id a second, and a burst
// should not cost a workflow for each push.
const linger = 2500 * time.Millisecond

// TriggerPush is the trigger of a run of what was pushed.
const TriggerPush = "scim"

// ProvisionInput starts the work on what was pushed to a shard of a connection.
type ProvisionInput struct {
	Connection string
	Shard      int
	// State is set when the workflow continues as new.
	State *ProvisionState
}

// ProvisionState is what Provision carries from one history into the next.
type ProvisionState struct {
	Run RunRef
	// Execution is the first history of this execution.
	Execution                         string
	Done, Left, Applied, Held, Failed int64
	Heartbeat                         time.Duration
	SearchAttributes                  bool
}

// Provision applies what was pushed to one shard of a connection, the objects
// of a shard one after another, and ends a moment after there is nothing left.
// A wake signal makes it look again; what it works on is in the database, so
// that a signal carries nothing and none can be out of order.
func Provision(ctx workflow.Context, in ProvisionInput) error {
	p := &provision{in: in, wake: workflow.GetSignalChannel(ctx, WakeSignal)}
	if in.State != nil {
		p.ProvisionState = *in.State
	} else {
		p.Execution = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	for {
		p.heard()
		next, err := p.drain(ctx)
		if err != nil {
			return p.fail(ctx, err)
		}
		if enough(ctx) {
			// A signal that is here already needs no keeping: the next history begins by looking.
			p.heard()
			in.State = &p.ProvisionState
			return workflow.NewContinueAsNewError(ctx, Provision, in)
		}
		if next == 0 {
			continue
		}
		woken, err := p.wait(ctx, next)
		if err != nil {
			return p.fail(ctx, err)
		}
		if woken || next != linger {
			continue
		}
		// Nothing came, and nothing is put off. A signal that arrives while the run is
		// being closed starts another; between the last look and the end nothing waits.
		if err := p.finish(ctx, ""); err != nil {
			return err
		}
		if !p.heard() {
			return nil
		}
	}
}

type provision struct {
	ProvisionState
	in   ProvisionInput
	wake workflow.ReceiveChannel
}

// heard takes the signals that are here and reports whether there was one.
func (p *provision) heard() bool {
	heard := false
	for p.wake.ReceiveAsync(nil) {
		heard = true
	}
	return heard
}

// drain applies what is due. It returns how long to wait before looking
// again, 0 for not at all.
func (p *provision) drain(ctx workflow.Context) (time.Duration, error) {
	var result DrainResult
	input := DrainInput{Connection: p.in.Connection, Shard: p.in.Shard, RunID: p.Run.RunID, Execution: p.Execution}
	if err := workflow.ExecuteActivity(draining(ctx, p.in.Connection, fmt.Sprintf("apply what was pushed to %s, shard %d", p.in.Connection, p.in.Shard)), ActivityDrain, input).Get(ctx, &result); err != nil {
		return 0, err
	}
	begun := p.Run.RunID == 0 && result.Ref.RunID != 0
	p.Run, p.Left = result.Ref, result.Left
	p.Done += result.Done
	p.Applied += result.Applied
	p.Held += result.Held
	p.Failed += result.Failed
	p.Heartbeat, p.SearchAttributes = result.Heartbeat, result.SearchAttributes
	if begun {
		p.attributes(ctx, "running")
	}
	p.details(ctx, "waiting for more")
	switch {
	case result.More:
		return 0, nil
	case result.Next > 0:
		if result.Class != "" {
			p.details(ctx, fmt.Sprintf("%d put off: %s", p.Left, result.Class))
		}
		return max(result.Next, time.Millisecond), nil
	}
	return linger, nil
}

// wait waits for a signal, or for a time, and reports whether it was a signal.
func (p *provision) wait(ctx workflow.Context, d time.Duration) (bool, error) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	woken := false
	var failure error
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(p.wake, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); woken = true })
	selector.AddFuture(workflow.NewTimer(timerCtx, d), func(f workflow.Future) { failure = f.Get(ctx, nil) })
	selector.Select(ctx)
	return woken, failure
}

// finish closes the run, if there is one.
func (p *provision) finish(ctx workflow.Context, failure directory.Class) error {
	if p.Run.RunID == 0 {
		return nil
	}
	if ctx.Err() != nil {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
	}
	var result SyncResult
	options := draining(ctx, p.in.Connection, "report")
	if err := workflow.ExecuteActivity(options, ActivityFinishPush, FinishPushInput{RunRef: p.Run, Failure: failure}).Get(ctx, &result); err != nil {
		return err
	}
	p.details(ctx, result.Outcome)
	p.attributes(ctx, result.Outcome)
	p.Run = RunRef{}
	return nil
}

// fail ends the run of a workflow that cannot go on: it was cancelled, or this
// connection is not configured any more. What is left stays in the database.
func (p *provision) fail(ctx workflow.Context, cause error) error {
	class := classOf(cause)
	if err := p.finish(ctx, class); err != nil {
		workflow.GetLogger(ctx).Warn("the run was not closed", "connection", p.in.Connection, "shard", p.in.Shard)
	}
	if temporal.IsCanceledError(cause) {
		return cause
	}
	// The class alone: the words behind it are in the database.
	return temporal.NewNonRetryableApplicationError("what was pushed could not be applied", string(class), nil)
}

func (p *provision) attributes(ctx workflow.Context, outcome string) {
	if !p.SearchAttributes {
		return
	}
	tell(ctx, p.in.Connection, TriggerPush, outcome, p.Held, p.Failed)
}

// details says where the work stands, in the Web UI.
func (p *provision) details(ctx workflow.Context, state string) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**, pushed, shard %d, run %d: %s. %d objects done, %d put off; %d changes applied, %d held, %d failed.",
		p.in.Connection, p.in.Shard, p.Run.RunID, state, p.Done, p.Left, p.Applied, p.Held, p.Failed))
}
