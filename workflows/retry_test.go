package workflows_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// failing makes every batch of a stage of the first target come back with n
// changes that are worth trying again.
func (w *world) failing(stage directory.Stage, n int64) {
	w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
		var result workflows.ApplyResult
		if in.Stage == stage && in.Target.Name == "first" {
			for i := range n {
				id := in.Range.From + i
				result.Retry = append(result.Retry, workflows.RetryRef{ChangeID: id, Subject: fmt.Sprintf("user %d", id), Class: directory.ClassUnavailable})
			}
		}
		result.Applied = in.Range.To - in.Range.From + 1 - int64(len(result.Retry))
		return result, nil
	}
}

func TestEachChangeThatIsWorthRetryingBecomesAnActivityOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(directory.StageAccounts, 2)
	mustRun(w, workflows.SyncInput{})
	got := w.called(workflows.ActivityApplyChange)
	slices.Sort(got)
	want := []string{"first user 10", "first user 209", "first user 210", "first user 409", "first user 410", "first user 9"}
	for i := range want {
		want[i] = workflows.ActivityApplyChange + " " + want[i]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	w.finishedAs(workflows.FinishInput{})
}

func TestAtMostAHundredChangesAreRetriedSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(directory.StageAccounts, 90)
	mustRun(w, workflows.SyncInput{})
	if n := len(w.called(workflows.ActivityApplyChange)); n != 270 {
		t.Errorf("%d changes were retried, want each of the 270 once", n)
	}
	if most := w.most[workflows.ActivityApplyChange]; most > 100 {
		t.Errorf("%d were retried side by side, want at most 100", most)
	}
	if n := len(w.called(workflows.ActivityApplyBatch)); n != 9 {
		t.Errorf("%d batches were applied, want each of the 9 once", n)
	}
}

func TestRetriesOfAStageEndBeforeTheNextStageBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(directory.StageAccounts, 3)
	mustRun(w, workflows.SyncInput{})
	calls := w.called(workflows.ActivityApplyBatch, workflows.ActivityApplyChange)
	firstJoin := slices.Index(calls, "ApplyBatch first memberships added 501-700")
	for i, call := range calls {
		if i > firstJoin && call[:len(workflows.ActivityApplyChange)] == workflows.ActivityApplyChange {
			t.Errorf("%s came after the memberships, which need its account", call)
		}
	}
}

func TestAChangeIsTriedAgainUntilItSucceeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(directory.StageLeavers, 1)
	w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
		if len(w.called(workflows.ActivityApplyChange)) < 4 {
			return workflows.ApplyResult{}, again(directory.ClassUnavailable)
		}
		return workflows.ApplyResult{Applied: 1}, nil
	}
	mustRun(w, workflows.SyncInput{})
	if n := len(w.called(workflows.ActivityApplyChange)); n != 4 {
		t.Errorf("tried %d times, want 4", n)
	}
	w.finishedAs(workflows.FinishInput{})
}

func TestAChangeThatNeverSucceedsEndsAfterEightTriesAndStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing(directory.StageLeavers, 1)
	w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
		return workflows.ApplyResult{}, again(directory.ClassUnavailable)
	}
	mustRun(w, workflows.SyncInput{})
	if n := len(w.called(workflows.ActivityApplyChange)); n != 8 {
		t.Errorf("tried %d times, want 8", n)
	}
	if n := len(w.called(workflows.ActivityApplyBatch)); n != 9 {
		t.Errorf("%d batches were applied, want all 9", n)
	}
	w.finishedAs(workflows.FinishInput{})
}

func TestTwoBatchesOfATargetRunSideBySideAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	running, most := map[string]int{}, map[string]int{}
	w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
		w.mu.Lock()
		running[in.Target.Name]++
		most[in.Target.Name] = max(most[in.Target.Name], running[in.Target.Name])
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			running[in.Target.Name]--
			w.mu.Unlock()
		}()
		return workflows.ApplyResult{Applied: 1}, nil
	}
	mustRun(w, workflows.SyncInput{})
	if most["first"] > 2 || most["second"] > 1 {
		t.Errorf("side by side: %v, want at most two a target", most)
	}
}
