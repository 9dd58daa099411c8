package store

import (
	"context"
	"fmt"
	"time"
)

// Tripped reports whether the guard, or the least size of the source, stopped
// something in a run. What is only waiting for a person, or stands still for
// the quarantine itself, does not count.
func (s *Store) Tripped(ctx context.Context, runID int64) (bool, error) {
	var tripped bool
	err := s.get(ctx, &tripped, `SELECT EXISTS (SELECT 1 FROM changes WHERE run_id = ? AND state = 'held' AND class IN ('over-limit', 'whole-group', 'everybody', 'source-too-small'))
		OR EXISTS (SELECT 1 FROM notes WHERE run_id = ? AND code = ?)`, runID, runID, CodeSourceShort)
	if err != nil {
		return false, fmt.Errorf("look for what run %d held: %w", runID, err)
	}
	return tripped, nil
}

// Trip counts, at the end of a run, how many runs the guard has stopped. A run
// counts when it was stopped for something that the one stopped before it was
// not: a removal that was not held there, or a list of another length. What
// merely still waits, as it was or in part, is not counted again, and does not
// begin the count anew; a run that was not stopped does. When the count comes to
// after, which 0 turns off, the connection is put in quarantine: no removal is
// admitted until a person releases it. Trip reports whether that happened just
// now. Called again for the same run it counts nothing.
func (s *Store) Trip(ctx context.Context, connectionID, runID int64, after int, now time.Time) (quarantinedNow bool, err error) {
	var known struct {
		TripRun       int64 `db:"trip_run"`
		Trips         int64 `db:"trips"`
		QuarantinedAt int64 `db:"quarantined_at"`
	}
	if err := s.get(ctx, &known, `SELECT trip_run, trips, quarantined_at FROM connections WHERE id = ?`, connectionID); err != nil {
		return false, fmt.Errorf("read connection %d: %w", connectionID, notFound(err))
	}
	if known.QuarantinedAt != 0 || known.TripRun == runID {
		return false, nil
	}
	tripped, err := s.Tripped(ctx, runID)
	if err != nil || !tripped && known.Trips == 0 && known.TripRun == 0 {
		return false, err
	}
	fresh := false
	if tripped {
		if fresh, err = s.heldAnew(ctx, runID, known.TripRun); err != nil {
			return false, err
		}
	}
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		quarantinedNow = false
		if !tripped {
			_, err := tx.exec(ctx, `UPDATE connections SET trips = 0, trip_run = 0 WHERE id = ? AND quarantined_at = 0`, connectionID)
			return err
		}
		more := 0
		if fresh {
			more = 1
		}
		n, err := tx.exec(ctx, `UPDATE connections SET trips = trips + ?, trip_run = ? WHERE id = ? AND quarantined_at = 0 AND trip_run <> ?`, more, runID, connectionID, runID)
		if err != nil || n == 0 || !fresh || after <= 0 {
			return err
		}
		n, err = tx.exec(ctx, `UPDATE connections SET quarantined_at = ?, quarantine_reason = ? WHERE id = ? AND quarantined_at = 0 AND trips >= ?`,
			micros(now), fmt.Sprintf("the guard stopped %d runs, each for something new, and none between them went through", after), connectionID, after)
		quarantinedNow = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("count a stopped run: %w", err)
	}
	return quarantinedNow, nil
}

// heldAnew reports whether a run was stopped for something that an earlier one,
// 0 for none, was not. What of the earlier one's was decided about since, or has
// expired, was held there all the same.
func (s *Store) heldAnew(ctx context.Context, runID, earlier int64) (bool, error) {
	var fresh bool
	err := s.get(ctx, &fresh, `SELECT EXISTS (SELECT 1 FROM (
			SELECT target_id, kind, user_id, group_id, remote_id FROM changes WHERE run_id = ? AND state = 'held' AND class IN ('over-limit', 'whole-group', 'everybody', 'source-too-small')
			EXCEPT SELECT target_id, kind, user_id, group_id, remote_id FROM changes WHERE run_id = ? AND state IN ('held', 'approved', 'rejected', 'expired')
		) AS anew)
		OR EXISTS (SELECT 1 FROM notes n JOIN runs r ON r.id = n.run_id WHERE n.run_id = ? AND n.code = ? AND NOT EXISTS (
			SELECT 1 FROM notes b JOIN runs e ON e.id = b.run_id WHERE b.run_id = ? AND b.code = n.code AND e.users_read = r.users_read AND e.groups_read = r.groups_read))`,
		runID, earlier, runID, CodeSourceShort, earlier)
	if err != nil {
		return false, fmt.Errorf("compare what run %d held with run %d: %w", runID, earlier, err)
	}
	return fresh, nil
}

// Quarantined returns since when a connection has been in quarantine, and why;
// a zero time is not at all.
func (s *Store) Quarantined(ctx context.Context, connectionID int64) (since time.Time, reason string, err error) {
	var row struct {
		At     int64  `db:"quarantined_at"`
		Reason string `db:"quarantine_reason"`
	}
	if err := s.get(ctx, &row, `SELECT quarantined_at, quarantine_reason FROM connections WHERE id = ?`, connectionID); err != nil {
		return time.Time{}, "", fmt.Errorf("read connection %d: %w", connectionID, notFound(err))
	}
	return fromMicros(row.At), row.Reason, nil
}

// ReleaseQuarantine ends the quarantine of a connection, by a person's word. It
// reports whether there was one. What was held comes to the guard again with
// the next run.
func (s *Store) ReleaseQuarantine(ctx context.Context, connectionID int64, who Who, now time.Time) (released bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE connections SET trips = 0, quarantined_at = 0, quarantine_reason = '' WHERE id = ? AND quarantined_at <> 0`, connectionID)
		if err != nil {
			return err
		}
		if released = n > 0; !released {
			return nil
		}
		return recordAction(ctx, tx, Action{ConnectionID: connectionID, What: "quarantine.release", Text: "the connection was released from quarantine"}.by(who), now)
	})
	if err != nil {
		return false, fmt.Errorf("release connection %d: %w", connectionID, err)
	}
	return released, nil
}
