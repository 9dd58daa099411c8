package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func observe(t *testing.T, open Open) {
	eng := func(w *world) string { return w.column(`SELECT remote_id FROM target_groups`)[0] }
	cases(t, open, map[string]func(w *world){
		"a page of accounts that are as known writes nothing": func(w *world) {
			w.grown(2)
			w.same("commits", w.commitsOf(func() { w.account("p0", func(*directory.Account) {}) }), int64(0))
			w.same("dirty", w.dirty(), []string{})
		},
		"accounts that nobody is linked to are stored once, as they are, and count as no link": func(w *world) {
			w.grown(1)
			stranger := directory.Account{ID: "stranger", Email: "Eve@example.com", DisplayName: "Eve", Status: directory.AccountActive, Managed: true}
			see := func(accounts ...directory.Account) {
				w.Helper()
				seen, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, accounts, w.now)
				w.ok(err)
				w.same("links seen", len(seen), 0)
			}
			see(stranger)
			w.same("stored", w.column(`SELECT remote_id || ' ' || email || ' ' || email_key || ' ' || status FROM unlinked_accounts`), []string{"stranger Eve@example.com eve@example.com active"})
			w.watch()
			see(stranger)
			w.same("rows written when as known", w.written(), map[string]int{"seen": 1})
			stranger.Status = directory.AccountSuspended
			see(stranger)
			w.same("status", w.column(`SELECT status FROM unlinked_accounts`), []string{"suspended"})
			w.same("dirty", w.dirty(), []string{})
		},
		"accounts that a complete list lacked and nobody is linked to are forgotten, and those that were linked": func(w *world) {
			w.grown(1)
			see := func(ids ...string) {
				w.Helper()
				page := make([]directory.Account, len(ids))
				for i, id := range ids {
					page[i] = directory.Account{ID: id, Email: id + "@example.com"}
				}
				_, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, page, w.now)
				w.ok(err)
			}
			complete := func() {
				w.Helper()
				_, err := w.Store.UnseenAccounts(w.ctx, w.claim, w.target)
				w.ok(err)
			}
			left := func() []string { return w.column(`SELECT remote_id FROM unlinked_accounts`) }
			see("a", "b")
			see("c")
			complete()
			w.same("after the first read", left(), []string{"a", "b", "c"})
			w.next()
			see("a")
			see("c", "d")
			w.same("while it is read", left(), []string{"a", "b", "c", "d"})
			complete()
			w.same("after the second", left(), []string{"a", "c", "d"})
			w.saveUsers(person("new"))
			_, err := w.Store.LinkAccounts(w.ctx, w.claim, w.target, identity, []store.Outcome{{UserID: w.userID("new"), Account: &directory.Account{ID: "c"}, Origin: store.Adopted}}, w.now)
			w.ok(err)
			w.same("after a link", left(), []string{"a", "d"})
		},
		"an account that another connection is linked to is nobody's to take": func(w *world) {
			w.grown(1)
			other, err := w.Store.EnsureConnection(w.ctx, "other", "rules-1", "", []store.TargetSpec{cloud})
			w.ok(err)
			w.exec(`UPDATE accounts SET target_id = ?`, other.Targets["cloud"])
			seen, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, []directory.Account{{ID: w.accountID("p0")}}, w.now)
			w.ok(err)
			w.same("links seen", len(seen), 0)
			w.same("stored", w.number(`SELECT COUNT(*) FROM unlinked_accounts`), 0)
		},
		"what a target tells of an account's attributes is stored, and what it tells no more is empty": func(w *world) {
			w.grown(1)
			known := func() string {
				return w.column(`SELECT user_name || ' ' || attributes FROM accounts`)[0]
			}
			w.account("p0", func(a *directory.Account) {
				a.UserName = "p0"
				a.Attributes = map[string]string{"job_title": "Clerk", "locale": "nl"}
			})
			w.same("attributes", known(), `p0 {"job_title":"Clerk","locale":"nl"}`)
			w.exec(`UPDATE users SET dirty = FALSE`)
			w.account("p0", func(*directory.Account) {})
			w.same("told nothing", known(), `p0 {"job_title":"Clerk","locale":"nl"}`)
			w.same("dirty", w.dirty(), []string{})
			w.account("p0", func(a *directory.Account) { a.Attributes = map[string]string{"job_title": "Director"} })
			w.same("told less", known(), `p0 {"job_title":"Director","locale":""}`)
			w.same("dirty then", w.dirty(), []string{"p0"})
		},
		"an account that differs makes its user dirty": func(w *world) {
			w.grown(2)
			w.account("p0", func(a *directory.Account) { a.Status = directory.AccountSuspended })
			w.same("dirty", w.dirty(), []string{"p0"})
			w.plan()
			w.same("plan", w.changes(), []string{"account.restore p0 planned"})
		},
		"linked accounts that a complete list lacked are named, and forgotten once that is confirmed": func(w *world) {
			w.team("eng", 2)
			w.settle()
			seen, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, []directory.Account{
				{ID: w.accountID("eng0"), Email: "eng0@example.com", DisplayName: "eng0 Example", Status: directory.AccountActive, Managed: true}}, w.now)
			w.ok(err)
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, w.list("accounts"), "0", seen))
			lost, err := w.Store.UnseenAccounts(w.ctx, w.claim, w.target)
			w.ok(err)
			if len(lost) != 1 || lost[0].Subject != w.userID("eng1") || lost[0].RemoteID != w.accountID("eng1") {
				w.Fatalf("lost %+v", lost)
			}
			w.ok(w.Store.DropAccountLink(w.ctx, w.claim, w.target, lost[0]))
			w.plan()
			w.same("plan", w.changes(), []string{"account.create eng1 planned", "membership.add eng1 eng planned"})
		},
		"linked groups that a complete list lacked are made again, with their members": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.ok(w.Store.SaveSeen(w.ctx, w.claim, w.list("groups"), "0", nil))
			lost, err := w.Store.UnseenGroups(w.ctx, w.claim, w.target)
			w.ok(err)
			if len(lost) != 1 || lost[0].Name != "eng" {
				w.Fatalf("lost %+v", lost)
			}
			w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, lost[0], w.now))
			w.plan()
			w.same("plan", w.changes(), []string{"group.create eng planned", "membership.add eng0 eng planned", "membership.add eng1 eng planned"})
		},
		"a group that is said to be gone is remembered for a month, with those whom we put in it": func(w *world) {
			w.team("eng", 3)
			w.settle()
			remote := eng(w)
			w.exec(`UPDATE target_memberships SET origin = 'adopted' WHERE user_id = ?`, w.userID("eng2"))
			w.dropGroup("eng")
			w.same("remembered", w.lostGroup("eng"), store.LostGroup{GroupID: w.groupID("eng"), RemoteID: remote, Origin: store.Created})
			w.same("its members", w.number(`SELECT COUNT(*) FROM lost_memberships`), 2)
			w.same("too early", w.forget(store.Retention{}, w.now.Add(30*day)), int64(0))
			w.same("in time", w.forget(store.Retention{}, w.now.Add(31*day)), int64(3))
			w.same("then", w.lostGroup("eng"), store.LostGroup{})
			w.same("and its members", w.number(`SELECT COUNT(*) FROM lost_memberships`), 0)
		},
		"a group that is linked again as it was may have those whom we put in it": func(w *world) {
			w.team("eng", 3)
			w.settle()
			remote := eng(w)
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.dropGroup("eng")
			w.exec(`DELETE FROM desired_memberships WHERE user_id IN (?, ?)`, w.userID("eng0"), w.userID("eng1"))
			w.exec(`DELETE FROM accounts WHERE user_id = ?`, w.userID("eng1"))
			w.exec(`UPDATE users SET dirty = FALSE`)
			w.record(store.Outcome{GroupID: w.groupID("eng"), State: directory.Applied, Group: &directory.TargetGroup{ID: remote, Name: "eng"}, Origin: store.Created})
			w.same("known members", w.column(`SELECT u.source_id || ' ' || m.origin FROM target_memberships m JOIN users u ON u.id = m.user_id WHERE m.missing ORDER BY 1`), []string{"00u-eng0 created", "00u-eng2 created"})
			w.same("dirty", w.dirty(), []string{"eng0", "eng2"})
			w.same("to be read", w.number(`SELECT COUNT(*) FROM targets WHERE full_read_at = 0`), 1)
			w.same("remembered", w.lostGroup("eng"), store.LostGroup{})
		},
		"a group that is made anew has nobody of the one that was lost": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.dropGroup("eng")
			w.exec(`DELETE FROM desired_memberships`)
			w.record(store.Outcome{GroupID: w.groupID("eng"), State: directory.Applied, Group: &directory.TargetGroup{ID: "another", Name: "eng"}, Origin: store.Created})
			w.same("known members", w.number(`SELECT COUNT(*) FROM target_memberships`), 0)
			w.same("to be read", w.number(`SELECT COUNT(*) FROM targets WHERE full_read_at = 0`), 0)
			w.same("remembered", w.number(`SELECT COUNT(*) FROM lost_groups`)+w.number(`SELECT COUNT(*) FROM lost_memberships`), 0)
		},
		"a group's name in the target is kept up to date": func(w *world) {
			w.team("eng", 1)
			w.settle()
			same := directory.TargetGroup{ID: eng(w), Name: "eng"}
			w.same("commits", w.commitsOf(func() { w.observeGroup(same) }), int64(0))
			same.Name = "renamed by hand"
			w.observeGroup(same)
			w.plan()
			w.same("plan", w.changes(), []string{"group.rename eng skipped cannot-rename"})
		},
		"a membership lost in the target is added again": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{w.accountID("eng0"), "stranger"}))
			w.same("dirty", w.dirty(), []string{"eng1"})
			w.plan()
			w.same("plan", w.changes(), []string{"membership.add eng1 eng planned"})
		},
		"a membership of ours that a list lacked is taken away when its person leaves the group meanwhile": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.saveMembers("eng", "eng0")
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), nil))
			w.plan()
			w.same("plan", w.changes(), []string{"membership.add eng0 eng planned", "membership.remove eng1 eng unguarded"})
		},
		"a membership of ours that one list lacked and the next has is there": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), nil))
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{w.accountID("eng0")}))
			w.plan()
			w.same("plan", w.changes(), []string{})
		},
		"a membership that others had made and took away is forgotten": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.exec(`UPDATE target_memberships SET origin = 'adopted'`)
			w.saveMembers("eng")
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), nil))
			w.same("known", w.number(`SELECT COUNT(*) FROM target_memberships`), 0)
			w.plan()
			w.same("plan", w.changes(), []string{})
		},
		"a membership that is wanted and there already is known from then on": func(w *world) {
			w.team("eng", 2)
			w.plan()
			w.applyStage(directory.StageGroups)
			w.applyStage(directory.StageAccounts)
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{w.accountID("eng0")}))
			w.same("known", w.column(`SELECT origin FROM target_memberships`), []string{"adopted"})
			counts, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
			w.ok(err)
			w.same("plan", counts, store.PlanCounts{Due: 1, Total: 1})
		},
		"in a group that is to hold just the source's members, everybody else is known too": func(w *world) {
			w.team("eng", 2)
			w.team("ops", 1)
			w.settle()
			w.exec(`UPDATE targets SET additive = FALSE`)
			w.exec(`UPDATE users SET dirty = FALSE`)
			w.exec(`UPDATE groups SET dirty = FALSE`)
			other, err := w.Store.EnsureConnection(w.ctx, "other", "rules-1", "", []store.TargetSpec{cloud})
			w.ok(err)
			members := []string{w.accountID("eng0"), w.accountID("eng1"), w.accountID("ops0"), "stranger", "theirs"}
			w.exec(`INSERT INTO users (connection_id, source_id, status, assigned, login, email, email_key, first_name, last_name, display_name, fingerprint, last_updated, read_at, dirty)
				VALUES (?, '00u-theirs', 'active', TRUE, '', '', '', '', '', '', '', 0, 0, FALSE)`, other.ID)
			w.exec(`INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, display_name, status, managed, observed_at)
				VALUES (?, ?, 'theirs', ?, 'created', '', '', '', 'active', TRUE, 0)`, other.Targets["cloud"], identity, w.userID("theirs"))
			see := func(members ...string) {
				w.Helper()
				w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), members))
			}
			see(members...)
			w.same("found", w.column(`SELECT u.login || ' ' || origin FROM target_memberships t JOIN users u ON u.id = t.user_id WHERE t.group_id = ?`, w.groupID("eng")),
				[]string{"eng0@example.com created", "eng1@example.com created", "ops0@example.com found"})
			w.same("foreign", w.column(`SELECT remote_id FROM foreign_members`), []string{"stranger"})
			w.same("dirty", w.dirty(), []string{"ops0"})
			w.same("dirty groups", w.column(`SELECT name FROM groups WHERE dirty`), []string{"eng"})
			w.same("commits when as known", w.commitsOf(func() { see(members...) }), int64(0))
			see(w.accountID("eng0"), w.accountID("eng1"))
			w.same("foreign when gone", w.number(`SELECT COUNT(*) FROM foreign_members`), 0)
			w.same("found when gone", w.number(`SELECT COUNT(*) FROM target_memberships WHERE origin = 'found'`), 0)
		},
		"a group that is only added to says nothing of who else is in it": func(w *world) {
			w.team("eng", 1)
			w.team("ops", 1)
			w.settle()
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{w.accountID("eng0"), w.accountID("ops0"), "stranger"}))
			w.same("known", w.number(`SELECT COUNT(*) FROM target_memberships WHERE group_id = ?`, w.groupID("eng")), 1)
			w.same("foreign", w.number(`SELECT COUNT(*) FROM foreign_members`), 0)
		},
		"members that are as known write nothing": func(w *world) {
			w.team("eng", 2)
			w.settle()
			w.same("commits", w.commitsOf(func() {
				w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("eng"), []string{w.accountID("eng0"), w.accountID("eng1")}))
			}), int64(0))
		},
		"linked groups are paged": func(w *world) {
			w.saveGroups(team("a"), team("b"), team("c"))
			w.settle()
			first, err := w.Store.LinkedGroupsAfter(w.ctx, w.target, 0, 2)
			w.ok(err)
			rest, err := w.Store.LinkedGroupsAfter(w.ctx, w.target, first[1].ID, 2)
			w.ok(err)
			w.same("pages", []int{len(first), len(rest)}, []int{2, 1})
		},
	})
}

func (w *world) observeGroup(g directory.TargetGroup) {
	w.Helper()
	seen, err := w.Store.ObserveGroups(w.ctx, w.claim, w.target, []directory.TargetGroup{g, {ID: "stranger", Name: "stranger"}}, w.now)
	w.ok(err)
	w.same("links seen", len(seen), 1)
}

// dropGroup is what a run does with a linked group that it finds gone.
func (w *world) dropGroup(name string) {
	w.Helper()
	w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: w.groupID(name)}, w.now))
}

// lostGroup is what is remembered of a group that was found gone.
func (w *world) lostGroup(name string) store.LostGroup {
	w.Helper()
	lost, err := w.Store.LostGroups(w.ctx, w.target, []int64{w.groupID(name)})
	w.ok(err)
	return lost[w.groupID(name)]
}
