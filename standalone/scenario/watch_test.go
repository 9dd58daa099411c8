package scenario

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// watch looks once at the source's event log.
func (s *scenario) watch(id string) workflows.PollResult {
	s.Helper()
	run, err := s.Worker.Client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: "watch/" + s.Name + "/" + id, TaskQueue: temporal.WorkflowQueue}, workflows.WatchName, workflows.WatchInput{Connection: s.Name})
	s.no(err)
	var result workflows.PollResult
	s.no(run.Get(s.Context(), &result))
	return result
}

// awaitRuns waits until the connection has had n runs that have ended, and
// returns the last.
func (s *scenario) awaitRuns(n int) store.Run {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), hung)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		runs, err := s.Worker.Store.Runs(s.Context(), s.Name, n+1)
		s.no(err)
		if len(runs) >= n && runs[0].Outcome != "" {
			return runs[0]
		}
		select {
		case <-ctx.Done():
			s.Fatalf("%d runs have been, want %d", len(runs), n)
		case <-tick.C:
		}
	}
}

func TestAnEventInTheSourcesLogStartsARun(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 12, Groups: 3, Uniform: true, Database: database, Source: "system_log: { poll: 1h }"}).start()
		s.watch("before the first run")
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.Box.Mark()
		if first := s.watch("first"); first.Events != 0 {
			t.Errorf("the first look reports %d events; it starts at now", first.Events)
		}
		if quiet := s.watch("quiet"); quiet.Events != 0 {
			t.Errorf("%d events are reported and nothing happened", quiet.Events)
		}
		s.no(s.Box.Okta.DeactivateUser(s.active()[0].ID))
		s.join("nova@acme.example", s.ownGroups()[0].ID)
		if seen := s.watch("changed"); seen.Events == 0 {
			t.Fatal("what happened is not in the log")
		}
		if run := s.awaitRuns(2); run.Trigger != "log" || run.Outcome != workflows.OutcomeDone {
			t.Errorf("the run that followed: %+v", run)
		}
		s.wantEqual()

		// What an incremental read cannot see makes the run a full one.
		who := s.active()[0]
		for range 2 {
			_, err := s.Box.Okta.DeleteUser(who.ID)
			s.no(err)
		}
		s.watch("erased")
		if run := s.awaitRuns(3); !run.FullRead {
			t.Errorf("the run after somebody was erased did not read in full: %+v", run)
		}
		if s.account(who.Email).Status != "suspended" {
			t.Error("somebody erased still has access")
		}

		// While a run is under way nothing is started, and what happens then is seen afterwards.
		b := s.barrier("okta", "/api/v1/users")
		run, err := s.begin(t.Context(), workflows.SyncInput{})
		s.no(err)
		b.await(t)
		s.join("meanwhile@acme.example")
		if busy := s.watch("busy"); busy.Events != 0 {
			t.Errorf("a look during a run reports %d events", busy.Events)
		}
		b.release()
		s.no(run.Get(t.Context(), nil))
		if after := s.watch("after"); after.Events == 0 {
			t.Error("what happened during the run was lost")
		}
		s.awaitRuns(5)
		if s.account("meanwhile@acme.example").Status != "active" {
			t.Error("who came during the run has no account")
		}
	})
}
