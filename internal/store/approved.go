package store

import (
	"context"
	"fmt"
)

// DropStale records, in the run that carries out an approval, what was approved
// in a target and is not due any more, so that its report says so. It returns
// how many there are, and may be called again.
func (s *Store) DropStale(ctx context.Context, c Claim, targetID, approval int64) (int64, error) {
	var dropped int64
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		from, err := nextRound(ctx, tx, c.RunID, targetID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, evidence, before, after, state, class, remote_id, outer_id, people)
			SELECT CAST(? AS BIGINT), ok.target_id, ok.stage, CAST(? AS BIGINT) + ROW_NUMBER() OVER (ORDER BY ok.id), ok.kind, ok.user_id, ok.group_id, ok.rule, ok.evidence, ok.before, ok.after,
				'skipped', 'no-longer-due', ok.remote_id, ok.outer_id, ok.people
			FROM changes ok WHERE ok.approval_id = ? AND ok.approval_id <> 0 AND ok.state = 'approved' AND ok.target_id = ?
				AND NOT EXISTS (SELECT 1 FROM changes own WHERE own.user_id = ok.user_id AND own.run_id = ? AND own.target_id = ok.target_id
					AND own.kind = ok.kind AND own.group_id = ok.group_id AND own.remote_id = ok.remote_id AND own.outer_id = ok.outer_id)`,
			c.RunID, from, approval, targetID, c.RunID); err != nil {
			return fmt.Errorf("record what is not due any more: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.get(ctx, &dropped, `SELECT COUNT(*) FROM changes ok WHERE ok.approval_id = ? AND ok.approval_id <> 0 AND ok.state = 'approved' AND ok.target_id = ?
		AND EXISTS (SELECT 1 FROM changes own WHERE own.user_id = ok.user_id AND own.run_id = ? AND own.target_id = ok.target_id
			AND own.kind = ok.kind AND own.group_id = ok.group_id AND own.remote_id = ok.remote_id AND own.outer_id = ok.outer_id AND own.state = 'skipped' AND own.class = 'no-longer-due')`, approval, targetID, c.RunID)
	if err != nil {
		return 0, fmt.Errorf("count what is not due any more: %w", err)
	}
	return dropped, nil
}
