package scenario

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/workflows"
)

var record = flag.Bool("record", false, "record the histories in workflows/testdata again")

// recorded is where the histories are that workflows/replay_test.go replays.
const recorded = "../../workflows/testdata"

// recordedShapes are the shapes worth a file. The others repeat them.
var recordedShapes = map[string]bool{
	"first-run": true, "incremental": true, "dry-run": true, "held": true, "retry-lane": true, "failed": true, "failed-target": true,
	"already-running": true, "stopped": true, "watch": true,
}

// TestRecordHistoriesOfEachShape plays a run of each shape and replays what
// it left. With -record it puts that in workflows/testdata.
func TestRecordHistoriesOfEachShape(t *testing.T) {
	if !*record {
		t.Skip("histories are recorded with: go test ./standalone/scenario -run Record -record")
	}
	g := newGallery(t, nil)
	g.all()
	kept := map[string][]*history.History{}
	for _, s := range g.shapes {
		if recordedShapes[s.name] {
			kept[s.name] = chain(t.Context(), t, g.Worker.Client, s.workflowID, s.runID)
		}
	}
	long := newLongRun(t)
	for i, one := range long.histories[:3] {
		kept[fmt.Sprintf("continued-as-new-%d", i+1)] = []*history.History{one}
	}
	old, err := filepath.Glob(filepath.Join(recorded, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if name := filepath.Base(file); strings.HasPrefix(name, pushedPrefix) || strings.HasPrefix(name, controlPrefix) {
			continue // those of TestRecordHistoriesOfPushes and TestRecordHistoriesOfControl
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, histories := range kept {
		if len(histories) != 1 {
			t.Fatalf("%s has %d histories, want 1", name, len(histories))
		}
		text := portable(t, histories[0])
		if found := g.audit.find(string(text)); len(found) > 0 {
			t.Fatalf("%s holds %v", name, found)
		}
		if err := os.WriteFile(filepath.Join(recorded, name+".json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// portable writes a history without the name of the machine that it ran on.
func portable(t *testing.T, one *history.History) []byte {
	t.Helper()
	encoded, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	text := string(encoded)
	text = regexp.MustCompile(`"identity": ?"[^"]*"`).ReplaceAllString(text, `"identity":"worker"`)
	// The queue on which a worker keeps its own workflows is named after its machine.
	text = strings.ReplaceAll(text, `"`+host+":", `"worker:`)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	compact.WriteByte('\n')
	replayable(t, compact.Bytes())
	return compact.Bytes()
}

// replayable fails the test when a history cannot be replayed.
func replayable(t *testing.T, text []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// A busy machine is no deadlock.
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
	if err != nil {
		t.Fatal(err)
	}
	replayer.RegisterWorkflowWithOptions(workflows.Sync, workflow.RegisterOptions{Name: workflows.SyncName})
	replayer.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchName})
	replayer.RegisterWorkflowWithOptions(workflows.Provision, workflow.RegisterOptions{Name: workflows.ProvisionName})
	replayer.RegisterWorkflowWithOptions(workflows.Subjects, workflow.RegisterOptions{Name: workflows.SubjectsName})
	replayer.RegisterWorkflowWithOptions(workflows.Held, workflow.RegisterOptions{Name: workflows.HeldName})
	replayer.RegisterWorkflowWithOptions(workflows.Leaver, workflow.RegisterOptions{Name: workflows.LeaverName})
	replayer.RegisterWorkflowWithOptions(workflows.Notify, workflow.RegisterOptions{Name: workflows.NotifyName})
	if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
		t.Fatal(err)
	}
}
