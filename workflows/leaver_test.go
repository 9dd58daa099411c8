package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// leaver plays Leaver over rows with a ladder, as the database would have them:
// a clock of its own says what is due, which may be set.
type leaver struct {
	*testsuite.TestWorkflowEnvironment
	t      *testing.T
	ladder directory.Ladder
	since  time.Time
	taken  int
	back   bool
	// shift is by how much the clock of the machine differs.
	shift time.Duration
	steps []time.Duration // when each was taken, by the workflow's clock
	looks int
	began time.Time
}

func newLeaver(t *testing.T, ladder directory.Ladder) *leaver {
	t.Helper()
	l := &leaver{TestWorkflowEnvironment: newEnvironment(), t: t, ladder: ladder, taken: ladder.Taken(time.Time{}, time.Time{})}
	l.began = l.Now()
	l.since = l.began
	l.RegisterWorkflowWithOptions(workflows.Leaver, workflow.RegisterOptions{Name: workflows.LeaverName})
	l.RegisterActivityWithOptions(func(context.Context, workflows.LeaverInput) (workflows.LeaverResult, error) {
		l.looks++
		now := l.Now().Add(l.shift)
		if l.back {
			return workflows.LeaverResult{}, nil
		}
		due := max(l.taken, l.ladder.Taken(l.since, now))
		result := workflows.LeaverResult{Steps: int64(due - l.taken)}
		for ; l.taken < due; l.taken++ {
			l.steps = append(l.steps, l.Now().Sub(l.began).Truncate(time.Second))
		}
		if l.taken < len(l.ladder) {
			result.Next = max(l.since.Add(l.ladder[l.taken].After).Sub(now), 100*time.Millisecond)
		}
		return result, nil
	}, activity.RegisterOptions{Name: workflows.ActivityLeaverStep})
	return l
}

func (l *leaver) run() (workflows.LeaverResult, time.Duration) {
	l.t.Helper()
	l.ExecuteWorkflow(workflows.LeaverName, workflows.LeaverInput{Connection: "staff", UserID: 17})
	var result workflows.LeaverResult
	if err := l.GetWorkflowResult(&result); err != nil {
		l.t.Fatal(err)
	}
	return result, l.Now().Sub(l.began).Truncate(time.Second)
}

const day = 24 * time.Hour

// ladder is the one of the documentation.
var ladder = directory.Ladder{
	{Action: directory.SuspendAccount}, {Action: directory.RemoveMember, After: 7 * day},
	{Action: directory.DeactivateAccount, After: 30 * day}, {Action: directory.DeleteAccount, After: 90 * day},
}

func TestEachStepOfALadderIsTakenWhenItIsDueAndTheWorkflowEndsWithTheLast(t *testing.T) {
	t.Parallel()
	l := newLeaver(t, ladder)
	result, took := l.run()
	if diff := cmp.Diff([]time.Duration{7 * day, 30 * day, 90 * day}, l.steps); diff != "" {
		t.Error(diff)
	}
	if result.Steps != 3 || took != 90*day {
		t.Errorf("it came to %+v after %s", result, took)
	}
}

func TestAClockThatJumpsTakesNoStepTooEarlyAndMissesNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		at    time.Duration
		shift time.Duration
		wake  bool // as the sweep does of a step that is overdue
		steps []time.Duration
	}{
		{"two hours back, before a step", 7*day - time.Hour, -2 * time.Hour, false, []time.Duration{7*day + 2*time.Hour, 30*day + 2*time.Hour, 90*day + 2*time.Hour}},
		{"two hours on, and nobody notices", 6 * day, 2 * time.Hour, false, []time.Duration{7*day - 2*time.Hour, 30*day - 2*time.Hour, 90*day - 2*time.Hour}},
		{"a year on, and the sweep wakes it", 3 * day, 365 * day, true, []time.Duration{3 * day, 3 * day, 3 * day}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLeaver(t, ladder)
			l.RegisterDelayedCallback(func() {
				l.shift = c.shift
				if c.wake {
					l.SignalWorkflow(workflows.WakeSignal, nil)
				}
			}, c.at)
			l.run()
			if diff := cmp.Diff(c.steps, l.steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheTimersOfSomebodyWhoComesBackEnd(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Duration{day, 8 * day, 31 * day} {
		t.Run("after "+at.String(), func(t *testing.T) {
			t.Parallel()
			l := newLeaver(t, ladder)
			l.RegisterDelayedCallback(func() { l.back = true; l.SignalWorkflow(workflows.WakeSignal, nil) }, at)
			if _, took := l.run(); took != at {
				t.Errorf("it ended after %s, want at once, after %s", took, at)
			}
			for _, step := range l.steps {
				if step > at {
					t.Errorf("a step was taken at %s", step)
				}
			}
		})
	}
}

func TestALeaverGoesOnInANewHistory(t *testing.T) {
	t.Parallel()
	l := newLeaver(t, ladder)
	l.SetContinueAsNewSuggested(true)
	l.ExecuteWorkflow(workflows.LeaverName, workflows.LeaverInput{Connection: "staff", UserID: 17})
	if err := l.GetWorkflowError(); !workflow.IsContinueAsNewError(err) {
		t.Errorf("it ended with %v", err)
	}
	if l.looks != 1 {
		t.Errorf("it looked %d times, want once", l.looks)
	}
}
