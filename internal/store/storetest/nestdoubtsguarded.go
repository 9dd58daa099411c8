package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// nestingsInDoubtGuarded is about removals beside what may or may not be there:
// the guard takes of both the more careful.
func nestingsInDoubtGuarded(t *testing.T, open Open) {
	emptied := make(map[string]func(w *nestWorld))
	for name, doubt := range map[string]string{
		"a group":               `UPDATE target_nestings SET missing = TRUE WHERE child_id = (SELECT id FROM groups WHERE name = 'staying')`,
		"somebody":              `UPDATE target_memberships SET missing = TRUE WHERE group_id = (SELECT id FROM groups WHERE name = 'outer')`,
		"somebody in the group": `UPDATE target_memberships SET missing = TRUE WHERE group_id = (SELECT id FROM groups WHERE name = 'staying')`,
	} {
		emptied[name+" who may or may not be there does not keep a group from being emptied"] = func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"), w.joins("bob"))
			stays := w.team("staying", w.joins("cyd"))
			if name == "somebody" {
				stays = w.joins("dan")
			}
			outer := w.team("outer", inner, stays)
			w.team("other outer", w.team("other inner", w.joins("zoe")))
			w.settle()
			w.exec(doubt)
			w.outOf(outer, inner)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
			w.same("planned", w.planned(), []string{"nesting.remove inner outer held whole-group"})
		}
	}
	nestCases(t, open, emptied)
	nestCases(t, open, map[string]func(w *nestWorld){
		"one that may or may not be there does not stay, so that all of them are held": func(w *nestWorld) {
			one, two, three := w.team("one", w.joins("ada")), w.team("two", w.joins("bob")), w.team("three", w.joins("cyd"))
			outer := w.team("outer", one, two, three)
			w.settle()
			w.exec(`UPDATE target_nestings SET missing = TRUE WHERE child_id = ?`, w.groupOf("three"))
			w.outOf(outer, one, two)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 2})
			w.same("planned", w.planned()[0], "nesting.remove one outer held everybody")
		},
		"those that may or may not be there and are taken out are all of them, too": func(w *nestWorld) {
			one, two := w.team("one", w.joins("ada")), w.team("two", w.joins("bob"))
			outer := w.team("outer", one, two)
			w.settle()
			w.exec(`UPDATE target_nestings SET missing = TRUE`)
			w.outOf(outer, one, two)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 2})
		},
		"one that stays for certain keeps the others from being all of them": func(w *nestWorld) {
			one, two, three := w.team("one", w.joins("ada")), w.team("two", w.joins("bob")), w.team("three", w.joins("cyd"))
			outer := w.team("outer", one, two, three)
			w.settle()
			w.exec(`UPDATE target_nestings SET missing = TRUE WHERE child_id <> ?`, w.groupOf("three"))
			w.outOf(outer, one, two)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 2})
		},
		"people are counted who would lose by one that may or may not be there": func(w *nestWorld) {
			inner := w.team("inner", w.joins("a"), w.joins("b"), w.joins("c"), w.joins("d"), w.joins("e"), w.joins("f"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.team("other outer", w.team("other inner", w.joins("zoe")))
			w.settle()
			w.exec(`UPDATE target_nestings SET missing = TRUE WHERE child_id = ?`, w.groupOf("inner"))
			w.outOf(outer, inner)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
			w.same("planned", w.planned(), []string{"nesting.remove inner outer held over-limit"})
		},
		"a group that the target refuses to put in does not keep it from being emptied": func(w *nestWorld) {
			w.refusing = []string{"staying in outer"}
			inner := w.team("inner", w.joins("ada"), w.joins("bob"))
			stays := w.team("staying")
			outer := w.team("outer", inner, stays)
			w.team("other outer", w.team("other inner", w.joins("zoe")))
			for range 2 {
				w.planAll()
				w.carryOut(standard)
				w.end()
			}
			w.full = true
			w.outOf(outer, inner)
			w.same("planned", w.planAll(), []string{"nesting.add staying outer planned", "nesting.remove inner outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Held: 1})
		},
		"a protected account that may or may not be in the outer group by itself is in it through the inner one alone": func(w *nestWorld) {
			ada := w.joins("ada")
			inner := w.team("inner", ada)
			outer := w.team("outer", inner, ada, w.joins("bob"))
			w.settle()
			w.ok(w.Store.SetProtected(w.ctx, w.sync(), w.target, []string{"ada@example.com"}, nil))
			w.exec(`UPDATE target_memberships SET missing = TRUE WHERE group_id = ? AND user_id = (SELECT MIN(id) FROM users)`, w.groupOf("outer"))
			w.outOf(outer, inner)
			w.planAll()
			w.same("verdict", w.carryOut(standard), store.Verdict{Protected: 1})
		},
	})
}
