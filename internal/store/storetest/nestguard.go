package storetest

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func nestingsGuarded(t *testing.T, open Open) {
	// outside are n groups in one, each of so many people, taken out of it.
	outside := func(w *nestWorld, n, people, stay int) {
		w.Helper()
		var groups []string
		for i := range n + stay {
			var members []string
			for j := range people {
				members = append(members, w.joins(fmt.Sprintf("p%d-%d", i, j)))
			}
			groups = append(groups, w.team(fmt.Sprintf("inner %d", i), members...))
		}
		outer := w.team("outer", groups...)
		w.settle()
		w.outOf(outer, groups[:n]...)
		w.planAll()
	}
	nestCases(t, open, map[string]func(w *nestWorld){
		"groups are counted by the people who lose by it": func(w *nestWorld) {
			outside(w, 1, 6, 2)
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
			w.same("planned", w.planned(), []string{"nesting.remove inner 0 outer held over-limit"})
			w.end()
			w.same("groups in groups", len(w.nestingsThere()), 3)
		},
		"a few people are always admitted": func(w *nestWorld) {
			outside(w, 1, 5, 2)
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
		},
		"all of them are held, however few people there are": func(w *nestWorld) {
			outside(w, 3, 1, 0)
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 3})
			w.same("planned", w.planned()[0], "nesting.remove inner 0 outer held everybody")
		},
		"what is admitted counts in the window": func(w *nestWorld) {
			outside(w, 1, 4, 4)
			w.carryOut(standard)
			w.end()
			var id string
			w.ok(w.SQL.GetContext(w.ctx, &id, w.SQL.Rebind(`SELECT source_id FROM groups WHERE name = 'inner 1'`)))
			var outer string
			w.ok(w.SQL.GetContext(w.ctx, &outer, w.SQL.Rebind(`SELECT source_id FROM groups WHERE name = 'outer'`)))
			w.outOf(outer, id)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
		},
		"neither a protected group nor one in it is touched": func(w *nestWorld) {
			outside(w, 1, 1, 2)
			w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, nil, []string{"outer"}))
			w.same("verdict", w.carryOut(standard), store.Verdict{Protected: 1})
			w.same("groups in groups", len(w.nestingsThere()), 3)
		},
		"what would empty a group of two or more is held, whatever else is in groups": func(w *nestWorld) {
			w.team("other outer", w.team("other inner", w.joins("zoe")))
			inner := w.team("inner", w.joins("ada"), w.joins("bob"))
			outer := w.team("outer", inner)
			w.settle()
			w.outOf(outer, inner)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
			w.same("planned", w.planned(), []string{"nesting.remove inner outer held whole-group"})
		},
		"the only one who is in a group through another is not a whole group": func(w *nestWorld) {
			w.team("other outer", w.team("other inner", w.joins("zoe")))
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner)
			w.settle()
			w.outOf(outer, inner)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
		},
		"a group stays in another through which alone a protected account is there": func(w *nestWorld) {
			outside(w, 1, 1, 2)
			w.ok(w.Store.SetProtected(w.ctx, w.claim, w.target, []string{"p0-0@example.com"}, nil))
			w.same("verdict", w.carryOut(standard), store.Verdict{Protected: 1})
			w.same("groups in groups", len(w.nestingsThere()), 3)
		},
		"what is approved is done by the run of the approval, and no more": func(w *nestWorld) {
			outside(w, 2, 6, 2)
			w.carryOut(standard)
			w.end()
			held, err := w.Store.OpenHeld(w.ctx, "staff")
			w.ok(err)
			w.same("plans", len(held), 1)
			outcome, err := w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: held[0].ID, Digest: held[0].Digest, Who: ada}, alone, w.now)
			w.ok(err)
			users, groups, _, err := w.Store.ApprovedSubjects(w.ctx, outcome.Approval, 0, 100)
			w.ok(err)
			w.same("subjects", []int{len(users), len(groups)}, []int{0, 2})
			w.runs++
			w.claim, _, err = w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn, WorkflowID: "subjects/staff/1", Execution: "e", Trigger: "approval", Approval: outcome.Approval}, w.now)
			w.ok(err)
			w.plan(w.claim, nil, groups[:1])
			w.same("verdict", w.carryOut(limits(func(l *store.Limits) { l.Approval = outcome.Approval })), store.Verdict{Admitted: 1})
			dropped, err := w.Store.DropStale(w.ctx, w.claim, w.target, outcome.Approval)
			w.ok(err)
			w.same("not due any more", dropped, int64(1))
			w.same("groups in groups", len(w.nestingsThere()), 3)
		},
	})
}
