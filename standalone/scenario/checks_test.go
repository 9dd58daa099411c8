package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/workflows"
)

// takenAway lists what somebody had in an earlier state of the target and has
// not in a later one: access, a group, a role.
func takenAway(before, after atlassiansim.Snapshot) []string {
	var lost []string
	now := map[string]atlassiansim.Account{}
	for _, a := range after.Accounts {
		now[a.ID] = a
	}
	groups := map[string]bool{}
	for _, g := range after.Groups {
		groups[g.ID] = true
	}
	for _, a := range before.Accounts {
		b, there := now[a.ID]
		switch {
		case !there:
			lost = append(lost, "account "+a.ID)
		case a.Status == "active" && b.Status != "active":
			lost = append(lost, "access of "+a.ID)
		}
		for _, g := range a.Groups {
			if !slices.Contains(b.Groups, g) {
				lost = append(lost, "membership of "+a.ID+" in "+g)
			}
		}
		for _, r := range a.Roles {
			if !slices.Contains(b.Roles, r) {
				lost = append(lost, "role "+r.Role+" of "+a.ID)
			}
		}
	}
	for _, g := range before.Groups {
		if !groups[g.ID] {
			lost = append(lost, "group "+g.ID)
		}
	}
	return lost
}

// twice lists what was done more than once.
func twice(applied map[string]int) []string {
	var again []string
	for key, n := range applied {
		if n > 1 {
			again = append(again, fmt.Sprintf("%s: %d times", key, n))
		}
	}
	slices.Sort(again)
	return again
}

// wantNothingTwice asks that nothing was done twice since the call log was
// last emptied.
func (s *scenario) wantNothingTwice() {
	s.Helper()
	if again := twice(s.Box.Engine.AppliedKeys()); len(again) > 0 {
		s.Errorf("done more than once:\n%s", strings.Join(again, "\n"))
	}
}

// wantNothingTaken asks that nobody has lost anything since before.
func (s *scenario) wantNothingTaken(before atlassiansim.Snapshot) {
	s.Helper()
	if lost := takenAway(before, s.Box.Atlassian.State()); len(lost) > 0 {
		s.Errorf("taken away:\n%s", strings.Join(lost, "\n"))
	}
}

// administration is what holds a right to administer in a state, and
// everything about it.
func administration(state atlassiansim.Snapshot) (accounts map[string]atlassiansim.Account, groups map[string]atlassiansim.Group) {
	accounts, groups = map[string]atlassiansim.Account{}, map[string]atlassiansim.Group{}
	administers := func(roles []atlassiansim.Role) bool {
		return slices.ContainsFunc(roles, atlassiansim.Role.Administrative)
	}
	in := map[string]bool{}
	for _, g := range state.Groups {
		if administers(g.Roles) {
			groups[g.ID] = g
			for _, m := range g.Members {
				in[m] = true
			}
		}
	}
	for _, a := range state.Accounts {
		if a.Owner || in[a.ID] || administers(a.Roles) {
			accounts[a.ID] = a
		}
	}
	return accounts, groups
}

// rightsChanged describes how the administrators and their groups differ
// between two states; empty when they are bit for bit the same.
func rightsChanged(before, after atlassiansim.Snapshot) string {
	wasAccounts, wasGroups := administration(before)
	isAccounts, isGroups := administration(after)
	return cmp.Diff(wasAccounts, isAccounts) + cmp.Diff(wasGroups, isGroups)
}

// wantOutcome asks how a run ended.
func (s *scenario) wantOutcome(r workflows.SyncResult, outcomes ...string) {
	s.Helper()
	if !slices.Contains(outcomes, r.Outcome) {
		s.explain(r)
		s.Errorf("the run ended %q, want %v: %+v", r.Outcome, outcomes, r)
	}
}

// The checks above must not be able to pass by looking at nothing.
func TestTheChecksFindPlantedViolations(t *testing.T) {
	t.Parallel()
	role := atlassiansim.Role{Resource: "ari:cloud:platform::org/1", Role: "atlassian/org-admin"}
	state := func(change func(a *atlassiansim.Account, g *atlassiansim.Group)) atlassiansim.Snapshot {
		a := atlassiansim.Account{ID: "a", Status: "active", Groups: []string{"g"}, Roles: []atlassiansim.Role{role}}
		g := atlassiansim.Group{ID: "g", Members: []string{"a"}, Roles: []atlassiansim.Role{role}}
		if change != nil {
			change(&a, &g)
		}
		return atlassiansim.Snapshot{Accounts: []atlassiansim.Account{a}, Groups: []atlassiansim.Group{g}}
	}
	before := state(nil)
	if lost := takenAway(before, before); len(lost) != 0 || rightsChanged(before, before) != "" {
		t.Errorf("the same state twice: taken away %v, rights %s", lost, rightsChanged(before, before))
	}
	tests := []struct {
		name   string
		change func(a *atlassiansim.Account, g *atlassiansim.Group)
		loses  bool
	}{
		{"an account is suspended", func(a *atlassiansim.Account, _ *atlassiansim.Group) { a.Status = "suspended" }, true},
		{"an account is gone", func(a *atlassiansim.Account, _ *atlassiansim.Group) { a.ID = "b" }, true},
		{"a membership is gone", func(a *atlassiansim.Account, g *atlassiansim.Group) { a.Groups, g.Members = nil, nil }, true},
		{"a role is gone", func(a *atlassiansim.Account, _ *atlassiansim.Group) { a.Roles = nil }, true},
		{"a group is gone", func(_ *atlassiansim.Account, g *atlassiansim.Group) { g.ID = "h" }, true},
		{"somebody is added to an administrators' group", func(_ *atlassiansim.Account, g *atlassiansim.Group) { g.Members = append(g.Members, "b") }, false},
		{"an administrator's name is changed", func(a *atlassiansim.Account, _ *atlassiansim.Group) { a.Name = "Mallory" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after := state(test.change)
			if lost := takenAway(before, after); test.loses != (len(lost) > 0) {
				t.Errorf("taken away: %v, want any: %v", lost, test.loses)
			}
			if rightsChanged(before, after) == "" {
				t.Error("the change of an administrator was not seen")
			}
		})
	}
	if again := twice(map[string]int{"create-account:a": 2, "create-account:b": 1}); len(again) != 1 {
		t.Errorf("done twice: %v, want one", again)
	}
}
