package workflows_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/workflows"
)

// counted is a run whose result is what its own state counted.
func counted(w *world) workflows.SyncResult {
	w.t.Helper()
	result, err := w.run(workflows.SyncInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func TestARunThatContinuesAsNewDoesEverythingOnceWhereverItIsCut(t *testing.T) {
	t.Parallel()
	whole := newWorld(t)
	wantResult, want := counted(whole), whole.work()
	if whole.histories != 1 {
		t.Fatalf("the run had %d histories, want 1", whole.histories)
	}
	if diff := cmp.Diff(workflows.SyncResult{RunID: 7, Outcome: workflows.OutcomeDone, Users: 140, Groups: 140, Members: 960}, wantResult); diff != "" {
		t.Fatal(diff)
	}
	for cut := range whole.completed {
		t.Run(fmt.Sprintf("after activity %d", cut), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.suggest = func(completed, histories int) bool { return histories == 1 && completed >= cut }
			if diff := cmp.Diff(wantResult, counted(w)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, w.work()); diff != "" {
				t.Errorf("what was done differs from an uncut run (-want +got):\n%s", diff)
			}
			// Nothing is left to cut in the last stages of the two targets with
			// changes, which have a list and a batch each, nor in the report.
			if last := cut >= whole.completed-5; !last && w.histories != 2 {
				t.Errorf("the run had %d histories, want 2", w.histories)
			}
		})
	}
}

func TestARunIsCutAsOftenAsTheServerSuggests(t *testing.T) {
	t.Parallel()
	whole := newWorld(t)
	wantResult, want := counted(whole), whole.work()
	w := newWorld(t)
	w.suggest = func(int, int) bool { return true }
	if diff := cmp.Diff(wantResult, counted(w)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, w.work()); diff != "" {
		t.Errorf("what was done differs from an uncut run (-want +got):\n%s", diff)
	}
	if w.histories < 10 {
		t.Errorf("the run had %d histories, want one for each part at least", w.histories)
	}
}

func TestWhatIsShownOfARunSurvivesContinuingAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.suggest = func(int, int) bool { return true }
	counted(w)
	answer, err := w.env.QueryWorkflow(workflows.ProgressQuery)
	if err != nil {
		t.Fatal(err)
	}
	var got workflows.Progress
	if err := answer.Get(&got); err != nil {
		t.Fatal(err)
	}
	want := workflows.Progress{RunID: 7, Stage: workflows.OutcomeDone, Users: 140, Groups: 140, Members: 960, Planned: 200, Settled: 913}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheWishesOfARunSurviveContinuingAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.suggest = func(int, int) bool { return true }
	var asked []workflows.TargetInput
	guard := w.guard
	w.guard = func(in workflows.TargetInput) (workflows.GuardResult, error) {
		w.mu.Lock()
		asked = append(asked, in)
		w.mu.Unlock()
		return guard(in)
	}
	if _, err := w.run(workflows.SyncInput{DryRun: true, AllowRemovals: true}); err != nil {
		t.Fatal(err)
	}
	if len(asked) == 0 {
		t.Fatal("the guard was not asked")
	}
	for _, in := range asked {
		if !in.DryRun || !in.AllowRemovals {
			t.Errorf("the guard of %s was asked with dry run %t and allow removals %t", in.Target.Name, in.DryRun, in.AllowRemovals)
		}
	}
	if n := len(w.finished); n != 1 || !w.finished[0].DryRun {
		t.Errorf("the run was finished as %+v", w.finished)
	}
	if calls := w.called(workflows.ActivityApplyBatch, workflows.ActivityApplyChange); len(calls) > 0 {
		t.Errorf("a dry run called %v", calls)
	}
	if plans := w.called(workflows.ActivityPlan); len(plans) != len(targets) {
		t.Errorf("planned %v, want each target once", plans)
	}
}
