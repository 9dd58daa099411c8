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
	"already-running", "continued-as-new-1", "continued-as-new-2", "continued-as-new-3", "dry-run", "failed", "failed-target",
	"first-run", "held", "incremental", "pushed-provision", "pushed-sync", "retry-lane", "stopped", "watch",
}

// registered are the workflows that histories are replayed with.
type registered struct {
	sync      func(workflow.Context, workflows.SyncInput) (workflows.SyncResult, error)
	watch     func(workflow.Context, workflows.WatchInput) (workflows.PollResult, error)
	provision func(workflow.Context, workflows.ProvisionInput) error
}

// replay replays a recorded history with workflows as given.
func replay(shape string, r registered) error {
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(r.sync, workflow.RegisterOptions{Name: workflows.SyncName})
	replayer.RegisterWorkflowWithOptions(r.watch, workflow.RegisterOptions{Name: workflows.WatchName})
	replayer.RegisterWorkflowWithOptions(r.provision, workflow.RegisterOptions{Name: workflows.ProvisionName})
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
			if err := replay(shape, registered{workflows.Sync, workflows.Watch, workflows.Provision}); err != nil {
				t.Errorf("a change of the workflows breaks runs under way; keep the old way behind a GetVersion: %v", err)
			}
		})
	}
}

func TestAChangedWorkflowFailsTheReplay(t *testing.T) {
	t.Parallel()
	before := func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "SomethingNew").Get(ctx, nil)
	}
	for name, changed := range map[string]registered{
		"by an activity before all others": {
			func(ctx workflow.Context, in workflows.SyncInput) (workflows.SyncResult, error) {
				if err := before(ctx); err != nil {
					return workflows.SyncResult{}, err
				}
				return workflows.Sync(ctx, in)
			},
			func(ctx workflow.Context, in workflows.WatchInput) (workflows.PollResult, error) {
				if err := before(ctx); err != nil {
					return workflows.PollResult{}, err
				}
				return workflows.Watch(ctx, in)
			},
			func(ctx workflow.Context, in workflows.ProvisionInput) error {
				if err := before(ctx); err != nil {
					return err
				}
				return workflows.Provision(ctx, in)
			},
		},
		"by an activity after all others": {
			func(ctx workflow.Context, in workflows.SyncInput) (workflows.SyncResult, error) {
				result, err := workflows.Sync(ctx, in)
				ctx, _ = workflow.NewDisconnectedContext(ctx)
				if more := before(ctx); more != nil {
					return result, more
				}
				return result, err
			},
			func(ctx workflow.Context, in workflows.WatchInput) (workflows.PollResult, error) {
				result, err := workflows.Watch(ctx, in)
				if more := before(ctx); more != nil {
					return result, more
				}
				return result, err
			},
			func(ctx workflow.Context, in workflows.ProvisionInput) error {
				err := workflows.Provision(ctx, in)
				if more := before(ctx); more != nil {
					return more
				}
				return err
			},
		},
	} {
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
