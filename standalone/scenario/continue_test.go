package scenario

import (
	"testing"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// longRun is a run on a server that finds a history long after 25 events.
type longRun struct {
	*scenario
	result    workflows.SyncResult
	histories []*history.History
}

func newLongRun(t *testing.T) *longRun {
	t.Helper()
	server := ownServer(t, embedded.Options{SuggestContinueAsNewAfter: 25})
	l := &longRun{scenario: newScenario(t, settings{}).on(server).start()}
	run, err := l.begin(t.Context(), workflows.SyncInput{})
	if err != nil {
		t.Fatal(err)
	}
	first := run.GetRunID()
	if err := run.Get(t.Context(), &l.result); err != nil {
		t.Fatal(err)
	}
	l.histories = chain(t.Context(), t, l.Worker.Client, run.GetID(), first)
	return l
}

func TestARunThatContinuesAsNewSeveralTimesEndsEqual(t *testing.T) {
	t.Parallel()
	l := newLongRun(t)
	l.wantEqual()
	if len(l.histories) < 3 {
		t.Fatalf("the run had %d histories, want 3 at least", len(l.histories))
	}
	begun := 0
	for i, one := range l.histories {
		for _, event := range one.Events {
			if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityType().GetName() == workflows.ActivityBegin {
				begun++
			}
		}
		last := one.Events[len(one.Events)-1]
		want := enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
		if i == len(l.histories)-1 {
			want = enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
		}
		if last.EventType != want {
			t.Errorf("history %d ends with %s, want %s", i+1, last.EventType, want)
		}
		started := one.Events[0].GetWorkflowExecutionStartedEventAttributes()
		if _, ok := started.GetSearchAttributes().GetIndexedFields()[temporal.AttributeConnection]; i > 0 && !ok {
			t.Errorf("history %d began without the search attributes of the one before", i+1)
		}
	}
	if begun != 1 {
		t.Errorf("the connection was claimed %d times, want once", begun)
	}
	runs, err := l.Worker.Store.Runs(t.Context(), l.Name, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 || runs[0].ID != l.result.RunID || runs[0].Outcome != l.result.Outcome {
		t.Errorf("the runs are %+v, want one that came to %+v", runs, l.result)
	}
	l.wantNothingTwice()
}
