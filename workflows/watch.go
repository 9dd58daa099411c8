package workflows

import (
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"
)

// WatchName is the name under which Watch is registered.
const WatchName = "Watch"

// WatchInput names the connection whose source is polled.
type WatchInput struct{ Connection string }

// PollResult says whether something happened in the source's event log.
type PollResult struct{ Events int }

// Watch polls the event log of a connection's source once and, when something
// happened there, starts a run. A schedule starts it.
func Watch(ctx workflow.Context, in WatchInput) (PollResult, error) {
	var result PollResult
	err := workflow.ExecuteActivity(local(ctx, FirstHeartbeat, "poll the event log of "+in.Connection), ActivityPollChanges, in).Get(ctx, &result)
	if err != nil || result.Events == 0 {
		return result, err
	}
	// The run goes on when this workflow ends; a run that is under way already says so itself.
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:        "sync/" + in.Connection + "/log/" + workflow.GetInfo(ctx).WorkflowExecution.RunID,
		ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "run of " + in.Connection + ", triggered by its event log",
	})
	started := workflow.ExecuteChildWorkflow(child, SyncName, SyncInput{Connection: in.Connection, Trigger: "log"})
	return result, started.GetChildWorkflowExecution().Get(ctx, nil)
}
