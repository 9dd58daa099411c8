package scenario

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestWhatWasHeldIsDoneOnceItIsApproved(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		h := newHolding(t, settings{Database: database})
		if len(h.gone()) != 0 {
			t.Fatalf("%v lost access without approval", h.gone())
		}
		result := h.carriedOut(h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest))
		if result.Outcome != workflows.OutcomeDone || result.Applied != 8 || len(h.gone()) != 8 {
			t.Errorf("the approval came to %+v; %d have no access any more", result, len(h.gone()))
		}
		run, err := h.Worker.Store.Run(t.Context(), result.Ref.RunID)
		h.no(err)
		if run.AskedBy != "ada" || run.Verified || run.Trigger != workflows.TriggerApproval || run.ApprovalID == 0 {
			t.Errorf("the run is recorded as %+v", run)
		}
		h.wantEqual()
		h.wantOutcome(h.sync(workflows.SyncInput{Full: true}), workflows.OutcomeDone)
		h.wantEqual()
		h.wantNothingTwice()
	})
}

func TestAnApprovalAfterTheSourceChangedDropsWhatIsNotDueAnyMore(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{})
	for _, u := range h.left[:3] { // they are back, which nobody has read yet
		h.no(h.Box.Okta.UnsuspendUser(u.ID))
	}
	late := h.active()[20] // and somebody else has gone, whom nobody approved
	h.no(h.Box.Okta.SuspendUser(late.ID))
	result := h.carriedOut(h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest))
	if got := h.gone(); len(got) != 5 {
		t.Errorf("%v have no access any more, want the five who are still gone", got)
	}
	for _, u := range append(h.left[:3:3], late) {
		if h.account(u.Email).Status != "active" {
			t.Errorf("%s lost access", u.Email)
		}
	}
	// What was dropped is said, person by person.
	dropped := 0
	for word, n := range h.outcomes(result.Ref.RunID) {
		if word != string(directory.Applied) {
			dropped += n
		}
	}
	if dropped != 3 {
		t.Errorf("the run says %v, want five applied and three dropped", h.outcomes(result.Ref.RunID))
	}
	// What was approved counts in the window: one more is too many.
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
	h.wantOutcome(h.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
	h.wantEqual()
	h.wantNothingTwice()
}

func TestAnApprovalAfterANewRunDropsWhatTheRunKnowsToBeOver(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{})
	for _, u := range h.left { // all but one are back, and a run has seen it
		if u.ID != h.left[0].ID {
			h.no(h.Box.Okta.UnsuspendUser(u.ID))
		}
	}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	if got := h.gone(); len(got) != 1 {
		t.Errorf("%v have no access, want the one who is gone", got)
	}
	decided, err := h.tryAnswer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest)
	if err == nil && decided.Refused != store.RefusedSuperseded {
		t.Errorf("the approval of a plan that a later run took the place of came to %+v", decided)
	}
	h.wantEqual()
}

func TestOfTwoApprovalUpdatesAtOnceOneTakesEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		h := newHolding(t, settings{Database: database})
		decided, errs := make([]workflows.Decided, 2), make([]error, 2)
		var wg sync.WaitGroup
		for i, name := range []string{"ada", "bob"} {
			wg.Go(func() {
				decided[i], errs[i] = h.tryAnswer(store.Request{Kind: store.RequestApprove, Who: store.Who{Name: name}}, h.plan.Digest)
			})
		}
		wg.Wait()
		effective := 0
		for i := range decided {
			switch {
			case errs[i] != nil: // the plan was decided before the update was taken
			case decided[i].Refused == "":
				effective++
				h.carriedOut(decided[i])
			case decided[i].Refused != store.RefusedDecided:
				t.Errorf("refused as %q", decided[i].Refused)
			}
		}
		if effective != 1 || len(h.gone()) != 8 {
			t.Errorf("%d approvals took effect (%v), %d have no access", effective, errors.Join(errs...), len(h.gone()))
		}
		h.wantEqual()
		h.wantNothingTwice()
	})
}

func TestAnApprovalOfAPlanPastItsTimeDoesNothing(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHolding(t, settings{Now: c.Now})
	c.forward(h.plan.Expires.Sub(c.Now()) + time.Minute)
	decided, err := h.tryAnswer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest)
	if err == nil && decided.Refused != store.RefusedExpired {
		t.Errorf("the approval came to %+v", decided)
	}
	if len(h.gone()) != 0 {
		t.Errorf("%v lost access", h.gone())
	}
	after, err := h.Worker.Store.Held(t.Context(), h.plan.ID)
	h.no(err)
	if after.State != "expired" || h.outcomes(h.plan.RunID)["expired over-limit"] != 8 {
		t.Errorf("the plan is %q, its changes are %v", after.State, h.outcomes(h.plan.RunID))
	}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeHeld) // they are still due, and held again
}

func TestARejectLeavesEverybodyAsTheyAre(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{})
	decided := h.answer(store.Request{Kind: store.RequestReject, Who: approver}, h.plan.Digest)
	if decided.Refused != "" || decided.RequestID != 0 || !decided.Ended {
		t.Errorf("the reject came to %+v", decided)
	}
	h.wantOutcomes(h.plan.RunID, map[string]int{"rejected over-limit": 8})
	if _, err := h.tryAnswer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest); err == nil {
		after, err := h.Worker.Store.Held(t.Context(), h.plan.ID)
		h.no(err)
		if after.State != "rejected" {
			t.Errorf("after an approval the rejected plan is %q", after.State)
		}
	}
	if len(h.gone()) != 0 {
		t.Errorf("%v lost access", h.gone())
	}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
}

func TestAPartOfAPlanIsApprovedAndTheRestStaysHeld(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{})
	none := h.answer(store.Request{Kind: store.RequestApprove, Kinds: []directory.Kind{directory.DeleteAccount}, Who: approver}, h.plan.Digest)
	if none.Refused != store.RefusedNothing {
		t.Errorf("an approval of a kind that is not held came to %+v", none)
	}
	some := h.left[:2]
	decided := h.answer(store.Request{Kind: store.RequestApprove, Kinds: []directory.Kind{directory.SuspendAccount}, Users: h.ids(some...), Who: approver}, h.plan.Digest)
	if decided.Changes != 2 || decided.Remaining != 6 || decided.Ended {
		t.Errorf("the approval came to %+v", decided)
	}
	h.carriedOut(decided)
	want := []string{some[0].Email, some[1].Email}
	slices.Sort(want)
	if got := h.gone(); !slices.Equal(got, want) {
		t.Errorf("%v have no access any more, want %v", got, want)
	}
	h.plan = h.onlyPlan()
	if h.plan.Changes != 6 {
		t.Errorf("%d are still held", h.plan.Changes)
	}
	h.carriedOut(h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest))
	if len(h.gone()) != 8 {
		t.Errorf("%d have no access after the second approval", len(h.gone()))
	}
	h.wantEqual()
	h.wantNothingTwice()
}

func TestWhereTwoPersonsAreAskedForOneIsNotEnough(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{}, func(s *scenario) { s.Config.Approvals.Persons = 2 })
	first := h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest)
	if !first.Waiting || first.RequestID != 0 {
		t.Fatalf("the first approval came to %+v", first)
	}
	again := h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest)
	if again.Refused != store.RefusedSamePerson {
		t.Errorf("the same person's second approval came to %+v", again)
	}
	if len(h.gone()) != 0 {
		t.Fatalf("%v lost access by one person's approval", h.gone())
	}
	h.carriedOut(h.answer(store.Request{Kind: store.RequestApprove, Who: store.Who{Name: "bob"}}, h.plan.Digest))
	if len(h.gone()) != 8 {
		t.Errorf("%d have no access", len(h.gone()))
	}
	h.wantEqual()
}

func TestAPlanIsApprovedByAnUpdateFromOutsideThatCarriesItsDigest(t *testing.T) {
	t.Parallel()
	h := newHolding(t, settings{})
	send := func(digest string) (workflows.Decided, error) {
		ctx, cancel := context.WithTimeout(t.Context(), hung)
		defer cancel()
		handle, err := h.Worker.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: workflows.HeldID(h.Name, h.plan.ID), UpdateName: workflows.ApproveUpdate,
			Args: []any{workflows.Decision{Digest: digest}}, WaitForStage: client.WorkflowUpdateStageCompleted})
		if err != nil {
			return workflows.Decided{}, err
		}
		var decided workflows.Decided
		return decided, handle.Get(ctx, &decided)
	}
	if decided, err := send("another"); err == nil && decided.Refused != store.RefusedDigest {
		t.Errorf("an approval of another plan came to %+v", decided)
	}
	if decided, err := send(""); err == nil && decided.Refused == "" {
		t.Errorf("an approval without a digest came to %+v", decided)
	}
	if len(h.gone()) != 0 {
		t.Fatalf("%v lost access", h.gone())
	}
	decided, err := send(h.plan.Digest)
	h.no(err)
	h.carriedOut(decided)
	if len(h.gone()) != 8 {
		t.Errorf("%d have no access", len(h.gone()))
	}
	h.wantEqual()
}
