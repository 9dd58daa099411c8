package scenario

import (
	"maps"
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestAFreedLicenceGoesByItselfToWhoWaitedFirst(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true, Connection: weekly}).start()
	o := s.operator("    " + weekly + "\n")
	s.sync(workflows.SyncInput{})
	s.Box.Atlassian.SetSeatLimit(slices.Max(slices.Collect(maps.Values(s.Box.Atlassian.State().Seats))))

	// In the order of joining, which is not that of names.
	const first, second = "zelda.first@acme.example", "anton.second@acme.example"
	s.join(first)
	o.rollcall("sync", s.Name).want(t, cli.ExitPartial, "account.create", "waiting", "no-seat")
	s.join(second)
	result := s.sync(workflows.SyncInput{})
	if result.Waiting != 2 || result.Outcome != workflows.OutcomePartial {
		t.Fatalf("the run says %+v; want two who wait", result)
	}

	// Somebody leaves, and is brought over alone: no run of the whole connection
	// follows that could see to those who wait.
	leaver := s.active()[0]
	s.no(s.Box.Okta.DeactivateUser(leaver.ID))
	o.rollcall("sync", s.Name, "--user", leaver.Email).want(t, cli.ExitDone, "account.suspend")
	var run store.Run
	s.eventually("the run for the freed licence has ended", func() (bool, any) {
		runs, err := s.Worker.Store.Runs(t.Context(), s.Name, 10)
		s.no(err)
		for _, r := range runs {
			if r.Trigger == workflows.TriggerSeats && r.Outcome != "" {
				run = r
				return true, nil
			}
		}
		return false, runs
	})
	if run.Outcome != workflows.OutcomeDone || s.account(first).Status != "active" {
		t.Errorf("the run for the freed licence ended %s, and %s has an account: %v", run.Outcome, first, s.account(first).ID != "")
	}
	for _, change := range s.changes(run.ID, store.ChangeFilter{}) {
		if change.User != first {
			t.Errorf("the run for the freed licence had to do with somebody else: %+v", change)
		}
	}
	if id := s.account(second).ID; id != "" {
		t.Errorf("%s has the account %s before a licence is free", second, id)
	}
	after := s.sync(workflows.SyncInput{})
	waiting := s.changes(after.RunID, store.ChangeFilter{States: []string{string(directory.Waiting)}})
	if after.Waiting != 1 || len(waiting) != 1 || waiting[0].User != second {
		t.Errorf("who waits then: %+v, %+v; want %s alone", after, waiting, second)
	}
}
