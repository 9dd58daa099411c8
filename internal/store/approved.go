package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ApprovalTarget is the target of the held plan that an approval is about, or
// ErrNotFound.
func (s *Store) ApprovalTarget(ctx context.Context, approval int64) (int64, error) {
	var id int64
	if err := s.get(ctx, &id, `SELECT h.target_id FROM approvals ap JOIN held_plans h ON h.id = ap.held_id WHERE ap.id = ?`, approval); err != nil {
		return 0, fmt.Errorf("read approval %d: %w", approval, notFound(err))
	}
	return id, nil
}

// DropStale records, in the run that carries out an approval, what was approved
// in a target and is not due any more, so that its report says so. It returns
// how many there are, and may be called again.
func (s *Store) DropStale(ctx context.Context, c Claim, targetID, approval int64) (int64, error) {
	return s.endApproved(ctx, c, targetID, approval, directory.Skipped, directory.ClassStale)
}

// FailApproved records, in the run that carries out an approval, that what was
// approved in a target cannot be done there, and why, so that nobody takes it for
// done or still to come. It returns how many changes that are, and may be called again.
func (s *Store) FailApproved(ctx context.Context, c Claim, targetID, approval int64, class directory.Class) (int64, error) {
	return s.endApproved(ctx, c, targetID, approval, directory.Failed, class)
}

// endApproved gives what was approved, and has no change of its own in the run,
// one that has ended.
func (s *Store) endApproved(ctx context.Context, c Claim, targetID, approval int64, state directory.State, class directory.Class) (int64, error) {
	var ended int64
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		from, err := nextRound(ctx, tx, c.RunID, targetID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, evidence, before, after, state, class, remote_id, outer_id, people)
			SELECT CAST(? AS BIGINT), ok.target_id, ok.stage, CAST(? AS BIGINT) + ROW_NUMBER() OVER (ORDER BY ok.id), ok.kind, ok.user_id, ok.group_id, ok.rule, ok.evidence, ok.before, ok.after,
				CAST(? AS TEXT), CAST(? AS TEXT), ok.remote_id, ok.outer_id, ok.people
			FROM changes ok WHERE ok.approval_id = ? AND ok.approval_id <> 0 AND ok.state = 'approved' AND ok.target_id = ?
				AND NOT EXISTS (SELECT 1 FROM changes own WHERE own.user_id = ok.user_id AND own.run_id = ? AND own.target_id = ok.target_id
					AND own.kind = ok.kind AND own.group_id = ok.group_id AND own.remote_id = ok.remote_id AND own.outer_id = ok.outer_id)`,
			c.RunID, from, string(state), string(class), approval, targetID, c.RunID); err != nil {
			return fmt.Errorf("record what was approved and is not done: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.get(ctx, &ended, `SELECT COUNT(*) FROM changes ok WHERE ok.approval_id = ? AND ok.approval_id <> 0 AND ok.state = 'approved' AND ok.target_id = ?
		AND EXISTS (SELECT 1 FROM changes own WHERE own.user_id = ok.user_id AND own.run_id = ? AND own.target_id = ok.target_id
			AND own.kind = ok.kind AND own.group_id = ok.group_id AND own.remote_id = ok.remote_id AND own.outer_id = ok.outer_id AND own.state = ? AND own.class = ?)`,
		approval, targetID, c.RunID, string(state), string(class))
	if err != nil {
		return 0, fmt.Errorf("count what was approved and is not done: %w", err)
	}
	return ended, nil
}
