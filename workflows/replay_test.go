package workflows_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/workflows"
)

// shapes are the kinds of history in testdata. They are recorded from real
// runs with: go test ./standalone/scenario -run Record -record
var shapes = []string{
	"already-running", "continued-as-new-1", "continued-as-new-2", "continued-as-new-3", "control-held", "control-leaver", "control-notify",
	"control-steered-sync", "control-subjects", "dry-run", "failed", "failed-target",
	"first-run", "held", "incremental", "pushed-provision", "pushed-sync", "retry-lane", "stopped", "watch",
}

// registered are the workflows that histories are replayed with, each with a
// piece of work before it and one after it that was not there when they were
// recorded; none is as they are.
type registered struct{ before, after bool }

// around runs a workflow with what is added to it.
func around[O any](ctx workflow.Context, r registered, run func() (O, error)) (O, error) {
	added := func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "SomethingNew").Get(ctx, nil)
	}
	if r.before {
		if err := added(ctx); err != nil {
			var nothing O
			return nothing, err
		}
	}
	result, err := run()
	if r.after {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		if more := added(ctx); more != nil {
			return result, more
		}
	}
	return result, err
}

// returning is a workflow with a result, with what is added to it.
func returning[I, O any](r registered, run func(workflow.Context, I) (O, error)) func(workflow.Context, I) (O, error) {
	return func(ctx workflow.Context, in I) (O, error) {
		return around(ctx, r, func() (O, error) { return run(ctx, in) })
	}
}

// ending is a workflow without a result, with what is added to it.
func ending[I any](r registered, run func(workflow.Context, I) error) func(workflow.Context, I) error {
	return func(ctx workflow.Context, in I) error {
		_, err := around(ctx, r, func() (nothing, error) { return nothing{}, run(ctx, in) })
		return err
	}
}

// replay replays a recorded history with workflows as given.
func replay(shape string, r registered) error {
	// A busy machine is no deadlock.
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	if err != nil {
		return err
	}
	for name, run := range map[string]any{
		workflows.SyncName: returning(r, workflows.Sync), workflows.WatchName: returning(r, workflows.Watch), workflows.ProvisionName: ending(r, workflows.Provision),
		workflows.SubjectsName: returning(r, workflows.Subjects), workflows.HeldName: returning(r, workflows.Held), workflows.LeaverName: returning(r, workflows.Leaver),
		workflows.NotifyName: ending(r, workflows.Notify),
	} {
		replayer.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name})
	}
	return replayer.ReplayWorkflowHistoryFromJSONFile(quiet{}, filepath.Join("testdata", shape+".json"))
}

func TestEveryShapeOfHistoryIsRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	slices.Sort(files)
	if diff := cmp.Diff(shapes, files); diff != "" {
		t.Errorf("recorded histories (-want +got):\n%s", diff)
	}
}

func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			if err := replay(shape, registered{}); err != nil {
				t.Errorf("a change of the workflows breaks runs under way; keep the old way behind a GetVersion: %v", err)
			}
		})
	}
}

func TestAChangedWorkflowFailsTheReplay(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]registered{"by an activity before all others": {before: true}, "by an activity after all others": {after: true}} {
		for _, shape := range shapes {
			t.Run(name+"/"+shape, func(t *testing.T) {
				t.Parallel()
				err := replay(shape, changed)
				if err == nil || !strings.Contains(err.Error(), "TMPRL1100") {
					t.Errorf("the replay ended with %v, want a report of nondeterminism", err)
				}
			})
		}
	}
}
