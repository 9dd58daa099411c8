package storetest

import (
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// guardAll does what the guard does beside its limits, for looking at the
// statements that this takes.
func (w *world) guardAll() {
	w.Helper()
	_, err := w.Store.PlanTarget(w.ctx, w.claim, w.target, true)
	w.ok(err)
	w.guard(limits(func(l *store.Limits) { l.Approval, l.Confirm = 7, true }))
	_, err = w.Store.DropStale(w.ctx, w.claim, w.target, 7)
	w.ok(err)
	_, err = w.Store.FailApproved(w.ctx, w.claim, w.target, 7, "not-configured")
	w.ok(err)
	w.ok(w.Store.SameTarget(w.ctx, w.target, cloud))
	_, err = w.Store.TargetMoved(w.ctx, "staff", cloud)
	w.ok(err)
	_, err = w.Store.SourceBelow(w.ctx, w.claim, store.SourceFloor{Drop: 0.3}, 1, 1)
	w.ok(err)
	_, err = w.Store.Tripped(w.ctx, w.claim.RunID)
	w.ok(err)
	w.ok(w.Store.Note(w.ctx, w.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}))
	for _, run := range []int64{w.claim.RunID, w.claim.RunID + 1} { // stopped, then not
		_, err = w.Store.Trip(w.ctx, w.conn.ID, run, 2, w.now)
		w.ok(err)
	}
	w.set(`DELETE FROM notes WHERE code = ?`, store.CodeSourceShort)
	_, _, err = w.Store.Quarantined(w.ctx, w.conn.ID)
	w.ok(err)
	_, err = w.Store.ReleaseQuarantine(w.ctx, w.conn.ID, store.Who{}, w.now)
	w.ok(err)
	w.ok(w.Store.LearnSource(w.ctx, w.conn.ID, "a.okta.com"))
	w.ok(w.Store.AcceptSource(w.ctx, w.conn.ID, "b.okta.com", store.Who{}, w.now))
	_, err = w.Store.ClockWentBack(w.ctx, w.conn.ID, w.now)
	w.ok(err)
	_, err = w.Store.KnownGroups(w.ctx, w.conn.ID, w.target, map[string]bool{"00g-eng": true})
	w.ok(err)
	_, err = w.Store.Waiters(w.ctx, w.target, 10)
	w.ok(err)
	users, groups := []int64{w.userID("eng0")}, []int64{w.groupID("eng")}
	plan, err := w.Store.PlanSubjects(w.ctx, w.claim, w.target, users, groups)
	w.ok(err)
	for _, stage := range directory.Stages {
		_, err = w.Store.DueSubjects(w.ctx, w.claim.RunID, w.target, stage, users, groups)
		w.ok(err)
		_, _, err = w.Store.BatchSubjects(w.ctx, w.claim.RunID, w.target, stage, store.Range{To: 9})
		w.ok(err)
	}
	_, err = w.Store.SubjectChanges(w.ctx, w.claim.RunID, w.target, users, groups, plan.From)
	w.ok(err)
	w.record(store.Outcome{UserID: users[0], State: directory.Waiting, Class: directory.ClassSeat},
		store.Outcome{GroupID: groups[0], State: directory.Applied, LeftForeign: "nobody"},
		store.Outcome{UserID: users[0], State: directory.Applied, Gone: true})
}
