package activities

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// steeredRun is a run in a database of its own that is steered.
type steeredRun struct {
	*testing.T
	a     *Activities
	claim store.Claim
	user  int64
}

func newSteeredRun(t *testing.T) *steeredRun {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &steeredRun{T: t, a: &Activities{Store: s, Now: time.Now}}
	connection, err := s.EnsureConnection(t.Context(), "staff", "rules", "", []store.TargetSpec{{Name: "cloud", Kind: "k", Identity: "i"}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.BeginRun(t.Context(), store.RunRequest{ConnectionID: connection.ID, WorkflowID: "sync/staff/1", Trigger: "hand", FullEvery: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r.claim = run.Claim
	saved, err := s.SaveUsers(t.Context(), r.claim, []directory.User{{SourceID: "00u1", Login: "a", Email: "a@x.example", Status: directory.StatusActive}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r.user = saved.IDs[0]
	return r
}

func (r *steeredRun) order(verb string, pace, user int64) {
	r.Helper()
	if err := r.a.Store.Steer(r.Context(), r.claim.RunID, verb, pace, user, store.Who{Name: "somebody"}, time.Now()); err != nil {
		r.Fatal(err)
	}
}

// enter is a context whose work is steered.
func (r *steeredRun) enter() context.Context {
	s, release := r.a.steering(r.claim)
	r.Cleanup(release)
	return steered(r.Context(), s)
}

func TestWhatPassesIsWhatTheRunsControlLetsPass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		verbs []string
		skip  bool
		want  error
		gated bool
	}{
		{"nothing was asked for", nil, false, nil, false},
		{"it was paused and resumed", []string{store.VerbPause, store.VerbResume}, false, nil, false},
		{"it was stopped", []string{store.VerbStop}, false, errStopped, true},
		{"it was paused and stopped", []string{store.VerbPause, store.VerbStop}, false, errStopped, true},
		{"the user was taken out of it", nil, true, errSkipped, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newSteeredRun(t)
			for _, verb := range c.verbs {
				r.order(verb, 0, 0)
			}
			if c.skip {
				r.order(store.VerbSkip, 0, r.user)
			}
			ctx := r.enter()
			b := &batch{Activities: r.a, claim: r.claim}
			if err := b.pass(ctx, store.DueChange{UserID: r.user}); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("a write: %v, want %v", err, c.want)
			}
			if err := b.pass(ctx, store.DueChange{UserID: r.user + 1}); c.skip && err != nil {
				t.Errorf("another user's write: %v", err)
			}
			gated := steeringOf(ctx).gate(ctx)
			if got := directory.ClassOf(gated) == directory.ClassRateLimited; got != c.gated || (gated == nil) == c.gated {
				t.Errorf("a call about to be sent: %v", gated)
			}
			_, err := steady(ctx, func() (int, error) { return 1, nil })
			if stopped := errors.Is(c.want, errStopped); errors.Is(err, errStopped) != stopped || err != nil && !stopped {
				t.Errorf("a read: %v", err)
			}
		})
	}
}

func TestAPausedWriteWaitsAndGoesOnWithinASecondOfBeingResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newSteeredRun(t)
		r.order(store.VerbPause, 0, 0)
		ctx := r.enter()
		passed := make(chan error, 1)
		go func() { passed <- steeringOf(ctx).pass(ctx, r.user, true) }()
		select {
		case err := <-passed:
			t.Fatalf("it passed while the run was paused: %v", err)
		case <-time.After(2 * steerEvery):
		}
		r.order(store.VerbResume, 0, 0)
		select {
		case err := <-passed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(2 * time.Second):
			t.Error("it still waits two seconds after the run was resumed")
		}
	})
}

func TestAPausedWriteEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newSteeredRun(t)
	r.order(store.VerbPause, 0, 0)
	ctx, cancel := context.WithCancel(r.enter())
	passed := make(chan error, 1)
	go func() { passed <- steeringOf(ctx).pass(ctx, r.user, true) }()
	cancel()
	if err := <-passed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBatchesOfASlowedRunShareItsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newSteeredRun(t)
		r.order(store.VerbSlow, 20, 0)
		one, other := r.enter(), r.enter()
		if steeringOf(one) != steeringOf(other) {
			t.Fatal("two activities of a run are steered apart")
		}
		began := time.Now()
		for range 10 {
			for _, ctx := range []context.Context{one, other} {
				if err := steeringOf(ctx).pass(ctx, r.user, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		// The first of twenty goes at once, the others a twentieth of a second apart.
		if took := time.Since(began); took < 900*time.Millisecond {
			t.Errorf("twenty changes took %s at twenty a second", took)
		}
		if err := steeringOf(one).pass(one, 0, false); err != nil {
			t.Errorf("a read: %v", err)
		}
	})
}

func TestWhatIsSteeredIsForgottenWithTheLastActivityOfTheRun(t *testing.T) {
	t.Parallel()
	r := newSteeredRun(t)
	_, first := r.a.steering(r.claim)
	_, second := r.a.steering(r.claim)
	first()
	if len(r.a.steers.runs) != 1 {
		t.Error("it was forgotten while an activity was under way")
	}
	second()
	if len(r.a.steers.runs) != 0 {
		t.Error("it is remembered for ever")
	}
}

func TestWorkThatNobodySteersPasses(t *testing.T) {
	t.Parallel()
	if err := steeringOf(t.Context()).pass(t.Context(), 1, true); err != nil {
		t.Error(err)
	}
}

func TestAStoppedChangeIsNoOutcomeAndASkippedOneIs(t *testing.T) {
	t.Parallel()
	if got := failed(errSkipped); got.State != directory.Skipped || got.Class != directory.ClassByHand {
		t.Errorf("skipped became %+v", got)
	}
	stopped := failed(errStopped)
	if err := (&batch{}).record(t.Context(), store.DueChange{}, stopped); !errors.Is(err, errStopped) {
		t.Errorf("recording what was stopped: %v", err)
	}
}
