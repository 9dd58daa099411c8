package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func pulls(t *testing.T, open Open) {
	pushCases(t, open, map[string]func(w *pushWorld){
		"memberships are just those that were pushed": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			birds := w.team("birds", ada, bob)
			w.team("fish", ada, "unknown")
			c := w.begin(1)
			w.pull(c, ada, bob)
			w.same("memberships", w.memberships(), []string{"ada in birds", "ada in fish", "bob in birds"})
			w.changeMembers(birds, scim.MemberChange{Remove: membersOf(ada)})
			w.pull(c, ada)
			w.same("after a removal", w.memberships(), []string{"ada in fish", "bob in birds"})
		},
		"whoever is deleted is gone, and a group that is deleted has no members": func(w *pushWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			birds := w.team("birds", ada, bob)
			c := w.begin(1)
			w.pull(c, ada, bob, birds)
			w.leaves(w.user, ada)
			w.leaves(w.group, birds)
			w.pull(c, ada, birds)
			w.same("memberships", w.memberships(), nil)
			w.same("gone", w.column(`SELECT login FROM users WHERE presence = 'gone'`), []string{"ada"})
			w.same("groups gone", w.column(`SELECT name FROM groups WHERE presence = 'gone'`), []string{"birds"})
		},
		"a group that is pushed under another name makes its members be decided, as a rule may look at it": func(w *pushWorld) {
			ada := w.joins("ada")
			birds := w.team("birds", ada)
			c := w.begin(1)
			w.pull(c, ada, birds)
			_, err := w.SQL.ExecContext(w.ctx, `UPDATE users SET dirty = FALSE`)
			w.ok(err)
			w.pull(c, birds)
			w.same("dirty as it was", w.number(`SELECT COUNT(*) FROM users WHERE dirty`), 0)
			w.changeOf(w.group, birds, map[string]any{"displayName": "eagles"})
			w.pull(c, birds)
			w.same("dirty", w.number(`SELECT COUNT(*) FROM users WHERE dirty`), 1)
		},
		"somebody who was never taken over and is deleted is nobody": func(w *pushWorld) {
			ada := w.joins("ada")
			w.leaves(w.user, ada)
			users, _ := w.pull(w.begin(1), ada)
			w.same("users", users, nil)
		},
		"whoever is deleted and pushed anew keeps the account, in either order": func(w *pushWorld) {
			for name, deletionFirst := range map[string]bool{"ada": true, "bob": false} {
				old := w.joins(name)
				c := w.begin(1)
				users := w.provision(c, old)
				w.leaves(w.user, old)
				anew := w.joins(name)
				if deletionFirst {
					w.provision(c, old)
				}
				again := w.provision(c, anew)
				if !deletionFirst {
					w.same("the deletion is nobody's", len(w.provision(c, old)), 0)
				}
				w.same("user", again, users)
			}
			w.same("accounts", w.column(`SELECT status FROM accounts`), []string{"active", "active"})
		},
		"a decision about what was there before a push is not stored": func(w *pushWorld) {
			ada := w.joins("ada")
			c := w.begin(1)
			w.pull(c, ada)
			sync := w.sync()
			before, err := w.Store.DirtyUsers(w.ctx, w.conn, 0, 10, store.Want{})
			w.ok(err)
			w.change(ada, map[string]any{"active": false})
			users, _ := w.pull(c, ada)
			w.decide(c, users, nil)
			account, ladder := w.decider().Account(before[0].Subject)
			w.ok(w.Store.SaveDecisions(w.ctx, sync, w.target, []store.Decision{{UserID: before[0].ID, Pulled: before[0].Pulled, DesiredAccount: account, Ladder: ladder}}, w.now))
			w.same("desired", w.column(`SELECT state FROM desired_accounts`), []string{"suspended"})
		},
		"what the source says of a pushed user is stored with the groups that are known": func(w *pushWorld) {
			c := w.begin(1)
			sync := w.sync()
			_, err := w.Store.SaveGroups(w.ctx, sync, []directory.Group{team("birds"), team("fish")}, w.now)
			w.ok(err)
			ids, err := w.Store.PullFound(w.ctx, c, []store.FoundUser{{ResourceID: 7, User: person("ada"), GroupIDs: []string{"00g-birds", "00g-elsewhere"}}}, w.now)
			w.ok(err)
			w.same("memberships", w.memberships(), []string{"ada@example.com in birds"})
			again, err := w.Store.PullFound(w.ctx, c, []store.FoundUser{{ResourceID: 8, User: person("ada"), GroupIDs: []string{"00g-fish"}}}, w.now)
			w.ok(err)
			w.same("one user", again[8], ids[7])
			w.same("memberships then", w.memberships(), []string{"ada@example.com in fish"})
			_, err = w.Store.PullFound(w.ctx, c, []store.FoundUser{{ResourceID: 7, User: directory.User{SourceID: "00u-ada"}, Gone: true}}, w.now)
			w.ok(err)
			w.same("gone", w.column(`SELECT presence FROM users`), []string{"gone"})
		},
		"a page as of an earlier change does not overwrite a later one": func(w *pushWorld) {
			at := func(u directory.User, updated time.Time, title string) directory.User {
				u.LastUpdated, u.DisplayName = updated, title
				return u
			}
			_, err := w.Store.PullFound(w.ctx, w.begin(1), []store.FoundUser{{User: at(person("ada"), w.now, "new")}}, w.now.Add(-time.Hour))
			w.ok(err)
			sync := w.sync()
			_, err = w.Store.SaveUsers(w.ctx, sync, []directory.User{at(person("ada"), w.now.Add(-time.Minute), "old")}, w.now)
			w.ok(err)
			w.same("name", w.column(`SELECT display_name FROM users`), []string{"new"})
			_, err = w.Store.SaveUsers(w.ctx, sync, []directory.User{at(person("ada"), w.now.Add(time.Minute), "newest")}, w.now)
			w.ok(err)
			w.same("name", w.column(`SELECT display_name FROM users`), []string{"newest"})
		},
	})
}

func (w *pushWorld) memberships() []string {
	w.Helper()
	all := w.column(`SELECT u.login || ' in ' || g.name FROM memberships m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id`)
	slices.Sort(all)
	return all
}
