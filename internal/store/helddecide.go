package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// HeldDecision is a person's yes or no to a held plan, or to a part of it.
type HeldDecision struct {
	PlanID int64
	// Digest is of the plan as the person saw it.
	Digest string
	Reject bool
	// Kinds and Users choose a part; none is the whole.
	Kinds []directory.Kind
	Users []int64
	Who   Who
	// Barred is the class of why a yes could not be carried out: the plan's target
	// is not used any more. Empty when it could.
	Barred directory.Class
	// RequestID is the request of kind approve or reject that it answers; 0 from
	// the Web UI. Key names the asking where there is no request. Asked again with
	// either, the answer is the same.
	RequestID int64
	Key       string
}

// HeldOutcome is what a decision came to.
type HeldOutcome struct {
	// Approval is the decision's number; RequestID the request whose run carries
	// it out, 0 when there is nothing to carry out.
	Approval, RequestID int64
	// Changes is how many it is about, Remaining how many are still held.
	Changes, Remaining int64
	// Waiting is set when a second person has to approve as well.
	Waiting bool
	// Refused is why it has no effect; empty when it has.
	Refused directory.Class
	// Ended is whether the plan is decided about, or past its time.
	Ended bool
	// Expires is when the plan does.
	Expires time.Time
}

// Why a decision about a held plan has no effect.
const (
	RefusedExpired    directory.Class = "expired"
	RefusedSuperseded directory.Class = "superseded"
	RefusedDecided    directory.Class = "decided"
	// RefusedDigest is a plan that is not as the person saw it.
	RefusedDigest     directory.Class = "digest"
	RefusedSamePerson directory.Class = "same-person"
	RefusedUnverified directory.Class = "unverified"
	RefusedNothing    directory.Class = "nothing-matches"
)

// The states of a held plan.
const (
	planHeld       = "held"
	planApproved   = "approved"
	planRejected   = "rejected"
	planExpired    = "expired"
	planSuperseded = "superseded"
)

// DecideHeld records a person's decision about a held plan. Of two at once one
// wins. A yes makes the changes approved and adds the request that carries them
// out, in the same transaction; where two persons are asked for, the first yes
// has no effect but to be there. A no makes them rejected. What is left stays
// held, under another digest. A decision that has no effect says why in
// Refused; a plan that is not there is ErrNotFound.
func (s *Store) DecideHeld(ctx context.Context, d HeldDecision, policy ApprovalPolicy, now time.Time) (HeldOutcome, error) {
	var outcome HeldOutcome
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		answer := answering{tx: tx, d: d, policy: policy, now: now}
		if d.RequestID != 0 {
			answer.d.Key = "request/" + strconv.FormatInt(d.RequestID, 10)
		}
		if err := answer.lock(ctx); err != nil {
			return err
		}
		err := answer.decide(ctx)
		outcome = answer.outcome
		return err
	})
	return outcome, err
}

// answering is one decision, in its transaction.
type answering struct {
	tx      *Tx
	d       HeldDecision
	policy  ApprovalPolicy
	now     time.Time
	plan    heldRow
	outcome HeldOutcome
}

type heldRow struct {
	ID           int64  `db:"id"`
	RunID        int64  `db:"run_id"`
	TargetID     int64  `db:"target_id"`
	ConnectionID int64  `db:"connection_id"`
	Digest       string `db:"digest"`
	Changes      int64  `db:"changes"`
	State        string `db:"state"`
	ExpiresAt    int64  `db:"expires_at"`
}

// lock reads the plan and keeps others from deciding, and the guard from adding
// to it. The target comes first, as the guard has it.
func (g *answering) lock(ctx context.Context) error {
	var targetID int64
	if err := g.tx.get(ctx, &targetID, `SELECT target_id FROM held_plans WHERE id = ?`, g.d.PlanID); err != nil {
		return fmt.Errorf("read held plan %d: %w", g.d.PlanID, notFound(err))
	}
	var connectionID int64
	if err := g.tx.get(ctx, &connectionID, `SELECT connection_id FROM targets WHERE id = ?`+g.tx.forNoKeyUpdate(), targetID); err != nil {
		return fmt.Errorf("read target %d: %w", targetID, notFound(err))
	}
	if err := g.tx.get(ctx, &g.plan, `SELECT id, run_id, target_id, CAST(? AS BIGINT) AS connection_id, digest, changes, state, expires_at FROM held_plans WHERE id = ?`+g.tx.forUpdate(),
		connectionID, g.d.PlanID); err != nil {
		return fmt.Errorf("read held plan %d: %w", g.d.PlanID, notFound(err))
	}
	g.outcome = HeldOutcome{Expires: fromMicros(g.plan.ExpiresAt), Remaining: g.plan.Changes}
	return nil
}

func (g *answering) decide(ctx context.Context) error {
	known, err := g.answered(ctx)
	if err != nil || known {
		return err
	}
	switch g.plan.State {
	case planHeld:
	case planExpired:
		return g.refuse(RefusedExpired)
	case planSuperseded:
		return g.refuse(RefusedSuperseded)
	default:
		return g.refuse(RefusedDecided)
	}
	if g.plan.ExpiresAt <= micros(g.now) {
		if _, err := expireHeld(ctx, g.tx, HeldRef{PlanID: g.plan.ID, RunID: g.plan.RunID, TargetID: g.plan.TargetID}, g.now); err != nil {
			return err
		}
		g.plan.State = planExpired
		return g.refuse(RefusedExpired)
	}
	if !g.d.Reject && g.d.Barred != "" {
		return g.refuse(g.d.Barred)
	}
	if g.d.Digest != g.plan.Digest {
		return g.refuse(RefusedDigest)
	}
	if !g.d.Reject && (g.policy.Verified && !g.d.Who.Verified || g.policy.Persons > 1 && g.d.Who.Name == "") {
		return g.refuse(RefusedUnverified)
	}
	changes, err := g.matching(ctx)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return g.refuse(RefusedNothing)
	}
	who := g.d.Who
	if !g.d.Reject && g.policy.Persons > 1 {
		agreed, with, err := g.agreed(ctx, changes)
		if err != nil {
			return err
		}
		switch {
		case g.outcome.Refused != "":
			return nil
		case len(agreed) == 0:
			return g.wait(ctx, int64(len(changes)))
		}
		changes = agreed
		who = Who{Name: with.Name + " and " + who.Name, Verified: with.Verified && who.Verified}
	}
	return g.effect(ctx, changes, who)
}

func (g *answering) refuse(class directory.Class) error {
	g.outcome.Refused, g.outcome.Ended = class, g.plan.State != planHeld
	if g.outcome.Ended {
		g.outcome.Remaining = 0
	}
	return nil
}

// answered looks for the answer to the same asking.
func (g *answering) answered(ctx context.Context) (bool, error) {
	if g.d.Key == "" {
		return false, nil
	}
	var earlier []Approval
	if err := g.tx.selectAll(ctx, &earlier, approvalColumns+`WHERE held_id = ? AND key = ?`, g.plan.ID, g.d.Key); err != nil {
		return false, fmt.Errorf("look for an earlier answer: %w", err)
	}
	if len(earlier) == 0 {
		return false, nil
	}
	a := earlier[0]
	g.outcome.Approval, g.outcome.RequestID, g.outcome.Changes = a.ID, a.RequestID, a.Changes
	g.outcome.Waiting, g.outcome.Ended = !a.Effective, g.plan.State != planHeld
	if g.outcome.Ended {
		g.outcome.Remaining = 0
	}
	return true, nil
}
