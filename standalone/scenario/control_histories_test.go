package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/history/v1"

	"github.com/rollcall-sync/rollcall/workflows"
)

// controlPrefix is of the histories of what persons ask for.
const controlPrefix = "control-"

// TestRecordHistoriesOfControl plays what persons can ask for and, with
// -record, puts the longest history of each workflow of it in workflows/testdata.
func TestRecordHistoriesOfControl(t *testing.T) {
	if !*record {
		t.Skip("histories are recorded with: go test ./standalone/scenario -run Record -record")
	}
	s := newAsking(t, prometheus.NewRegistry())
	s.askForEverything()
	s.audit.organisation(s.scenario)
	kept := map[string]*history.History{}
	for _, name := range []string{workflows.SubjectsName, workflows.HeldName, workflows.LeaverName, workflows.NotifyName, workflows.SyncName} {
		ended := fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = \"Completed\"", name)
		s.eventually("a "+name+" has ended", func() (bool, any) { found := s.executions(ended); return len(found) > 0, found })
		for _, e := range s.executions(ended) {
			for _, one := range chain(t.Context(), t, s.Worker.Client, e.Execution.WorkflowId, e.Execution.RunId) {
				if old := kept[name]; old == nil || len(old.Events) < len(one.Events) {
					kept[name] = one
				}
			}
		}
	}
	for name, one := range kept {
		text := portable(t, one)
		if found := s.audit.find(string(text)); len(found) > 0 {
			t.Fatalf("%s holds %v", name, found)
		}
		file := map[string]string{
			workflows.SubjectsName: "subjects", workflows.HeldName: "held", workflows.LeaverName: "leaver", workflows.NotifyName: "notify", workflows.SyncName: "steered-sync",
		}[name]
		if err := os.WriteFile(filepath.Join(recorded, controlPrefix+file+".json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
