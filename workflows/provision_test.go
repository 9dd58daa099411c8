package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// shard plays Provision over a shard whose drains answer one after another;
// further ones find nothing.
type shard struct {
	*testsuite.TestWorkflowEnvironment
	answers []workflows.DrainResult
	// finishing, when set, runs while the run is being closed.
	finishing func()
	drainErr  error
	// calls are what was asked for, in order.
	calls []string
	at    []time.Duration
}

var pushRun = workflows.RunRef{Connection: "staff", ConnectionID: 3, RunID: 9}

func newShard(t *testing.T, answers ...workflows.DrainResult) *shard {
	t.Helper()
	s := &shard{TestWorkflowEnvironment: newEnvironment(), answers: answers}
	began := s.Now()
	s.RegisterActivityWithOptions(func(_ context.Context, in workflows.DrainInput) (workflows.DrainResult, error) {
		s.calls = append(s.calls, fmt.Sprintf("drain for run %d", in.RunID))
		s.at = append(s.at, s.Now().Sub(began))
		if s.drainErr != nil {
			return workflows.DrainResult{}, s.drainErr
		}
		if len(s.answers) == 0 {
			return workflows.DrainResult{Ref: workflows.RunRef{Connection: in.Connection, RunID: in.RunID}}, nil
		}
		answer := s.answers[0]
		s.answers = s.answers[1:]
		return answer, nil
	}, activity.RegisterOptions{Name: workflows.ActivityDrain})
	s.RegisterActivityWithOptions(func(_ context.Context, in workflows.FinishPushInput) (workflows.SyncResult, error) {
		s.calls = append(s.calls, strings.TrimSpace(fmt.Sprintf("finish run %d %s", in.RunID, in.Failure)))
		if s.finishing != nil {
			s.finishing()
			s.finishing = nil
		}
		return workflows.SyncResult{RunID: in.RunID, Outcome: workflows.OutcomeDone}, nil
	}, activity.RegisterOptions{Name: workflows.ActivityFinishPush})
	s.RegisterWorkflowWithOptions(workflows.Provision, workflow.RegisterOptions{Name: workflows.ProvisionName})
	return s
}

func (s *shard) wakeAt(d time.Duration) {
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(workflows.WakeSignal, nil) }, d)
}

func (s *shard) play(in workflows.ProvisionInput) error {
	in.Connection, in.Shard = "staff", 5
	s.ExecuteWorkflow(workflows.ProvisionName, in)
	return s.GetWorkflowError()
}

func TestProvisionDrainsUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	found := workflows.DrainResult{Ref: pushRun, Done: 3}
	for name, c := range map[string]struct {
		answers []workflows.DrainResult
		prepare func(s *shard)
		want    []string
	}{
		"a wake-up about nothing makes no run": {want: []string{"drain for run 0"}},
		"a run ends when nothing has come for a moment": {
			answers: []workflows.DrainResult{found},
			want:    []string{"drain for run 0", "finish run 9"},
		},
		"what is left over is done at once": {
			answers: []workflows.DrainResult{{Ref: pushRun, More: true}, {Ref: pushRun, More: true}, found},
			want:    []string{"drain for run 0", "drain for run 9", "drain for run 9", "finish run 9"},
		},
		"a push in the last moment belongs to the same run": {
			answers: []workflows.DrainResult{found, found},
			prepare: func(s *shard) { s.wakeAt(2 * time.Second) },
			want:    []string{"drain for run 0", "drain for run 9", "finish run 9"},
		},
		"several wake-ups at once are one": {
			answers: []workflows.DrainResult{found, found},
			prepare: func(s *shard) {
				s.RegisterDelayedCallback(func() {
					for range 20 {
						s.SignalWorkflow(workflows.WakeSignal, nil)
					}
				}, time.Second)
			},
			want: []string{"drain for run 0", "drain for run 9", "drain for run 9", "finish run 9"},
		},
		"a push while the run is being closed makes another": {
			answers: []workflows.DrainResult{found, found},
			prepare: func(s *shard) { s.finishing = func() { s.SignalWorkflow(workflows.WakeSignal, nil) } },
			want:    []string{"drain for run 0", "finish run 9", "drain for run 0", "finish run 9"},
		},
		"what is put off is waited for": {
			answers: []workflows.DrainResult{{Ref: pushRun, Left: 1, Next: 40 * time.Second, Class: directory.ClassUnavailable}, found},
			want:    []string{"drain for run 0", "drain for run 9", "finish run 9"},
		},
		"a push does not wait for what is put off": {
			answers: []workflows.DrainResult{{Ref: pushRun, Left: 1, Next: time.Hour}, {Ref: pushRun, Left: 1, Next: time.Hour}, found},
			prepare: func(s *shard) { s.wakeAt(time.Second) },
			want:    []string{"drain for run 0", "drain for run 9", "drain for run 9", "finish run 9"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShard(t, c.answers...)
			if c.prepare != nil {
				c.prepare(s)
			}
			if err := s.play(workflows.ProvisionInput{}); err != nil {
				t.Fatal(err)
			}
			if name == "several wake-ups at once are one" {
				// The first of them ends the wait; the others are taken before the next look.
				s.calls = slices.Compact(s.calls)
				c.want = slices.Compact(c.want)
			}
			if diff := cmp.Diff(c.want, s.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsPutOffIsLookedAtWhenItIsDue(t *testing.T) {
	t.Parallel()
	s := newShard(t, workflows.DrainResult{Ref: pushRun, Left: 1, Next: 40 * time.Second}, workflows.DrainResult{Ref: pushRun, Done: 1})
	if err := s.play(workflows.ProvisionInput{}); err != nil {
		t.Fatal(err)
	}
	if len(s.at) < 2 || s.at[1] < 40*time.Second || s.at[1] > 41*time.Second {
		t.Errorf("looked at %v, want the second time after 40 s", s.at)
	}
}

func TestProvisionContinuesAsNewWithItsRunAndLosesNoSignal(t *testing.T) {
	t.Parallel()
	s := newShard(t, workflows.DrainResult{Ref: pushRun, Done: 3, Applied: 5, More: true})
	s.SetContinueAsNewSuggested(true)
	s.wakeAt(0)
	err := s.play(workflows.ProvisionInput{})
	var anew *workflow.ContinueAsNewError
	if !errors.As(err, &anew) {
		t.Fatalf("%v, want a new history", err)
	}
	var next workflows.ProvisionInput
	if err := converter.GetDefaultDataConverter().FromPayloads(anew.Input, &next); err != nil {
		t.Fatal(err)
	}
	if next.State == nil || next.State.Run != pushRun || next.State.Done != 3 || next.State.Applied != 5 || next.State.Execution == "" {
		t.Fatalf("carried over: %+v", next.State)
	}
	// The next history begins by looking, which is all that a signal asks for.
	again := newShard(t, workflows.DrainResult{Ref: pushRun, Done: 1})
	if err := again.play(next); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"drain for run 9", "finish run 9"}, again.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestACancelledProvisionClosesItsRun(t *testing.T) {
	t.Parallel()
	s := newShard(t, workflows.DrainResult{Ref: pushRun, Left: 1, Next: time.Hour})
	s.RegisterDelayedCallback(s.CancelWorkflow, time.Minute)
	err := s.play(workflows.ProvisionInput{})
	if !temporal.IsCanceledError(err) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	if diff := cmp.Diff([]string{"drain for run 0", "finish run 9 canceled"}, s.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestARunThatAnotherExecutionClosedStops(t *testing.T) {
	t.Parallel()
	s := newShard(t)
	s.drainErr = final("fenced")
	err := s.play(workflows.ProvisionInput{State: &workflows.ProvisionState{Run: pushRun}})
	if err == nil || strings.Contains(err.Error(), "staff") {
		t.Errorf("%v, want a failure without a name", err)
	}
	if diff := cmp.Diff([]string{"drain for run 9", "finish run 9 fenced"}, s.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestARunOfAPushedConnectionReadsNoLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin = func(workflows.BeginInput) (workflows.BeginResult, error) {
		return workflows.BeginResult{RunRef: began, Pushed: true, Full: true, SourceQueue: "source", Targets: targets[:1], Heartbeat: 30 * time.Second}, nil
	}
	full := false
	w.plan = func(in workflows.TargetInput) (workflows.PlanResult, error) {
		full = in.Full
		return workflows.PlanResult{}, nil
	}
	result, err := w.run(workflows.SyncInput{Connection: "staff", Trigger: "schedule"})
	if err != nil {
		t.Fatal(err)
	}
	if result.Users != 12 || !full {
		t.Errorf("%d users taken over, full plan: %t", result.Users, full)
	}
	for _, call := range w.calls {
		for _, name := range []string{workflows.ActivityReadUsers, workflows.ActivityReadGroups, workflows.ActivityReadMembers, workflows.ActivityFinishRead} {
			if strings.HasPrefix(call, name+" ") {
				t.Errorf("%s was called", call)
			}
		}
	}
}
