package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func observe(t *testing.T, open Open) {
	eng := func(w *world) string { return w.column(`SELECT remote_id FROM target_groups`)[0] }
	cases(t, open, map[string]func(w *world){
		"a page of accounts that are as known writes nothing, strangers included": func(w *world) {
			w.grown(2)
			n := w.commitsOf(func() {
				w.account("p0", func(*directory.Account) {})
				seen, err := w.Store.ObserveAccounts(w.ctx, w.claim, w.target, []directory.Account{{ID: "stranger"}}, w.now)
				w.ok(err)
				w.same("seen of strangers", len(seen), 0)
			})
			w.same("commits", n, int64(0))
			w.same("dirty", w.dirty(), []string{})
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
			w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, lost[0]))
			w.plan()
			w.same("plan", w.changes(), []string{"group.create eng planned", "membership.add eng0 eng planned", "membership.add eng1 eng planned"})
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
