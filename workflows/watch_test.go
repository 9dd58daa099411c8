package workflows_test

import (
	"context"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/workflows"
)

// watch plays Watch once, with so many events in the log, and returns the runs it started.
func watch(t *testing.T, events int) []workflows.SyncInput {
	t.Helper()
	env := newEnvironment()
	env.RegisterActivityWithOptions(func(context.Context, workflows.WatchInput) (workflows.PollResult, error) {
		return workflows.PollResult{Events: events}, nil
	}, activity.RegisterOptions{Name: workflows.ActivityPollChanges})
	var started []workflows.SyncInput
	env.RegisterWorkflowWithOptions(func(_ workflow.Context, in workflows.SyncInput) (workflows.SyncResult, error) {
		started = append(started, in)
		return workflows.SyncResult{Outcome: workflows.OutcomeDone}, nil
	}, workflow.RegisterOptions{Name: workflows.SyncName})
	env.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchName})
	env.ExecuteWorkflow(workflows.WatchName, workflows.WatchInput{Connection: "staff"})
	var result workflows.PollResult
	if err := env.GetWorkflowResult(&result); err != nil {
		t.Fatal(err)
	}
	if result.Events != events {
		t.Errorf("reported %d events, want %d", result.Events, events)
	}
	return started
}

func TestAQuietEventLogStartsNoRun(t *testing.T) {
	t.Parallel()
	if started := watch(t, 0); len(started) > 0 {
		t.Errorf("started %+v", started)
	}
}

func TestEventsStartOneRunThatSaysSo(t *testing.T) {
	t.Parallel()
	started := watch(t, 12)
	want := workflows.SyncInput{Connection: "staff", Trigger: "log"}
	if len(started) != 1 || started[0] != want {
		t.Errorf("started %+v, want one run: %+v", started, want)
	}
}
