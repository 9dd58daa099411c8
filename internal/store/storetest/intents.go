package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// joinsOps has somebody of the team eng join ops, as far as being about to be sent.
func (w *world) joinsOps() []store.Wanted {
	w.Helper()
	w.team("eng", 2)
	w.team("ops", 1)
	w.settle()
	w.next()
	w.saveMembers("ops", "ops0", "eng0")
	w.plan()
	w.same("plan", w.changes(), []string{"membership.add eng0 ops planned"})
	sent := []store.Wanted{{UserID: w.userID("eng0"), GroupID: w.groupID("ops")}}
	w.intend(sent, sent)
	return sent
}

// intend notes memberships, and compares which of them were not known.
func (w *world) intend(members, unknown []store.Wanted) {
	w.Helper()
	noted, err := w.Store.IntendMembers(w.ctx, w.claim, w.target, members)
	w.ok(err)
	w.same("noted", noted, unknown)
}

// fails ends the run as one whose target was out, and begins the next.
func (w *world) fails() {
	w.Helper()
	for _, stage := range directory.Stages {
		w.ok(w.Store.FailRest(w.ctx, w.claim, w.target, stage, directory.ClassUnavailable, w.now))
	}
	w.ok(w.Store.Finish(w.ctx, w.claim, "failed", "the target was out", false, w.now))
	w.begin()
}

// opsMembership is what is known of eng0 in ops.
func (w *world) opsMembership() []string {
	w.Helper()
	return w.column(`SELECT origin || CASE WHEN missing THEN ' missing' ELSE '' END FROM target_memberships WHERE user_id = ? AND group_id = ?`, w.userID("eng0"), w.groupID("ops"))
}

// creates has a newcomer as far as being about to be created, in a run that fails.
func (w *world) creates(failed bool) {
	w.Helper()
	w.staff(1)
	w.plan()
	w.ok(w.Store.Intend(w.ctx, w.claim, []int64{w.batch(store.Range{To: 9})[0].ID}, w.now))
	if failed {
		w.fails()
		return
	}
	w.ok(w.Store.Finish(w.ctx, w.claim, "stopped", "", false, w.now))
	w.begin()
}

func intents(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a membership that was about to be sent is taken away once it is not wanted": func(w *world) {
			w.joinsOps()
			w.fails()
			w.saveMembers("ops", "ops0")
			w.plan()
			w.same("plan", w.changes(), []string{"membership.remove eng0 ops unguarded"})
		},
		"and is added again while it is wanted": func(w *world) {
			w.joinsOps()
			w.fails()
			for range 2 {
				w.plan()
				w.same("plan", w.changes(), []string{"membership.add eng0 ops planned"})
			}
			w.same("known", w.opsMembership(), []string{"created missing"})
		},
		"a list that has it says that it is there, by us": func(w *world) {
			w.joinsOps()
			w.fails()
			w.ok(w.Store.ObserveMembers(w.ctx, w.claim, w.target, w.groupID("ops"), []string{w.accountID("ops0"), w.accountID("eng0")}))
			w.same("known", w.opsMembership(), []string{"created"})
			w.plan()
			w.same("plan", w.changes(), []string{})
		},
		"success makes it known, and one that is called off is forgotten": func(w *world) {
			sent := w.joinsOps()
			w.record(store.Outcome{UserID: sent[0].UserID, GroupID: sent[0].GroupID, State: directory.Retry, Class: directory.ClassUnavailable})
			w.same("in doubt", w.opsMembership(), []string{"created missing"})
			w.intend(sent, nil)
			w.ok(w.Store.CallOff(w.ctx, w.claim, w.target, nil, sent))
			w.same("called off", w.opsMembership(), []string{})
			w.intend(sent, sent)
			w.record(store.Outcome{UserID: sent[0].UserID, GroupID: sent[0].GroupID, State: directory.Applied, Joined: []int64{sent[0].GroupID}})
			w.same("joined", w.opsMembership(), []string{"created"})
			w.ok(w.Store.CallOff(w.ctx, w.claim, w.target, nil, sent))
			w.same("and stays", w.opsMembership(), []string{"created"})
		},
		"one that is known already stays as it is": func(w *world) {
			sent := w.joinsOps()
			w.exec(`UPDATE target_memberships SET origin = 'adopted', missing = FALSE WHERE user_id = ? AND group_id = ?`, sent[0].UserID, sent[0].GroupID)
			w.intend(sent, nil)
			w.same("known", w.opsMembership(), []string{"adopted"})
		},
		"what was to come with an account that never came asks for nothing": func(w *world) {
			w.team("eng", 1)
			w.plan()
			w.applyStage(directory.StageGroups)
			carried := []store.Wanted{{UserID: w.userID("eng0"), GroupID: w.groupID("eng")}}
			w.intend(carried, carried)
			w.fails()
			w.saveMembers("eng")
			w.plan()
			w.same("plan", w.changes(), []string{"account.create eng0 planned"})
		},
		"it shows to nobody as a membership": func(w *world) {
			w.joinsOps()
			seen, err := w.Store.Subject(w.ctx, "staff", w.userID("eng0"))
			w.ok(err)
			for _, m := range seen.Targets[0].Memberships {
				if m.GroupID == w.groupID("ops") && m.Joined {
					w.Errorf("shown: %+v", m)
				}
			}
		},
		"an account that a run may have made for somebody who leaves is looked for by the next, and the target is read": func(w *world) {
			w.creates(true)
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.leave("p0")
			before := w.claim.RunID - 1
			for range 2 { // a plan that is made again is the same
				w.plan()
				w.same("plan", w.changes(), []string{"account.create p0 planned"})
				due := w.batch(store.Range{To: 1 << 40})
				w.same("due", []any{len(due), due[0].IntentAt, due[0].DesiredState}, []any{1, w.now.UnixMicro(), "suspended"})
			}
			w.same("is read again", w.age().ReadAt.IsZero(), true)
			w.same("of the run before", w.column(`SELECT state || ' ' || class || ' ' || intent_at FROM changes WHERE run_id = ?`, before), []string{"failed unavailable 0"})
			w.record(store.Outcome{ChangeID: w.batch(store.Range{To: 1 << 40})[0].ID, UserID: w.userID("p0"), State: directory.Skipped, Class: directory.ClassStale})
			w.next()
			w.plan()
			w.same("once", w.changes(), []string{})
		},
		"what a stopped run left is taken over as well, in the words of the report": func(w *world) {
			w.creates(false)
			w.leave("p0")
			w.plan()
			w.same("plan", w.changes(), []string{"account.create p0 planned"})
			w.same("of the run before", w.column(`SELECT state || ' ' || class FROM changes WHERE run_id = ?`, w.claim.RunID-1), []string{"skipped no-longer-due"})
		},
		"somebody who is wanted still has the intent, for a day": func(w *world) {
			w.creates(true)
			w.plan()
			w.same("next", w.batch(store.Range{To: 9})[0].IntentAt, w.now.UnixMicro())
			w.now = w.now.Add(25 * time.Hour)
			w.fails()
			w.plan()
			w.same("a day later", w.batch(store.Range{To: 9})[0].IntentAt, int64(0))
		},
		"what the target has said itself is not in doubt": func(w *world) {
			w.staff(1)
			w.plan()
			due := w.batch(store.Range{To: 9})[0]
			w.ok(w.Store.Intend(w.ctx, w.claim, []int64{due.ID}, w.now))
			w.record(store.Outcome{ChangeID: due.ID, UserID: due.UserID, State: directory.Failed, Class: directory.ClassNotFound})
			w.ok(w.Store.Finish(w.ctx, w.claim, "failed", "", false, w.now))
			w.begin()
			w.leave("p0")
			w.plan()
			w.same("plan", w.changes(), []string{})
		},
		"nor is what was called off": func(w *world) {
			w.staff(1)
			w.plan()
			due := []int64{w.batch(store.Range{To: 9})[0].ID}
			w.ok(w.Store.Intend(w.ctx, w.claim, due, w.now))
			w.ok(w.Store.CallOff(w.ctx, w.claim, w.target, due, nil))
			w.fails()
			w.leave("p0")
			w.plan()
			w.same("plan", w.changes(), []string{})
		},
		"a dry run takes nothing over": func(w *world) {
			w.creates(true)
			w.leave("p0")
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			r := w.request("sync/dry")
			r.DryRun = true
			run, err := w.Store.BeginRun(w.ctx, r, w.now)
			w.ok(err)
			w.claim = run.Claim
			w.ok(w.Store.TargetReadDone(w.ctx, w.claim, w.target, w.now))
			w.plan()
			w.same("still read", w.age().ReadAt, w.now)
			w.same("its plan", w.changes(), []string{"account.create p0 planned"})
			w.ok(w.Store.Finish(w.ctx, w.claim, "done", "", false, w.now))
			w.begin()
			w.plan()
			w.same("the next run's", w.changes(), []string{"account.create p0 planned"})
		},
	})
}
