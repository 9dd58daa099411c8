package rules

import (
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Decide turns a user into the account that a target should hold. Somebody who
// is leaving is to be suspended, with the reason; the ladder of that reason
// says what becomes of it, and when. A rule about who is in scope that fails on
// somebody, or about the address, asks for nothing: nobody gains or loses an
// account by a mistake. One about another attribute leaves that alone.
func (s *Set) Decide(target string, u directory.Subject) directory.DesiredAccount {
	d, _ := s.decide(target, &u, false)
	return d
}

// Ladder returns what happens to those who leave a target for a reason: nothing
// to those who do not leave, nor in a target that the rules do not know.
func (s *Set) Ladder(target string, reason directory.Reason) directory.Ladder {
	t, ok := s.targets[target]
	if !ok || reason == "" {
		return nil
	}
	if ladder, ok := t.leavers[reason]; ok {
		return ladder
	}
	return directory.Suspend()
}

// verdict is whether somebody is to have an account, and by which rule.
type verdict struct {
	state    directory.DesiredState
	reason   directory.Reason
	rule     string
	evidence directory.Evidence
	// problem is how a rule failed.
	problem error
}

func (s *Set) decide(name string, u *directory.Subject, explained bool) (directory.DesiredAccount, []Value) {
	t, ok := s.targets[name]
	if !ok {
		return directory.DesiredAccount{State: directory.DesireKept, Rule: "the rules do not know this target", Evidence: directory.Explicit}, nil
	}
	var about cel.Activation
	if s.user != nil {
		about = s.user.of(&person{Subject: u})
	}
	v := s.verdict(t, u, about)
	d := directory.DesiredAccount{State: v.state, Reason: v.reason, Rule: v.rule, Evidence: v.evidence}
	values := t.fill(&d, u, about, explained)
	return d, values
}

func leaving(reason directory.Reason, rule string, evidence directory.Evidence) verdict {
	return verdict{state: directory.DesireSuspended, reason: reason, rule: rule, evidence: evidence}
}

func failed(e *expression, err error) verdict {
	return verdict{state: directory.DesireKept, rule: "rule failed: " + e.rule, evidence: directory.Explicit, problem: err}
}

func (s *Set) verdict(t *target, u *directory.Subject, about cel.Activation) verdict {
	switch {
	case u.Presence == directory.Gone:
		return leaving(directory.ReasonDeleted, "deleted in the source", directory.Explicit)
	case u.Status == directory.StatusDeprovisioned:
		return leaving(directory.ReasonDeactivated, "deprovisioned", directory.Explicit)
	case u.Presence == directory.Absent:
		return leaving(s.missing, "missing from the source's list", directory.Absence)
	case !u.Assigned:
		return leaving(directory.ReasonOutOfScope, "not assigned to the application", directory.Explicit)
	case u.Status == directory.StatusSuspended:
		return leaving(directory.ReasonSuspended, "suspended", directory.Explicit)
	case u.Status != directory.StatusActive:
		return verdict{state: directory.DesireKept, rule: "not active yet", evidence: directory.Explicit}
	}
	if u.Unread && (s.reads.all || len(s.reads.attributes) > 0) {
		return verdict{state: directory.DesireKept, rule: "not read since the rules changed", evidence: directory.Explicit}
	}
	in := s.inScope(u, about)
	if in.state != directory.DesireActive || t.scope == nil {
		return in
	}
	return within(t.scope, about, in)
}

// inScope decides about somebody active by the connection's rules.
func (s *Set) inScope(u *directory.Subject, about cel.Activation) verdict {
	in := verdict{state: directory.DesireActive, rule: "active", evidence: directory.Explicit}
	switch {
	case s.scope.exclude.has(&u.User):
		return leaving(directory.ReasonOutOfScope, "excluded by scope.exclude", directory.Explicit)
	case s.scope.include.has(&u.User):
		in.rule = "included by scope.include"
		return in
	case s.membersOnly && !u.InGroup:
		return leaving(directory.ReasonOutOfScope, "in none of the selected groups", directory.Absence)
	case s.scope.userName != nil && !s.scope.userName.MatchString(u.Login):
		return leaving(directory.ReasonOutOfScope, "out of scope by "+s.scope.userNameRule, directory.Explicit)
	case s.scope.users == nil:
		return in
	}
	return within(s.scope.users, about, in)
}

// within narrows a scope by an expression.
func within(e *expression, about cel.Activation, in verdict) verdict {
	holds, err := e.holds(about)
	switch {
	case err != nil:
		return failed(e, err)
	case holds:
		in.rule = "in scope by " + e.rule
		return in
	case e.reads.groups:
		return leaving(directory.ReasonOutOfScope, "out of scope by "+e.rule, directory.Absence)
	}
	return leaving(directory.ReasonOutOfScope, "out of scope by "+e.rule, directory.Explicit)
}

// Value is an attribute and the rule that made it.
type Value struct {
	Attribute, Value string
	// Rule is where the expression stands, or how the source says it.
	Rule string
	// Problem is why there is no value: the attribute is left as it is.
	Problem string
}

// fill makes the attributes of an account.
func (t *target) fill(d *directory.DesiredAccount, u *directory.Subject, about cel.Activation, explained bool) []Value {
	var values []Value
	note := func(name, value, rule string) {
		if explained {
			values = append(values, Value{Attribute: name, Value: value, Rule: rule})
		}
	}
	var displayRule string
	d.Email = strings.TrimSpace(u.Email)
	d.DisplayName, displayRule = displayName(&u.User)
	given := make(map[string]bool, len(t.attributes))
	for i := range t.attributes {
		a := &t.attributes[i]
		given[a.name] = true
		value, err := a.text(about)
		if err != nil {
			if explained {
				values = append(values, Value{Attribute: a.name, Rule: a.rule, Problem: err.Error()})
			}
			t.leaveOut(d, a)
			continue
		}
		note(a.name, value, a.rule)
		switch a.name {
		case attributeEmail:
			d.Email = value
		case attributeDisplayName:
			d.DisplayName = value
		case attributeUserName:
			d.UserName = value
		default:
			if d.Attributes == nil {
				d.Attributes = make(map[string]string, len(t.attributes))
			}
			d.Attributes[a.name] = value
		}
	}
	if !given[attributeEmail] {
		note(attributeEmail, d.Email, "the source's address")
	}
	if !given[attributeDisplayName] {
		note(attributeDisplayName, d.DisplayName, displayRule)
	}
	if t.userName && !given[attributeUserName] {
		var rule string
		d.UserName, rule = t.defaultUserName(u, d.Email)
		note(attributeUserName, d.UserName, rule)
	}
	return values
}

// defaultUserName is the user name of a new account without a rule. The
// products that have user names keep them in lower case, or compare them so.
func (t *target) defaultUserName(u *directory.Subject, email string) (name, rule string) {
	if t.namedByEmail {
		return strings.ToLower(strings.TrimSpace(email)), "the account's address in lower case"
	}
	return strings.ToLower(strings.TrimSpace(u.Login)), "the source's login in lower case"
}

// leaveOut is what becomes of an attribute that cannot be told. Without an
// address or a user name nobody can be told from others, so nothing is asked for.
func (t *target) leaveOut(d *directory.DesiredAccount, a *attribute) {
	switch a.name {
	case attributeDisplayName:
		d.DisplayName = "" // which is left as it is
		return
	case attributeEmail:
		d.Email = ""
	case attributeUserName:
		d.UserName = ""
	default:
		return
	}
	if d.State == directory.DesireActive {
		d.State, d.Rule = directory.DesireKept, "rule failed: "+a.rule
	}
}

func displayName(u *directory.User) (name, rule string) {
	if name := strings.TrimSpace(u.DisplayName); name != "" {
		return name, "the source's display name"
	}
	return strings.TrimSpace(strings.TrimSpace(u.FirstName) + " " + strings.TrimSpace(u.LastName)), "first and last name"
}
