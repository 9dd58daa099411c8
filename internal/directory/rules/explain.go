package rules

import "github.com/rollcall-sync/rollcall/internal/directory"

// Explanation says what the rules make of somebody in a target, and why.
type Explanation struct {
	// Account is what Decide returns.
	Account directory.DesiredAccount
	// InScope is whether the person is to have an account.
	InScope bool
	// Ladder is what happens, and when, to somebody who is leaving.
	Ladder directory.Ladder
	// Problem is how a rule failed on this person; empty when none did.
	Problem string
	// Values are the attributes, each with the rule that made it.
	Values []Value
	// Groups are the source groups that were asked about, and then those that
	// everybody in scope is in.
	Groups []GroupReason
}

// GroupReason is a source group and what becomes of it.
type GroupReason struct {
	// Source is the group's name in the source; empty for one that everybody is in.
	Source string
	directory.DesiredGroup
}

// Explain says what the rules make of somebody in a target, and of the source
// groups that the person is in.
func (s *Set) Explain(target string, u directory.Subject, in ...directory.Group) Explanation {
	account, values := s.decide(target, &u, true)
	e := Explanation{Account: account, Values: values, InScope: account.State == directory.DesireActive}
	t, ok := s.targets[target]
	if !ok {
		return e
	}
	if account.Reason != "" {
		e.Ladder = s.Ladder(target, account.Reason)
	}
	if s.user != nil {
		if v := s.verdict(t, &u, s.user.of(&person{Subject: &u})); v.problem != nil {
			e.Problem = v.problem.Error()
		}
	}
	for _, g := range in {
		e.Groups = append(e.Groups, GroupReason{g.Name, s.Group(target, g)})
	}
	if e.InScope {
		for _, name := range t.groups.defaults {
			e.Groups = append(e.Groups, GroupReason{DesiredGroup: directory.DesiredGroup{Name: name, Rule: "default group"}})
		}
	}
	return e
}
