package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// nestingsInDoubt is about groups that may or may not be in others: what we made,
// or may have made, is ours whatever lists and answers say.
func nestingsInDoubt(t *testing.T, open Open) {
	inOuter := []string{"inner in outer"}
	// lacked is a run in which a list lacks the inner group, which we put there.
	lacked := func(w *nestWorld) (inner, outer string) {
		w.Helper()
		inner = w.team("inner", w.joins("ada"))
		outer = w.team("outer", inner, w.joins("bob"))
		w.settle()
		w.claim = w.sync()
		w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), nil))
		w.same("in doubt", w.nestingsInDoubt(), inOuter)
		return inner, outer
	}
	// unheard is a push of the inner group that is sent and never heard of.
	unheard := func(w *nestWorld, sent bool) (c store.Claim, inner, outer string) {
		w.Helper()
		inner, outer = w.team("inner", w.joins("ada")), w.team("outer", w.joins("bob"))
		w.settle()
		w.into(outer, inner)
		c = w.begin(1)
		users, groups := w.pull(c, inner)
		w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
		w.plan(c, users, groups)
		if sent {
			w.ok(w.Store.IntendNesting(w.ctx, c, w.target, w.groupOf("inner"), w.groupOf("outer")))
		}
		return c, inner, outer
	}
	again := func(w *nestWorld, c store.Claim, scimID string) []string {
		w.Helper()
		users, groups := w.pull(c, scimID)
		w.ok(w.Store.DecideSubjects(w.ctx, c, []store.TargetDecider{w.decider()}, users, groups, store.Want{}, w.now))
		w.plan(c, users, groups)
		return w.changes(c.RunID)
	}
	regained := make(map[string]func(w *nestWorld))
	for _, lost := range [][]string{{"outer"}, {"inner"}, {"outer", "inner"}, {"inner", "outer"}} {
		regained["one that the source ends while the target says that a group is gone is taken out once that is there again: "+strings.Join(lost, ", ")] = func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.claim = w.sync()
			for _, name := range lost {
				w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: w.groupOf(name), RemoteID: w.remoteOf(name), Name: name}, w.now))
			}
			w.same("known", len(w.nestingsThere())+len(w.nestingsInDoubt()), 0)
			w.outOf(outer, inner)
			w.pullAll()
			w.planRun()
			w.carryOut(roomy)
			w.end()
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
			w.full = true // the target is read in full then
			w.same("planned", w.planAll(), []string{"nesting.remove inner outer unguarded"})
			w.carryOut(roomy)
			w.same("known then", len(w.nestingsThere())+len(w.nestingsInDoubt()), 0)
			w.same("remembered", len(w.texts(`SELECT 'one' FROM lost_nestings`)), 0)
		}
	}
	nestCases(t, open, regained)
	nestCases(t, open, map[string]func(w *nestWorld){
		"one of ours that a list lacked is put in again, and is there once it was": func(w *nestWorld) {
			lacked(w)
			w.same("planned", w.planRun(), []string{"nesting.add inner outer planned"})
			w.carryOut(standard)
			w.end()
			w.same("there", w.nestingsThere(), inOuter)
			w.same("in doubt", w.nestingsInDoubt(), []string(nil))
			w.same("then", w.planAll(), []string(nil))
		},
		"one of ours that a list lacked is taken out when the source takes it out meanwhile": func(w *nestWorld) {
			inner, outer := lacked(w)
			w.outOf(outer, inner)
			w.pullAll()
			w.same("planned", w.planRun(), []string{"nesting.remove inner outer unguarded"})
			w.same("verdict", w.carryOut(standard), store.Verdict{Admitted: 1})
			w.same("in doubt", w.nestingsInDoubt(), []string(nil))
		},
		"one of ours that one list lacked and the next has is there": func(w *nestWorld) {
			lacked(w)
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("inner")}))
			w.same("there", w.nestingsThere(), inOuter)
			w.same("whose", w.texts(`SELECT origin FROM target_nestings`), []string{store.Created})
			w.same("planned", w.planRun(), []string(nil))
		},
		"one that two lists lacked is written once": func(w *nestWorld) {
			lacked(w)
			watched := &world{TB: w.TB, Database: w.Database, ctx: w.ctx}
			watched.watch()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), nil))
			w.same("written", watched.written(), map[string]int{})
		},
		"one that was somebody else's is forgotten with the first list that lacks it": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			for _, origin := range []string{store.Adopted, "found"} {
				w.exec(`UPDATE target_nestings SET origin = ?`, origin)
				w.claim = w.sync()
				w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), nil))
				w.same("known", len(w.nestingsThere())+len(w.nestingsInDoubt()), 0)
				w.planRun()
				w.carryOut(standard)
				w.end()
			}
		},
		"one that may have been made is sent again where it is wanted": func(w *nestWorld) {
			w.silent = inOuter
			w.team("outer", w.team("inner", w.joins("ada")))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
			w.silent = nil
			w.same("planned", w.planAll(), []string{"nesting.add inner outer planned"})
			w.carryOut(standard)
			w.end()
			w.same("there", w.nestingsThere(), inOuter)
		},
		"one that may have been made is taken out where it is not wanted any more": func(w *nestWorld) {
			w.silent = inOuter
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.outOf(outer, inner)
			w.same("planned", w.planAll(), []string{"nesting.remove inner outer unguarded"})
			w.carryOut(standard)
			w.end()
			w.same("in doubt", w.nestingsInDoubt(), []string(nil))
			w.same("then", w.planAll(), []string(nil))
		},
		"one that the target has refused is nobody's": func(w *nestWorld) {
			w.refusing = inOuter
			w.team("outer", w.team("inner", w.joins("ada")))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("known", len(w.nestingsThere())+len(w.nestingsInDoubt()), 0)
		},
		"one that the target refuses after it may have been made stays in doubt": func(w *nestWorld) {
			w.silent = inOuter
			w.team("outer", w.team("inner", w.joins("ada")))
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.silent, w.refusing = nil, inOuter
			w.planAll()
			w.carryOut(standard)
			w.end()
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
		},
		"one that a list says is there is not forgotten for a refusal that comes late": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, []store.Outcome{{GroupID: w.groupOf("inner"), State: directory.Refused, Class: directory.ClassRefused, NotInside: w.groupOf("outer")}}, w.now))
			w.same("there", w.nestingsThere(), inOuter)
		},
		"one that was sent and is not wanted any more is taken back, within the run": func(w *nestWorld) {
			c, inner, outer := unheard(w, true)
			w.outOf(outer, inner)
			w.same("changes", again(w, c, inner), []string{"nesting.remove unguarded"})
		},
		"one that was never sent needs no taking back": func(w *nestWorld) {
			c, inner, outer := unheard(w, false)
			w.outOf(outer, inner)
			w.same("changes", again(w, c, inner), []string(nil))
		},
		"one that a run which has ended sent is taken back": func(w *nestWorld) {
			c, inner, outer := unheard(w, true)
			w.exec(`UPDATE changes SET state = 'retry' WHERE run_id = ? AND kind = 'nesting.add'`, c.RunID)
			w.ok(w.Store.FinishPush(w.ctx, c, "failed", "", w.now))
			w.outOf(outer, inner)
			w.same("changes", again(w, w.begin(1), inner), []string{"nesting.remove unguarded"})
		},
		"one that may have been taken out and is wanted again is put in, and stays ours meanwhile": func(w *nestWorld) {
			inner := w.team("inner", w.joins("ada"))
			outer := w.team("outer", inner, w.joins("bob"))
			w.settle()
			w.outOf(outer, inner)
			c := w.begin(1)
			w.same("changes", again(w, c, inner), []string{"nesting.remove unguarded"})
			w.exec(`UPDATE changes SET state = 'retry' WHERE run_id = ? AND kind = 'nesting.remove'`, c.RunID)
			w.into(outer, inner)
			w.same("wanted again", again(w, c, inner), []string{"nesting.add planned"})
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
		},
		"so it is when an attempt that was cut off finds that it is wanted again": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.Record(w.ctx, w.claim, w.target, identity, []store.Outcome{{GroupID: w.groupOf("inner"), State: directory.Skipped, Class: directory.ClassStale, Unsure: w.groupOf("outer")}}, w.now))
			w.same("in doubt", w.nestingsInDoubt(), inOuter)
		},
		"who was put in one by one stays until the group is known to be in": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests = true
			w.configure()
			w.silent = inOuter
			w.planAll()
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add inner outer retry unavailable", "membership.remove ada outer blocked waits-for-nesting"})
		},
		"so it is for a group in the inner one": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.team("outer", w.team("inner", w.team("innermost", w.joins("ada"))))
			w.settle()
			w.settings.Nests = true
			w.configure()
			w.silent = []string{"innermost in inner"}
			w.planAll()
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add innermost inner retry unavailable", "nesting.add inner outer applied",
				"membership.remove ada inner blocked waits-for-nesting", "membership.remove ada outer blocked waits-for-nesting"})
		},
		"who may or may not be in the inner group stays in the outer one": func(w *nestWorld) {
			w.settings.Nests = false
			w.configure()
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests = true
			w.configure()
			w.planAll()
			w.exec(`UPDATE target_memberships SET missing = TRUE WHERE group_id = ?`, w.groupOf("inner"))
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add inner outer applied", "membership.remove ada outer blocked waits-for-nesting"})
		},
		"a group stays in another until who is to be there one by one is known to be": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.settings.Nests = false
			w.configure()
			w.planAll()
			w.exec(`UPDATE changes SET state = 'failed' WHERE run_id = ? AND kind = 'membership.add'`, w.claim.RunID)
			w.exec(`INSERT INTO target_memberships (target_id, group_id, user_id, origin, missing) SELECT target_id, CAST(? AS BIGINT), user_id, 'created', TRUE FROM target_memberships`, w.groupOf("outer"))
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"membership.add ada outer failed", "nesting.remove inner outer blocked waits-for-nesting"})
		},
		"a group stays in another until one that is to stay there is known to be there": func(w *nestWorld) {
			ada := w.joins("ada")
			w.team("outer", w.team("inner", ada))
			w.team("other", ada)
			w.settle()
			w.settings.Additive = false
			w.configure()
			w.claim = w.sync()
			w.ok(w.Store.ObserveSubgroups(w.ctx, w.claim, w.target, w.groupOf("outer"), []string{w.remoteOf("other")}))
			w.planRun()
			w.exec(`UPDATE changes SET state = 'failed' WHERE run_id = ? AND kind = 'nesting.add'`, w.claim.RunID)
			w.carryOut(standard)
			w.same("carried out", w.planned(), []string{"nesting.add inner outer failed", "nesting.remove other outer blocked waits-for-nesting"})
		},
		"one of a group that is gone is forgotten with it, after a month": func(w *nestWorld) {
			w.team("outer", w.team("inner", w.joins("ada")))
			w.settle()
			w.claim = w.sync()
			w.ok(w.Store.DropGroupLink(w.ctx, w.claim, w.target, store.Link{Subject: w.groupOf("outer"), RemoteID: w.remoteOf("outer"), Name: "outer"}, w.now))
			left := func(after time.Duration) int {
				_, err := w.Store.Forget(w.ctx, store.Retention{}, w.now.Add(after))
				w.ok(err)
				return len(w.texts(`SELECT 'one' FROM lost_nestings`))
			}
			w.same("after 30 days", left(30*day), 1)
			w.same("after 31 days", left(31*day), 0)
		},
		"explain shows nobody in a group through one that may or may not be in it": func(w *nestWorld) {
			lacked(w)
			var user int64
			w.ok(w.SQL.GetContext(w.ctx, &user, `SELECT MIN(id) FROM users`))
			view, err := w.Store.Subject(w.ctx, "staff", user)
			w.ok(err)
			w.same("groups", len(view.Targets[0].Memberships), 1)
			w.same("group", view.Targets[0].Memberships[0].Group, "inner")
		},
		"a nesting that a list lacked since is taken back by an undo all the same": func(w *nestWorld) {
			inner, outer := w.team("inner", w.joins("ada")), w.team("outer", w.joins("bob"))
			w.settle()
			w.into(outer, inner)
			w.planAll()
			w.carryOut(standard)
			run := w.claim.RunID
			w.end()
			w.exec(`UPDATE target_nestings SET missing = TRUE`)
			w.same("preview", w.couldUndo(run), []string{"nesting.add inner outer nesting.remove"})
			w.same("undone", w.takeBack(run), []string{"nesting.remove inner outer applied"})
			w.same("in doubt", w.nestingsInDoubt(), []string(nil))
		},
	})
}
