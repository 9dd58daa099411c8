package scenario

import (
	"sync/atomic"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// calls is how many calls there were since the log was last emptied.
func (s *scenario) calls() int {
	var n int
	for _, count := range s.Box.Engine.Counts() {
		n += count
	}
	return n
}

func TestADryRunWritesNothingAndUsesNothingUp(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 20, Groups: 4, Uniform: true, Database: database}).start()
		dry := s.sync(workflows.SyncInput{DryRun: true})
		s.wantOutcome(dry, workflows.OutcomeDry)
		if len(s.Box.Engine.AppliedKeys()) != 0 {
			t.Errorf("the dry run wrote: %v", s.Box.Engine.AppliedKeys())
		}
		planned, err := s.Worker.Store.Counts(t.Context(), dry.RunID)
		s.no(err)
		if len(planned) == 0 {
			t.Error("the dry run shows no plan")
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantEqual()
		s.Box.Mark()

		// Five leave: as many as a window always admits. Dry runs do not use it up.
		for _, u := range s.active()[:5] {
			s.no(s.Box.Okta.DeactivateUser(u.ID))
		}
		s.Box.Engine.ResetCalls()
		for range 3 {
			dry := s.sync(workflows.SyncInput{DryRun: true})
			s.wantOutcome(dry, workflows.OutcomeDry)
			if dry.Held != 0 {
				t.Errorf("the dry run would hold %d", dry.Held)
			}
		}
		if len(s.Box.Engine.AppliedKeys()) != 0 {
			t.Errorf("the dry runs wrote: %v", s.Box.Engine.AppliedKeys())
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantEqual()

		// One more would be too many, and a dry run says so without making a held plan.
		s.no(s.Box.Okta.DeactivateUser(s.active()[0].ID))
		if dry := s.sync(workflows.SyncInput{DryRun: true}); dry.Held != 1 {
			t.Errorf("the dry run would hold %d, want 1", dry.Held)
		}
		if dry := s.sync(workflows.SyncInput{DryRun: true, AllowRemovals: true}); dry.Held != 0 {
			t.Errorf("the dry run that allows removals would hold %d", dry.Held)
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
	})
}

func TestAnIncrementalRunWithNothingChangedCostsNextToNothing(t *testing.T) {
	t.Parallel()
	for i, uniform := range []bool{true, false} {
		t.Run(map[bool]string{true: "everything could be done", false: "some of it never can"}[uniform], func(t *testing.T) {
			t.Parallel()
			var writes atomic.Int64
			s := newScenario(t, settings{People: 120, Groups: 12, Uniform: uniform, Database: databases[i].address(t)})
			s.options.StoreOptions = []store.Option{store.WithHooks(store.Hooks{AfterCommit: func() { writes.Add(1) }})}
			s.start()
			s.sync(workflows.SyncInput{})
			s.sync(workflows.SyncInput{})
			s.Box.Engine.ResetCalls()
			writes.Store(0)
			result := s.sync(workflows.SyncInput{})
			if s.calls() > 4 {
				t.Errorf("%d calls: %v", s.calls(), s.Box.Engine.Counts())
			}
			if result.Applied != 0 {
				t.Errorf("something was done: %+v", result)
			}
			// The claim, the progress, the watermark, the budgets' rows and the end.
			if writes.Load() > 25 {
				t.Errorf("%d commits", writes.Load())
			}
		})
	}
}
