package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func (p *program) printExplained(e explained) error {
	person := e.Person
	p.printf("%s in %s (user %d, %s in the source)\n", plain(nameOr(firstOfNames(person.Email, person.Login), "user", person.UserID)), e.Connection, person.UserID, plain(person.SourceID))
	p.printf("  name %s, login %s, status %s, %s", quoted(person.DisplayName), quoted(person.Login), person.Status, person.Presence)
	if !person.Assigned {
		p.printf(", not assigned to the application")
	}
	p.printf("; read %s\n", at(person.Read))
	if len(person.Groups) > 0 {
		p.printf("  in %s\n", plain(strings.Join(person.Groups, ", ")))
	}
	for _, name := range slices.Sorted(maps.Keys(person.Attributes)) {
		text, err := json.Marshal(person.Attributes[name])
		if err != nil {
			return err
		}
		p.printf("  %s = %s\n", plain(name), plain(string(text)))
	}
	for _, t := range e.Targets {
		p.printf("\n%s (%s)\n", t.Target, t.Kind)
		if err := p.printExplainedTarget(t); err != nil {
			return err
		}
	}
	return nil
}

// firstOfNames is the first that is not empty.
func firstOfNames(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}

func quoted(text string) string {
	if text == "" {
		return "-"
	}
	return fmt.Sprintf("%q", plain(text))
}

func (p *program) printExplainedTarget(t explainedTarget) error {
	scope := "in scope"
	if !t.InScope {
		scope = "not in scope"
	}
	p.printf("  Scope     %s: %s [%s]\n", scope, t.State, plain(t.Rule))
	if t.Problem != "" {
		p.printf("            a rule failed: %s\n", plain(t.Problem))
	}
	p.printExplainedAccount(t)
	p.printExplainedLeaver(t)
	if len(t.Values) > 0 {
		p.printf("  Values\n")
		rows := [][]string{}
		for _, v := range t.Values {
			value := quoted(v.Value)
			if v.Problem != "" {
				value = "left as it is: " + v.Problem
			}
			rows = append(rows, []string{"    " + v.Name, value, "[" + v.Rule + "]"})
		}
		if err := p.table(rows); err != nil {
			return err
		}
	}
	if len(t.Groups) > 0 {
		p.printf("  Groups\n")
		rows := [][]string{}
		for _, g := range t.Groups {
			rows = append(rows, groupLine(g, t.InScope))
		}
		if err := p.table(rows); err != nil {
			return err
		}
	}
	for _, u := range t.Undone {
		p.printf("  Undone    %s by run %d, and stays so: %s\n", plain(strings.TrimSpace(u.What+" "+u.Group)), u.Run, plain(u.Value))
	}
	p.printLast(t.Last)
	if !t.Known {
		p.printf("  Next run  the first one of this target\n")
		return nil
	}
	if len(t.Next) == 0 {
		p.printf("  Next run  nothing to do\n")
		return nil
	}
	p.printf("  Next run  would do\n")
	for _, c := range t.Next {
		if c.State == string(directory.Unguarded) {
			c.State = "if admitted" // by the guard, which only a run asks
		}
		p.printf("   ")
		p.printChange(c)
	}
	return nil
}

// printLast prints what the last run that had anything to do for somebody came
// to. What was done well is counted; the rest is shown.
func (p *program) printLast(last []store.Change) {
	if len(last) == 0 {
		return
	}
	var done int64
	for _, c := range last {
		if c.State == string(directory.Applied) && c.Note == "" {
			done++
		}
	}
	p.printf("  Last run  %s applied of %d\n", plural(done, "change"), len(last))
	for _, c := range last {
		if c.State == string(directory.Applied) && c.Note == "" {
			continue
		}
		c.User, c.UserID = "", 0
		p.printf("   ")
		p.printChange(c)
	}
}

// groupLine is a group with the reason for it, and whether the person is in it.
// Who is not in scope is given no membership.
func groupLine(g explainedGroup, inScope bool) []string {
	name, why := g.Name, g.Rule
	if name == "" {
		name = "-"
	}
	if g.Source != "" && g.Source != g.Name {
		why = strings.TrimSpace("from " + g.Source + ", " + why)
	}
	if why == "" {
		why = "nothing of the rules"
	}
	state, through := "not a member", ""
	if inScope {
		state = "not a member yet"
	}
	if len(g.Through) > 0 {
		through = "in it through " + strings.Join(g.Through, ", ")
	}
	switch {
	case g.Problem != "":
		state = g.Problem
	case g.Name == "":
		state = "left out"
	case g.Joined:
		state = "member, " + g.Origin
		if through != "" {
			state += ", and " + through
		}
	case through != "":
		state = through
	}
	if len(g.InsteadOf) > 0 {
		state += "; one by one, as " + strings.Join(g.InsteadOf, ", ") + " cannot be had"
	}
	return []string{"    " + name, "[" + why + "]", state}
}

func (p *program) printExplainedAccount(t explainedTarget) {
	a := t.Account
	if a == nil {
		switch {
		case t.Unlinked:
			p.printf("  Account   none; a person took the link away\n")
		case !t.WaitsSince.IsZero():
			p.printf("  Account   none; waits for a licence since %s\n", at(t.WaitsSince))
		default:
			p.printf("  Account   none\n")
		}
		return
	}
	p.printf("  Account   %s, %s, %s, seen %s", plain(a.ID), a.Origin, a.Status, at(a.Seen))
	for _, mark := range []struct {
		set  bool
		text string
	}{{!a.Managed, "not managed by the organization"}, {a.ReadOnly, "provisioned by another system"}, {a.Protected, "protected"}} {
		if mark.set {
			p.printf(", %s", mark.text)
		}
	}
	p.printf("\n            e-mail %s, name %s", quoted(a.Email), quoted(a.DisplayName))
	if a.UserName != "" {
		p.printf(", user name %s", quoted(a.UserName))
	}
	if id := a.Attributes["account_id"]; id != "" {
		p.printf(", Atlassian account %s", plain(id))
	}
	p.printf("\n")
}

func (p *program) printExplainedLeaver(t explainedTarget) {
	if t.Reason != "" {
		p.printf("  Leaving   %s: %s\n", t.Reason, plain(t.Ladder))
	}
	l := t.Leaver
	if l == nil {
		return
	}
	p.printf("            since %s, %s done", at(l.Since), plural(int64(l.Step), "step"))
	switch {
	case l.Held:
		p.printf(", held where it is")
	case !l.Due.IsZero():
		p.printf(", the next due %s", at(l.Due))
	}
	p.printf("\n")
}
