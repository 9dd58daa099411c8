package storetest

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// strict admits no removal at all.
var strict = store.Limits{Window: time.Hour, HeldFor: time.Hour}

// reopenedPlans are of runs of pushes, which stay open and hold more after their
// plan came to its end.
func reopenedPlans(t *testing.T, open Open) {
	// leaves holds that somebody goes, in a run that is open.
	leaves := func(w *pushWorld, c store.Claim, scimID string) int64 {
		w.Helper()
		w.change(scimID, map[string]any{"active": false})
		users, _ := w.pull(c, scimID)
		w.decide(c, users, nil)
		w.plan(c, users, nil)
		_, err := w.Store.Guard(w.ctx, c, w.target, strict, w.now)
		w.ok(err)
		return users[0]
	}
	// settled is a run of pushes that has held that ada goes, and bob who stays.
	settled := func(w *pushWorld) (c store.Claim, plan store.Held, bob string) {
		w.Helper()
		ada, bob := w.joins("ada"), w.joins("bob")
		c = w.begin(1)
		w.provision(c, ada, bob)
		leaves(w, c, ada)
		return c, w.plans()[0], bob
	}
	// reopened is that the plan is open again, about bob alone.
	reopened := func(w *pushWorld, was store.Held, bob int64) {
		w.Helper()
		open := w.plans()
		if len(open) != 1 || open[0].ID != was.ID {
			w.Fatalf("open plans: %+v, want the one that had ended", open)
		}
		plan := open[0]
		w.same("changes", plan.Changes, int64(1))
		w.same("decided", plan.Decided.IsZero(), true)
		w.same("expires", plan.Expires, w.now.Add(strict.HeldFor).UTC())
		if plan.Digest == was.Digest {
			w.Error("the digest is still that of what was decided about")
		}
		outcome, err := w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: plan.ID, Digest: was.Digest, Who: ada}, alone, w.now)
		w.ok(err)
		w.same("an answer to what it was", outcome.Refused, store.RefusedDigest)
		outcome, err = w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: plan.ID, Digest: plan.Digest, Who: ada}, alone, w.now)
		w.ok(err)
		w.same("changes approved", outcome.Changes, int64(1))
		users, _, _, err := w.Store.ApprovedSubjects(w.ctx, outcome.Approval, 0, 10)
		w.ok(err)
		w.same("approved", users, []int64{bob})
	}
	decided := func(reject bool) func(w *pushWorld) {
		return func(w *pushWorld) {
			c, plan, bob := settled(w)
			outcome, err := w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: plan.ID, Digest: plan.Digest, Reject: reject, Who: ada}, alone, w.now)
			w.ok(err)
			w.same("ended", outcome.Ended, true)
			w.later(time.Minute)
			reopened(w, plan, leaves(w, c, bob))
		}
	}
	pushCases(t, open, map[string]func(w *pushWorld){
		"a plan that was approved is open again for what is held after that": decided(false),
		"a plan that was rejected is":                                        decided(true),
		"a plan that has expired is": func(w *pushWorld) {
			c, plan, bob := settled(w)
			w.later(2 * time.Hour)
			expired, err := w.Store.ExpireHeld(w.ctx, w.now)
			w.ok(err)
			w.same("expired", len(expired), 1)
			reopened(w, plan, leaves(w, c, bob))
		},
		"a plan whose place a run took is, and not before something else is held": func(w *pushWorld) {
			c, plan, bob := settled(w)
			sync := w.sync()
			w.ok(w.Store.Finish(w.ctx, sync, "done", "", true, w.now))
			_, err := w.Store.Guard(w.ctx, c, w.target, strict, w.now)
			w.ok(err)
			w.same("open plans", len(w.plans()), 0)
			w.later(time.Minute)
			reopened(w, plan, leaves(w, c, bob))
		},
		"a plan that is still open takes what is held after it, and keeps its time": func(w *pushWorld) {
			c, plan, bob := settled(w)
			w.later(time.Minute)
			leaves(w, c, bob)
			now := w.plans()
			w.same("plans", len(now), 1)
			w.same("changes", now[0].Changes, int64(2))
			w.same("expires", now[0].Expires, plan.Expires)
		},
	})
}

// plans are the plans that wait for a person.
func (w *pushWorld) plans() []store.Held {
	w.Helper()
	open, err := w.Store.OpenHeld(w.ctx, "staff")
	w.ok(err)
	return open
}
