package store

import (
	"context"
	"fmt"
	"time"
)

// PushRequest asks for the run of what is pushed to a shard.
type PushRequest struct {
	ConnectionID int64
	// WorkflowID is the shard's workflow, Execution this execution of it.
	WorkflowID, Execution string
	// RunID is the run as it is known to the execution; 0 when it knows none.
	RunID int64
}

// BeginPush returns the open run of an execution for one attempt at draining,
// and makes one where there is none. Earlier attempts of the execution are
// fenced off, and open runs of earlier executions of the workflow are closed:
// overtook is whether there were any, which may have a call under way. A RunID
// that is closed already is ErrFenced.
func (s *Store) BeginPush(ctx context.Context, r PushRequest, now time.Time) (claim Claim, overtook bool, err error) {
	return s.beginBeside(ctx, r, now, func(ctx context.Context, tx *Tx) (runID int64, err error) {
		err = tx.get(ctx, &runID, `INSERT INTO runs (connection_id, workflow_id, execution, drains, trigger_by, dry_run, allow_removals, full_read, stage, since, started_at, rules_digest)
			VALUES (?, ?, ?, 1, 'scim', FALSE, FALSE, FALSE, 'apply', 0, ?, (SELECT rules_digest FROM connections WHERE id = ?)) RETURNING id`,
			r.ConnectionID, r.WorkflowID, r.Execution, micros(now), r.ConnectionID)
		return runID, err
	})
}

// beginBeside begins, or goes on with, a run that may write beside others.
func (s *Store) beginBeside(ctx context.Context, r PushRequest, now time.Time, insert func(ctx context.Context, tx *Tx) (int64, error)) (claim Claim, overtook bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		claim, overtook = Claim{ConnectionID: r.ConnectionID, RunID: r.RunID}, false
		if r.RunID == 0 {
			var open []struct {
				ID        int64  `db:"id"`
				Execution string `db:"execution"`
			}
			if err := tx.selectAll(ctx, &open, `SELECT id, execution FROM runs WHERE workflow_id = ? AND outcome = '' ORDER BY id`+tx.forUpdate(), r.WorkflowID); err != nil {
				return fmt.Errorf("look for open runs: %w", err)
			}
			for _, run := range open {
				overtook = true
				if run.Execution == r.Execution {
					claim.RunID = run.ID // begun by an attempt whose answer was lost
				} else if err := closePush(ctx, tx, run.ID, "lost", "it was not heard of any more", now); err != nil {
					return err
				}
			}
		}
		if claim.RunID == 0 {
			claim.Epoch = -1
			var err error
			if claim.RunID, err = insert(ctx, tx); err != nil {
				return fmt.Errorf("record run: %w", err)
			}
			return nil
		}
		var drains []int64
		if err := tx.selectAll(ctx, &drains, `UPDATE runs SET drains = drains + 1 WHERE id = ? AND outcome = '' RETURNING drains`, claim.RunID); err != nil {
			return fmt.Errorf("go on with run %d: %w", claim.RunID, err)
		}
		if len(drains) == 0 {
			return ErrFenced
		}
		claim.Epoch = -drains[0]
		return nil
	})
	return claim, overtook, err
}

// FinishPush closes a run of what was pushed and lets go of its leases.
// Closing a closed run again does nothing.
func (s *Store) FinishPush(ctx context.Context, c Claim, outcome, reason string, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		return closePush(ctx, tx, c.RunID, outcome, reason, now)
	})
}

func closePush(ctx context.Context, tx *Tx, runID int64, outcome, reason string, now time.Time) error {
	if _, err := tx.exec(ctx, `UPDATE runs SET outcome = ?, reason = ?, stage = 'done', ended_at = ? WHERE id = ? AND outcome = ''`, outcome, reason, micros(now), runID); err != nil {
		return fmt.Errorf("close run %d: %w", runID, err)
	}
	return dropLeases(ctx, tx, runID)
}

type openRun struct {
	Outcome string `db:"outcome"`
	Drains  int64  `db:"drains"`
}

func (r openRun) holds(c Claim) bool {
	return r.Outcome == "" && (c.Epoch == 0 || c.Epoch == -r.Drains)
}

// checkOpen fails with ErrFenced when a run of what was pushed is closed or
// another attempt's, and keeps that from changing until the transaction ends.
func checkOpen(ctx context.Context, tx *Tx, c Claim) error {
	var run openRun
	if err := tx.get(ctx, &run, `SELECT outcome, drains FROM runs WHERE id = ?`+tx.forShare(), c.RunID); err != nil {
		return fmt.Errorf("read run %d: %w", c.RunID, notFound(err))
	}
	if !run.holds(c) {
		return ErrFenced
	}
	return nil
}

func (s *Store) stillOpen(ctx context.Context, c Claim) error {
	var run openRun
	if err := s.get(ctx, &run, `SELECT outcome, drains FROM runs WHERE id = ?`, c.RunID); err != nil {
		return fmt.Errorf("read run %d: %w", c.RunID, notFound(err))
	}
	if !run.holds(c) {
		return ErrFenced
	}
	return nil
}

// pushedBeside returns the condition, if one is needed, by which users stay to
// be decided whose changes came from pushes, or from requests, while a run was
// under way and have not come to a good end: the run has not looked at those.
func pushedBeside(ctx context.Context, tx *Tx, c Claim) (string, error) {
	var beside int
	if err := tx.get(ctx, &beside, `SELECT COUNT(*) FROM runs WHERE connection_id = ? AND drains > 0
		AND (outcome = '' OR ended_at >= (SELECT started_at FROM runs WHERE id = ?))`, c.ConnectionID, c.RunID); err != nil {
		return "", fmt.Errorf("look for pushes beside the run: %w", err)
	}
	if beside == 0 {
		return "", nil
	}
	return fmt.Sprintf(` AND id NOT IN (SELECT ch.user_id FROM runs r JOIN changes ch ON ch.run_id = r.id
		WHERE r.connection_id = users.connection_id AND r.drains > 0 AND (r.outcome = '' OR r.ended_at >= (SELECT started_at FROM runs WHERE id = %d))
			AND `+unsettled("ch")+`)`, c.RunID), nil
}
