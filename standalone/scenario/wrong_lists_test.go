package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestAWrongListOfATargetTakesNothingAway(t *testing.T) {
	t.Parallel()
	for i, kind := range sandbox.Kinds() {
		for j, effect := range []fault.Kind{fault.Empty, fault.Half} {
			t.Run(fmt.Sprintf("%s, %s", kind, effect), func(t *testing.T) {
				t.Parallel()
				playWrongList(t, kind, effect, databases[(i+j)%2].address(t))
			})
		}
	}
}

func playWrongList(t *testing.T, kind string, effect fault.Kind, database string) {
	s := newScenario(t, settings{People: 30, Groups: 5, Memberships: 2, Uniform: true, Targets: []string{kind}, Database: database}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEach()
	s.Box.Engine.ResetCalls()
	before := s.Box.TargetState(kind)
	_, err := s.Box.Change(5, 3, people.Join)
	s.no(err)
	// All lists are wrong, those by which something is looked up as well.
	id := s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Kind: effect})
	wrong, err := s.begin(t.Context(), workflows.SyncInput{Full: true, Drift: true})
	s.no(err)
	s.endedOrTriedAgain(wrong)
	if s.Box.Engine.Hits(id) == 0 {
		t.Fatal("no list was wrong")
	}
	lost := takenFrom(before, s.Box.TargetState(kind))
	s.Box.Engine.Clear()
	s.no(wrong.Get(t.Context(), nil))
	var last workflows.SyncResult
	for range 3 {
		if last = s.sync(workflows.SyncInput{Full: true, Drift: true}); last.Outcome == workflows.OutcomeDone && last.Applied == 0 {
			break
		}
	}
	if lost = append(lost, takenFrom(before, s.Box.TargetState(kind))...); len(lost) > 0 {
		t.Errorf("taken away:\n%s", strings.Join(lost, "\n"))
	}
	if again := twice(s.Box.Applied(kind)); len(again) > 0 {
		t.Errorf("done more than once:\n%s", strings.Join(again, "\n"))
	}
	// A group that neither the list nor a look-up had is no longer Rollcall's.
	// Whether it is to be again is said by a person, and nobody joins it until.
	refused := s.changes(last.RunID, store.ChangeFilter{Kind: string(directory.CreateGroup), States: []string{string(directory.Refused)}})
	for _, d := range s.differing()[kind].Differences {
		if d.Kind != compare.MemberMissing || len(refused) == 0 {
			t.Errorf("it did not come right by itself: %s", d)
		}
	}
	for _, c := range refused {
		if c.Class != string(directory.ClassNotAdopted) {
			t.Errorf("a group is refused for another reason: %+v", c)
		}
	}
}

// endedOrTriedAgain returns when a run has ended, or an activity of it is tried
// again because an answer could not be believed.
func (s *scenario) endedOrTriedAgain(run client.WorkflowRun) {
	s.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(hung); ; {
		description, err := s.Worker.Client.DescribeWorkflowExecution(s.Context(), run.GetID(), "")
		s.no(err)
		if description.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return
		}
		if slices.ContainsFunc(description.GetPendingActivities(), func(a *workflowpb.PendingActivityInfo) bool { return a.GetAttempt() > 1 }) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			s.Fatal("the run neither ended nor tried anything again")
		}
	}
}

// takenFrom lists what somebody had in an earlier state of a target and has not
// in a later one: the account, access, a membership, a group.
func takenFrom(before, after roster.Snapshot) []string {
	var lost []string
	accounts, groups := map[string]roster.Account{}, map[string]roster.GroupMembers{}
	for _, a := range after.Accounts {
		accounts[a.ID] = a
	}
	for _, g := range after.Groups {
		groups[g.ID] = g
	}
	for _, a := range before.Accounts {
		now, there := accounts[a.ID]
		switch {
		case !there:
			lost = append(lost, "account "+a.ID)
		case a.Active && !now.Active:
			lost = append(lost, "access of "+a.ID)
		}
		for _, permission := range a.Permissions {
			if there && !slices.Contains(now.Permissions, permission) {
				lost = append(lost, "permission "+permission+" of "+a.ID)
			}
		}
	}
	for _, g := range before.Groups {
		now, there := groups[g.ID]
		if !there {
			lost = append(lost, "group "+g.ID)
			continue
		}
		for _, id := range g.Members {
			if !slices.Contains(now.Members, id) {
				lost = append(lost, "membership of "+id+" in "+g.ID)
			}
		}
	}
	return lost
}

func TestWhatIsTakenFromATargetIsFound(t *testing.T) {
	t.Parallel()
	state := func(change func(a *roster.Account, g *roster.GroupMembers)) roster.Snapshot {
		a := roster.Account{ID: "a", Active: true, Permissions: []string{"LICENSED_USER"}}
		g := roster.GroupMembers{Group: roster.Group{ID: "g"}, Members: []string{"a"}}
		change(&a, &g)
		return roster.Snapshot{Accounts: []roster.Account{a}, Groups: []roster.GroupMembers{g}}
	}
	before := state(func(*roster.Account, *roster.GroupMembers) {})
	for name, tc := range map[string]struct {
		change func(a *roster.Account, g *roster.GroupMembers)
		want   int
	}{
		"nothing":      {func(*roster.Account, *roster.GroupMembers) {}, 0},
		"the account":  {func(a *roster.Account, _ *roster.GroupMembers) { a.ID = "b" }, 1},
		"access":       {func(a *roster.Account, _ *roster.GroupMembers) { a.Active = false }, 1},
		"a permission": {func(a *roster.Account, _ *roster.GroupMembers) { a.Permissions = nil }, 1},
		"the group":    {func(_ *roster.Account, g *roster.GroupMembers) { g.ID = "h" }, 1},
		"a membership": {func(_ *roster.Account, g *roster.GroupMembers) { g.Members = nil }, 1},
		"an addition":  {func(_ *roster.Account, g *roster.GroupMembers) { g.Members = append(g.Members, "b") }, 0},
	} {
		if lost := takenFrom(before, state(tc.change)); len(lost) != tc.want {
			t.Errorf("%s: found %v", name, lost)
		}
	}
}
