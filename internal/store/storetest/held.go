package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

var (
	alone    = store.ApprovalPolicy{Persons: 1}
	together = store.ApprovalPolicy{Persons: 2}
	ada      = store.Who{Name: "ada"}
	bob      = store.Who{Name: "bob", Verified: true}
)

// held is a world in which ten of forty leave, are all held, and the run has ended.
func (w *world) held() store.Held {
	w.Helper()
	names := w.grown(40)
	w.leave(names[:10]...)
	w.guard(standard)
	w.ok(w.Store.Finish(w.ctx, w.claim, "held", "", true, w.now))
	return w.onlyHeld()
}

func (w *world) onlyHeld() store.Held {
	w.Helper()
	open, err := w.Store.OpenHeld(w.ctx, "staff")
	w.ok(err)
	if len(open) != 1 {
		w.Fatalf("%d plans are held, want one", len(open))
	}
	return open[0]
}

func (w *world) decideHeld(d store.HeldDecision, policy store.ApprovalPolicy) store.HeldOutcome {
	w.Helper()
	outcome, err := w.Store.DecideHeld(w.ctx, d, policy, w.now)
	w.ok(err)
	return outcome
}

// states counts the changes of a run by state.
func (w *world) states(runID int64) map[string]int {
	w.Helper()
	counts := map[string]int{}
	for _, state := range w.column(`SELECT state FROM changes WHERE run_id = ?`, runID) {
		counts[state]++
	}
	return counts
}

func heldPlans(t *testing.T, open Open) {
	cases(t, open, map[string]func(w *world){
		"a held plan says what it would do": func(w *world) {
			h := w.held()
			w.same("counts", h.Counts, []store.Count{{Target: "cloud", Kind: "account.suspend", State: "held", Class: "over-limit", Count: 10}})
			if h.Connection != "staff" || h.Target != "cloud" || h.Changes != 10 || !h.Created.Equal(w.now) || !h.Decided.IsZero() {
				w.Errorf("held: %+v", h)
			}
			again, err := w.Store.Held(w.ctx, h.ID)
			w.ok(err)
			w.same("by its id", again, h)
			other, err := w.Store.OpenHeld(w.ctx, "others")
			w.ok(err)
			w.same("of another connection", len(other), 0)
			if _, err := w.Store.Held(w.ctx, h.ID+1000); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("one that is not there: %v", err)
			}
		},
		"an approval makes the changes approved and asks for the run that carries it out": func(w *world) {
			h := w.held()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone)
			if got.Refused != "" || got.Changes != 10 || got.Remaining != 0 || !got.Ended || got.Waiting || got.RequestID == 0 {
				w.Fatalf("outcome: %+v", got)
			}
			w.same("states", w.states(h.RunID)["approved"], 10)
			request, err := w.Store.Request(w.ctx, got.RequestID)
			w.ok(err)
			w.same("kind", request.Kind, store.RequestApproval)
			w.same("subject", request.Subject, got.Approval)
			w.same("who", request.Who, ada)
			after, err := w.Store.Held(w.ctx, h.ID)
			w.ok(err)
			w.same("state", after.State, "approved")
			w.same("decided", after.Decided.Equal(w.now), true)
			w.same("approvals", len(after.Approvals), 1)
			w.same("who approved", after.Approvals[0].Who, "ada")
			w.same("record", w.column(`SELECT what || ' ' || who || ' ' || text FROM actions`), []string{fmt.Sprintf("approve ada plan %d, changes: 10, still held: 0", h.ID)})
		},
		"a plan whose target is not used any more cannot be approved, and can be rejected": func(w *world) {
			h := w.held()
			d := store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada, Barred: "not-configured"}
			w.same("a yes", w.decideHeld(d, alone), store.HeldOutcome{Refused: "not-configured", Remaining: 10, Expires: h.Expires})
			w.same("requests", w.number(`SELECT COUNT(*) FROM requests`), 0)
			w.same("states", w.states(h.RunID)["held"], 10)
			d.Reject = true
			if got := w.decideHeld(d, alone); got.Refused != "" || got.Changes != 10 || !got.Ended {
				w.Errorf("a no came to %+v", got)
			}
			w.same("states", w.states(h.RunID)["rejected"], 10)
		},
		"what was approved before its target was taken out stays answered so": func(w *world) {
			h := w.held()
			d := store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada, RequestID: 7}
			first := w.decideHeld(d, alone)
			target, err := w.Store.ApprovalTarget(w.ctx, first.Approval)
			w.ok(err)
			w.same("target of the approval", target, w.target)
			if _, err := w.Store.ApprovalTarget(w.ctx, first.Approval+1000); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("an approval that is not there: %v", err)
			}
			d.Barred = "not-configured"
			w.same("again", w.decideHeld(d, alone), first)
		},
		"of two approvals at once one takes effect": func(w *world) {
			h := w.held()
			outcomes := make([]store.HeldOutcome, 2)
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, who := range []store.Who{ada, bob} {
				wg.Go(func() {
					outcomes[i], errs[i] = w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: who}, alone, w.now)
				})
			}
			wg.Wait()
			w.ok(errors.Join(errs...))
			refused := 0
			for _, o := range outcomes {
				if o.Refused != "" {
					w.same("refused", o.Refused, store.RefusedDecided)
					refused++
				}
			}
			w.same("refused", refused, 1)
			w.same("requests", w.number(`SELECT COUNT(*) FROM requests`), 1)
			w.same("effective", w.number(`SELECT COUNT(*) FROM approvals WHERE effective`), 1)
		},
		"an approval that is asked for again answers the same and does nothing twice": func(w *world) {
			h := w.held()
			d := store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada, RequestID: 7}
			first := w.decideHeld(d, alone)
			w.same("again", w.decideHeld(d, alone), first)
			w.same("requests", w.number(`SELECT COUNT(*) FROM requests`), 1)
			w.same("answers", w.number(`SELECT COUNT(*) FROM approvals`), 1)
		},
		"a part is approved and the rest stays held under another digest": func(w *world) {
			h := w.held()
			some := []int64{w.userID("p0"), w.userID("p1")}
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Users: some, Who: ada}, alone)
			if got.Changes != 2 || got.Remaining != 8 || got.Ended {
				w.Fatalf("outcome: %+v", got)
			}
			users, groups, next, err := w.Store.ApprovedSubjects(w.ctx, got.Approval, 0, 100)
			w.ok(err)
			w.same("approved users", users, some)
			w.same("approved groups", groups, []int64(nil))
			w.same("next", next, int64(0))
			rest := w.onlyHeld()
			w.same("rest", rest.Changes, int64(8))
			if rest.Digest == h.Digest {
				w.Error("another plan has the same digest")
			}
			w.same("by the old digest", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: bob}, alone).Refused, store.RefusedDigest)
			w.same("rejected", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: rest.Digest, Reject: true, Who: bob}, alone).Ended, true)
			w.same("states", w.states(h.RunID), map[string]int{"approved": 2, "rejected": 8})
			after, err := w.Store.Held(w.ctx, h.ID)
			w.ok(err)
			w.same("state of a plan that was approved in part", after.State, "approved")
		},
		"approved people come in pages": func(w *world) {
			h := w.held()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone)
			seen, pages := 0, 0
			for after := int64(0); ; pages++ {
				users, _, next, err := w.Store.ApprovedSubjects(w.ctx, got.Approval, after, 4)
				w.ok(err)
				seen += len(users)
				if next == 0 {
					break
				}
				after = next
			}
			w.same("people", seen, 10)
			w.same("pages", pages, 2)
		},
		"only the kinds that were chosen are approved": func(w *world) {
			h := w.held()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Kinds: []directory.Kind{directory.RemoveMember}, Who: ada}, alone)
			w.same("refused", got.Refused, store.RefusedNothing)
			w.same("still held", w.states(h.RunID)["held"], 10)
			got = w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Kinds: []directory.Kind{directory.SuspendAccount}, Who: ada}, alone)
			w.same("changes", got.Changes, int64(10))
		},
		"a reject has nothing carried out": func(w *world) {
			h := w.held()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Reject: true, Who: ada}, together)
			if !got.Ended || got.RequestID != 0 || got.Changes != 10 {
				w.Fatalf("outcome: %+v", got)
			}
			w.same("states", w.states(h.RunID), map[string]int{"rejected": 10})
			w.same("approved afterwards", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: bob}, alone).Refused, store.RefusedDecided)
			w.same("requests", w.number(`SELECT COUNT(*) FROM requests`), 0)
			w.same("people to be looked at again", len(w.dirty()), 10)
		},
		"an approval of a plan past its time is refused, and ends it": func(w *world) {
			h := w.held()
			w.now = h.Expires
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone)
			w.same("refused", got.Refused, store.RefusedExpired)
			w.same("ended", got.Ended, true)
			w.same("states", w.states(h.RunID), map[string]int{"expired": 10})
			w.same("again", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone).Refused, store.RefusedExpired)
		},
		"a plan past its time expires by itself": func(w *world) {
			h := w.held()
			for _, c := range []struct {
				at   time.Time
				want int
			}{{h.Expires.Add(-time.Microsecond), 0}, {h.Expires, 1}, {h.Expires, 0}} {
				refs, err := w.Store.ExpireHeld(w.ctx, c.at)
				w.ok(err)
				w.same("expired", len(refs), c.want)
				if c.want == 1 {
					w.same("which", refs[0], store.HeldRef{Connection: "staff", PlanID: h.ID, RunID: h.RunID, TargetID: w.target})
				}
			}
			w.same("states", w.states(h.RunID), map[string]int{"expired": 10})
		},
		"a plan that a later run took the place of cannot be approved": func(w *world) {
			h := w.held()
			w.begin()
			w.plan()
			w.guard(standard)
			w.ok(w.Store.Finish(w.ctx, w.claim, "held", "", true, w.now))
			w.same("refused", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone).Refused, store.RefusedSuperseded)
		},
		"where two persons are asked for, one is not enough, and twice one is one": func(w *world) {
			h := w.held()
			first := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, together)
			if !first.Waiting || first.RequestID != 0 || first.Ended || first.Remaining != 10 {
				w.Fatalf("the first yes: %+v", first)
			}
			w.same("still held", w.states(h.RunID)["held"], 10)
			w.same("the same person", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: store.Who{Name: " ADA "}}, together).Refused, store.RefusedSamePerson)
			w.same("nobody in particular", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest}, together).Refused, store.RefusedUnverified)
			second := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: bob}, together)
			if second.Waiting || second.Changes != 10 || second.RequestID == 0 || !second.Ended {
				w.Fatalf("the second yes: %+v", second)
			}
			request, err := w.Store.Request(w.ctx, second.RequestID)
			w.ok(err)
			w.same("who", request.Who, store.Who{Name: "ada and bob"})
		},
		"two persons approve what both have chosen": func(w *world) {
			h := w.held()
			w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Users: []int64{w.userID("p0"), w.userID("p1")}, Who: ada}, together)
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Users: []int64{w.userID("p1"), w.userID("p2")}, Who: bob}, together)
			w.same("changes", got.Changes, int64(1))
			w.same("approved", w.column(`SELECT u.source_id FROM changes ch JOIN users u ON u.id = ch.user_id WHERE ch.state = 'approved'`), []string{"00u-p1"})
		},
		"a yes to a plan that has changed since does not count with a second person's": func(w *world) {
			h := w.held()
			w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, together)
			w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Reject: true, Users: []int64{w.userID("p0")}, Who: bob}, together)
			rest := w.onlyHeld()
			got := w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: rest.Digest, Who: bob}, together)
			w.same("waits", []any{got.Waiting, got.RequestID}, []any{true, int64(0)})
			w.same("states", w.states(h.RunID), map[string]int{"held": 9, "rejected": 1})
		},
		"a removal that no look-up could confirm is not a person's to approve": func(w *world) {
			h := w.held()
			_, err := w.SQL.ExecContext(w.ctx, w.SQL.Rebind(`UPDATE changes SET class = 'unconfirmed' WHERE user_id = ? AND state = 'held'`), w.userID("p4"))
			w.ok(err)
			w.same("changes", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, alone).Changes, int64(9))
			w.same("states", w.states(h.RunID), map[string]int{"approved": 9, "held": 1})
		},
		"a name that was not authenticated does not count where that is asked for": func(w *world) {
			h := w.held()
			strict := store.ApprovalPolicy{Persons: 1, Verified: true}
			w.same("unverified", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: ada}, strict).Refused, store.RefusedUnverified)
			w.same("verified", w.decideHeld(store.HeldDecision{PlanID: h.ID, Digest: h.Digest, Who: bob}, strict).Changes, int64(10))
		},
		"a plan that is not there is not found": func(w *world) {
			if _, err := w.Store.DecideHeld(w.ctx, store.HeldDecision{PlanID: 99, Digest: "x", Who: ada}, alone, w.now); !errors.Is(err, store.ErrNotFound) {
				w.Errorf("error %v", err)
			}
		},
	})
}
