package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// TestHowLongATargetIsWaitedFor has a target fail so many times and then answer.
func TestHowLongATargetIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		alone bool
		class directory.Class
		times int
		// tries is how often it is asked, failed whether it is given up.
		tries  int
		failed bool
		within time.Duration
	}{
		"one of several that is down is given up in minutes":     {false, directory.ClassUnavailable, 1000, 8, true, 3 * time.Minute},
		"one of several that is back in time is gone on with":    {false, directory.ClassUnavailable, 7, 8, false, 3 * time.Minute},
		"a rate limit of one of several is waited for":           {false, directory.ClassRateLimited, 100, 101, false, 2 * time.Hour},
		"a rate limit that does not end is given up after a day": {false, directory.ClassRateLimited, 1 << 20, 0, true, 25 * time.Hour},
		// The test environment ends at ten tries what has no such end.
		"the only one that is down is waited for":                   {true, directory.ClassUnavailable, 9, 10, false, 2 * time.Hour},
		"one of several that refuses the credential is asked once":  {false, directory.ClassAuth, -1, 1, true, time.Minute},
		"the only one that refuses the credential is asked as well": {true, directory.ClassAuth, -1, 1, true, time.Minute},
	} {
		for _, activity := range []string{workflows.ActivityReadTarget, workflows.ActivityGuard, workflows.ActivityApplyBatch} {
			t.Run(name+", "+activity, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				if tc.alone {
					begin := w.begin
					w.begin = func(in workflows.BeginInput) (workflows.BeginResult, error) {
						result, err := begin(in)
						result.Targets = slices.Clone(result.Targets[:1])
						return result, err
					}
				}
				tries := 0
				failure := func(target string) error {
					if target != "first" {
						return nil
					}
					w.mu.Lock()
					defer w.mu.Unlock()
					switch tries++; {
					case tc.times < 0:
						return final(tc.class)
					case tries <= tc.times:
						return again(tc.class)
					}
					return nil
				}
				w.troubled(activity, failure)
				started := time.Time{}
				finish := w.finish
				var took time.Duration
				begin := w.begin
				w.begin = func(in workflows.BeginInput) (workflows.BeginResult, error) {
					started = w.env.Now()
					return begin(in)
				}
				w.finish = func(in workflows.FinishInput) (workflows.SyncResult, error) {
					took = w.env.Now().Sub(started)
					return finish(in)
				}
				mustRun(w, workflows.SyncInput{})
				var want []string
				if tc.failed {
					want = []string{"first: " + string(tc.class)}
				}
				if diff := cmp.Diff(want, w.finished[0].FailedTargets); diff != "" {
					t.Errorf("failed targets (-want +got):\n%s", diff)
				}
				if took > tc.within {
					t.Errorf("the run took %s", took)
				}
				// The others are asked for several pages and batches.
				if tries < tc.tries || activity == workflows.ActivityGuard && tc.tries > 0 && tries != tc.tries {
					t.Errorf("it was asked %d times, want %d", tries, tc.tries)
				}
				if !tc.alone && !slices.Contains(w.called(workflows.ActivityApplyBatch), "ApplyBatch second accounts 0-9") {
					t.Error("another target was left undone")
				}
			})
		}
	}
}

// troubled makes an activity fail for a target as long as failure returns an
// error.
func (w *world) troubled(name string, failure func(target string) error) {
	switch name {
	case workflows.ActivityReadTarget:
		read := w.readTarget
		w.readTarget = func(in workflows.TargetReadInput) (workflows.ReadResult, error) {
			if err := failure(in.Target.Name); err != nil {
				return workflows.ReadResult{}, err
			}
			return read(in)
		}
	case workflows.ActivityGuard:
		guard := w.guard
		w.guard = func(in workflows.TargetInput) (workflows.GuardResult, error) {
			if err := failure(in.Target.Name); err != nil {
				return workflows.GuardResult{}, err
			}
			return guard(in)
		}
	default:
		apply := w.applyBatch
		w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
			if err := failure(in.Target.Name); err != nil {
				return workflows.ApplyResult{}, err
			}
			return apply(in)
		}
	}
}
