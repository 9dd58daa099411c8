package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func quarantine(t *testing.T, open Open) {
	trip := func(w *world, after int) bool {
		w.Helper()
		now, err := w.Store.Trip(w.ctx, w.conn.ID, w.claim.RunID, after, w.now)
		w.ok(err)
		return now
	}
	since := func(w *world) time.Time {
		w.Helper()
		at, _, err := w.Store.Quarantined(w.ctx, w.conn.ID)
		w.ok(err)
		return at
	}
	trips := func(w *world) int { return w.number(`SELECT trips FROM connections WHERE id = ?`, w.conn.ID) }
	// run is one in which some more leave, and says how many runs have counted after it.
	run := func(w *world, leavers ...string) int {
		w.Helper()
		w.leave(leavers...)
		w.guard(standard)
		trip(w, 3)
		w.next()
		return trips(w)
	}
	// short is a run whose list of users is not believed.
	short := func(w *world, users int64) int {
		w.Helper()
		w.ok(w.Store.SaveProgress(w.ctx, w.claim, store.Progress{UsersRead: users, GroupsRead: 4}))
		w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}))
		trip(w, 3)
		w.next()
		return trips(w)
	}
	cases(t, open, map[string]func(w *world){
		"three runs that were stopped for something new end in quarantine, which is said once": func(w *world) {
			names := w.grown(40)
			said := 0
			for _, leavers := range [][]string{names[:6], names[6:7], names[7:8], nil} {
				w.leave(leavers...)
				w.guard(standard)
				for range 2 { // counted again, the same run counts nothing
					if trip(w, 3) {
						said++
					}
				}
				w.same("in quarantine", !since(w).IsZero(), trips(w) == 3)
				w.next()
			}
			w.same("said", said, 1)
			w.same("trips", trips(w), 3)
			w.same("since", since(w), w.now)
			w.allow()
			w.same("a good run does not end it", trip(w, 3), false)
			w.same("since", since(w), w.now)
		},
		"a plan that merely still waits is not counted again, nor does it begin the count anew": func(w *world) {
			names := w.grown(40)
			w.same("trips", []int{run(w, names[:6]...), run(w), run(w), run(w, names[6]), run(w), run(w)}, []int{1, 1, 1, 2, 2, 2})
			w.same("since", since(w).IsZero(), true)
		},
		"what is left of a plan that was decided in part is nothing new": func(w *world) {
			names := w.grown(40)
			w.same("trips", run(w, names[:8]...), 1)
			w.approve(7, names[0], names[1])
			w.set(`UPDATE desired_accounts SET state = 'kept' WHERE user_id IN (?, ?)`, w.userID(names[0]), w.userID(names[1]))
			w.same("trips", run(w), 1)
			w.set(`UPDATE changes SET state = 'rejected' WHERE state = 'held'`)
			w.same("trips, what was rejected being due again", run(w), 1)
		},
		"another plan of the same size is": func(w *world) {
			names := w.grown(40)
			w.same("trips", run(w, names[:6]...), 1)
			back := make([]directory.User, 6)
			for i, name := range names[:6] {
				back[i] = person(name)
			}
			w.saveUsers(back...)
			w.same("trips", run(w, names[6:12]...), 2)
		},
		"a list that is too short counts again when it has another length": func(w *world) {
			w.same("trips", []int{short(w, 60), short(w, 60), short(w, 59), short(w, 59)}, []int{1, 1, 2, 2})
			w.grown(20)
			trip(w, 3)
			w.same("trips after a good run", trips(w), 0)
			w.next()
			w.same("trips, as if there had been none", short(w, 59), 1)
		},
		"a run that was not stopped begins the count anew": func(w *world) {
			names := w.grown(40)
			w.same("trips", []int{run(w, names[:6]...), run(w, names[6])}, []int{1, 2})
			w.plan()
			w.allow()
			w.apply()
			trip(w, 3)
			w.next()
			w.same("trips after a good run", trips(w), 0)
			w.same("trips", run(w, names[7:30]...), 1)
			w.same("since", since(w).IsZero(), true)
		},
		"a good run of a connection that never tripped writes nothing": func(w *world) {
			w.same("commits", w.commitsOf(func() { trip(w, 3) }), int64(0))
		},
		"without a number there is no quarantine": func(w *world) {
			names := w.grown(40)
			for i := range 5 {
				w.leave(names[:6+i]...)
				w.guard(standard)
				w.same("quarantined", trip(w, 0), false)
				w.next()
			}
			w.same("since", since(w).IsZero(), true)
		},
		"in quarantine nothing is taken away, whoever lets removals through; an approval is carried out": func(w *world) {
			names := w.grown(20)
			w.leave(names[0], names[1])
			verdict := w.verdict(limits(func(l *store.Limits) { l.Quarantine, l.Override = true, true }))
			w.same("verdict", verdict, store.Verdict{Held: 2, Reasons: []store.HoldReason{{Kind: "account.suspend", Class: "quarantine", Rule: w.column(`SELECT rule FROM changes WHERE state = 'held'`)[0], Count: 2}}})
			tripped, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("the quarantine does not count as a stop", tripped, false)
			w.approve(7, "p0")
			w.next()
			w.planAll()
			w.same("verdict", w.guard(limits(func(l *store.Limits) { l.Quarantine, l.Approval = true, 7 })), store.Verdict{Admitted: 1})
		},
		"a run that the guard stopped has tripped": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			before, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.guard(standard)
			after, err := w.Store.Tripped(w.ctx, w.claim.RunID)
			w.ok(err)
			w.same("tripped", []bool{before, after}, []bool{false, true})
		},
		"a person ends it, which is recorded": func(w *world) {
			names := w.grown(40)
			w.leave(names[:6]...)
			w.guard(standard)
			w.same("quarantined", trip(w, 1), true)
			w.next()
			for _, want := range []bool{true, false} {
				released, err := w.Store.ReleaseQuarantine(w.ctx, w.conn.ID, store.Who{Name: "ada"}, w.now)
				w.ok(err)
				w.same("released", released, want)
			}
			w.same("since", since(w).IsZero(), true)
			w.same("recorded", w.column(`SELECT what || ' ' || who FROM actions`), []string{"quarantine.release ada"})
			w.same("the count begins anew", []int{run(w), run(w, names[6])}, []int{0, 1})
		},
	})
}
