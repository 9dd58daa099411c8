package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// heldLook is how often a held plan is looked at whatever happens: a later run
// may have taken its place meanwhile, and the clock may have been set.
const heldLook = time.Hour

// Held owns one held plan until it is decided, taken over by a later run's, or
// past its time. A person says yes or no by the updates "approve" and "reject",
// which carry the digest of the plan as that person saw it. The plan itself, who
// decided what, and the time at which it expires are in the database: a Held
// that is lost is made again, and two of them would do no harm. It returns what
// became of the plan.
func Held(ctx workflow.Context, in HeldInput) (Decided, error) {
	h := &heldPlan{in: in}
	for _, u := range []struct {
		name   string
		reject bool
	}{{ApproveUpdate, false}, {RejectUpdate, true}} {
		err := workflow.SetUpdateHandlerWithOptions(ctx, u.name, func(ctx workflow.Context, d Decision) (Decided, error) {
			return h.decide(ctx, d, u.reject)
		}, workflow.UpdateHandlerOptions{Validator: h.check})
		if err != nil {
			return Decided{}, fmt.Errorf("register update: %w", err)
		}
	}
	wake := workflow.GetSignalChannel(ctx, WakeSignal)
	for {
		for wake.ReceiveAsync(nil) { // one look is enough for all of them
		}
		if err := h.look(ctx); err != nil {
			return h.plan, err
		}
		if !h.plan.Ended {
			if err := h.wait(ctx, wake); err != nil {
				return h.plan, err
			}
		}
		if h.plan.Ended || enough(ctx) {
			if err := settled(ctx); err != nil {
				return h.plan, err
			}
		}
		switch {
		case h.plan.Ended:
			h.say(ctx, "decided")
			return h.plan, nil
		case enough(ctx):
			return Decided{}, workflow.NewContinueAsNewError(ctx, Held, in)
		}
	}
}

type heldPlan struct {
	in   HeldInput
	plan Decided
}

// check refuses a decision that cannot have an effect before it is in the
// plan's history.
func (h *heldPlan) check(d Decision) error {
	switch {
	case h.plan.Ended:
		return errors.New("the plan has been decided, has expired, or a later run's has taken its place")
	case d.Digest == "":
		return errors.New("a decision carries the digest of the plan; \"rollcall held\" shows it")
	}
	return nil
}

// decide records a yes or a no. What was approved is carried out by a run of
// its own, which the activity starts.
func (h *heldPlan) decide(ctx workflow.Context, d Decision, reject bool) (Decided, error) {
	verb := ApproveUpdate
	if reject {
		verb = RejectUpdate
	}
	var decided Decided
	in := DecideHeldInput{HeldInput: h.in, Decision: d, Reject: reject, Update: workflow.GetCurrentUpdateInfo(ctx).ID}
	options := local(ctx, FirstHeartbeat, fmt.Sprintf("%s plan %d", verb, h.in.PlanID))
	if err := workflow.ExecuteActivity(options, ActivityDecideHeld, in).Get(ctx, &decided); err != nil {
		return Decided{}, err
	}
	if decided.Refused == "" || decided.Ended {
		h.plan = decided
	}
	return decided, nil
}

// look reads where the plan stands, and ends it when its time is over.
func (h *heldPlan) look(ctx workflow.Context) error {
	var plan Decided
	if err := workflow.ExecuteActivity(local(ctx, FirstHeartbeat, "look at the plan"), ActivityExpireHeld, h.in).Get(ctx, &plan); err != nil {
		return err
	}
	if h.plan.Ended {
		return nil // it was decided while this look was under way
	}
	h.plan = plan
	h.say(ctx, "waits for a decision")
	return nil
}

// wait waits until the plan is decided, somebody asks to look again, or its
// time is over.
func (h *heldPlan) wait(ctx workflow.Context, wake workflow.ReceiveChannel) error {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	due := min(max(h.plan.Expires.Sub(workflow.Now(ctx)), time.Second), heldLook)
	passed, woken := false, false
	var failure error
	workflow.Go(timerCtx, func(ctx workflow.Context) {
		failure = workflow.NewTimer(ctx, due).Get(ctx, nil)
		passed = true
	})
	workflow.Go(timerCtx, func(ctx workflow.Context) {
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(wake, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); woken = true })
		selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
		selector.Select(ctx)
	})
	if err := workflow.Await(ctx, func() bool { return h.plan.Ended || passed || woken }); err != nil {
		return err
	}
	if passed {
		return failure
	}
	return nil
}

func (h *heldPlan) say(ctx workflow.Context, state string) {
	text := fmt.Sprintf("**%s**, held plan %d: %s. %d removals are held.", h.in.Connection, h.in.PlanID, state, h.plan.Remaining)
	if !h.plan.Ended {
		text += fmt.Sprintf(" It expires at %s.", h.plan.Expires.UTC().Format(time.RFC3339))
	}
	if h.plan.Waiting {
		text += " A second person has to approve it."
	}
	workflow.SetCurrentDetails(ctx, text)
	if h.plan.SearchAttributes {
		outcome := OutcomeHeld
		if h.plan.Ended {
			outcome = OutcomeDone
		}
		tell(ctx, h.in.Connection, TriggerHeld, outcome, h.plan.Remaining, 0)
	}
}
