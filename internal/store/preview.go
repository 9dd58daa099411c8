package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errPreviewed ends the transaction of a preview: nothing of it is kept.
var errPreviewed = errors.New("this was a preview")

// PreviewSubjects says what the next run would do about some users in a target:
// it decides and plans as a run does, in a transaction that is rolled back. The
// guard is not asked: a removal is "unguarded". ErrNotFound when the connection
// is not known.
func (s *Store) PreviewSubjects(ctx context.Context, connection string, t TargetDecider, users []int64, want Want, now time.Time) ([]Change, error) {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return nil, err
	}
	var changes []Change
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		changes = nil
		claim := Claim{ConnectionID: connectionID, Epoch: -1}
		if err := tx.get(ctx, &claim.RunID, `INSERT INTO runs (connection_id, workflow_id, drains, trigger_by, dry_run, allow_removals, full_read, stage, since, started_at)
			VALUES (?, 'preview', 1, 'preview', TRUE, FALSE, FALSE, 'plan', 0, ?) RETURNING id`, connectionID, micros(now)); err != nil {
			return fmt.Errorf("begin preview: %w", err)
		}
		if err := decideSubjects(ctx, tx, claim, []TargetDecider{t}, users, nil, want, now); err != nil {
			return err
		}
		if _, err := planSubjects(ctx, tx, claim, t.ID, users, nil); err != nil {
			return err
		}
		if err := tx.selectAll(ctx, &changes, changeColumns+`WHERE ch.run_id = ? ORDER BY ch.target_id, ch.stage, ch.ord`, claim.RunID); err != nil {
			return fmt.Errorf("read preview: %w", err)
		}
		return errPreviewed
	})
	if !errors.Is(err, errPreviewed) {
		return nil, fmt.Errorf("preview: %w", err)
	}
	for i := range changes {
		changes[i].ID = 0 // there is no such row
	}
	return changes, nil
}
