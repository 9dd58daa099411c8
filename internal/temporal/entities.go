package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/workflows"
)

// Entities starts the workflows that belong to one thing each: a request, a
// held plan, a leaver, a notification. Starting one that runs already makes it
// look again, or does nothing. It is safe for concurrent use.
type Entities struct{ client client.Client }

// NewEntities returns Entities that start workflows over a client.
func NewEntities(c client.Client) *Entities { return &Entities{client: c} }

// gather is how long a request of the machine's own waits for others that come
// with it: of leavers whose steps are due at once one run is made.
const gather = 1500 * time.Millisecond

// Subjects starts the workflow that carries out a request.
func (e *Entities) Subjects(ctx context.Context, connection string, requestID int64, trigger string) error {
	options := client.StartWorkflowOptions{
		ID: workflows.SubjectsID(connection, requestID), TaskQueue: WorkflowQueue, Priority: sdk.Priority{PriorityKey: 1}, StaticSummary: "a request about " + connection,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}
	if trigger == workflows.TriggerLeaver {
		options.StartDelay = gather
	}
	return e.start(ctx, options, workflows.SubjectsName, workflows.SubjectsInput{Connection: connection, RequestID: requestID, Trigger: trigger})
}

// Held starts the workflow that owns a held plan, or makes it look again.
func (e *Entities) Held(ctx context.Context, connection string, planID int64) error {
	return e.wake(ctx, heldOptions(connection, planID), workflows.HeldName, workflows.HeldInput{Connection: connection, PlanID: planID})
}

// HeldThere starts the workflow that owns a held plan where it is missing, and
// leaves one that runs alone.
func (e *Entities) HeldThere(ctx context.Context, connection string, planID int64) error {
	return e.start(ctx, heldOptions(connection, planID), workflows.HeldName, workflows.HeldInput{Connection: connection, PlanID: planID})
}

func heldOptions(connection string, planID int64) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: workflows.HeldID(connection, planID), TaskQueue: WorkflowQueue, StaticSummary: "a held plan of " + connection,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}
}

// Leaver starts the workflow of a leaver's timers, or makes it look again.
func (e *Entities) Leaver(ctx context.Context, connection string, userID int64) error {
	return e.wake(ctx, leaverOptions(connection, userID), workflows.LeaverName, workflows.LeaverInput{Connection: connection, UserID: userID})
}

// LeaverThere starts the workflow of a leaver's timers where it is missing, and
// leaves one that runs alone.
func (e *Entities) LeaverThere(ctx context.Context, connection string, userID int64) error {
	return e.start(ctx, leaverOptions(connection, userID), workflows.LeaverName, workflows.LeaverInput{Connection: connection, UserID: userID})
}

func leaverOptions(connection string, userID int64) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: workflows.LeaverID(connection, userID), TaskQueue: WorkflowQueue, StaticSummary: "somebody who leaves " + connection,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}
}

// Notify starts the delivery of a notification. One whose delivery was given
// up is not begun again while Temporal remembers that.
func (e *Entities) Notify(ctx context.Context, notificationID int64) error {
	err := e.start(ctx, client.StartWorkflowOptions{
		ID: workflows.NotifyID(notificationID), TaskQueue: WorkflowQueue, StaticSummary: "a notification",
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, workflows.NotifyName, workflows.NotifyInput{ID: notificationID})
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	return err
}

func (e *Entities) start(ctx context.Context, o client.StartWorkflowOptions, name string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, wakeTimeout)
	defer cancel()
	if _, err := e.client.ExecuteWorkflow(ctx, o, name, in); err != nil {
		return fmt.Errorf("start %s: %w", o.ID, err)
	}
	return nil
}

func (e *Entities) wake(ctx context.Context, o client.StartWorkflowOptions, name string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, wakeTimeout)
	defer cancel()
	// A signal with start has a conflict policy of its own.
	o.WorkflowIDConflictPolicy = enums.WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED
	if _, err := e.client.SignalWithStartWorkflow(ctx, o.ID, workflows.WakeSignal, nil, o, name, in); err != nil {
		return fmt.Errorf("wake %s: %w", o.ID, err)
	}
	return nil
}

// DecideHeld sends a person's yes or no to the workflow that owns a held plan,
// which is made when it is missing, and returns what the decision came to. The
// decision of one request takes effect once, however often it is sent. An error,
// Temporal's own, means that it was not recorded, or that it is not known
// whether it was.
func DecideHeld(ctx context.Context, c client.Client, in workflows.HeldInput, reject bool, d workflows.Decision) (workflows.Decided, error) {
	name := workflows.ApproveUpdate
	if reject {
		name = workflows.RejectUpdate
	}
	update := client.UpdateWorkflowOptions{UpdateName: name, Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted}
	if d.RequestID != 0 {
		update.UpdateID = fmt.Sprintf("request-%d", d.RequestID)
	}
	handle, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.NewWithStartWorkflowOperation(heldOptions(in.Connection, in.PlanID), workflows.HeldName, in), UpdateOptions: update,
	})
	if err != nil {
		return workflows.Decided{}, err
	}
	var decided workflows.Decided
	if err := handle.Get(ctx, &decided); err != nil {
		return workflows.Decided{}, err
	}
	return decided, nil
}
