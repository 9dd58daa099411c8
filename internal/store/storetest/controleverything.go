package storetest

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// controlAll does all by which an administrator is in control of runs, but for
// what looks through everything by intent: the audit and the erasure of a person.
func (w *world) controlAll() {
	w.Helper()
	w.next()
	w.team("crew", 6)
	w.settle()
	// A plan is held, looked at and approved in part, and the rest expires.
	w.leave("crew0", "crew1", "crew2", "crew3")
	w.guard(limits(func(l *store.Limits) { l.Count, l.Always, l.Share = 0, 0, 0 }))
	w.ok(w.steer(store.VerbSlow, 5, 0))
	w.ok(w.steer(store.VerbSkip, 0, w.userID("eng7")))
	w.control()
	_, err := w.Store.Skips(w.ctx, w.claim.RunID)
	w.ok(err)
	w.endRun()
	open, err := w.Store.OpenHeld(w.ctx, "staff")
	w.ok(err)
	if len(open) != 1 || open[0].Changes < 2 {
		w.Fatalf("%+v is held, which is too little to decide about", open)
	}
	h := open[0]
	var one int64
	w.ok(w.SQL.GetContext(w.ctx, &one, w.SQL.Rebind(`SELECT MAX(user_id) FROM changes WHERE run_id = ? AND kind = 'account.suspend' AND state = 'held'`), h.RunID))
	decision := store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Users: []int64{one}, Who: ada, RequestID: 1}
	w.decideHeld(decision, together)
	decision.Who, decision.RequestID = bob, 2
	decided := w.decideHeld(decision, together)
	if decided.RequestID == 0 {
		w.Fatalf("the approval came to %+v", decided)
	}
	_, err = w.Store.ApprovalTarget(w.ctx, decided.Approval)
	w.ok(err)
	users, _, _, err := w.Store.ApprovedSubjects(w.ctx, decided.Approval, 0, 100)
	w.ok(err)
	_, err = w.Store.ExpireHeld(w.ctx, h.Expires)
	w.ok(err)

	// The approval is carried out, and taken back.
	_, err = w.Store.OpenRequests(w.ctx, w.now.Add(time.Hour))
	w.ok(err)
	claim, _, err := w.Store.BeginSubjects(w.ctx, store.SubjectsRequest{ConnectionID: w.conn.ID, WorkflowID: "subjects/staff/1", Execution: "e", RequestID: decided.RequestID, Trigger: "approval", Approval: decided.Approval}, w.now)
	w.ok(err)
	w.ok(w.Store.DecideSubjects(w.ctx, claim, []store.TargetDecider{w.decider()}, users, nil, store.Want{InGroup: true, Groups: true}, w.now))
	_, err = w.Store.PlanSubjects(w.ctx, claim, w.target, users, nil)
	w.ok(err)
	_, err = w.Store.Guard(w.ctx, claim, w.target, limits(func(l *store.Limits) { l.Approval = decided.Approval }), w.now)
	w.ok(err)
	w.claim = claim
	w.look(func(s *store.Settled) { s.Confirmed = true })
	for _, stage := range directory.Stages {
		due, err := w.Store.DueSubjects(w.ctx, claim.RunID, w.target, stage, users, nil)
		w.ok(err)
		for _, d := range due {
			w.ok(w.Store.Record(w.ctx, claim, w.target, identity, []store.Outcome{done(d)}, w.now))
		}
	}
	w.ok(w.Store.FinishPush(w.ctx, claim, "done", "", w.now))
	w.ok(w.Store.EndRequest(w.ctx, decided.RequestID, claim.RunID, w.now))
	if len(w.undoing(claim.RunID)) == 0 {
		w.Fatal("an approval was carried out and did nothing")
	}
	w.undo(claim.RunID, users...)

	// Links, a preview, and what is known of somebody.
	_, err = w.Store.PreviewSubjects(w.ctx, "staff", w.decider(), users, store.Want{InGroup: true}, w.now)
	w.ok(err)
	w.links(store.LinkFilter{})
	w.links(store.LinkFilter{ByUserName: []string{"cloud"}})
	for _, err := range w.Store.Unmanaged(w.ctx, store.UnmanagedFilter{Connection: "staff", Target: "cloud"}) {
		w.ok(err)
	}
	change := store.LinkChange{Connection: "staff", Target: "cloud", UserID: w.userID("eng3"), Who: ada}
	change.RemoteID = w.column(`SELECT remote_id FROM accounts WHERE user_id = ?`, change.UserID)[0]
	w.ok(w.Store.RemoveLink(w.ctx, change, w.now))
	w.ok(w.Store.SetLink(w.ctx, change, w.now))
	_, err = w.Store.Subject(w.ctx, "staff", change.UserID)
	w.ok(err)
	_, _, err = w.Store.LinkCounts(w.ctx, w.target)
	w.ok(err)
	_, err = w.Store.LastChanges(w.ctx, change.UserID, 10)
	w.ok(err)
	w.people(store.ChangeFilter{Target: "cloud"})

	// What was told, and what is forgotten.
	id, _, err := w.Store.AddNotification(w.ctx, store.Notification{Event: "held", Key: "1", Destination: "ops", Payload: "{}"}, w.now)
	w.ok(err)
	w.ok(w.Store.DeliveryFailed(w.ctx, id, "unavailable"))
	w.ok(w.Store.Delivered(w.ctx, id, w.now))
	w.forget(store.Retention{Changes: day, Images: day, Profiles: day, Actions: day}, w.now.Add(30*day))
	w.forget(store.Retention{Changes: day, Images: day, Profiles: day, Actions: day}, w.now.Add(70*day))
}
