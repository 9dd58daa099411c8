package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func seatPlans(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"whoever waits for a licence goes first, in order, and keeps the place": func(w *world) {
			w.staff(4)
			w.decide()
			waits := func(name string) {
				w.record(store.Outcome{UserID: w.userID(name), State: directory.Waiting, Class: directory.ClassSeat})
				w.now = w.now.Add(time.Minute)
			}
			waits("p3")
			waits("p1")
			waits("p3")
			w.same("plan", w.planAll(), []string{"account.create p3 planned", "account.create p1 planned", "account.create p0 planned", "account.create p2 planned"})
			waiting, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting", waiting, []int64{w.userID("p3"), w.userID("p1")})
			first, err := w.Store.Waiters(w.ctx, w.target, 1)
			w.ok(err)
			w.same("first", first, []int64{w.userID("p3")})
			w.apply()
			none, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting once there are licences", none, []int64(nil))
		},
		"whoever is wanted no longer does not wait": func(w *world) {
			w.staff(2)
			w.decide()
			w.record(store.Outcome{UserID: w.userID("p0"), State: directory.Waiting, Class: directory.ClassSeat})
			w.desire("p0", `state = 'suspended'`)
			waiting, err := w.Store.Waiters(w.ctx, w.target, 10)
			w.ok(err)
			w.same("waiting", waiting, []int64(nil))
			w.planAll()
			w.same("kept", w.number(`SELECT COUNT(*) FROM seat_waits`), 0)
		},
		"whoever waits is looked at again by the next run": func(w *world) {
			w.staff(1)
			w.plan()
			w.record(store.Outcome{ChangeID: int64(w.number(`SELECT id FROM changes`)), UserID: w.userID("p0"), State: directory.Waiting, Class: directory.ClassSeat})
			w.next()
			w.same("dirty", w.dirty(), []string{"p0"})
		},
		"somebody whose link was taken away by hand is not given another": func(w *world) {
			w.staff(1)
			w.decide()
			w.set(`INSERT INTO unlinks (target_id, user_id) VALUES (?, ?)`, w.target, w.userID("p0"))
			w.same("plan", w.planAll(), []string{"account.create p0 refused unlinked-by-hand"})
		},
		"whom somebody skips is left out, and comes again": func(w *world) {
			w.staff(2)
			w.decide()
			w.set(`INSERT INTO run_skips (run_id, user_id) VALUES (?, ?)`, w.claim.RunID, w.userID("p0"))
			w.same("plan", w.planAll(), []string{"account.create p0 skipped skipped-by-hand", "account.create p1 planned"})
			w.apply()
			w.next()
			w.same("dirty", w.dirty(), []string{"p0"})
			w.same("next plan", w.planAll(), []string{"account.create p0 planned"})
		},
	})
}
