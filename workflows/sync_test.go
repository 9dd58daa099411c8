package workflows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// mustRun plays a run that comes to its end.
func mustRun(w *world, in workflows.SyncInput) workflows.SyncResult {
	w.t.Helper()
	result, err := w.run(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// failedAs checks that a run failed with a class, and with nothing but the class.
func failedAs(t *testing.T, err error, class directory.Class) {
	t.Helper()
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || directory.Class(failure.Type()) != class || !failure.NonRetryable() {
		t.Fatalf("the run ended with %v, want a final failure of class %s", err, class)
	}
}

// finishedAs checks how the run was recorded.
func (w *world) finishedAs(want workflows.FinishInput) {
	w.t.Helper()
	want.RunRef = began
	if diff := cmp.Diff([]workflows.FinishInput{want}, w.finished); diff != "" {
		w.t.Errorf("how the run was recorded (-want +got):\n%s", diff)
	}
}

func TestARunThatFindsAnotherUnderWayEndsAtOnceAndSaysWhichItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin = func(workflows.BeginInput) (workflows.BeginResult, error) {
		return workflows.BeginResult{AlreadyRunning: 41}, nil
	}
	want := workflows.SyncResult{Outcome: workflows.OutcomeBusy, AlreadyRunning: 41}
	if diff := cmp.Diff(want, mustRun(w, workflows.SyncInput{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Begin staff"}, w.calls); diff != "" {
		t.Errorf("a run that did not begin did more (-want +got):\n%s", diff)
	}
}

func TestATargetThatFailsDoesNotStopTheOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		arrange func(*world)
		// unrecorded is whether there is no plan whose rest could be reported.
		unrecorded bool
		class      directory.Class
	}{
		"when it is read": {func(w *world) {
			w.readTarget = func(workflows.TargetReadInput) (workflows.ReadResult, error) {
				return workflows.ReadResult{}, final(directory.ClassAuth)
			}
		}, true, directory.ClassAuth},
		"when it is planned": {func(w *world) {
			plan := w.plan
			w.plan = func(in workflows.TargetInput) (workflows.PlanResult, error) {
				if in.Target.Name == "first" {
					return workflows.PlanResult{}, final(directory.ClassInternal)
				}
				return plan(in)
			}
		}, true, directory.ClassInternal},
		"when its administrators are asked for": {func(w *world) {
			guard := w.guard
			w.guard = func(in workflows.TargetInput) (workflows.GuardResult, error) {
				if in.Target.Name == "first" {
					return workflows.GuardResult{}, final(directory.ClassAuth)
				}
				return guard(in)
			}
		}, true, directory.ClassAuth},
		"when it is written to": {func(w *world) {
			apply := w.applyBatch
			w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
				if in.Target.Name == "first" {
					return workflows.ApplyResult{}, final(directory.ClassAuth)
				}
				return apply(in)
			}
		}, false, directory.ClassAuth},
		"when it is down for longer than a run is patient": {func(w *world) {
			apply := w.applyBatch
			w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
				if in.Target.Name == "first" {
					return workflows.ApplyResult{}, again(directory.ClassUnavailable)
				}
				return apply(in)
			}
		}, false, directory.ClassUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tc.arrange(w)
			mustRun(w, workflows.SyncInput{})
			w.finishedAs(workflows.FinishInput{FailedTargets: []string{"first: " + string(tc.class)}})
			if done := w.called(workflows.ActivityApplyBatch); !slices.Contains(done, "ApplyBatch second accounts 0-9") {
				t.Errorf("the other target was left undone: %v", done)
			}
			if reported := w.called(workflows.ActivityFailStage); !tc.unrecorded && len(reported) != len(directory.Stages) {
				t.Errorf("what is left of the failed target was reported as %v, want every stage", reported)
			}
		})
	}
}

func TestWhatCannotBeLookedUpIsHeldAndTheRestIsApplied(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"because the source refuses":          final(directory.ClassAuth),
		"because the source stays unanswered": again(directory.ClassUnavailable),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.lookUp = func(workflows.TargetInput) (workflows.LookUpResult, error) {
				return workflows.LookUpResult{}, failure
			}
			mustRun(w, workflows.SyncInput{})
			w.finishedAs(workflows.FinishInput{})
			held := w.called(workflows.ActivityHoldDoubts)
			slices.Sort(held)
			if diff := cmp.Diff([]string{"HoldDoubts first", "HoldDoubts second"}, held); diff != "" {
				t.Error(diff)
			}
			if n := len(w.called(workflows.ActivityApplyBatch)); n != 9 {
				t.Errorf("%d batches were applied, want all 9", n)
			}
		})
	}
}

func TestNothingIsAppliedWhenDoubtsCouldNotEvenBeHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.guard = func(workflows.TargetInput) (workflows.GuardResult, error) {
		return workflows.GuardResult{}, final("fenced")
	}
	_, err := w.run(workflows.SyncInput{})
	failedAs(t, err, "fenced")
	if calls := w.called(workflows.ActivityApplyBatch); len(calls) > 0 {
		t.Errorf("applied %v", calls)
	}
}

func TestADryRunEndsAfterTheGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustRun(w, workflows.SyncInput{DryRun: true})
	w.finishedAs(workflows.FinishInput{DryRun: true})
	if calls := w.called(workflows.ActivityBatches, workflows.ActivityApplyBatch, workflows.ActivityApplyChange); len(calls) > 0 {
		t.Errorf("a dry run called %v", calls)
	}
	if calls := w.called(workflows.ActivityGuard, workflows.ActivityLookUp); len(calls) != 4 {
		t.Errorf("guarded and looked up %v, want both targets with changes", calls)
	}
}

func TestARunThatHasLostItsConnectionStopsEverywhereAndFails(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(*world){
		"while it reads": func(w *world) {
			w.readUsers = func(workflows.ReadInput) (workflows.ReadResult, error) {
				return workflows.ReadResult{}, final("fenced")
			}
		},
		"while it applies": func(w *world) {
			w.applyBatch = func(workflows.BatchInput) (workflows.ApplyResult, error) {
				return workflows.ApplyResult{}, final("fenced")
			}
		},
		"while it retries": func(w *world) {
			w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
				return workflows.ApplyResult{Retry: []workflows.RetryRef{{ChangeID: in.Range.From, Subject: "user 1", Class: directory.ClassUnavailable}}}, nil
			}
			w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
				return workflows.ApplyResult{}, final("fenced")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			arrange(w)
			_, err := w.run(workflows.SyncInput{})
			failedAs(t, err, "fenced")
			w.finishedAs(workflows.FinishInput{Failure: "fenced"})
			// One batch a target at most was on its way when the first said so.
			if calls := w.called(workflows.ActivityApplyBatch); len(calls) > 2 {
				t.Errorf("went on with %v", calls)
			}
		})
	}
}

func TestASourceThatRefusesTheCredentialFailsTheRunWithoutTouchingATarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.readUsers = func(workflows.ReadInput) (workflows.ReadResult, error) {
		return workflows.ReadResult{}, final(directory.ClassAuth)
	}
	_, err := w.run(workflows.SyncInput{})
	failedAs(t, err, directory.ClassAuth)
	w.finishedAs(workflows.FinishInput{Failure: directory.ClassAuth})
	for _, call := range w.calls {
		if strings.HasPrefix(call, "Plan") || strings.HasPrefix(call, "Apply") || strings.HasPrefix(call, "ReadTarget") {
			t.Errorf("a target was touched: %s", call)
		}
	}
}

func TestACancelledRunIsRecordedAsStopped(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(*world){
		"while it reads": func(w *world) {
			w.readUsers = func(in workflows.ReadInput) (workflows.ReadResult, error) {
				w.env.CancelWorkflow()
				return twoParts(in.Cursor, in.Part)
			}
		},
		"while it plans": func(w *world) {
			w.plan = func(workflows.TargetInput) (workflows.PlanResult, error) {
				w.env.CancelWorkflow()
				return workflows.PlanResult{Due: 1, Stages: directory.Stages[:]}, nil
			}
		},
		"while it looks up": func(w *world) {
			w.lookUp = func(workflows.TargetInput) (workflows.LookUpResult, error) {
				w.env.CancelWorkflow()
				return workflows.LookUpResult{}, nil
			}
		},
		"while it applies": func(w *world) {
			w.applyBatch = func(workflows.BatchInput) (workflows.ApplyResult, error) {
				w.env.CancelWorkflow()
				return workflows.ApplyResult{Applied: 1}, nil
			}
		},
		"while it retries": func(w *world) {
			w.applyBatch = func(workflows.BatchInput) (workflows.ApplyResult, error) {
				return workflows.ApplyResult{Retry: []workflows.RetryRef{{ChangeID: 1, Subject: "user 1", Class: directory.ClassUnavailable}}}, nil
			}
			w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
				w.env.CancelWorkflow()
				return workflows.ApplyResult{}, again(directory.ClassUnavailable)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			arrange(w)
			w.finish = func(in workflows.FinishInput) (workflows.SyncResult, error) {
				return workflows.SyncResult{RunID: in.RunID, Outcome: workflows.OutcomeStopped}, nil
			}
			if result := mustRun(w, workflows.SyncInput{}); result.Outcome != workflows.OutcomeStopped {
				t.Errorf("the outcome is %q", result.Outcome)
			}
			w.finishedAs(workflows.FinishInput{Failure: directory.ClassCanceled})
			if calls := w.called(workflows.ActivityFailStage, workflows.ActivityHoldDoubts); len(calls) > 0 {
				t.Errorf("a cancelled run went on with %v", calls)
			}
		})
	}
}

func TestARunThatCannotBeginHasNothingToFinish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin = func(workflows.BeginInput) (workflows.BeginResult, error) {
		return workflows.BeginResult{}, final("not-configured")
	}
	_, err := w.run(workflows.SyncInput{})
	failedAs(t, err, "not-configured")
	if len(w.finished) > 0 {
		t.Errorf("finished %+v", w.finished)
	}
}
