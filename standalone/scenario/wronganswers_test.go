package scenario

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// The lists of the source, as paths.
const (
	usersList   = `^/api/v1/users$`
	groupsList  = `^/api/v1/groups$`
	membersList = `^/api/v1/groups/[^/]+/users$`
)

// wrongAnswer is a list of the source that is wrong with status 200.
type wrongAnswer struct {
	name   string
	source string
	rule   func(s *scenario) fault.Rule
	// seen says what of the additions made meanwhile the answers showed.
	people, groups, memberships bool
	// held is whether the guard must hold something, rather than the
	// look-ups contradict it.
	held bool
	// short is whether the list is too short to be believed, so that nothing is
	// taken for missing.
	short bool
	// incremental is whether it can take anything away in an incremental read.
	incremental bool
}

var wrongAnswers = []wrongAnswer{
	{name: "the list of users is empty", rule: list(usersList, fault.Empty), groups: true, memberships: true, short: true},
	{name: "half the users are missing", rule: list(usersList, fault.Half), people: true, groups: true, memberships: true, short: true},
	{name: "a page of twenty users is missing", source: "page_size: 20", rule: list(usersList, fault.SkipPage), people: true, groups: true, memberships: true, held: true},
	{name: "a page of four users is missing", source: "page_size: 4", rule: list(usersList, fault.SkipPage), people: true, groups: true, memberships: true},
	{name: "the list of groups is empty", rule: list(groupsList, fault.Empty), people: true, short: true},
	{name: "half the groups are missing", rule: list(groupsList, fault.Half), people: true, groups: true, held: true},
	{name: "the members of all groups are empty", rule: list(membersList, fault.Empty), people: true, groups: true, held: true, incremental: true},
	{name: "half the members of all groups are missing", rule: list(membersList, fault.Half), people: true, groups: true, held: true, incremental: true},
	{name: "the members of one group are empty", rule: members(fault.Empty), people: true, groups: true, memberships: true, held: true, incremental: true},
	{name: "a group of eight answers four", rule: members(fault.Half), people: true, groups: true, memberships: true, incremental: true},
}

func list(path string, kind fault.Kind) func(*scenario) fault.Rule {
	return func(*scenario) fault.Rule { return fault.Rule{API: "okta", Path: path, Kind: kind} }
}

// members makes the list of one group's members wrong.
func members(kind fault.Kind) func(*scenario) fault.Rule {
	return func(s *scenario) fault.Rule {
		return fault.Rule{API: "okta", Path: "^/api/v1/groups/" + s.groupOfEight() + "/users$", Kind: kind}
	}
}

// groupOfEight is the group that the wrong list of members is of. Nothing is
// added to it.
func (s *scenario) groupOfEight() string {
	for _, g := range s.ownGroups() {
		if len(g.Members) == 8 {
			return g.ID
		}
	}
	s.Fatal("there is no group of eight")
	return ""
}

// additions are people, groups and memberships added to Okta.
type additions struct{ people, groups, memberships []string }

// add makes additions in Okta: six people, six groups of somebody who is
// there, and somebody who is there in two further groups.
func (s *scenario) add() additions {
	var a additions
	present, own, eight := s.active(), s.ownGroups(), s.groupOfEight()
	for i := range 6 {
		email := fmt.Sprintf("new%d@acme.example", i)
		s.join(email, own[len(own)-1].ID)
		a.people = append(a.people, email)
		name := fmt.Sprintf("project-%d", i)
		s.found(name, present[20+i].ID)
		a.groups = append(a.groups, name)
	}
	for _, g := range own[:3] {
		if g.ID == eight {
			continue
		}
		s.no(s.Box.Okta.AddMember(g.ID, present[40].ID))
		a.memberships = append(a.memberships, g.Name)
	}
	return a
}

// made counts which of the additions the target has.
func (s *scenario) made(a additions) (people, groups, memberships int) {
	for _, email := range a.people {
		if s.account(email).Status == "active" {
			people++
		}
	}
	for _, name := range a.groups {
		if s.targetGroup(name).ID != "" {
			groups++
		}
	}
	is := map[string]bool{}
	for _, g := range s.account(s.active()[40].Email).Groups {
		is[g] = true
	}
	for _, name := range a.memberships {
		if is[s.targetGroup(name).ID] {
			memberships++
		}
	}
	return people, groups, memberships
}

// removalsReported are the ways in which a report says that something was
// not taken away.
func (s *scenario) removalsReported(r workflows.SyncResult) int {
	codes := s.noteCodes(r.RunID)
	return codes["held"] + codes["contradicted"] + codes["users-missing"] + codes["groups-missing"] + codes[store.CodeSourceShort]
}

func TestAWrongAnswerWithStatus200TakesNothingAway(t *testing.T) {
	t.Parallel()
	for i, wrong := range wrongAnswers {
		for _, full := range []bool{true, false} {
			name := wrong.name
			if !full {
				if !wrong.incremental {
					continue
				}
				name += ", in an incremental read"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				database := databases[(i+1)%2].address(t)
				playWrongAnswer(t, wrong, full, database)
			})
		}
	}
}

func playWrongAnswer(t *testing.T, wrong wrongAnswer, full bool, database string) {
	s := newScenario(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true, Source: wrong.source, Database: database}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEqual()
	s.Box.Mark()

	before := s.Box.Atlassian.State()
	added := s.add()
	id := s.Box.Engine.Add(wrong.rule(s))
	if !full {
		// Without a change in it the group would not be read.
		s.no(s.Box.Okta.AddMember(s.groupOfEight(), s.active()[41].ID))
	}
	result := s.sync(workflows.SyncInput{Full: full})
	if s.Box.Engine.Hits(id) == 0 {
		t.Fatal("the wrong answer was never given")
	}
	s.wantNothingTaken(before)
	if full {
		wantReported(s, wrong, result, added)
	}

	// The fault goes, and everything comes right by itself.
	s.Box.Engine.Clear()
	s.converge()
	s.wantNothingTaken(before)
	s.wantNothingTwice()
}

func wantReported(s *scenario, wrong wrongAnswer, result workflows.SyncResult, added additions) {
	s.Helper()
	s.wantOutcome(result, workflows.OutcomeHeld, workflows.OutcomePartial)
	if wrong.short {
		if result.Held+result.Contradicted > 0 || s.noteCodes(result.RunID)[store.CodeSourceShort] == 0 {
			s.explain(result)
			s.Errorf("held %d and contradicted %d removals of a list that is too short to be believed; noted %v", result.Held, result.Contradicted, s.noteCodes(result.RunID))
		}
	} else if wrong.held != (result.Held > 0) || wrong.held == (result.Contradicted > 0) {
		s.explain(result)
		s.Errorf("held %d and contradicted %d removals, want held: %v", result.Held, result.Contradicted, wrong.held)
	}
	if s.removalsReported(result) == 0 {
		s.Errorf("the report does not say why nothing was taken away: %v", s.noteCodes(result.RunID))
	}
	people, groups, memberships := s.made(added)
	if wrong.people && people == 0 || wrong.groups && groups == 0 || wrong.memberships && memberships == 0 {
		s.explain(result)
		s.Errorf("additions made: %d people, %d groups, %d memberships; what the answers showed must be there: %+v", people, groups, memberships, wrong)
	}
}

// converge runs until nothing is left to do, at most three times, and asks
// that the target equals the source and nothing stays held.
func (s *scenario) converge() {
	s.Helper()
	var last workflows.SyncResult
	for range 3 {
		if last = s.sync(workflows.SyncInput{}); last.Outcome == workflows.OutcomeDone && last.Applied == 0 {
			break
		}
	}
	s.wantOutcome(last, workflows.OutcomeDone)
	s.wantEqual()
}

func TestAWrongListDoesNotKeepLeaversIn(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Mark()
	leavers := s.active()[:3]
	for _, u := range leavers {
		s.no(s.Box.Okta.SuspendUser(u.ID))
	}
	// Two in three of them are on the half list, with half of everybody else.
	s.Box.Engine.Add(fault.Rule{API: "okta", Path: usersList, Kind: fault.Half})
	result := s.sync(workflows.SyncInput{Full: true})
	s.wantOutcome(result, workflows.OutcomePartial)
	if s.account(leavers[0].Email).Status != "suspended" || s.account(leavers[2].Email).Status != "suspended" {
		s.explain(result)
		t.Error("somebody whom the list shows as suspended kept access, because others were missing from it")
	}
	for _, u := range s.active() {
		if s.account(u.Email).Status != "active" {
			t.Errorf("%s lost access", u.ID)
		}
	}
	s.Box.Engine.Clear()
	s.converge()
}

// The same answers go through when there is no limit and the direct look-ups
// lie as well: what the test above looks at is able to fail.
func TestWithoutTheGuardAWrongAnswerWouldTakePeopleAway(t *testing.T) {
	t.Parallel()
	for _, guarded := range []bool{true, false} {
		t.Run(fmt.Sprintf("guarded %v", guarded), func(t *testing.T) {
			t.Parallel()
			connection := ""
			if !guarded {
				connection = "guard: { removals_share: 100%, removals_limit: 1000000, always_allowed: 1000000, max_drop: 100% }"
			}
			s := newScenario(t, settings{People: 64, Groups: 8, Memberships: 1, Uniform: true, Connection: connection}).start()
			s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
			before := s.Box.Atlassian.State()
			s.Box.Engine.Add(fault.Rule{API: "okta", Path: usersList, Kind: fault.Half})
			s.Box.Engine.Add(fault.Rule{API: "okta", Path: `^/api/v1/users/[^/]+$`, Kind: fault.Status, Status: 404})
			s.sync(workflows.SyncInput{Full: true})
			lost := takenAway(before, s.Box.Atlassian.State())
			if guarded == (len(lost) > 0) {
				t.Errorf("%d things were taken away with the guard %v", len(lost), guarded)
			}
			if equal := s.Box.Compare(compare.Options{GroupTypes: []string{"OKTA_GROUP"}}).Equal(); equal != guarded {
				t.Errorf("the comparison says equal: %v with the guard %v", equal, guarded)
			}
		})
	}
}
