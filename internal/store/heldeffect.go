package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

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
