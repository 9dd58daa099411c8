package compare_test

import (
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// world is an Okta organisation, a target that equals it, and what was there
// before.
type world struct {
	okta   compare.OktaState
	target roster.Snapshot
	scope  compare.Options
}

// account is one that cannot be written.
func account(id, email, name string, active bool) roster.Account {
	return roster.Account{ID: id, Email: email, DisplayName: name, Active: active, External: true}
}

func group(id, name string, members ...string) roster.GroupMembers {
	return roster.GroupMembers{Group: roster.Group{ID: id, Name: name}, Members: members}
}

// equal makes a world in which nothing differs: an administrator with her
// group, a bystander, and people of every status.
func equal() *world {
	admin := account("admin", "Root@example.com", "Root", true)
	bystander := account("bystander", "by@example.com", "By", true)
	owner := account("owner", "owner@example.com", "Owner", true)
	owner.Administrator = true
	admins := group("g-admins", "org-admins", "admin")
	admins.Administrator = true
	old := group("g-old", "old", "bystander")
	managed := account("a-ann", "ann@example.com", "Ann Ångström", true)
	managed.External = false
	w := &world{
		okta: compare.OktaState{
			Users: []compare.OktaUser{
				{ID: "ann", Email: "ANN@example.com", FirstName: "Ann", LastName: "Ångström", Status: "ACTIVE"},
				{ID: "bob", Email: "bob@example.com", FirstName: "Bob", LastName: "Hidden", Status: "LOCKED_OUT"},
				{ID: "cy", Email: "cy@example.com", Status: "SUSPENDED"},
				{ID: "di", Email: "di@example.com", Status: "DEPROVISIONED"},
				{ID: "ed", Email: "ed@example.com", Status: "STAGED"},
				{ID: "flo", Email: "flo@example.com", FirstName: "Flo", Status: "PASSWORD_EXPIRED"},
			},
			Groups: []compare.OktaGroup{
				{ID: "eng", Name: "Eng", Type: "OKTA_GROUP", Members: []string{"ann", "bob", "cy", "di", "ed"}},
				{ID: "ops", Name: "ops", Type: "OKTA_GROUP", Members: []string{"ann"}},
				{ID: "empty", Name: "empty", Type: "OKTA_GROUP"},
			},
		},
		target: roster.Snapshot{
			Accounts: []roster.Account{
				admin, bystander, owner, managed,
				account("a-bob", "bob@example.com", "bob", true),
				account("a-cy", "cy@example.com", "cy", false),
				account("a-di", "di@example.com", "di", false),
				account("a-flo", "flo@example.com", "flo", true),
			},
			Groups: []roster.GroupMembers{
				admins, old,
				group("g-eng", "Eng", "a-ann", "a-bob", "a-cy"),
				group("g-ops", "ops", "a-ann"),
				group("g-empty", "empty"),
			},
		},
	}
	w.scope.Initial = roster.Snapshot{
		Accounts: []roster.Account{admin, bystander, owner}, Groups: []roster.GroupMembers{admins, old},
	}
	return w
}

func (w *world) user(id string) *compare.OktaUser {
	return &w.okta.Users[slices.IndexFunc(w.okta.Users, func(u compare.OktaUser) bool { return u.ID == id })]
}

func (w *world) account(id string) *roster.Account {
	return &w.target.Accounts[slices.IndexFunc(w.target.Accounts, func(a roster.Account) bool { return a.ID == id })]
}

func (w *world) group(id string) *roster.GroupMembers {
	return &w.target.Groups[slices.IndexFunc(w.target.Groups, func(g roster.GroupMembers) bool { return g.ID == id })]
}

func (w *world) removeAccount(id string) {
	w.target.Accounts = slices.DeleteFunc(w.target.Accounts, func(a roster.Account) bool { return a.ID == id })
	for i := range w.target.Groups {
		g := &w.target.Groups[i]
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(m string) bool { return m == id })
	}
}

func (w *world) addAccount(a roster.Account) {
	w.target.Accounts = append(w.target.Accounts, a)
}

func (w *world) removeGroup(id string) {
	w.target.Groups = slices.DeleteFunc(w.target.Groups, func(g roster.GroupMembers) bool { return g.ID == id })
}

// earlier keeps the present state of Okta as one that a run has seen.
func (w *world) earlier() {
	state := w.okta
	state.Users, state.Groups = slices.Clone(state.Users), slices.Clone(state.Groups)
	w.scope.Earlier = append(w.scope.Earlier, state)
}
