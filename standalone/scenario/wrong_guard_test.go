package scenario

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestEachKindAndTargetHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	s, _ := settled(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true,
		Connection: "guard: { removals_share: 50%, removals_limit: 1000 }",
		Target:     "guard: { kinds: { membership.remove: { share: 0%, limit: 0, always: 0 } } }"})
	leaver := s.active()[0]
	s.no(s.Box.Okta.SuspendUser(leaver.ID))
	group := s.ownGroups()[0]
	s.no(s.Box.Okta.RemoveMember(group.ID, group.Members[len(group.Members)-1]))
	result := s.sync(workflows.SyncInput{})
	s.wantOutcome(result, workflows.OutcomeHeld)
	for _, change := range s.changes(result.RunID, store.ChangeFilter{}) {
		switch directory.Kind(change.Kind) {
		case directory.RemoveMember:
			if change.State != string(directory.Held) || change.Class != string(directory.ClassOverLimit) {
				t.Errorf("a kind that nothing is allowed of: %+v", change)
			}
		case directory.SuspendAccount:
			if change.State != string(directory.Applied) {
				t.Errorf("a kind that much is allowed of: %+v", change)
			}
		}
	}
	s.wantSaid(result.RunID, "held", "1 × membership.remove", "more than the guard admits (0%")
}

func TestAConnectionThatTripsAgainAndAgainIsPutInQuarantine(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true, Connection: "guard: { quarantine_after: 2 }"})
	id, err := s.Worker.Store.ConnectionID(t.Context(), s.Name)
	s.no(err)
	quarantined := func() bool {
		t.Helper()
		since, _, err := s.Worker.Store.Quarantined(t.Context(), id)
		s.no(err)
		return !since.IsZero()
	}
	// A wrong answer that stays as it is is stopped again and counts once; a worse
	// one counts.
	for _, answer := range []struct {
		kind fault.Kind
		want bool
	}{{fault.Half, false}, {fault.Half, false}, {fault.Empty, true}} {
		s.Box.Engine.Clear()
		s.Box.Engine.Add(fault.Rule{API: "okta", Path: membersList, Kind: answer.kind})
		s.wantOutcome(s.sync(workflows.SyncInput{Full: true}), workflows.OutcomeHeld, workflows.OutcomePartial)
		if quarantined() != answer.want {
			t.Fatalf("in quarantine after %s: %v, want %v", answer.kind, !answer.want, answer.want)
		}
	}
	s.Box.Engine.Clear()

	// The source is right again: one leaver is held all the same, even where
	// removals are let through, and a joiner is not.
	leaver := s.active()[0]
	s.no(s.Box.Okta.SuspendUser(leaver.ID))
	s.join("new@acme.example")
	result := s.sync(workflows.SyncInput{Full: true, AllowRemovals: true})
	s.wantOutcome(result, workflows.OutcomeHeld)
	s.wantSaid(result.RunID, "held", "in quarantine", "rollcall quarantine release "+s.Name)
	s.wantNothingTaken(before)
	if s.account("new@acme.example").Status != "active" {
		t.Error("somebody new was not given an account")
	}

	released, err := s.Worker.Store.ReleaseQuarantine(t.Context(), id, store.Who{Name: "ada"}, time.Now())
	s.no(err)
	if !released || quarantined() {
		t.Error("the quarantine was not ended")
	}
	s.converge()
	if s.account(leaver.Email).Status != "suspended" {
		t.Error("the leaver kept access once the quarantine was over")
	}
}

func TestASourceWithFewerThanItsLeastIsNotBelieved(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true, Connection: "guard: { minimum_users: 60, max_drop: 100% }"})
	people := s.active()
	for _, u := range people[:8] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
	}
	result := s.sync(workflows.SyncInput{Full: true})
	s.wantOutcome(result, workflows.OutcomePartial, workflows.OutcomeHeld)
	s.wantNothingTaken(before)
	s.wantSaid(result.RunID, store.CodeSourceShort, "fewer than the 60 of minimum_users", "--allow-removals")
	s.wantOutcome(s.sync(workflows.SyncInput{Full: true, AllowRemovals: true}), workflows.OutcomeDone)
	if s.account(people[0].Email).Status != "suspended" {
		t.Error("a leaver kept access although somebody let removals through")
	}
}
