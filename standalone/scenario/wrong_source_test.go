package scenario

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// settled is a scenario in which everything has been done.
func settled(t *testing.T, s settings) (*scenario, atlassiansim.Snapshot) {
	t.Helper()
	if s.People == 0 {
		s.People, s.Groups, s.Memberships, s.Uniform = 64, 8, 1, true
	}
	played := newScenario(t, s).start()
	played.wantOutcome(played.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	played.wantEqual()
	played.Box.Mark()
	return played, played.Box.Atlassian.State()
}

// wantSaid asks that a run said something under a code, with these words in it.
func (s *scenario) wantSaid(runID int64, code string, words ...string) {
	s.Helper()
	text := s.noteText(runID, code)
	if text == "" {
		s.Fatalf("run %d noted nothing under %s: %v", runID, code, s.noteCodes(runID))
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.Errorf("the note %s does not say %q: %s", code, w, text)
		}
	}
}

func TestATokenThatLostItsRoleTakesNothingAway(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{})
	// What such a token gets: lists without anybody in them, one person's groups too.
	for _, path := range []string{usersList, groupsList, membersList, `^/api/v1/users/0[^/]*/groups$`} {
		s.Box.Engine.Add(fault.Rule{API: "okta", Path: path, Kind: fault.Empty})
	}
	for range 2 {
		result := s.sync(workflows.SyncInput{Full: true})
		s.wantOutcome(result, workflows.OutcomePartial, workflows.OutcomeHeld)
		s.wantNothingTaken(before)
		s.wantSaid(result.RunID, store.CodeSourceShort, "users has 0 in it", "lost a role", "rollcall check")
	}
	s.Box.Engine.Clear()
	s.join("new@acme.example", s.ownGroups()[0].ID)
	s.converge()
	s.wantNothingTaken(before)
	s.wantNothingTwice()
}

func TestAMistypedApplicationTakesNothingAway(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{})
	s.reconfigure(rules{Source: "app_id: 0oamistyped0000000"})
	if result, err := s.trySync(workflows.SyncInput{}); err == nil {
		t.Errorf("a run of an application that there is not ended well: %+v", result)
	}
	s.wantNothingTaken(before)
	s.wantSaid(s.lastRun(), "source-not-found", "app_id is mistyped", "Nothing was taken away")
	s.reconfigure(rules{})
	s.converge()
	s.wantNothingTaken(before)
}

func TestAConnectionThatIsPointedAtAnotherOrganisationDecidesNothing(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{})
	other, err := sandbox.New(sandbox.Options{People: 20, Groups: 2, Seed: 7, Logger: slog.New(slog.DiscardHandler)})
	s.no(err)
	s.no(other.Start())
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	a := s.Box.Announcement()
	a.Okta, a.OktaToken = other.Announcement().Okta, other.Announcement().OktaToken
	s.reconfigureFor(a, rules{})
	if result, err := s.trySync(workflows.SyncInput{}); err == nil {
		t.Errorf("a run of another organisation ended well: %+v", result)
	}
	s.wantNothingTaken(before)
	s.wantSaid(s.lastRun(), "source-changed", "is now configured to read", "a name of its own", "rollcall check --accept-source "+s.Name)
	if run, err := s.Worker.Store.Run(t.Context(), s.lastRun()); err != nil || run.Reason != "source-changed" || run.UsersRead != 0 {
		t.Errorf("run %+v: %v", run, err)
	}
	s.reconfigure(rules{})
	s.join("new@acme.example", s.ownGroups()[0].ID)
	s.converge()
	s.wantNothingTaken(before)
}

func TestARuleThatMatchesNobodyTakesNothingAway(t *testing.T) {
	t.Parallel()
	s, before := settled(t, settings{})
	nobody := rules{Connection: `scope: { users: 'user.login == "nobody"' }`}
	s.reconfigure(nobody)
	added := s.found("project")
	for range 2 {
		result := s.sync(workflows.SyncInput{})
		s.wantOutcome(result, workflows.OutcomeHeld)
		s.wantNothingTaken(before)
		s.wantSaid(result.RunID, "held", "nobody would be left", "a rule matches nobody", "rollcall approve", "rollcall reject")
	}
	if s.targetGroup("project").ID == "" {
		t.Errorf("the group %s, which harms nobody, was not made", added)
	}
	s.reconfigure(rules{})
	s.converge()
	s.wantNothingTaken(before)
}

func TestAClockThatIsTwoHoursOffTakesNothingAway(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		t.Run("ours by "+off.String(), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			s, before := settled(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true, Now: c.Now})
			c.forward(off)
			wrong := s.Box.Engine.Add(fault.Rule{API: "okta", Path: membersList, Kind: fault.Empty})
			s.join("new@acme.example")
			s.no(s.Box.Okta.AddMember(s.ownGroups()[0].ID, s.active()[41].ID))
			result := s.sync(workflows.SyncInput{Full: true})
			if s.Box.Engine.Hits(wrong) == 0 {
				t.Fatal("the wrong answer was never given")
			}
			s.wantOutcome(result, workflows.OutcomeHeld, workflows.OutcomePartial)
			s.wantNothingTaken(before)
			if s.account("new@acme.example").Status != "active" {
				t.Error("somebody new was not given an account")
			}
			s.Box.Engine.Clear()
			s.converge()
			c.forward(-off)
			s.join("later@acme.example")
			s.converge()
			s.wantNothingTaken(before)
		})
		t.Run("the source's by "+off.String(), func(t *testing.T) {
			t.Parallel()
			playSourceClock(t, off)
		})
	}
}

// playSourceClock reads from a source whose clock is off and is put right.
func playSourceClock(t *testing.T, off time.Duration) {
	s := newScenario(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true}).start()
	a := s.Box.Announcement()
	c := newClock()
	okta := s.Box.OktaHandler()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.Now().UTC().Format(http.TimeFormat))
		okta.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	a.Okta = front.URL
	s.reconfigureFor(a, rules{})
	c.forward(off)
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEqual()
	before := s.Box.Atlassian.State()

	c.forward(-off)
	s.join("new@acme.example")
	leaver := s.active()[3]
	s.no(s.Box.Okta.SuspendUser(leaver.ID))
	result := s.sync(workflows.SyncInput{})
	if off > 0 {
		s.wantSaid(result.RunID, "source-clock", "2h0m0s less")
	} else if text := s.noteText(result.RunID, "source-clock"); text != "" {
		t.Errorf("a clock that goes on was noted: %s", text)
	}
	s.converge()
	if s.account(leaver.Email).Status != "suspended" || s.account("new@acme.example").Status != "active" {
		t.Errorf("the leaver is %s, the joiner %s", s.account(leaver.Email).Status, s.account("new@acme.example").Status)
	}
	for _, lost := range takenAway(before, s.Box.Atlassian.State()) {
		if lost != "access of "+s.account(leaver.Email).ID {
			t.Errorf("taken away: %s", lost)
		}
	}
}
