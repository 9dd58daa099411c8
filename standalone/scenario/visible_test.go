package scenario

import (
	"strings"
	"testing"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestARunCanBeFoundAndReadInTheWebUI(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 5, Groups: 1}).on(ownServer(t, embedded.Options{})).start()
	run, err := s.begin(t.Context(), workflows.SyncInput{})
	if err != nil {
		t.Fatal(err)
	}
	var result workflows.SyncResult
	if err := run.Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"RollcallConnection = '" + s.Name + "'",
		"RollcallOutcome = 'done'",
		"RollcallTrigger = 'hand' AND RollcallHeld = 0 AND RollcallFailed = 0",
	} {
		s.eventually("the run is found by "+query, func() (bool, any) { found := s.executions(query); return len(found) == 1, found })
	}
	if found := s.executions("RollcallOutcome = 'held'"); len(found) > 0 {
		t.Errorf("a run that held nothing is found by it: %v", found)
	}
	details := metadata(t.Context(), t, s.Worker.Client, run.GetID(), run.GetRunID()).CurrentDetails
	for _, word := range []string{s.Name, "done", "Read 5 users, 1 groups"} {
		if !strings.Contains(details, word) {
			t.Errorf("the current details are %q, want %q in them", details, word)
		}
	}
	var summaries []string
	for _, one := range chain(t.Context(), t, s.Worker.Client, run.GetID(), run.GetRunID()) {
		for _, event := range one.Events {
			if event.EventType != enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
				continue
			}
			var summary string
			if err := converter.GetDefaultDataConverter().FromPayload(event.UserMetadata.GetSummary(), &summary); err != nil || summary == "" {
				t.Errorf("activity %s has the summary %q, %v", event.GetActivityTaskScheduledEventAttributes().ActivityType.Name, summary, err)
			}
			summaries = append(summaries, summary)
		}
	}
	if all := strings.Join(summaries, "\n"); !strings.Contains(all, "claim "+s.Name) || !strings.Contains(all, "cloud: accounts") {
		t.Errorf("the summaries are\n%s", all)
	}
}
