package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func nestings(t *testing.T, open Open) {
	nestCases(t, open, map[string]func(w *nestWorld){
		"a group that is taken goes into the one that it is in, and its people do not": func(w *nestWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			w.team("outer", w.team("inner", ada), bob)
			w.same("planned", w.planAll(), []string{"group.create inner planned", "group.create outer planned", "account.create ada planned", "account.create bob planned",
				"membership.add ada inner planned", "membership.add bob outer planned", "nesting.add inner outer planned"})
			w.carryOut(standard)
			w.end()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
			w.same("then", w.planAll(), []string(nil))
		},
		"whoever is in both is in both": func(w *nestWorld) {
			ada := w.joins("ada")
			w.team("outer", w.team("inner", ada), ada)
			w.settle()
			w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer"})
		},
		"a group that is not taken is passed through": func(w *nestWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			w.team("outer", w.team("middle", w.team("inner", ada), bob))
			w.leaveOut("middle")
			w.settle()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
		},
		"each group goes into the next one alone, and people are in all of them through those": func(w *nestWorld) {
			ada := w.joins("ada")
			w.team("outer", w.team("middle", w.team("inner", ada)))
			w.settle()
			var user int64
			w.ok(w.SQL.GetContext(w.ctx, &user, `SELECT MIN(id) FROM users`))
			view, err := w.Store.Subject(w.ctx, "staff", user)
			w.ok(err)
			for i, want := range []store.SubjectMembership{{Group: "inner", Joined: true}, {Group: "middle", Through: []string{"inner"}}, {Group: "outer", Through: []string{"middle"}}} {
				m := view.Targets[0].Memberships[i]
				w.same("shown", store.SubjectMembership{Group: m.Group, Joined: m.Joined, Through: m.Through}, want)
			}
			w.same("members", w.membersThere(), []string{"ada in inner"})
			w.same("groups in groups", w.nestingsThere(), []string{"inner in middle", "middle in outer"})
		},
		"a group that is taken out of another is taken out of it there": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.outOf(outer, inner)
			w.same("planned", w.planAll(), []string{"nesting.remove inner outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
			w.end()
			w.same("groups in groups", w.nestingsThere(), []string(nil))
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.same("then", w.planAll(), []string(nil))
		},
		"a group that is deleted at the source leaves the one that it was in": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.leaves(w.group, inner)
			w.settle()
			w.same("groups in groups", w.nestingsThere(), []string(nil))
		},
		"groups that are in each other are cut, said, and hold each other's people": func(w *nestWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			left := w.team("left", ada)
			right := w.team("right", left, bob)
			w.into(left, right)
			w.planAll()
			w.same("notes", w.notesThere(), []string{store.CodeNestingCircle})
			w.carryOut(standard)
			w.end()
			w.same("groups in groups", w.nestingsThere(), []string{"left in right"})
			w.same("members", w.membersThere(), []string{"ada in left", "bob in left", "bob in right"})
			w.same("then", w.planAll(), []string(nil))
		},
		"a group that is in another stays there when a circle is closed": func(w *nestWorld) {
			second, first := w.team("a", w.joins("ada")), w.team("b", w.joins("bob"))
			w.settle()
			w.into(second, first)
			w.settle()
			w.same("groups in groups", w.nestingsThere(), []string{"b in a"})
			w.into(first, second)
			w.same("planned", w.planAll(), []string{"membership.add ada b planned"})
			w.same("noted", w.notesThere(), []string{store.CodeNestingCircle})
			w.carryOut(standard)
			w.end()
			w.same("members", w.membersThere(), []string{"ada in a", "ada in b", "bob in b"})
		},
		"a shared group goes into another when all that share it are in that": func(w *nestWorld) {
			ada, bob := w.joins("ada"), w.joins("bob")
			one, two := w.team("one", ada), w.team("two", bob)
			outer := w.team("outer", one, two)
			w.share("one", "two")
			w.settle()
			w.same("groups in groups", w.nestingsThere(), []string{"shared in outer"})
			w.outOf(outer, two)
			w.settle()
			w.same("then", w.nestingsThere(), []string(nil))
			w.same("members", w.membersThere(), []string{"ada in outer", "ada in shared", "bob in shared"})
		},
		"people who were in the outer group by themselves leave it once the inner one is in it": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			ada := w.joins("ada")
			w.team("outer", w.team("inner", ada))
			w.settle()
			w.same("one by one", w.membersThere(), []string{"ada in inner", "ada in outer"})
			w.settings.Nests = true
			w.configure()
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned", "membership.remove ada outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
			w.end()
			w.same("members", w.membersThere(), []string{"ada in inner"})
			w.settings.Nests = false
			w.configure()
			w.same("back", w.planAll(), []string{"membership.add ada outer planned", "nesting.remove inner outer unguarded"})
			w.carryOut(standard)
			w.end()
			w.same("one by one again", w.membersThere(), []string{"ada in inner", "ada in outer"})
			w.same("no group in another", w.nestingsThere(), []string(nil))
		},
		"a group stays in another until who is to be there one by one is": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests = false
			w.configure()
			w.same("planned", w.planAll(), []string{"membership.add ada outer planned", "nesting.remove inner outer unguarded"})
			w.exec(`UPDATE changes SET state = 'failed' WHERE run_id = ? AND kind = 'membership.add'`, w.claim.RunID)
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"membership.add ada outer failed", "nesting.remove inner outer blocked waits-for-nesting"})
			w.end()
			w.settle()
			w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer"})
			w.same("groups in groups", w.nestingsThere(), []string(nil))
		},
		"whoever is in a group through one that is not to be in it stays there themselves": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			ada := w.joins("ada")
			w.team("outer", w.team("inner", ada))
			w.team("other", ada)
			w.settle()
			w.settings.Nests, w.settings.Additive = true, false
			w.configure()
			w.claim = w.sync()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("other")}))
			w.planRun()
			w.exec(`UPDATE changes SET state = 'failed' WHERE run_id = ? AND kind = 'nesting.add'`, w.claim.RunID)
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add inner outer failed", "membership.remove ada outer blocked waits-for-nesting", "nesting.remove other outer blocked waits-for-nesting"})
			w.end()
			w.settle()
			w.same("groups in groups", w.nestingsThere(), []string{"inner in outer"})
			w.same("members", w.membersThere(), []string{"ada in inner", "ada in other"})
		},
		"until it is, they stay": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests = true
			w.configure()
			w.planAll()
			w.exec(`UPDATE changes SET state = 'failed' WHERE run_id = ? AND kind = 'nesting.add'`, w.claim.RunID)
			w.carryOut(standard)
			w.same("planned", w.planned(), []string{"nesting.add inner outer failed", "membership.remove ada outer blocked waits-for-nesting"})
			w.end()
			w.settle()
			w.same("members", w.membersThere(), []string{"ada in inner"})
		},
		"a nesting that is gone in the target is made again, and one that nobody wants stays where groups are added to": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.team("other", w.joins("bob"))
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("other"), "grp-of-nobody"}))
			w.same("known", w.nestingsThere(), []string(nil))
			w.same("planned", w.planRun(), []string{"nesting.add inner outer planned"})
		},
		"one that nobody wants goes where groups hold just what the source says, under the guard": func(w *nestWorld) {
			w.settings.Additive = false
			w.configure()
			w.team("outer", w.team("inner", w.joins("ada")))
			w.team("other", w.joins("bob"))
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("inner"), w.remoteOf("other")}))
			w.same("planned", w.planRun(), []string{"nesting.remove other outer unguarded"})
		},
		"the group that is to be put in or that others are put in and is lost takes its nestings along": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			for _, name := range []string{"outer", "inner"} {
				w.claim = w.sync()
				id := w.groupOf(name)
				w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: id, RemoteID: w.remoteOf(name), Name: name}, w.now))
				w.same("known", w.nestingsThere(), []string(nil))
				w.planRun()
				w.carryOut(roomy)
				w.end()
				w.same("again", w.nestingsThere(), []string{"inner in outer"})
			}
		},
		"what is pushed is planned by the inner group, whichever shard it is in": func(w *nestWorld) {
			inner, outer := w.team("inner", w.joins("ada")), w.team("outer")
			w.settle()
			w.into(outer, inner)
			c := w.begin(1)
			users, groups := w.pull(c, inner)
			w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
			plan := w.plan(c, users, groups)
			w.same("stages", plan.Stages, []directory.Stage{directory.StageJoins})
			w.same("changes", w.changes(c.RunID), []string{"nesting.add planned"})
		},
	})
}

// groupOf is a group's id by its name in the source.
func (w *nestWorld) groupOf(name string) int64 {
	w.Helper()
	var id int64
	w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT id FROM groups WHERE name = ? AND presence = 'present'`), name))
	return id
}

// remoteOf is the target's id of a group.
func (w *nestWorld) remoteOf(name string) string {
	w.Helper()
	var id string
	w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT remote_id FROM target_groups WHERE group_id = ?`), w.groupOf(name)))
	return id
}

func (w *nestWorld) exec(query string, args ...any) {
	w.Helper()
	_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(query), args...)
	w.ok(err)
}
