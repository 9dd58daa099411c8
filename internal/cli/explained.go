package cli

import (
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// explained is what `explain --json` prints.
type explained struct {
	Connection string            `json:"connection"`
	Person     explainedPerson   `json:"person"`
	Targets    []explainedTarget `json:"targets"`
}

// explainedPerson is somebody as the source last said.
type explainedPerson struct {
	UserID      int64          `json:"user_id"`
	SourceID    string         `json:"source_id"`
	Login       string         `json:"login"`
	Email       string         `json:"email"`
	DisplayName string         `json:"display_name"`
	Status      string         `json:"status"`
	Presence    string         `json:"presence"`
	Assigned    bool           `json:"assigned"`
	Attributes  map[string]any `json:"attributes,omitempty"`
	Groups      []string       `json:"groups"`
	Read        time.Time      `json:"read,omitzero"`
	// Due is whether the next run decides about them again.
	Due bool `json:"due"`
}

// explainedTarget is what the rules make of somebody in a target, and what the
// target was last seen to hold.
type explainedTarget struct {
	Target  string `json:"target"`
	Kind    string `json:"kind"`
	InScope bool   `json:"in_scope"`
	State   string `json:"state"`
	Rule    string `json:"rule"`
	// Reason is why somebody is leaving, Ladder what happens then.
	Reason string `json:"reason,omitempty"`
	Ladder string `json:"ladder,omitempty"`
	// Problem is how a rule failed on this person.
	Problem string            `json:"problem,omitempty"`
	Values  []explainedValue  `json:"values"`
	Groups  []explainedGroup  `json:"groups"`
	Account *explainedAccount `json:"account,omitempty"`
	Leaver  *explainedLeaver  `json:"leaver,omitempty"`
	Undone  []explainedUndone `json:"undone"`
	// WaitsSince is since when no licence was free, Unlinked whether a person
	// took the link away.
	WaitsSince time.Time `json:"waits_for_licence_since,omitzero"`
	Unlinked   bool      `json:"unlinked,omitempty"`
	// Next is what the next run would do, before the guard is asked.
	Next []store.Change `json:"next_run"`
	// Last are the changes of the last run that had any of this person here.
	Last []store.Change `json:"last_changes"`
	// Known is whether the target has run.
	Known bool `json:"known"`
}

type explainedValue struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Rule    string `json:"rule"`
	Problem string `json:"problem,omitempty"`
}

// explainedGroup is a group of the target, the reason for it, and whether the
// person is in it now.
type explainedGroup struct {
	Name   string `json:"name,omitempty"`
	Source string `json:"source,omitempty"`
	Rule   string `json:"rule,omitempty"`
	// Problem is why the group cannot be made.
	Problem string `json:"problem,omitempty"`
	Joined  bool   `json:"joined"`
	Origin  string `json:"origin,omitempty"`
	// Through are the groups in it that the person is in, where nested groups
	// are kept.
	Through []string `json:"through,omitempty"`
	// InsteadOf are the groups that belong in it and cannot be had in the target:
	// the person is to be in it one by one meanwhile.
	InsteadOf []string `json:"instead_of,omitempty"`
}

type explainedAccount struct {
	ID          string            `json:"id"`
	Origin      string            `json:"origin"`
	Email       string            `json:"email,omitempty"`
	UserName    string            `json:"user_name,omitempty"`
	DisplayName string            `json:"display_name,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	Status      string            `json:"status"`
	Managed     bool              `json:"managed"`
	ReadOnly    bool              `json:"read_only,omitempty"`
	Protected   bool              `json:"protected,omitempty"`
	Seen        time.Time         `json:"seen,omitzero"`
}

type explainedLeaver struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	Step   int       `json:"step"`
	Due    time.Time `json:"due,omitzero"`
	Held   bool      `json:"held"`
}

// explainedUndone is what was undone and stays so.
type explainedUndone struct {
	What  string    `json:"what"`
	Group string    `json:"group,omitempty"`
	Value string    `json:"value"`
	Run   int64     `json:"run"`
	Since time.Time `json:"since"`
}

func personOf(v store.SubjectView) explainedPerson {
	p := explainedPerson{UserID: v.UserID, SourceID: v.SourceID, Login: v.Login, Email: v.Email, DisplayName: firstOfNames(v.DisplayName, strings.TrimSpace(v.FirstName+" "+v.LastName)), Status: string(v.Status),
		Presence: string(v.Presence), Assigned: v.Assigned, Attributes: v.Attributes, Groups: []string{}, Read: v.ReadAt, Due: v.Dirty}
	for _, g := range sourceGroups(v) {
		p.Groups = append(p.Groups, g.Name)
	}
	return p
}

func valuesOf(by rules.Explanation) []explainedValue {
	all := []explainedValue{}
	for _, v := range by.Values {
		all = append(all, explainedValue{v.Attribute, v.Value, v.Rule, v.Problem})
	}
	return all
}

func groupsOf(by rules.Explanation) []explainedGroup {
	all := []explainedGroup{}
	for _, g := range by.Groups {
		one := explainedGroup{Name: g.Name, Source: g.Source, Rule: g.Rule}
		if g.Problem != "" {
			one.Problem = string(g.Problem) + ": " + g.Detail
		}
		all = append(all, one)
	}
	return all
}

// known adds what the database knows of the target.
func (e *explainedTarget) known(t store.SubjectTarget) {
	e.Known, e.WaitsSince, e.Unlinked = true, t.WaitsSince, t.Unlinked
	if a := t.Account; a != nil {
		e.Account = &explainedAccount{ID: a.ID, Origin: a.Origin, Email: a.Email, UserName: a.UserName, DisplayName: a.DisplayName, Attributes: a.Attributes,
			Status: string(a.Status), Managed: a.Managed, ReadOnly: a.ReadOnly, Protected: a.Protected, Seen: a.ObservedAt}
	}
	if l := t.Leaver; l != nil {
		e.Leaver = &explainedLeaver{Reason: string(l.Reason), Since: l.Since, Step: l.Step, Due: l.Due, Held: l.Held}
	}
	for _, o := range t.Overrides {
		e.Undone = append(e.Undone, explainedUndone{What: o.What, Group: o.Group, Value: o.Value, Run: o.RunID, Since: o.Created})
	}
	for _, m := range t.Memberships {
		e.joined(m)
	}
}

// joined adds what is known of a membership to the group that it is of.
func (e *explainedTarget) joined(m store.SubjectMembership) {
	found := false
	for i := range e.Groups {
		if e.Groups[i].Name == m.Group {
			e.Groups[i].Joined, e.Groups[i].Origin, e.Groups[i].Through, e.Groups[i].InsteadOf, found = m.Joined, m.Origin, m.Through, m.InsteadOf, true
		}
	}
	if !found && (m.Joined || len(m.Through)+len(m.InsteadOf) > 0) {
		e.Groups = append(e.Groups, explainedGroup{Name: m.Group, Joined: m.Joined, Origin: m.Origin, Through: m.Through, InsteadOf: m.InsteadOf})
	}
}
