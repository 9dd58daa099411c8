package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func TestWhatARunHasToDoIsCountedFromTheChangesOfTheSource(t *testing.T) {
	t.Parallel()
	made := []people.Changed{
		{Kind: people.Join, UserID: "a", GroupIDs: []string{"g", "h"}}, {Kind: people.Unsuspend, UserID: "b", GroupIDs: []string{"g"}},
		{Kind: people.Leave, UserID: "c"}, {Kind: people.Suspend, UserID: "d"}, {Kind: people.Rename, UserID: "e"},
		{Kind: people.Move, UserID: "f", GroupIDs: []string{"g", "h"}}, {Kind: people.Found, UserID: "f", GroupIDs: []string{"i"}},
	}
	want := work{Accounts: 2, Groups: 1, Joined: 3, Added: 2, Removed: 1, Leavers: 1, LeaversGroups: 2, Suspended: 1, SuspendedGroups: 2, Renamed: 1}
	if diff := cmp.Diff(want, workOf(made, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := persons(made); n != 6 {
		t.Errorf("%d people are concerned, want 6", n)
	}
}

func TestUnavoidableCallsAreCountedByWhatThereIsToDo(t *testing.T) {
	t.Parallel()
	c := costs{Run: 2, First: 3, Account: .05, FirstAccount: 2, Group: 1, Joined: .5, Added: 1, Removed: 1, Leaver: 4, LeaverGroup: 1, Suspended: 3, SuspendedGroup: .5, Renamed: 2}
	for name, test := range map[string]struct {
		due  work
		want float64
	}{
		"nothing but the run itself":         {work{}, 2},
		"one of what a call carries many of": {work{Accounts: 1}, 3},
		"many of it":                         {work{Accounts: 100}, 7},
		"the first run":                      {work{Initial: true, Accounts: 10, Groups: 2, Joined: 20}, 2 + 3 + 20 + 2 + 10},
		"the suspended":                      {work{Suspended: 2, SuspendedGroups: 4}, 2 + 6 + 2},
		"everything":                         {work{Accounts: 20, Groups: 1, Joined: 3, Added: 2, Removed: 1, Leavers: 2, LeaversGroups: 4, Renamed: 1}, 2 + 1 + 1 + 2 + 2 + 1 + 8 + 4 + 2},
	} {
		if got := c.unavoidable(test.due); got != test.want {
			t.Errorf("%s: %v calls, want %v", name, got, test.want)
		}
	}
}

func TestARunThatCallsTooOftenFailsTheMeasurement(t *testing.T) {
	t.Parallel()
	c := costs{Account: 2, Reason: "a look-up and a creation"}
	within, beyond := c.judge(work{Accounts: 10}, 24, 10), c.judge(work{Accounts: 10}, 25, 10)
	want := frugality{PerPerson: 2.4, Unavoidable: 2, Ratio: 1.2, Reason: c.Reason}
	if diff := cmp.Diff(&want, within); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r := report{Phases: []phase{{Name: "initial", Equal: true, Frugality: within}}}
	if err := r.verdict(); err != nil {
		t.Errorf("1.2 times is allowed: %v", err)
	}
	r.Phases = append(r.Phases, phase{Name: "one-percent", Equal: true, Frugality: beyond})
	if err := r.verdict(); err == nil || !strings.Contains(err.Error(), "one-percent makes 1.25 times") {
		t.Errorf("got %v, want an error that names the phase and how often", err)
	}
	if (costs{}).judge(work{Accounts: 10}, 25, 10) != nil || c.judge(work{}, 25, 0) != nil {
		t.Error("what has no costs, or changed nobody, cannot be judged")
	}
}

func TestEveryKindOfTargetHasItsArithmetic(t *testing.T) {
	t.Parallel()
	for _, kind := range sandbox.Kinds() {
		c := kindCosts(kind)
		if c.Account == 0 || c.Joined == 0 || c.Group == 0 || c.Leaver+c.LeaverGroup == 0 || c.Reason == "" {
			t.Errorf("%s: %+v", kind, c)
		}
	}
}
