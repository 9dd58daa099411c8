package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func users(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a page that did not change is not written, though its time of change is another": func(w *world) {
			first := w.saveUsers(person("ada"), person("bob"))
			w.same("new", first.New, 2)
			w.settle()
			w.now = w.now.Add(time.Hour)
			touched := with(person("bob"), func(u *directory.User) { u.LastUpdated = w.now })
			n := w.commitsOf(func() {
				again := w.saveUsers(person("ada"), touched)
				w.same("saved", store.PageSaved{New: again.New, Changed: again.Changed}, store.PageSaved{})
				w.same("ids", len(again.IDs), 2)
			})
			w.same("commits", n, int64(0))
			w.same("dirty", w.dirty(), []string{})
		},
		"somebody who changed is written and becomes dirty": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.settle()
			saved := w.saveUsers(person("ada"), with(person("bob"), func(u *directory.User) { u.LastName = "Married" }))
			w.same("changed", saved.Changed, 1)
			w.same("dirty", w.dirty(), []string{"bob"})
			w.same("name", w.column(`SELECT last_name FROM users WHERE source_id = '00u-bob'`), []string{"Married"})
		},
		"the attributes that a rule asks for are kept as the source gives them, and make somebody who changed": func(w *world) {
			about := func(attributes map[string]any) directory.User {
				return with(person("ada"), func(u *directory.User) { u.Attributes = attributes })
			}
			w.saveUsers(about(map[string]any{"title": "Engineer", "floor": 3.0, "manager": true, "skills": []string{"a", "b c"}}))
			stored, err := w.Store.DirtyUsers(w.ctx, w.conn.ID, 0, 10, store.Want{})
			w.ok(err)
			w.same("attributes", stored[0].Attributes, map[string]any{"title": "Engineer", "floor": 3.0, "manager": true, "skills": []string{"a", "b c"}})
			w.settle()
			w.same("commits when the same", w.commitsOf(func() {
				w.saveUsers(about(map[string]any{"skills": []string{"a", "b c"}, "manager": true, "floor": 3.0, "title": "Engineer"}))
			}), int64(0))
			for _, other := range []map[string]any{
				{"title": "Engineer", "floor": 3.0, "manager": true, "skills": []string{"a b", "c"}},
				{"title": "Engineer", "floor": "3", "manager": true, "skills": []string{"a", "b c"}},
				{"title": "Engineer", "floor": 3.0, "manager": true},
				nil,
			} {
				w.same("changed", w.saveUsers(about(other)).Changed, 1)
			}
			w.same("stored", w.column(`SELECT attributes FROM users`), []string{""})
		},
		"an older page never overwrites a newer one, and still counts as seen": func(w *world) {
			newer := w.saveUsers(with(person("ada"), func(u *directory.User) { u.LastName = "New" }))
			older, err := w.Store.SaveUsers(w.ctx, w.claim, []directory.User{person("ada")}, w.now.Add(-time.Minute))
			w.ok(err)
			w.same("name", w.column(`SELECT last_name FROM users`), []string{"New"})
			w.same("ids", older.IDs, newer.IDs)
		},
		"a page that seems a second older is not: the source's times are no finer": func(w *world) {
			w.saveUsers(person("ada"))
			_, err := w.Store.SaveUsers(w.ctx, w.claim, []directory.User{with(person("ada"), func(u *directory.User) { u.LastName = "New" })}, w.now.Add(-time.Second))
			w.ok(err)
			w.same("name", w.column(`SELECT last_name FROM users`), []string{"New"})
		},
		"a page read again is the same page": func(w *world) {
			first := w.saveUsers(person("ada"), person("bob"))
			again := w.saveUsers(person("ada"), person("bob"))
			w.same("number", w.number(`SELECT COUNT(*) FROM users`), 2)
			w.same("ids", len(again.IDs), len(first.IDs))
		},
		"somebody who is on a page twice is stored as last listed": func(w *world) {
			saved := w.saveUsers(person("ada"), with(person("ada"), func(u *directory.User) { u.LastName = "Last" }))
			w.same("new", saved.New, 1)
			w.same("name", w.column(`SELECT last_name FROM users`), []string{"Last"})
		},
		"whoever is missing from a complete list is absent, leavers aside, and comes back by being listed": func(w *world) {
			w.saveUsers(person("ada"), person("bob"), with(person("eve"), func(u *directory.User) { u.Status = directory.StatusDeprovisioned }))
			w.settle()
			seen := w.saveUsers(person("ada"))
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs))
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs)) // a part that was read twice
			for range 2 {
				n, err := w.Store.MarkAbsentUsers(w.ctx, w.claim)
				w.ok(err)
				w.same("marked by this run", n, 1)
			}
			w.same("absent", w.column(`SELECT source_id FROM users WHERE presence = 'absent'`), []string{"00u-bob"})
			w.same("dirty", w.dirty(), []string{"bob"})
			w.saveUsers(person("bob"))
			w.same("absent", w.column(`SELECT source_id FROM users WHERE presence = 'absent'`), []string{})
		},
		"what one run saw does not count for another": func(w *world) {
			seen := w.saveUsers(person("ada"))
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, "users", "0", seen.IDs))
			w.next()
			n, err := w.Store.MarkAbsentUsers(w.ctx, w.claim)
			w.ok(err)
			w.same("marked", n, 1)
		},
	})
}

func groups(t *testing.T, open Open) {
	at := func(w *world) directory.Group {
		g := team("eng")
		g.LastMembershipUpdated = w.now
		return g
	}
	cases(t, open, map[string]func(w *world){
		"a group whose members changed is due, and is not decided again": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.settle()
			w.same("due", w.due(), []string{})
			w.saveGroups(at(w))
			w.same("due", w.due(), []string{"00g-eng"})
			w.same("dirty", w.number(`SELECT COUNT(*) FROM groups WHERE dirty`), 0)
			n := w.commitsOf(func() { w.saveGroups(at(w)) })
			w.same("commits of the same page", n, int64(0))
		},
		"an older page never overwrites a newer one": func(w *world) {
			renamed := team("eng")
			renamed.Name = "engineering"
			w.saveGroups(renamed)
			_, err := w.Store.SaveGroups(w.ctx, w.claim, []directory.Group{team("eng")}, w.now.Add(-time.Minute))
			w.ok(err)
			w.same("name", w.column(`SELECT name FROM groups`), []string{"engineering"})
		},
		"a group that is on a page twice is stored once": func(w *world) {
			w.same("new", w.saveGroups(team("eng"), team("eng")).New, 1)
		},
		"members follow a group that goes and comes back": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			w.settle()
			for name, leave := range map[string]func(){
				"absent": func() {
					n, err := w.Store.MarkAbsentGroups(w.ctx, w.claim)
					w.ok(err)
					w.same("marked", n, 1)
				},
				"unselected": func() { w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-eng", "00g-unknown"})) },
			} {
				leave()
				w.same(name+": dirty", w.dirty(), []string{"ada"})
				w.decide()
				w.same(name+": desired memberships", w.number(`SELECT COUNT(*) FROM desired_memberships`), 0)
				w.next()
				w.saveGroups(team("eng"))
				w.same(name+", back: dirty", w.dirty(), []string{"ada"})
				w.saveMembers("eng", "ada")
				w.decide()
				w.same(name+", back: desired memberships", w.number(`SELECT COUNT(*) FROM desired_memberships`), 1)
				w.next()
			}
		},
		"a group that is not selected is marked once": func(w *world) {
			w.saveGroups(team("eng"))
			w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-eng"}))
			n := w.commitsOf(func() { w.ok(w.Store.MarkUnselected(w.ctx, w.claim, []string{"00g-eng"})) })
			w.same("commits", n, int64(0))
			w.same("groups to read", len(w.toRead(true, 10)), 0)
		},
		"groups to read are paged, all of them when in full": func(w *world) {
			w.saveGroups(team("a"), team("b"), team("c"))
			w.saveMembers("b")
			w.same("due", w.due(), []string{"00g-a", "00g-c"})
			w.same("in full", len(w.toRead(true, 10)), 3)
			first := w.toRead(true, 2)
			w.same("first page", len(first), 2)
			rest, err := w.Store.GroupsToRead(w.ctx, w.conn.ID, true, first[1].ID, 2)
			w.ok(err)
			w.same("second page", len(rest), 1)
		},
	})
}

func (w *world) toRead(full bool, limit int) []store.GroupRef {
	w.Helper()
	refs, err := w.Store.GroupsToRead(w.ctx, w.conn.ID, full, 0, limit)
	w.ok(err)
	return refs
}

func (w *world) due() []string {
	w.Helper()
	due := []string{}
	for _, ref := range w.toRead(false, 100) {
		due = append(due, ref.SourceID)
	}
	return due
}

func members(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a list that did not change is not written": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.same("first", w.saveMembers("eng", "ada", "bob", "ada"), store.MembersSaved{Added: 2})
			n := w.commitsOf(func() { w.same("again", w.saveMembers("eng", "bob", "ada"), store.MembersSaved{}) })
			w.same("commits", n, int64(0))
		},
		"whoever is missing is kept, absent, until that is confirmed": func(w *world) {
			w.saveUsers(person("ada"), person("bob"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada", "bob")
			w.settle()
			w.same("saved", w.saveMembers("eng", "ada"), store.MembersSaved{Missing: 1})
			w.same("absent", w.number(`SELECT COUNT(*) FROM memberships WHERE absent`), 1)
			w.same("dirty", w.dirty(), []string{"bob"})
			w.same("back", w.saveMembers("eng", "ada", "bob"), store.MembersSaved{Added: 1})
			w.same("absent", w.number(`SELECT COUNT(*) FROM memberships WHERE absent`), 0)
		},
		"a member who is not known yet makes the group be read again once people are added": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"), team("ops"))
			w.same("saved", w.saveMembers("eng", "ada", "bob"), store.MembersSaved{Added: 1, Unknown: 1})
			w.saveMembers("ops", "ada")
			w.same("due", w.due(), []string{})
			w.saveUsers(person("bob"))
			w.ok(w.Store.ForgetDigests(w.ctx, w.claim))
			w.same("due", w.due(), []string{"00g-eng"})
			w.same("saved", w.saveMembers("eng", "ada", "bob"), store.MembersSaved{Added: 1})
		},
		"a list that turns out unchanged is no longer due": func(w *world) {
			w.saveUsers(person("ada"))
			w.saveGroups(team("eng"))
			w.saveMembers("eng", "ada")
			changed := team("eng")
			changed.LastMembershipUpdated = w.now
			w.saveGroups(changed)
			w.same("saved", w.saveMembers("eng", "ada"), store.MembersSaved{})
			w.same("due", w.due(), []string{})
		},
		"an empty list marks everybody": func(w *world) {
			names := w.staff(2500)
			w.saveGroups(team("eng"))
			w.same("saved", w.saveMembers("eng", names...), store.MembersSaved{Added: 2500})
			w.same("saved", w.saveMembers("eng"), store.MembersSaved{Missing: 2500})
		},
	})
}
