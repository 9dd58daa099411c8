package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// nestingsRefused is about groups that are there, and that the target will not put
// in others.
func nestingsRefused(t *testing.T, open Open) {
	inOuter := []string{"inner in outer"}
	run := func(w *nestWorld) {
		w.Helper()
		w.carryOut(standard)
		w.end()
	}
	// flat is a team in another that the target would not put it in, and whose people
	// are in the outer one by one.
	flat := func(w *nestWorld) (inner, outer string) {
		w.Helper()
		w.refusing = inOuter
		inner = w.team("inner", w.joins("ada"))
		outer = w.team("outer", inner, w.joins("bob"))
		w.planAll()
		run(w)
		w.same("at first", w.membersThere(), []string{"ada in inner", "bob in outer"})
		w.same("planned", w.planAll(), []string{"membership.add ada outer planned"})
		w.same("by the rule", w.texts(`SELECT rule FROM changes WHERE run_id = ?`, w.claim.RunID), []string{"a member of a group that cannot be had in it"})
		run(w)
		w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer", "bob in outer"})
		return inner, outer
	}
	nestCases(t, open, map[string]func(w *nestWorld){
		"its people are in the outer one one by one, and each full run tries once": func(w *nestWorld) {
			inner, _ := flat(w)
			for range 2 {
				w.full = false
				w.same("of what has changed", w.planAll(), []string(nil))
				run(w)
				w.full = true
				w.same("in full", w.planAll(), []string{"nesting.add inner outer planned"})
				run(w)
				w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer", "bob in outer"})
			}
			w.full = false
			w.into(inner, w.joins("cyd"))
			w.same("with a newcomer", w.planAll(), []string{"account.create cyd planned", "membership.add cyd inner planned", "membership.add cyd outer planned"})
		},
		"a run in which nothing changed writes nothing but that one try": func(w *nestWorld) {
			flat(w)
			watched := &world{TB: w.TB, Database: w.Database, ctx: w.ctx}
			watched.watch()
			w.planAll()
			run(w)
			quiet := watched.written()
			w.full = true
			w.planAll()
			run(w)
			written := watched.written()
			for table, n := range map[string]int{"users": 0, "groups": 0, "memberships": 0, "desired_memberships": 0, "desired_nestings": 0, "target_memberships": 0,
				"changes": 2, "target_nestings": 2} { // planned, and refused; noted, and forgotten
				w.same(table, written[table]-quiet[table], n)
			}
			for _, table := range []string{"users", "memberships", "desired_memberships", "desired_nestings", "target_memberships", "target_nestings", "changes"} {
				w.same("without a try: "+table, quiet[table], 0)
			}
		},
		"once it is put in, and only then, they are taken out one by one, under the guard": func(w *nestWorld) {
			flat(w)
			w.refusing = nil
			w.full = true
			w.same("tried", w.planAll(), []string{"nesting.add inner outer planned"})
			run(w)
			w.full = false
			w.same("both", w.membersThere(), []string{"ada in inner", "ada in outer", "bob in outer"})
			w.same("there", w.nestingsThere(), inOuter)
			w.same("planned", w.planAll(), []string{"membership.remove ada outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
			w.end()
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
			w.full = true
			w.same("then", w.planAll(), []string(nil))
		},
		"so they are when a list says that somebody else has put it in": func(w *nestWorld) {
			flat(w)
			w.claim = w.sync()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("inner")}))
			w.same("planned", w.planRun(), []string{"membership.remove ada outer unguarded"})
			run(w)
			w.same("members", w.membersThere(), []string{"ada in inner", "bob in outer"})
		},
		"an answer that was lost takes nobody out": func(w *nestWorld) {
			flat(w)
			w.refusing, w.silent = nil, inOuter
			w.full = true
			w.planAll()
			run(w)
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned"})
			run(w)
			w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer", "bob in outer"})
		},
		"an outage puts nobody in one by one": func(w *nestWorld) {
			w.silent = inOuter
			w.team("outer", w.team("inner", w.joins("ada")))
			for range 2 {
				w.planAll()
				run(w)
				w.same("members", w.membersThere(), []string{"ada in inner"})
			}
			w.silent = nil
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned"})
		},
		"those who are in both already stay": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests, w.refusing = true, inOuter
			w.configure()
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned", "membership.remove ada outer unguarded"})
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add inner outer refused refused", "membership.remove ada outer blocked waits-for-nesting"})
			w.end()
			for range 2 {
				w.same("planned", w.planAll(), []string(nil))
				run(w)
				w.same("members", w.membersThere(), []string{"ada in inner", "ada in outer"})
			}
		},
		"one that waits for the circle to be opened is tried again at once, and its people wait": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.outOf(outer, inner)
			w.into(inner, outer)
			w.refusing = []string{"outer in inner"}
			w.same("planned", w.planAll(), []string{"nesting.add outer inner planned", "nesting.remove inner outer unguarded"})
			run(w)
			w.same("there", w.nestingsThere(), []string(nil))
			w.refusing = nil
			w.same("then", w.planAll(), []string{"nesting.add outer inner planned"})
		},
		"a push of the group does not try again": func(w *nestWorld) {
			inner, _ := flat(w)
			w.into(inner, w.joins("cyd"))
			c := w.begin(1)
			users, groups := w.pull(c, inner)
			w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
			w.same("stages", w.plan(c, users, groups).Stages, []directory.Stage(nil))
			w.same("changes", w.changes(c.RunID), []string(nil))
		},
		"a push that is refused has the people put in one by one by the next run": func(w *nestWorld) {
			inner, outer := w.team("inner", w.joins("ada")), w.team("outer", w.joins("bob"))
			w.settle()
			w.into(outer, inner)
			w.refusing = inOuter
			w.push(w.begin(1), inner)
			w.same("planned", w.planAll(), []string{"membership.add ada outer planned"})
		},
		"when the source takes the group out, its people leave the outer one": func(w *nestWorld) {
			inner, outer := flat(w)
			w.outOf(outer, inner)
			w.same("planned", w.planAll(), []string{"membership.remove ada outer unguarded"})
			run(w)
			w.into(outer, inner)
			w.same("in again", w.planAll(), []string{"nesting.add inner outer planned"})
		},
		"explain says who is in a group instead of in one that was refused": func(w *nestWorld) {
			flat(w)
			var user int64
			w.ok(w.SQL.GetContext(w.ctx, &user, `SELECT MIN(id) FROM users`))
			view, err := w.Store.Subject(w.ctx, "staff", user)
			w.ok(err)
			m := view.Targets[0].Memberships[1]
			w.same("shown", store.SubjectMembership{Group: m.Group, Joined: m.Joined, InsteadOf: m.InsteadOf}, store.SubjectMembership{Group: "outer", Joined: true, InsteadOf: []string{"inner"}})
		},
	})
}
