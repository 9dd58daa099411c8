package propertytest

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
)

// event is something that happens between two runs.
type event struct {
	What string
	A, B int
	Text string
}

// happen lets an event happen.
func (o organisation) happen(e *engine, it event) {
	someone := o.people[it.A%len(o.people)]
	user, err := e.source.User(e.ctx, someone.id())
	known := err == nil
	change := func(do func(*directory.User)) {
		if known {
			copied := map[string]any{}
			for name, value := range user.Attributes {
				copied[name] = value
			}
			user.Attributes = copied
			do(&user)
			e.source.SetUser(user)
		}
	}
	group := func() string {
		if len(o.groups) == 0 {
			return ""
		}
		return groupID(it.B % len(o.groups))
	}()
	switch it.What {
	case "status":
		statuses := []directory.Status{directory.StatusDeprovisioned, directory.StatusSuspended, directory.StatusActive}
		change(func(u *directory.User) { u.Status = statuses[it.B%len(statuses)] })
	case "department":
		change(func(u *directory.User) { u.Attributes["department"] = it.Text })
	case "title":
		change(func(u *directory.User) { u.Attributes["title"] = it.Text })
	case "address":
		change(func(u *directory.User) { u.Email = fmt.Sprintf("%s.%d@example.com", someone.Name, it.B) })
	case "join":
		if known && group != "" {
			e.source.SetMember(group, someone.id(), true)
		}
	case "leave":
		e.source.SetMember(group, someone.id(), false)
	case "rename group":
		if _, err := e.source.Group(e.ctx, group); err == nil && it.Text != "" {
			e.source.SetGroup(directory.Group{SourceID: group, Name: it.Text, Assigned: true})
		}
	case "delete group":
		e.source.DeleteGroup(group)
	case "erase":
		e.source.EraseUser(someone.id())
	case "hire":
		name := fmt.Sprintf("new%d", it.A)
		e.source.SetUser(person{Name: name, Email: addressOf(name), Status: directory.StatusActive, Department: it.Text}.user())
	case "drift member", "drift stranger":
		o.drift(e, it)
	case "lead":
		if state := e.target.State(); len(state.Accounts) > 0 {
			e.target.SeedLead("project "+it.Text, state.Accounts[it.A%len(state.Accounts)].ID)
		}
	case "account":
		o.signUp(e, someone)
	case "time":
		e.leap(time.Duration(it.B) * 12 * time.Hour)
	}
}

// signUp is what somebody does who gets an account by other means.
func (o organisation) signUp(e *engine, p person) {
	for _, a := range e.target.State().Accounts {
		if strings.EqualFold(a.Email, p.Email) || strings.EqualFold(a.UserName, p.Name) {
			return
		}
	}
	if p.Email != "" {
		e.target.SeedAccount(targetmemory.AccountSeed{Account: directory.Account{Email: p.Email, UserName: p.Name, DisplayName: "Signed Up", Managed: true}})
	}
}

// drift is what somebody else does in the target: takes a member out of a
// group, or puts anybody into one.
func (o organisation) drift(e *engine, it event) {
	state := e.target.State()
	if len(state.Groups) == 0 || len(state.Accounts) == 0 {
		return
	}
	g := state.Groups[it.A%len(state.Groups)]
	if it.What == "drift member" && len(g.Members) > 0 {
		e.target.DropMember(g.ID, g.Members[it.B%len(g.Members)])
		return
	}
	e.target.SeedMember(g.ID, state.Accounts[it.B%len(state.Accounts)].ID)
}
