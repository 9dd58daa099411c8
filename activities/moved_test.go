package activities

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestWhatARunPlannedForOnePlaceIsNotDoneInAnotherThatTheConfigurationHasComeToName(t *testing.T) {
	t.Parallel()
	for name, execute := range map[string]func(*Activities, workflows.RunRef, workflows.TargetRef) (activity, in any){
		"reading the target": func(a *Activities, run workflows.RunRef, at workflows.TargetRef) (any, any) {
			return a.ReadTarget, workflows.TargetReadInput{RunRef: run, Target: at, List: "accounts"}
		},
		"planning": func(a *Activities, run workflows.RunRef, at workflows.TargetRef) (any, any) {
			return a.Plan, workflows.TargetInput{RunRef: run, Target: at}
		},
		"the guard": func(a *Activities, run workflows.RunRef, at workflows.TargetRef) (any, any) {
			return a.Guard, workflows.TargetInput{RunRef: run, Target: at}
		},
		"applying a batch": func(a *Activities, run workflows.RunRef, at workflows.TargetRef) (any, any) {
			return a.ApplyBatch, workflows.BatchInput{RunRef: run, Target: at, Stage: directory.StageAccounts, Range: workflows.Range{To: 10}}
		},
		"applying one change": func(a *Activities, run workflows.RunRef, at workflows.TargetRef) (any, any) {
			return a.ApplyChange, workflows.ChangeInput{RunRef: run, Target: at, Stage: directory.StageAccounts}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeping(t)
			connection, err := k.a.Store.EnsureConnection(t.Context(), "staff", "rules", "", []store.TargetSpec{{Name: "cloud", Kind: "k", Identity: "i"}})
			if err != nil {
				t.Fatal(err)
			}
			// Its client is none: whatever it is asked fails the test.
			k.a.Connections["staff"].Targets = []*Target{{Name: "cloud", Kind: "k", Identity: "elsewhere"}}
			activity, in := execute(k.a, k.ref(), workflows.TargetRef{Name: "cloud", ID: connection.Targets["cloud"]})
			err = k.perform(activity, in)
			var failed *temporal.ApplicationError
			if !errors.As(err, &failed) || failed.Type() != string(classMoved) || !failed.NonRetryable() {
				t.Errorf("it ended with %v, want one that is final and says %q", err, classMoved)
			}
		})
	}
}

func TestWhatIsDueInATargetThatMovedIsPutOffAndHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	const user = 7
	item := store.InboxItem{ResourceID: 1}
	subjects := subjects{userOf: map[int64]int64{1: user}}
	leased := func(ids ...int64) store.Leased {
		l := store.Leased{Users: map[int64]bool{}}
		for _, id := range ids {
			l.Users[id] = true
		}
		return l
	}
	changed := func(state directory.State, class directory.Class) []store.SubjectChange {
		return []store.SubjectChange{{UserID: user, Kind: string(directory.AddMember), State: string(state), Class: string(class)}}
	}
	moved := &targetWork{class: classMoved}
	for name, test := range map[string]struct {
		work []*targetWork
		want fate
	}{
		"nothing was due in the other": {[]*targetWork{{leased: leased(user)}, moved}, fate{becomes: becomesPutOff, class: classMoved}},
		"it was done in the other": {[]*targetWork{moved, {leased: leased(user), changes: changed(directory.Applied, "")}},
			fate{becomes: becomesPutOff, class: classMoved, changes: true}},
		"in the other it waits for a group": {[]*targetWork{{leased: leased(user), changes: changed(directory.Blocked, directory.ClassNoLink)}, moved},
			fate{becomes: becomesPutOff, class: classMoved, changes: true}},
		"in the other a run is changing it just now": {[]*targetWork{moved, {leased: leased()}}, fate{becomes: becomesPutOff, class: classBusy, after: busyFor}},
		"the other asks for a minute": {[]*targetWork{moved, {leased: leased(user), changes: changed(directory.Planned, ""), class: directory.ClassRateLimited, wait: time.Minute}},
			fate{becomes: becomesPutOff, class: directory.ClassRateLimited, after: time.Minute, changes: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, fateOf(item, subjects, test.work), cmp.AllowUnexported(fate{})); diff != "" {
				t.Errorf("what becomes of it (-want +got)\n%s", diff)
			}
		})
	}
	if f := fateOf(store.InboxItem{ResourceID: 2}, subjects, []*targetWork{moved}); f != (fate{}) {
		t.Errorf("an object that is nobody here becomes %+v, want that it is done", f)
	}
}
