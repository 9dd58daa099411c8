package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// heldChange is a change that a decision may be about.
type heldChange struct {
	ID     int64  `db:"id"`
	Kind   string `db:"kind"`
	UserID int64  `db:"user_id"`
}

// chosen reports whether a change is in the part that was chosen.
func chosen(c heldChange, kinds []directory.Kind, users map[int64]bool) bool {
	return (len(kinds) == 0 || slices.Contains(kinds, directory.Kind(c.Kind))) && (len(users) == 0 || users[c.UserID])
}

// setOf returns the ids as a set; nil for none, which chooses everybody.
func setOf(ids []int64) map[int64]bool {
	set := make(map[int64]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func (g *answering) matching(ctx context.Context) ([]heldChange, error) {
	var held []heldChange
	if err := g.tx.selectAll(ctx, &held, `SELECT id, kind, user_id FROM changes WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed' ORDER BY id`,
		g.plan.RunID, g.plan.TargetID); err != nil {
		return nil, fmt.Errorf("read what is held: %w", err)
	}
	users := setOf(g.d.Users)
	return slices.DeleteFunc(held, func(c heldChange) bool { return !chosen(c, g.d.Kinds, users) }), nil
}

// agreed returns those of changes that another person has said yes to as well,
// of the plan as it is now, and who that is. It refuses a second yes of one person.
func (g *answering) agreed(ctx context.Context, changes []heldChange) ([]heldChange, Who, error) {
	var earlier []Approval
	if err := g.tx.selectAll(ctx, &earlier, approvalColumns+`WHERE held_id = ? AND decision = 'approve' AND digest = ? AND NOT effective ORDER BY id`, g.plan.ID, g.plan.Digest); err != nil {
		return nil, Who{}, fmt.Errorf("read earlier approvals: %w", err)
	}
	var others []Approval
	same := false
	for _, a := range earlier {
		if err := a.read(); err != nil {
			return nil, Who{}, err
		}
		switch {
		case strings.EqualFold(strings.TrimSpace(a.Who), strings.TrimSpace(g.d.Who.Name)):
			same = true
		case g.policy.Verified && !a.Verified: // it was given when names were not asked for
		default:
			others = append(others, a)
		}
	}
	if len(others) == 0 {
		if same {
			return nil, Who{}, g.refuse(RefusedSamePerson)
		}
		return nil, Who{}, nil
	}
	for _, other := range others {
		users := setOf(other.Users)
		both := slices.DeleteFunc(slices.Clone(changes), func(c heldChange) bool { return !chosen(c, other.Kinds, users) })
		if len(both) > 0 {
			return both, Who{other.Who, other.Verified}, nil
		}
	}
	return nil, Who{}, nil
}

// wait records a yes that a second person's has to follow.
func (g *answering) wait(ctx context.Context, changes int64) error {
	var err error
	if g.outcome.Approval, err = g.insert(ctx, changes, false); err != nil {
		return err
	}
	g.outcome.Changes, g.outcome.Waiting = changes, true
	return g.record(ctx, fmt.Sprintf("plan %d, changes: %d, waits for a second person", g.plan.ID, changes))
}

func (g *answering) insert(ctx context.Context, changes int64, effective bool) (id int64, err error) {
	users, err := idList(g.d.Users)
	if err != nil {
		return 0, err
	}
	if err := g.tx.get(ctx, &id, `INSERT INTO approvals (held_id, decision, digest, kinds, users, who, verified, changes, effective, key, decided_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, g.plan.ID, g.verb(), g.d.Digest, kindList(g.d.Kinds), users, g.d.Who.Name, g.d.Who.Verified,
		changes, effective, g.d.Key, micros(g.now)); err != nil {
		return 0, fmt.Errorf("record decision: %w", err)
	}
	return id, nil
}

func (g *answering) verb() string {
	if g.d.Reject {
		return "reject"
	}
	return "approve"
}

func (g *answering) record(ctx context.Context, text string) error {
	return recordAction(ctx, g.tx, Action{ConnectionID: g.plan.ConnectionID, What: g.verb(), RunID: g.plan.RunID, Text: text}.by(g.d.Who), g.now)
}

// effect takes the changes out of the plan.
func (g *answering) effect(ctx context.Context, changes []heldChange, who Who) error {
	id, err := g.insert(ctx, int64(len(changes)), true)
	if err != nil {
		return err
	}
	state, ended := directory.Approved, planApproved
	if g.d.Reject {
		state, ended = directory.Rejected, planRejected
	}
	for chunk := range chunks(changes, 1000) {
		ids := make([]int64, len(chunk))
		for i, c := range chunk {
			ids[i] = c.ID
		}
		query, args, err := in(`UPDATE changes SET state = ?, approval_id = ? WHERE id IN (?) AND state = 'held'`, string(state), id, padded(ids))
		if err != nil {
			return err
		}
		if _, err := g.tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("take changes out of held plan %d: %w", g.plan.ID, err)
		}
	}
	if err := g.rest(ctx, ended); err != nil {
		return err
	}
	g.outcome.Approval, g.outcome.Changes = id, int64(len(changes))
	if !g.d.Reject {
		request := Request{ConnectionID: g.plan.ConnectionID, Kind: RequestApproval, Subject: id, Who: who}
		if g.outcome.RequestID, err = addRequest(ctx, g.tx, request, g.now); err != nil {
			return err
		}
		if _, err := g.tx.exec(ctx, `UPDATE approvals SET request_id = ? WHERE id = ?`, g.outcome.RequestID, id); err != nil {
			return fmt.Errorf("note the request of approval %d: %w", id, err)
		}
	}
	return g.record(ctx, fmt.Sprintf("plan %d, changes: %d, still held: %d", g.plan.ID, len(changes), g.outcome.Remaining))
}

// rest makes the plan one of what is still held, or ends it.
func (g *answering) rest(ctx context.Context, ended string) error {
	remaining, _, digest, err := guarding{tx: g.tx, runID: g.plan.RunID, targetID: g.plan.TargetID}.held(ctx)
	if err != nil {
		return err
	}
	g.outcome.Remaining = remaining
	if remaining > 0 {
		_, err = g.tx.exec(ctx, `UPDATE held_plans SET changes = ?, digest = ? WHERE id = ?`, remaining, digest, g.plan.ID)
	} else {
		g.outcome.Ended = true
		_, err = g.tx.exec(ctx, `UPDATE held_plans SET state = CASE WHEN EXISTS (SELECT 1 FROM approvals a WHERE a.held_id = held_plans.id AND a.effective AND a.decision = 'approve') THEN 'approved' ELSE CAST(? AS TEXT) END, decided_at = ? WHERE id = ?`,
			ended, micros(g.now), g.plan.ID)
	}
	if err != nil {
		return fmt.Errorf("store what is left of held plan %d: %w", g.plan.ID, err)
	}
	return nil
}
