package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
)

func ada(change ...func(*directory.Subject)) directory.Subject {
	s := directory.Subject{Presence: directory.Present, User: directory.User{
		SourceID: "00u1", Status: directory.StatusActive, Assigned: true, Login: "ada", Email: "Ada@example.com", FirstName: "Ada", LastName: "Byron",
		Attributes: map[string]any{"department": "Engineering", "level": 3.0, "remote": true, "teams": []string{"", "Core"}},
	}}
	for _, c := range change {
		c(&s)
	}
	return s
}

func compiled(t testing.TB, spec rules.Spec) *rules.Set {
	t.Helper()
	if spec.Targets == nil {
		spec.Targets = map[string]rules.TargetSpec{"cloud": {}}
	}
	set, err := rules.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestRulesThatSayNothingTakeEverybodyAsTheyAre(t *testing.T) {
	t.Parallel()
	account := func(state directory.DesiredState, reason directory.Reason, rule string, evidence directory.Evidence) directory.DesiredAccount {
		return directory.DesiredAccount{State: state, Reason: reason, Email: "Ada@example.com", DisplayName: "Ada Byron", Rule: rule, Evidence: evidence}
	}
	const suspended, explicit = directory.DesireSuspended, directory.Explicit
	nothing, membersOnly := rules.Spec{}, rules.Spec{MembersOnly: true}
	for name, c := range map[string]struct {
		subject directory.Subject
		spec    rules.Spec
		want    directory.DesiredAccount
	}{
		"an active person has an active account": {ada(), nothing, account(directory.DesireActive, "", "active", explicit)},
		"somebody who is not there yet is left alone": {ada(func(s *directory.Subject) { s.Status = directory.StatusPending }), nothing,
			account(directory.DesireKept, "", "not active yet", explicit)},
		"a status that is not known is left alone": {ada(func(s *directory.Subject) { s.Status = "new word" }), nothing,
			account(directory.DesireKept, "", "not active yet", explicit)},
		"somebody suspended is suspended": {ada(func(s *directory.Subject) { s.Status = directory.StatusSuspended }), nothing,
			account(suspended, directory.ReasonSuspended, "suspended", explicit)},
		"a leaver is suspended": {ada(func(s *directory.Subject) { s.Status = directory.StatusDeprovisioned }), nothing,
			account(suspended, directory.ReasonDeactivated, "deprovisioned", explicit)},
		"a leaver whom the list lacks is still known to have left": {
			ada(func(s *directory.Subject) { s.Status, s.Presence = directory.StatusDeprovisioned, directory.Absent }), nothing,
			account(suspended, directory.ReasonDeactivated, "deprovisioned", explicit)},
		"somebody the source has deleted is suspended": {ada(func(s *directory.Subject) { s.Presence = directory.Gone }), nothing,
			account(suspended, directory.ReasonDeleted, "deleted in the source", explicit)},
		"somebody missing from a list is suspended on that alone": {ada(func(s *directory.Subject) { s.Presence = directory.Absent }), nothing,
			account(suspended, directory.ReasonDeactivated, "missing from the source's list", directory.Absence)},
		"somebody missing from an application's list is out of scope": {
			ada(func(s *directory.Subject) { s.Presence = directory.Absent }), rules.Spec{Missing: directory.ReasonOutOfScope},
			account(suspended, directory.ReasonOutOfScope, "missing from the source's list", directory.Absence)},
		"somebody who is not assigned is suspended": {ada(func(s *directory.Subject) { s.Assigned = false }), nothing,
			account(suspended, directory.ReasonOutOfScope, "not assigned to the application", explicit)},
		"where only members count, a member is active": {ada(func(s *directory.Subject) { s.InGroup = true }), membersOnly,
			account(directory.DesireActive, "", "active", explicit)},
		"where only members count, another is suspended for want of a group": {ada(), membersOnly,
			account(suspended, directory.ReasonOutOfScope, "in none of the selected groups", directory.Absence)},
		"where only members count, a leaver's reason is that they left": {
			ada(func(s *directory.Subject) { s.Status = directory.StatusDeprovisioned }), membersOnly,
			account(suspended, directory.ReasonDeactivated, "deprovisioned", explicit)},
		"the display name of the source goes before first and last": {
			ada(func(s *directory.Subject) { s.DisplayName = " Ada, Countess of Lovelace " }), nothing,
			directory.DesiredAccount{State: directory.DesireActive, Email: "Ada@example.com", DisplayName: "Ada, Countess of Lovelace", Rule: "active", Evidence: explicit}},
		"blanks around an address and a missing last name are dropped": {
			ada(func(s *directory.Subject) { s.Email, s.LastName = " ada@example.com ", "" }), nothing,
			directory.DesiredAccount{State: directory.DesireActive, Email: "ada@example.com", DisplayName: "Ada", Rule: "active", Evidence: explicit}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, compiled(t, c.spec).Decide("cloud", c.subject)); diff != "" {
				t.Errorf("decided (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhoIsInScope(t *testing.T) {
	t.Parallel()
	expression := func(text string) rules.Expression {
		return rules.Expression{Path: "connections.staff.scope.users", Text: text}
	}
	type outcome struct {
		State    directory.DesiredState
		Rule     string
		Evidence directory.Evidence
	}
	in := func(rule string) outcome { return outcome{directory.DesireActive, rule, directory.Explicit} }
	out := func(rule string) outcome { return outcome{directory.DesireSuspended, rule, directory.Explicit} }
	failed := outcome{directory.DesireKept, "rule failed: scope.users", directory.Explicit}
	for name, c := range map[string]struct {
		subject directory.Subject
		scope   rules.ScopeSpec
		want    outcome
	}{
		"an attribute of the profile decides": {ada(), rules.ScopeSpec{Users: expression(`user.profile.department == "Engineering"`)}, in("in scope by scope.users")},
		"another value is out":                {ada(), rules.ScopeSpec{Users: expression(`user.profile["department"] == "Sales"`)}, out("out of scope by scope.users")},
		"what the profile lacks is empty":     {ada(), rules.ScopeSpec{Users: expression(`user.profile.nick == "" && !has(user.profile.nick) && has(user.profile.level)`)}, in("in scope by scope.users")},
		"numbers compare":                     {ada(), rules.ScopeSpec{Users: expression(`user.profile.level >= 3`)}, in("in scope by scope.users")},
		"status and assignment can be asked":  {ada(), rules.ScopeSpec{Users: expression(`user.status == "active" && user.assigned`)}, in("in scope by scope.users")},
		"who lacks a group is out for want of it": {ada(), rules.ScopeSpec{Users: expression(`"eng" in user.groups`)},
			outcome{directory.DesireSuspended, "out of scope by scope.users", directory.Absence}},
		"who has a group is in": {ada(func(s *directory.Subject) { s.Groups = []string{"eng-core", "all"} }),
			rules.ScopeSpec{Users: expression(`user.groups.exists(g, g.startsWith("eng-"))`)}, in("in scope by scope.users")},
		"a rule that fails on somebody asks for nothing":     {ada(), rules.ScopeSpec{Users: expression(`user.profile.department > 3`)}, failed},
		"so does one that compares what is not there":        {ada(), rules.ScopeSpec{Users: expression(`user.profile.age > 18`)}, failed},
		"somebody excluded by address is out":                {ada(), rules.ScopeSpec{Exclude: []string{"ADA@example.com"}}, out("excluded by scope.exclude")},
		"somebody excluded by login is out, though included": {ada(), rules.ScopeSpec{Exclude: []string{"Ada"}, Include: []string{"00u1"}}, out("excluded by scope.exclude")},
		"an id is told from others by case":                  {ada(), rules.ScopeSpec{Exclude: []string{"00U1"}}, in("active")},
		"somebody included is in, whatever the rule says":    {ada(), rules.ScopeSpec{Include: []string{"00u1"}, Users: expression(`false`), UserName: rules.Pattern{Text: "x*"}}, in("included by scope.include")},
		"a user name that fits is in":                        {ada(), rules.ScopeSpec{UserName: rules.Pattern{Path: "connections.staff.scope.user_name", Text: "A?[a-c]"}}, in("active")},
		"a user name that does not fit is out":               {ada(), rules.ScopeSpec{UserName: rules.Pattern{Path: "connections.staff.scope.user_name", Text: "[^a]*"}}, out("out of scope by scope.user_name")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := compiled(t, rules.Spec{Scope: c.scope}).Decide("cloud", c.subject)
			if diff := cmp.Diff(c.want, outcome{d.State, d.Rule, d.Evidence}); diff != "" {
				t.Errorf("decided (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhoWasNotReadSinceTheRulesChangedIsLeftAlone(t *testing.T) {
	t.Parallel()
	unread := ada(func(s *directory.Subject) { s.Unread = true })
	reading := compiled(t, rules.Spec{Scope: rules.ScopeSpec{Users: rules.Expression{Path: "p", Text: `user.profile.department == "Sales"`}}})
	if d := reading.Decide("cloud", unread); d.State != directory.DesireKept || d.Rule != "not read since the rules changed" {
		t.Errorf("%s by %q", d.State, d.Rule)
	}
	unread.Status = directory.StatusDeprovisioned
	if d := reading.Decide("cloud", unread); d.Reason != directory.ReasonDeactivated {
		t.Errorf("a leaver is %s for %q", d.State, d.Reason)
	}
	unread.Status = directory.StatusActive
	if d := compiled(t, rules.Spec{}).Decide("cloud", unread); d.State != directory.DesireActive {
		t.Errorf("where no attribute is read: %s by %q", d.State, d.Rule)
	}
}
