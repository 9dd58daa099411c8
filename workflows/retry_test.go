package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

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
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.failing(directory.StageAccounts, 90)
		gathered := make(chan struct{})
		w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
			<-gathered
			return workflows.ApplyResult{Applied: 1}, nil
		}
		go func() {
			// Until nothing moves any more: all who may be there are.
			synctest.Wait()
			close(gathered)
		}()
		mustRun(w, workflows.SyncInput{})
		if n := len(w.called(workflows.ActivityApplyChange)); n != 270 {
			t.Errorf("%d changes were retried, want each of the 270 once", n)
		}
		if most := w.most[workflows.ActivityApplyChange]; most != 100 {
			t.Errorf("%d were retried side by side, want 100", most)
		}
		if n := len(w.called(workflows.ActivityApplyBatch)); n != 9 {
			t.Errorf("%d batches were applied, want each of the 9 once", n)
		}
	})
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

func TestTwoBatchesOfATargetRunSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		gathered := make(chan struct{})
		var first []string
		w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
			if in.Stage == directory.StageAccounts {
				<-gathered
			}
			return workflows.ApplyResult{Applied: 1}, nil
		}
		go func() {
			synctest.Wait()
			first = w.called(workflows.ActivityApplyBatch)
			close(gathered)
		}()
		mustRun(w, workflows.SyncInput{})
		slices.Sort(first)
		want := []string{"first accounts 209-408", "first accounts 9-208", "first groups 4-8", "first leavers 0-3", "second accounts 0-9"}
		for i := range want {
			want[i] = workflows.ActivityApplyBatch + " " + want[i]
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("under way side by side (-want +got):\n%s", diff)
		}
	})
}
