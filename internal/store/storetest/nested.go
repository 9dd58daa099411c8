package storetest

import (
	"slices"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// inboxOf are those of some names that are in the inbox.
func (w *pushWorld) inboxOf(names ...string) []string {
	w.Helper()
	var due []string
	for _, name := range w.inbox() {
		if slices.Contains(names, name) {
			due = append(due, name)
		}
	}
	slices.Sort(due)
	return due
}

// pullAll takes over what is in the inbox until there is nothing left.
func (w *pushWorld) pullAll() {
	w.Helper()
	c := w.begin(1)
	for range 10 {
		ids := w.column(`SELECT r.scim_id FROM inbox i JOIN scim_resources r ON r.id = i.resource_id`)
		if len(ids) == 0 {
			return
		}
		w.drain()
		w.pull(c, ids...)
	}
	w.Fatal("the inbox is never empty")
}

func nested(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"whoever is in a group is in those that it is in, however deep": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			inner := w.team("inner", ada)
			middle := w.team("middle", inner)
			w.team("outer", middle, bob)
			w.pull(w.begin(1), ada, bob)
			w.same("memberships", w.memberships(), []string{"ada in inner", "ada in middle", "ada in outer", "bob in outer"})
		},
		"a group that is put into another takes its people along, and out again": func(w *pushWorld) {
			ada := w.joins("ada")
			inner, outer := w.team("inner", ada), w.team("outer")
			w.pullAll()
			w.same("memberships", w.memberships(), []string{"ada in inner"})
			w.changeMembers(outer, scim.MemberChange{Add: membersOf(inner)})
			w.pullAll()
			w.same("inside", w.memberships(), []string{"ada in inner", "ada in outer"})
			w.changeMembers(outer, scim.MemberChange{Remove: membersOf(inner)})
			w.pullAll()
			w.same("outside", w.memberships(), []string{"ada in inner"})
		},
		"a group between two that is deleted takes its people out of both": func(w *pushWorld) {
			ada := w.joins("ada")
			inner := w.team("inner", ada)
			middle := w.team("middle", inner)
			w.team("outer", middle)
			w.pullAll()
			w.same("memberships", w.memberships(), []string{"ada in inner", "ada in middle", "ada in outer"})
			w.leaves(w.group, middle)
			w.pullAll()
			w.same("then", w.memberships(), []string{"ada in inner"})
		},
		"groups that are in each other hold each other's people, once": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			left := w.team("left", ada)
			right := w.team("right", left, bob)
			w.changeMembers(left, scim.MemberChange{Add: membersOf(right, left)})
			w.pullAll()
			w.same("memberships", w.memberships(), []string{"ada in left", "ada in right", "bob in left", "bob in right"})
		},
		"a group that is pushed again where it was makes nobody due": func(w *pushWorld) {
			ada := w.joins("ada")
			inner := w.team("inner", ada)
			w.team("outer", inner)
			w.pullAll()
			w.pull(w.begin(1), inner)
			w.same("inbox", w.inboxOf("ada"), []string(nil))
		},
		"whoever is in the inbox already is done again": func(w *pushWorld) {
			ada := w.joins("ada")
			inner, outer := w.team("inner", ada), w.team("outer")
			before := w.item(ada)
			w.changeMembers(outer, scim.MemberChange{Add: membersOf(inner)})
			w.pull(w.begin(1), inner)
			if after := w.item(ada); after.Version <= before.Version {
				w.Errorf("version %d after %d: what is under way would acknowledge it", after.Version, before.Version)
			}
		},
		"the lists of a pushed source are flat": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			inner := w.team("inner", ada)
			outer := w.team("outer", inner, bob)
			w.changeMembers(inner, scim.MemberChange{Add: membersOf(outer)})
			groups, err := w.Store.PushedGroups(w.ctx, w.resource(ada))
			w.ok(err)
			w.same("groups", groups, []string{inner, outer})
			first, err := w.Store.PushedMembers(w.ctx, w.resource(outer), 0, 1)
			w.ok(err)
			rest, err := w.Store.PushedMembers(w.ctx, w.resource(outer), first[0].ID, 10)
			w.ok(err)
			w.same("pages", []string{first[0].ScimID, rest[0].ScimID}, []string{ada, bob})
			w.same("members", len(first)+len(rest), 2)
		},
		"a shared or default group's members wait for its link, and are woken by it": func(w *pushWorld) {
			ada := w.joins("ada")
			w.team("birds", ada)
			w.spec.Groups.Default = defaultsOf("everyone")
			c := w.begin(1)
			users, groups := w.pull(c, ada)
			w.decide(c, users, groups)
			derived, err := w.Store.LeadsTo(w.ctx, w.target, users, groups)
			w.ok(err)
			w.same("derived", len(derived), 1)
			_, err = w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE inbox SET waiting = TRUE, user_id = ? WHERE resource_id = ?`), users[0], w.resource(ada))
			w.ok(err)
			w.plan(c, nil, derived)
			w.apply(c, nil, derived)
			w.same("linked", w.column(`SELECT name FROM target_groups`), []string{"everyone"})
			w.same("waiting", w.column(`SELECT 'yes' FROM inbox WHERE waiting`), []string(nil))
		},
	})
}
