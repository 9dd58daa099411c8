package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Waiters returns up to limit users for whom a target had no licence free and
// who are still wanted there, in the order in which they came.
func (s *Store) Waiters(ctx context.Context, targetID int64, limit int) ([]int64, error) {
	var users []int64
	err := s.selectAll(ctx, &users, `SELECT w.user_id FROM seat_waits w JOIN desired_accounts d ON d.target_id = w.target_id AND d.user_id = w.user_id
		WHERE w.target_id = ? AND d.state = 'active' ORDER BY w.since, w.user_id LIMIT CAST(? AS BIGINT)`, targetID, limit)
	if err != nil {
		return nil, fmt.Errorf("read who waits for a licence: %w", err)
	}
	return users, nil
}

// recordWaits keeps the place of those for whom no licence was free, and ends
// the wait of those whose account was made or changed. Whoever waits already
// keeps the place.
func recordWaits(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome, now time.Time) error {
	var waiting, served []int64
	for _, o := range outcomes {
		switch {
		case o.UserID == 0:
		case o.State == directory.Waiting:
			waiting = append(waiting, o.UserID)
		case o.State == directory.Applied && (o.Account != nil || o.Gone):
			served = append(served, o.UserID)
		}
	}
	for chunk := range chunks(waiting, 1000) {
		args := make([]any, 0, 3*len(chunk))
		for _, id := range chunk {
			args = append(args, targetID, id, micros(now))
		}
		if _, err := tx.exec(ctx, `INSERT INTO seat_waits (target_id, user_id, since) VALUES `+rows("(?, ?, ?)", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("keep who waits for a licence: %w", err)
		}
	}
	for chunk := range chunks(served, 1000) {
		query, args, err := in(`DELETE FROM seat_waits WHERE target_id = ? AND user_id IN (?)`, targetID, padded(chunk))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("end the wait for a licence: %w", err)
		}
	}
	return nil
}
