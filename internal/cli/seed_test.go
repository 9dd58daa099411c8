package cli_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// seeded has two runs of connection staff in its database: in the first, of
// twelve people one is refused with the target's words and two groups have one
// name but for its case; in the second, eight people leave and are held.
func seeded(t *testing.T) *shell {
	t.Helper()
	s := newShell(t, nowhere())
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	plainRules, err := rules.Compile(rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {}}})
	if err != nil {
		t.Fatal(err)
	}
	seed := &seeder{T: t, db: db, now: time.Now().Add(-time.Hour), rules: plainRules}
	seed.first()
	seed.second()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

type seeder struct {
	*testing.T
	db     *store.Store
	now    time.Time
	target int64
	claim  store.Claim
	rules  *rules.Set
}

func (s *seeder) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *seeder) begin(trigger string) {
	s.Helper()
	connection, err := s.db.EnsureConnection(s.Context(), "staff", "rules", "", []store.TargetSpec{{Name: "cloud", Kind: "atlassian-cloud", Identity: "atlassian:o:d"}})
	s.must(err)
	s.target = connection.Targets["cloud"]
	s.now = s.now.Add(time.Minute)
	run, err := s.db.BeginRun(s.Context(), store.RunRequest{ConnectionID: connection.ID, WorkflowID: "sync/staff/" + trigger, Trigger: trigger, Full: true}, s.now)
	s.must(err)
	s.claim = run.Claim
}

func person(n int, status directory.Status) directory.User {
	return directory.User{SourceID: fmt.Sprintf("00u%d", n), Status: status, Assigned: true, Login: fmt.Sprintf("login%d", n),
		Email: fmt.Sprintf("person%d@example.com", n), DisplayName: fmt.Sprintf("Person %d", n)}
}

// plan stores people and groups, decides about them and plans.
func (s *seeder) plan(people []directory.User, groups []directory.Group) {
	s.Helper()
	ctx := s.Context()
	_, err := s.db.SaveUsers(ctx, s.claim, people, s.now)
	s.must(err)
	_, err = s.db.SaveGroups(ctx, s.claim, groups, s.now)
	s.must(err)
	refs, err := s.db.GroupsToRead(ctx, s.claim.ConnectionID, true, 0, 10)
	s.must(err)
	for _, ref := range refs {
		_, err := s.db.SaveMembers(ctx, s.claim, ref, []string{"00u1", "00u2"})
		s.must(err)
	}
	s.must(s.db.DecideGroups(ctx, s.claim, s.decider()))
	dirty, err := s.db.DirtyUsers(ctx, s.claim.ConnectionID, 0, 100, store.Want{})
	s.must(err)
	var decisions []store.Decision
	for _, d := range dirty {
		decisions = append(decisions, s.decision(d))
	}
	s.must(s.db.SaveDecisions(ctx, s.claim, s.target, decisions, s.now))
	_, err = s.db.PlanTarget(ctx, s.claim, s.target, true)
	s.must(err)
}

func (s *seeder) decision(d store.DirtySubject) store.Decision {
	desired := s.rules.Decide("cloud", d.Subject)
	return store.Decision{UserID: d.ID, Pulled: d.Pulled, DesiredAccount: desired, Ladder: s.rules.Ladder("cloud", desired.Reason)}
}

func (s *seeder) decider() store.TargetDecider {
	return store.TargetDecider{ID: s.target,
		Account: func(u directory.Subject) (directory.DesiredAccount, directory.Ladder) {
			desired := s.rules.Decide("cloud", u)
			return desired, s.rules.Ladder("cloud", desired.Reason)
		},
		Group: func(g directory.Group) directory.DesiredGroup { return s.rules.Group("cloud", g) }}
}

func (s *seeder) first() {
	s.Helper()
	ctx := s.Context()
	s.begin("hand")
	var people []directory.User
	for n := range 12 {
		people = append(people, person(n, directory.StatusActive))
	}
	s.plan(people, []directory.Group{{SourceID: "00g1", Name: "Engineering", Assigned: true}, {SourceID: "00g2", Name: "engineering", Assigned: true}})
	var outcomes []store.Outcome
	for c, err := range s.db.Changes(ctx, s.claim.RunID, store.ChangeFilter{States: []string{"planned"}}) {
		s.must(err)
		o := store.Outcome{ChangeID: c.ID, UserID: c.UserID, GroupID: c.GroupID, State: directory.Applied, Origin: store.Created}
		switch {
		case c.User == "person11@example.com":
			o.State, o.Class, o.Detail = directory.Refused, directory.ClassRefused, "the domain is \x1b[31mblocked"
		case c.Kind == string(directory.CreateAccount):
			o.Account = &directory.Account{ID: "account-of-" + c.User, Email: c.User, Status: directory.AccountActive, Managed: true}
		case c.Kind == string(directory.CreateGroup):
			o.Group = &directory.TargetGroup{ID: "group-" + c.Group, Name: c.Group}
		case c.Group == "engineering":
			o.State, o.Class = directory.Blocked, directory.ClassNoLink
		default:
			o.Joined = []int64{c.GroupID}
		}
		outcomes = append(outcomes, o)
	}
	s.must(s.db.Record(ctx, s.claim, s.target, "atlassian:o:d", outcomes, s.now))
	s.must(s.db.Note(ctx, s.claim, store.Note{Code: "users-missing", Text: "The list lacked 1."}))
	s.must(s.db.Finish(ctx, s.claim, workflows.OutcomePartial, "", true, s.now.Add(2500*time.Millisecond)))
}

func (s *seeder) second() {
	s.Helper()
	ctx := s.Context()
	s.begin("schedule")
	var leavers []directory.User
	for n := range 8 {
		leavers = append(leavers, person(n, directory.StatusDeprovisioned))
	}
	s.plan(leavers, nil)
	_, err := s.db.Guard(ctx, s.claim, s.target, store.Limits{Share: 0.05, Count: 100, Always: 5, Window: 24 * time.Hour, HeldFor: 7 * 24 * time.Hour}, s.now)
	s.must(err)
	s.must(s.db.Finish(ctx, s.claim, workflows.OutcomeHeld, "", true, s.now.Add(time.Second)))
}
