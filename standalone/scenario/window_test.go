package scenario

import (
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// clock is a worker's clock that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// suspended counts the people who left and have no access any more.
func (s *scenario) suspended(ids []string) int {
	emails := map[string]string{}
	for _, u := range s.Box.Okta.State().Users {
		emails[u.ID] = u.Email
	}
	var n int
	for _, id := range ids {
		if s.account(emails[id]).Status == "suspended" {
			n++
		}
	}
	return n
}

func TestFiveDeparturesAnHourAreStoppedByTheWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		c := newClock()
		// 5 % of 220 accounts is eleven in 24 hours, two hours of five.
		s := newScenario(t, settings{People: 220, Groups: 2, Memberships: 1, Uniform: true, Database: database, Now: c.Now}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.Box.Mark()
		people := s.active()
		var left []string
		leave := func(n int) {
			for _, u := range people[len(left) : len(left)+n] {
				s.no(s.Box.Okta.DeactivateUser(u.ID))
				left = append(left, u.ID)
			}
		}
		for hour := range 4 {
			c.forward(time.Hour)
			leave(5)
			result := s.sync(workflows.SyncInput{})
			if hour < 2 {
				s.wantOutcome(result, workflows.OutcomeDone)
			} else {
				s.wantOutcome(result, workflows.OutcomeHeld)
			}
			if want := min(10, len(left)); s.suspended(left) != want {
				t.Errorf("after hour %d %d of %d leavers are suspended, want %d", hour, s.suspended(left), len(left), want)
			}
		}
		held := s.sync(workflows.SyncInput{})
		for _, change := range s.changes(held.RunID, store.ChangeFilter{States: []string{string(directory.Held)}}) {
			if change.Class != string(directory.ClassOverLimit) {
				t.Errorf("held as %q, want %q", change.Class, directory.ClassOverLimit)
			}
		}
		if s.noteCodes(held.RunID)["held"] != 1 {
			t.Error("the report has no note of what is held")
		}

		// The window rolls: a day after the first five there is room for five, a day after all for ten.
		c.forward(21*time.Hour + time.Minute)
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
		c.forward(time.Hour)
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		if s.suspended(left) != len(left) {
			t.Errorf("%d of %d leavers are suspended once the window has rolled on", s.suspended(left), len(left))
		}

		// An administrator lets one run through, and no more.
		leave(12)
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
		s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
		if s.suspended(left) != len(left) {
			t.Errorf("%d of %d leavers are suspended after a run that was let through", s.suspended(left), len(left))
		}
		leave(1)
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
		s.wantNothingTwice()
	})
}

func TestFiveOrFewerAreHeldOnlyWhenTheyAreAWholeGroupOrEverybody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		people int
		do     func(s *scenario)
		want   string
		class  directory.Class
	}{
		{"five of twelve leave", 12, func(s *scenario) {
			for _, u := range s.active()[:5] {
				s.no(s.Box.Okta.DeactivateUser(u.ID))
			}
		}, workflows.OutcomeDone, ""},
		{"six of twelve leave", 12, func(s *scenario) {
			for _, u := range s.active()[:6] {
				s.no(s.Box.Okta.DeactivateUser(u.ID))
			}
		}, workflows.OutcomeHeld, directory.ClassOverLimit},
		{"all four leave", 4, func(s *scenario) {
			for _, u := range s.active() {
				s.no(s.Box.Okta.DeactivateUser(u.ID))
			}
		}, workflows.OutcomeHeld, directory.ClassEverybody},
		{"two of a group of three go", 12, func(s *scenario) {
			g := s.ownGroups()[0]
			for _, id := range g.Members[:2] {
				s.no(s.Box.Okta.RemoveMember(g.ID, id))
			}
		}, workflows.OutcomeDone, ""},
		{"all of a group of three go", 12, func(s *scenario) {
			g := s.ownGroups()[0]
			for _, id := range g.Members {
				s.no(s.Box.Okta.RemoveMember(g.ID, id))
			}
		}, workflows.OutcomeHeld, directory.ClassWholeGroup},
		{"a group of three is deleted", 12, func(s *scenario) {
			s.no(s.Box.Okta.DeleteGroup(s.ownGroups()[0].ID))
		}, workflows.OutcomeHeld, directory.ClassWholeGroup},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: test.people, Groups: test.people / 3, Memberships: 1, Uniform: true, Connection: "guard: { max_drop: 100% }"}).start()
			s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
			s.Box.Mark()
			before := s.Box.Atlassian.State()
			test.do(s)
			result := s.sync(workflows.SyncInput{Full: true})
			s.wantOutcome(result, test.want)
			if test.want == workflows.OutcomeDone {
				s.wantEqual()
				return
			}
			s.wantNothingTaken(before)
			for _, c := range s.changes(result.RunID, store.ChangeFilter{States: []string{string(directory.Held)}}) {
				if c.Class != string(test.class) {
					t.Errorf("held as %q, want %q", c.Class, test.class)
				}
			}
			plans, err := s.Worker.Store.HeldPlans(t.Context(), result.RunID)
			s.no(err)
			if len(plans) != 1 || plans[0].Changes != result.Held {
				t.Errorf("held plans: %+v, want one of %d changes", plans, result.Held)
			}

			// What is held does not stop the next run, which supersedes it.
			s.join("after.the.hold@acme.example")
			s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
			if s.account("after.the.hold@acme.example").Status != "active" {
				t.Error("somebody who joined after the hold has no account")
			}
			s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
			s.wantEqual()
		})
	}
}

func TestADepartureThatCouldNotBeMadeCountsOnceHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	for _, u := range s.active()[:3] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
	}
	s.Box.Engine.Add(fault.Rule{API: "atlassian", Path: `/suspend$`, Kind: fault.Status, Status: 400})
	for range 3 {
		result := s.sync(workflows.SyncInput{})
		s.wantOutcome(result, workflows.OutcomePartial)
		if result.Held != 0 {
			t.Errorf("%d departures are held, and there are only three", result.Held)
		}
	}
	s.Box.Engine.Clear()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEqual()
}
