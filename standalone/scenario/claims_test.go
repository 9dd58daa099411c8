package scenario

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// barrier holds up the calls to a path until it is opened, and says when the
// first has come.
type barrier struct {
	came, open chan struct{}
	once       sync.Once
}

func (s *scenario) barrier(api, route string) *barrier {
	g := &barrier{came: make(chan struct{}), open: make(chan struct{})}
	s.Box.Engine.OnCall(func(phase string, c fault.Call) {
		if phase != "before" || c.API != api || !strings.Contains(c.Route, route) {
			return
		}
		g.once.Do(func() { close(g.came) })
		<-g.open
	})
	s.Cleanup(g.release)
	return g
}

func (g *barrier) release() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// await waits until the barrier holds up a call.
func (g *barrier) await(t *testing.T) {
	t.Helper()
	select {
	case <-g.came:
	case <-time.After(hung):
		t.Fatal("the call that was waited for never came")
	}
}

func TestOfTwoRunsStartedTogetherOneSaysThatTheOtherRuns(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Database: database}).start()
		g := s.barrier("okta", "/api/v1/users")
		first, err := s.begin(t.Context(), workflows.SyncInput{})
		s.no(err)
		g.await(t)
		second := s.sync(workflows.SyncInput{})
		s.wantOutcome(second, workflows.OutcomeBusy)
		g.release()
		var result workflows.SyncResult
		s.no(first.Get(t.Context(), &result))
		s.wantOutcome(result, workflows.OutcomeDone)
		if second.AlreadyRunning != result.RunID {
			t.Errorf("the second names run %d, and run %d was under way", second.AlreadyRunning, result.RunID)
		}
		s.wantEqual()
		s.wantNothingTwice()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	})
}

func TestTheLateWriteOfARunThatLostItsConnectionIsRefused(t *testing.T) {
	tests := []struct{ name, api, route string }{
		{"it was reading the source", "okta", "/api/v1/users"},
		{"it was writing to the target", "atlassian", "/users/invite"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, database string) {
				s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Database: database}).start()
				g := s.barrier(test.api, test.route)
				run, err := s.begin(t.Context(), workflows.SyncInput{})
				s.no(err)
				g.await(t)

				// Nothing is heard of it for longer than a claim lasts, and another takes over.
				st := s.Worker.Store
				connection, err := st.ConnectionID(t.Context(), s.Name)
				s.no(err)
				later := time.Now().Add(10 * time.Minute)
				other, err := st.BeginRun(t.Context(), store.RunRequest{ConnectionID: connection, WorkflowID: "another", Trigger: "hand", FullEvery: time.Hour}, later)
				s.no(err)
				g.release()
				var application *sdk.ApplicationError
				err = run.Get(t.Context(), nil)
				if !errors.As(err, &application) || application.Type() != "fenced" {
					t.Fatalf("the run that lost its connection ended with %v, want it fenced", err)
				}
				lost, err := st.Runs(t.Context(), s.Name, 2)
				s.no(err)
				if lost[1].Outcome != "lost" {
					t.Errorf("its outcome is %q, want it as the other run left it", lost[1].Outcome)
				}
				for key := range s.Box.Engine.AppliedKeys() {
					if test.api == "okta" {
						t.Errorf("it went on writing to the target: %s", key)
					}
				}
				err = st.SaveProgress(t.Context(), store.Claim{ConnectionID: connection, RunID: lost[1].ID, Epoch: other.Epoch - 1}, store.Progress{Stage: "late"})
				if !errors.Is(err, store.ErrFenced) {
					t.Errorf("a late write ended with %v, want it fenced", err)
				}
				s.no(st.Finish(t.Context(), other.Claim, workflows.OutcomeDone, "", false, later))

				// The next run puts everything right, and makes nothing again.
				s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
				s.wantEqual()
				s.wantNothingTwice()
			})
		})
	}
}
