package scenario

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

// deed is something that the source asks for, and what takes it back.
type deed struct {
	name string
	// always is whether it is played without ROLLCALL_SWEEP=1.
	always bool
	// fresh is whether it is the very first run that does it.
	fresh bool
	// first changes the source before anything was read, before after the first run.
	first, before func(l *losing)
	does, undoes  func(l *losing)
	// of is the login of the one whom it is about; nil is several, or none.
	of func(l *losing) string
	// alone is whether it is done by a run of that person's.
	alone bool
	// lacking are the kinds in which nothing is to be done for it.
	lacking []string
	// believing are the kinds whose refusal of the first write is taken at its
	// word, as they answer with success what was done before.
	believing []string
	// key is what the keys of the writes begin with that may lose their answer;
	// empty is any.
	key string
	// nth are which of the writes lose their answer; none is the first and the second.
	nth []int
}

func (d deed) writes() []int {
	if len(d.nth) > 0 {
		return d.nth
	}
	return []int{1, 2}
}

// counts is whether a call that did something is one that may lose its answer.
func (d deed) counts(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, d.key) })
}

// cast are who is in a group, who is not, and a bystander whom nothing happens to.
type cast struct {
	group, other, third        string
	member, stranger, second   string
	bystander, bystandersGroup string
	newcomer, team             string
	strangerEmail              string
	memberLast, memberEmail    string
}

// castOf gives the parts of a world of twelve people in three groups of their
// own: everybody is in one or two.
func castOf(s *scenario) cast {
	s.Helper()
	groups, who := s.ownGroups(), s.active()
	c := cast{group: groups[0].ID, other: groups[1].ID, third: groups[2].ID, bystandersGroup: groups[1].Name}
	for _, u := range who {
		in := slices.Contains(groups[0].Members, u.ID)
		switch {
		case !slices.Contains(groups[1].Members, u.ID) && c.bystander == "":
			c.bystander = u.Email
		case in && c.member == "":
			c.member, c.memberLast, c.memberEmail = u.ID, u.LastName, u.Email
		case !in && c.stranger == "":
			c.stranger, c.strangerEmail = u.ID, u.Email
		case c.second == "":
			c.second = u.ID
		}
	}
	if c.bystander == "" || c.member == "" || c.stranger == "" || c.second == "" {
		s.Fatalf("a part is not taken: %+v", c)
	}
	return c
}

const newcomersEmail = "nova.comer@acme.example"

// deeds are what runs do in targets.
func deeds() []deed {
	noAccounts := []string{sandbox.ConfluenceCloud, sandbox.BitbucketCloud}
	ofMember := func(l *losing) string { return l.memberEmail }
	ofStranger := func(l *losing) string { return l.strangerEmail }
	ofNewcomer := func(*losing) string { return newcomersEmail }
	inviting := []string{sandbox.AtlassianCloud}
	noAttributes := []string{sandbox.JiraCloud, sandbox.ConfluenceCloud, sandbox.BitbucketCloud}
	leaves := func(l *losing) { l.no(l.Box.Okta.DeactivateUser(l.member)) }
	returns := func(l *losing) {
		l.no(l.Box.Okta.ActivateUser(l.member))
		l.signIn(l.member)
	}
	all := sandbox.Kinds()
	but := func(kind string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(k string) bool { return k == kind })
	}
	// Half of what the first run makes is not wanted any more.
	halves := func(l *losing) {
		l.no(l.Box.Okta.DeactivateUser(l.member))
		l.no(l.Box.Okta.DeleteGroup(l.third))
		for _, g := range l.ownGroups() {
			for _, id := range g.Members[:len(g.Members)/2] {
				l.no(l.Box.Okta.RemoveMember(g.ID, id))
			}
		}
	}
	return []deed{
		{name: "a membership is added", always: true, nth: []int{1}, of: ofStranger,
			does:   func(l *losing) { l.no(l.Box.Okta.AddMember(l.group, l.stranger)) },
			undoes: func(l *losing) { l.no(l.Box.Okta.RemoveMember(l.group, l.stranger)) }},
		{name: "a membership is removed", nth: []int{1}, of: ofMember,
			does:   func(l *losing) { l.no(l.Box.Okta.RemoveMember(l.group, l.member)) },
			undoes: func(l *losing) { l.no(l.Box.Okta.AddMember(l.group, l.member)) }},
		{name: "an account is made for somebody who leaves", always: true, of: ofNewcomer, lacking: noAccounts, believing: inviting, nth: []int{1, 2, 3},
			does:   func(l *losing) { l.newcomer = l.join(newcomersEmail, l.group, l.other) },
			undoes: func(l *losing) { l.no(l.Box.Okta.DeactivateUser(l.newcomer)) }},
		{name: "an account is made for somebody who leaves the groups", lacking: noAccounts, believing: inviting, nth: []int{1, 2, 3},
			does: func(l *losing) { l.newcomer = l.join(newcomersEmail, l.group, l.other) },
			undoes: func(l *losing) {
				l.no(l.Box.Okta.RemoveMember(l.group, l.newcomer))
				l.no(l.Box.Okta.RemoveMember(l.other, l.newcomer))
			}},
		{name: "a group is made that is deleted", always: true, nth: []int{1, 2, 3},
			does:   func(l *losing) { l.team = l.found("brand new", l.stranger, l.second) },
			undoes: func(l *losing) { l.no(l.Box.Okta.DeleteGroup(l.team)) }},
		{name: "a group is made that one leaves", nth: []int{1, 2, 3},
			does:   func(l *losing) { l.team = l.found("brand new", l.stranger, l.second) },
			undoes: func(l *losing) { l.no(l.Box.Okta.RemoveMember(l.team, l.second)) }},
		{name: "a leaver's access is taken", of: ofMember, does: leaves, undoes: returns},
		{name: "somebody away has their access taken",
			does:   func(l *losing) { l.no(l.Box.Okta.SuspendUser(l.member)) },
			undoes: func(l *losing) { l.no(l.Box.Okta.UnsuspendUser(l.member)) }},
		{name: "somebody who comes back has their access again", of: ofMember, before: leaves, does: returns, undoes: leaves},
		{name: "a name and an address are written", lacking: noAttributes,
			does:   func(l *losing) { l.no(l.Box.Okta.RenameUser(l.member, "Newname", "new.name@acme.example")) },
			undoes: func(l *losing) { l.no(l.Box.Okta.RenameUser(l.member, l.memberLast, l.memberEmail)) }},
		{name: "the first run makes groups", fresh: true, key: "create-group:", nth: []int{1, 3}, undoes: halves},
		{name: "the first run makes accounts", fresh: true, key: "create-account:", lacking: noAccounts, believing: inviting, nth: []int{1, 4}, undoes: halves},
		{name: "the first run adds memberships", fresh: true, key: "add-member:", nth: []int{1, 5}, undoes: halves},
		{name: "the first run gives permissions", fresh: true, key: "permit:", lacking: but(sandbox.BitbucketCloud), nth: []int{1, 2}, undoes: halves},
	}
}
