package activities

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// DecideHeld records a person's yes or no to a held plan. What was approved is
// a request by then, in the same transaction, whose workflow it starts.
func (a *Activities) DecideHeld(ctx context.Context, in workflows.DecideHeldInput) (workflows.Decided, error) {
	defer a.beat(ctx)()
	result, err := a.decideHeld(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) decideHeld(ctx context.Context, in workflows.DecideHeldInput) (workflows.Decided, error) {
	decision := store.HeldDecision{PlanID: in.PlanID, Digest: in.Digest, Reject: in.Reject, Key: in.Update, Who: store.Who{Name: "a Temporal update"}}
	if in.RequestID != 0 {
		request, err := a.Store.Request(ctx, in.RequestID)
		if errors.Is(err, store.ErrNotFound) {
			return workflows.Decided{}, final(directory.ClassNotFound)
		}
		if err != nil {
			return workflows.Decided{}, err
		}
		if request.Connection != in.Connection || request.Subject != in.PlanID || (request.Kind == store.RequestReject) != in.Reject {
			return workflows.Decided{}, final(directory.ClassRefused) // somebody else's answer, to something else
		}
		decision.Kinds, decision.Users, decision.Who = request.Kinds, request.Users, request.Who
		decision.RequestID = in.RequestID
	}
	if !in.Reject {
		barred, err := a.barred(ctx, in.HeldInput)
		if err != nil {
			return workflows.Decided{}, err
		}
		decision.Barred = barred
	}
	outcome, err := a.Store.DecideHeld(ctx, decision, a.Approvals, a.Now())
	if errors.Is(err, store.ErrNotFound) {
		return workflows.Decided{}, final(directory.ClassNotFound)
	}
	if err != nil {
		return workflows.Decided{}, err
	}
	if in.RequestID != 0 {
		if err := a.Store.EndRequest(ctx, in.RequestID, 0, a.Now()); err != nil {
			return workflows.Decided{}, err
		}
	}
	if outcome.RequestID != 0 {
		a.start(ctx, func(ctx context.Context) error {
			return a.Start.Subjects(ctx, in.Connection, outcome.RequestID, workflows.TriggerApproval)
		})
	}
	a.Log.Info("a held plan was decided about", "connection", in.Connection, "plan", in.PlanID, "reject", in.Reject, "changes", outcome.Changes, "remaining", outcome.Remaining, "refused", outcome.Refused)
	return workflows.Decided{
		Approval: outcome.Approval, RequestID: outcome.RequestID, Changes: outcome.Changes, Remaining: outcome.Remaining, Waiting: outcome.Waiting,
		Refused: outcome.Refused, Ended: outcome.Ended, Expires: outcome.Expires, SearchAttributes: a.SearchAttributes,
	}, nil
}

// barred is the class of why what a plan holds could not be carried out if it
// were approved: it would wait for a target that is not used any more.
func (a *Activities) barred(ctx context.Context, in workflows.HeldInput) (directory.Class, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return "", err
	}
	plan, err := a.Store.Held(ctx, in.PlanID)
	if errors.Is(err, store.ErrNotFound) {
		return "", final(directory.ClassNotFound)
	}
	if err != nil {
		return "", err
	}
	return a.unused(ctx, c, plan.TargetID)
}

// ExpireHeld ends the plans whose time is over, and says where one of them stands.
func (a *Activities) ExpireHeld(ctx context.Context, in workflows.HeldInput) (workflows.Decided, error) {
	defer a.beat(ctx)()
	result, err := a.expireHeld(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) expireHeld(ctx context.Context, in workflows.HeldInput) (workflows.Decided, error) {
	if _, err := a.Store.ExpireHeld(ctx, a.Now()); err != nil {
		return workflows.Decided{}, err
	}
	plan, err := a.Store.Held(ctx, in.PlanID)
	if errors.Is(err, store.ErrNotFound) {
		return workflows.Decided{Ended: true, SearchAttributes: a.SearchAttributes}, nil // past its retention
	}
	if err != nil {
		return workflows.Decided{}, err
	}
	result := workflows.Decided{Remaining: plan.Changes, Ended: plan.State != "held", Expires: plan.Expires, SearchAttributes: a.SearchAttributes}
	for _, approval := range plan.Approvals {
		result.Waiting = result.Waiting || approval.Decision == "approve" && !approval.Effective
	}
	return result, nil
}
