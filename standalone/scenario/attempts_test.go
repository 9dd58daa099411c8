package scenario

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdklog "go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// attempts runs single activities of a scenario, as often as the test likes.
type attempts struct {
	*scenario
	acts *activities.Activities
	env  *testsuite.TestActivityEnvironment
}

func newAttempts(t *testing.T) *attempts {
	t.Helper()
	a := &attempts{scenario: newScenario(t, settings{People: 5, Groups: 1})}
	opened, err := store.Open(t.Context(), app.DatabaseAddress(a.Config.Database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	connections, err := app.Connections(a.Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.acts = &activities.Activities{Store: opened, Connections: connections, Heartbeat: time.Minute, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	a.env = suite.NewTestActivityEnvironment()
	a.env.RegisterActivity(a.acts)
	return a
}

func (a *attempts) begun() workflows.RunRef {
	a.Helper()
	var run workflows.BeginResult
	answer, err := a.env.ExecuteActivity(a.acts.Begin, workflows.BeginInput{Connection: a.Name, WorkflowID: "w", Trigger: "hand"})
	if err == nil {
		err = answer.Get(&run)
	}
	if err != nil {
		a.Fatal(err)
	}
	return run.RunRef
}

func (a *attempts) finished(run workflows.RunRef) workflows.SyncResult {
	a.Helper()
	var result workflows.SyncResult
	answer, err := a.env.ExecuteActivity(a.acts.Finish, workflows.FinishInput{RunRef: run})
	if err == nil {
		err = answer.Get(&result)
	}
	if err != nil {
		a.Fatal(err)
	}
	return result
}

func TestARunWhoseFirstAnswerOfItsEndWasLostEndsTheSame(t *testing.T) {
	t.Parallel()
	a := newAttempts(t)
	run := a.begun()
	want := workflows.SyncResult{RunID: run.RunID, Outcome: workflows.OutcomeDone}
	for _, attempt := range []string{"the first attempt", "the one after a lost answer"} {
		if diff := cmp.Diff(want, a.finished(run)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", attempt, diff)
		}
	}
	if _, err := a.acts.Store.BeginRun(t.Context(), store.RunRequest{ConnectionID: run.ConnectionID, WorkflowID: "the next"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, a.finished(run)); diff != "" {
		t.Errorf("the one after the next run began (-want +got):\n%s", diff)
	}
}

func TestARunThatWasReplacedEndsAsFailed(t *testing.T) {
	t.Parallel()
	a := newAttempts(t)
	run := a.begun()
	if _, err := a.acts.Store.BeginRun(t.Context(), store.RunRequest{ConnectionID: run.ConnectionID, WorkflowID: "thief"}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(workflows.SyncResult{RunID: run.RunID, Outcome: workflows.OutcomeFailed}, a.finished(run)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARunThatWasReplacedCallsNobodyAnyMore(t *testing.T) {
	t.Parallel()
	a := newAttempts(t)
	run := a.begun()
	if _, err := a.acts.Store.BeginRun(t.Context(), store.RunRequest{ConnectionID: run.ConnectionID, WorkflowID: "thief"}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	a.Box.Engine.ResetCalls()
	target := workflows.TargetRef{Name: "cloud", ID: 1}
	for name, call := range map[string]func() error{
		"ReadUsers": func() error {
			_, err := a.env.ExecuteActivity(a.acts.ReadUsers, workflows.ReadInput{RunRef: run, Full: true})
			return err
		},
		"ReadGroups": func() error {
			_, err := a.env.ExecuteActivity(a.acts.ReadGroups, workflows.ReadInput{RunRef: run, Full: true})
			return err
		},
		"ReadTarget": func() error {
			_, err := a.env.ExecuteActivity(a.acts.ReadTarget, workflows.TargetReadInput{RunRef: run, Target: target, List: "accounts"})
			return err
		},
		"Guard": func() error {
			_, err := a.env.ExecuteActivity(a.acts.Guard, workflows.TargetInput{RunRef: run, Target: target})
			return err
		},
	} {
		var failure *sdk.ApplicationError
		if err := call(); !errors.As(err, &failure) || failure.Type() != "fenced" || !failure.NonRetryable() {
			t.Errorf("%s ended with %v, want that it is fenced for good", name, err)
		}
	}
	if calls := a.Box.Engine.Counts(); len(calls) > 0 {
		t.Errorf("it called %v", calls)
	}
}
