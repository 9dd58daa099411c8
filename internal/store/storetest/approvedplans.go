package storetest

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// approve makes what is held of some people approved, as a person would.
func (w *world) approve(approval int64, names ...string) {
	w.Helper()
	for _, name := range names {
		w.set(`UPDATE changes SET state = 'approved', approval_id = ? WHERE state = 'held' AND user_id = ?`, approval, w.userID(name))
	}
}

func approvedPlans(t *testing.T, open Open) {
	under := func(approval int64) store.Limits {
		return limits(func(l *store.Limits) { l.Approval, l.Confirm = approval, true })
	}
	cases(t, open, map[string]func(w *world){
		"what was approved is admitted and looked up, the rest is left where it is held": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.same("held", w.guard(standard).Held, int64(8))
			w.approve(7, "p0", "p1")
			w.next()
			w.planAll()
			w.same("verdict", w.guard(under(7)), store.Verdict{Admitted: 2, Doubted: 2})
			w.same("left out", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND state = 'skipped' AND class = 'not-approved'`, w.claim.RunID), 6)
			w.same("window", w.number(`SELECT COUNT(*) FROM removals WHERE run_id = ?`, w.claim.RunID), 2)
		},
		"an approval is about a kind, and the account that it was": func(w *world) {
			names := w.grown(20)
			w.desire(names[0], `state = 'deleted'`)
			w.planAll()
			none := limits(func(l *store.Limits) { l.Always, l.Count = 0, 0 })
			w.same("held", w.guard(none).Held, int64(1))
			w.approve(7, names[0])
			w.next()
			w.set(`UPDATE accounts SET remote_id = 'another' WHERE user_id = ?`, w.userID(names[0]))
			w.planAll()
			w.same("verdict", w.guard(under(7)), store.Verdict{})
			w.same("plan", w.changes(), []string{"account.delete p0 skipped not-approved"})
		},
		"an approval that nobody gave admits nothing": func(w *world) {
			names := w.grown(20)
			w.leave(names[:2]...)
			w.same("verdict", w.guard(under(99)), store.Verdict{})
		},
		"what was approved and is not due any more is said so, once": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.guard(standard)
			w.approve(7, "p0", "p1")
			w.next()
			w.saveUsers(person("p0"))
			w.plan()
			w.guard(under(7))
			for range 2 {
				dropped, err := w.Store.DropStale(w.ctx, w.claim, w.target, 7)
				w.ok(err)
				w.same("dropped", dropped, int64(1))
			}
			w.same("said so", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND user_id = ? AND state = 'skipped' AND class = 'no-longer-due'`, w.claim.RunID, w.userID("p0")), 1)
		},
		"what was approved and cannot be done is said so, once, with why": func(w *world) {
			names := w.grown(20)
			w.leave(names[:8]...)
			w.guard(standard)
			w.approve(7, "p0", "p1")
			w.next()
			for range 2 {
				ended, err := w.Store.FailApproved(w.ctx, w.claim, w.target, 7, "not-configured")
				w.ok(err)
				w.same("ended", ended, int64(2))
			}
			w.same("said so", w.number(`SELECT COUNT(*) FROM changes WHERE run_id = ? AND state = 'failed' AND class = 'not-configured'`, w.claim.RunID), 2)
		},
		"a group that was approved to be replaced is": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.planAll()
			w.guard(standard)
			w.set(`UPDATE changes SET state = 'approved', approval_id = 7 WHERE state = 'held'`)
			w.next()
			w.planAll()
			w.guard(under(7))
			w.same("plan", w.changes(), []string{"group.replace eng planned"})
		},
		"a group is replaced under the name that was approved, and no other": func(w *world) {
			w.team("eng", 1)
			w.settle()
			w.set(`UPDATE targets SET recreates = TRUE`)
			w.set(`UPDATE desired_groups SET name = 'Engineering', name_key = 'engineering'`)
			w.planAll()
			w.guard(standard)
			w.set(`UPDATE changes SET state = 'approved', approval_id = 7 WHERE state = 'held'`)
			w.set(`UPDATE desired_groups SET name = 'Board', name_key = 'board'`)
			w.next()
			w.planAll()
			w.guard(under(7))
			w.same("plan", w.changes(), []string{"group.replace eng skipped not-approved"})
		},
		"what a person undid spares that removal the look-up, and no other of the same person": func(w *world) {
			w.team("eng", 3)
			w.team("ops", 1)
			w.settle()
			w.undid("eng0", "eng", "member", "in", "in")
			w.undid("eng1", "eng", "member", "out", "in")
			w.desire("eng0", `state = 'suspended', strip = TRUE`)
			w.desire("eng1", `state = 'suspended', strip = TRUE`)
			w.undid("ops0", "", "state", "active", "deactivated")
			w.desire("ops0", `state = 'suspended'`)
			w.desire("eng2", `state = 'suspended'`)
			w.undid("eng2", "", "state", "suspended", "active")
			w.set(`UPDATE accounts SET status = 'suspended' WHERE user_id IN (?, ?)`, w.userID("eng0"), w.userID("eng1"))
			w.planAll()
			w.guard(limits(func(l *store.Limits) { l.Override, l.Confirm = true, true }))
			w.same("plan", w.changes(), []string{"account.suspend eng2 planned", "account.suspend ops0 doubted", "membership.remove eng0 eng doubted", "membership.remove eng1 eng doubted"})
		},
	})
}
