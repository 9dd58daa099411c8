package scenario

import (
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// regretted is a scenario in which a run has suspended three people.
func regretted(t *testing.T, database string) (s *scenario, left []oktasim.UserState, runID int64) {
	t.Helper()
	s = newScenario(t, settings{People: 30, Groups: 4, Memberships: 1, Uniform: true, Database: database}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	left = s.active()[:3]
	for _, u := range left {
		s.no(s.Box.Okta.SuspendUser(u.ID))
	}
	result := s.sync(workflows.SyncInput{})
	s.wantOutcome(result, workflows.OutcomeDone)
	s.wantStatus("suspended", left...)
	return s, left, result.RunID
}

func (s *scenario) wantStatus(status string, of ...oktasim.UserState) {
	s.Helper()
	for _, u := range of {
		if got := string(s.account(u.Email).Status); got != status {
			s.Errorf("the account of %s is %s, want %s", u.Email, got, status)
		}
	}
}

// undo has a run taken back.
func (s *scenario) undo(runID int64, users ...int64) workflows.SubjectsResult {
	s.Helper()
	return s.request(store.Request{Kind: store.RequestUndo, Subject: runID, Users: users, Who: store.Who{Name: "ada"}}, workflows.TriggerUndo)
}

func TestWhatARunDidIsUndoneAndStaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s, left, run := regretted(t, database)
		result := s.undo(run)
		if result.Outcome != workflows.OutcomeDone || result.Applied != 3 {
			t.Errorf("the undo came to %+v", result)
		}
		s.wantStatus("active", left...)
		for _, in := range []workflows.SyncInput{{}, {Full: true}, {Drift: true}} {
			if next := s.sync(in); next.Applied != 0 {
				t.Errorf("the next run did something: %+v", next)
			}
		}
		s.wantStatus("active", left...)
		// Undone once more there is nothing left to take back.
		if again := s.undo(run); again.Applied != 0 {
			t.Errorf("undone again: %+v", again)
		}

		// Released, the rules decide again. Three more within a day are more than
		// the guard admits by itself.
		released, err := s.Worker.Store.ReleaseOverrides(t.Context(), store.OverrideFilter{Connection: s.Name}, store.Who{Name: "ada"}, time.Now())
		s.no(err)
		if released != 3 {
			t.Errorf("%d overrides were released", released)
		}
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
		s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
		s.wantStatus("suspended", left...)
		s.wantEqual()
	})
}

func TestAnUndoEndsWhereTheSourceSaysSomethingElse(t *testing.T) {
	t.Parallel()
	s, left, run := regretted(t, "")
	s.undo(run)
	s.wantStatus("active", left...)
	// One comes back and is gone again later: the second time counts.
	s.no(s.Box.Okta.UnsuspendUser(left[0].ID))
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.no(s.Box.Okta.SuspendUser(left[0].ID))
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantStatus("suspended", left[0])
	s.wantStatus("active", left[1:]...)
	overrides := 0
	for _, err := range s.Worker.Store.Overrides(t.Context(), store.OverrideFilter{Connection: s.Name}) {
		s.no(err)
		overrides++
	}
	if overrides != 2 {
		t.Errorf("%d overrides stand, want those of the other two", overrides)
	}
}

func TestAnUndoOfSomeLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s, left, run := regretted(t, "")
	ids, _, err := s.Worker.Store.SubjectIDs(t.Context(), s.Name, left[1].Email)
	s.no(err)
	s.undo(run, ids...)
	s.wantStatus("active", left[1])
	s.wantStatus("suspended", left[0], left[2])
	s.sync(workflows.SyncInput{Full: true})
	s.wantStatus("active", left[1])
	s.wantStatus("suspended", left[0], left[2])
}

func TestAnUndoSuspendsWhomTheRunMadeUnderTheGuard(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 2, Memberships: 1, Uniform: true}).start()
	first := s.sync(workflows.SyncInput{})
	s.wantOutcome(first, workflows.OutcomeDone)
	s.Box.Mark()
	before := s.Box.Atlassian.State()
	var reversed, kept int
	for item, err := range s.Worker.Store.UndoPreview(t.Context(), first.RunID, nil) {
		s.no(err)
		switch {
		case item.Class == "" && item.Reverse == directory.SuspendAccount:
			reversed++
		case item.Class == directory.ClassIrreversible, item.Class == directory.ClassWithAccount:
			kept++
		default:
			t.Errorf("the preview has %+v", item)
		}
	}
	if reversed != 12 || kept == 0 {
		t.Errorf("the preview takes %d back and keeps %d", reversed, kept)
	}
	// Everybody at once is more than the guard lets through.
	if result := s.undo(first.RunID); result.Held != 12 || result.Applied != 0 {
		t.Errorf("the undo of everybody came to %+v", result)
	}
	s.wantNothingTaken(before)
}

func TestAnUndoOfMembershipsGivesThemBackAndTakesThemAway(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 3, Memberships: 1, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	groups := s.ownGroups()
	from, to := groups[0], groups[1]
	who := from.Members[0]
	var email string
	for _, u := range s.active() {
		if u.ID == who {
			email = u.Email
		}
	}
	s.no(s.Box.Okta.RemoveMember(from.ID, who))
	s.no(s.Box.Okta.AddMember(to.ID, who))
	moved := s.sync(workflows.SyncInput{})
	s.wantOutcome(moved, workflows.OutcomeDone)
	in := func(name string) bool { return slices.Contains(s.account(email).Groups, s.targetGroup(name).ID) }
	if in(from.Name) || !in(to.Name) {
		t.Fatal("the move did not arrive")
	}
	if result := s.undo(moved.RunID); result.Applied != 2 {
		t.Errorf("the undo came to %+v", result)
	}
	for range 2 {
		if !in(from.Name) || in(to.Name) {
			t.Errorf("after the undo %s is in the old group: %t, in the new one: %t", email, in(from.Name), in(to.Name))
		}
		if next := s.sync(workflows.SyncInput{Full: true}); next.Applied != 0 {
			t.Errorf("the next run did something: %+v", next)
		}
	}
}
