package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Control is how a run is steered just now.
type Control struct {
	// Verb is "pause", "stop", or empty for neither.
	Verb string `db:"control"`
	// Pace is the most changes a second; 0 is no limit.
	Pace int64 `db:"pace"`
	// Skips counts the people who were taken out of the run.
	Skips int64 `db:"skips"`
}

// The verbs that steer a run.
const (
	VerbPause  = "pause"
	VerbResume = "resume"
	VerbStop   = "stop"
	VerbSlow   = "slow"
	VerbSkip   = "skip"
)

// RunEndedError means that a run cannot be steered because it has ended.
type RunEndedError struct {
	RunID   int64
	Outcome string
}

func (e *RunEndedError) Error() string {
	return fmt.Sprintf("run %d has ended (%s): there is nothing left to steer", e.RunID, e.Outcome)
}

// RunStoppedError means that a run was stopped, which cannot be taken back.
type RunStoppedError struct{ RunID int64 }

func (e *RunStoppedError) Error() string {
	return fmt.Sprintf("run %d was stopped and is ending: start another with \"rollcall sync\"", e.RunID)
}

// Control returns how a run is steered; ErrNotFound when there is no such run.
// It is one indexed read, for every second of a batch.
func (s *Store) Control(ctx context.Context, runID int64) (Control, error) {
	var c Control
	if err := s.get(ctx, &c, `SELECT control, pace, (SELECT COUNT(*) FROM run_skips k WHERE k.run_id = runs.id) AS skips FROM runs WHERE id = ?`, runID); err != nil {
		return Control{}, fmt.Errorf("read how run %d is steered: %w", runID, notFound(err))
	}
	return c, nil
}

// Skips returns the people who were taken out of a run.
func (s *Store) Skips(ctx context.Context, runID int64) (map[int64]bool, error) {
	var users []int64
	if err := s.selectAll(ctx, &users, `SELECT user_id FROM run_skips WHERE run_id = ?`, runID); err != nil {
		return nil, fmt.Errorf("read who is skipped in run %d: %w", runID, err)
	}
	skips := make(map[int64]bool, len(users))
	for _, id := range users {
		skips[id] = true
	}
	return skips, nil
}

// Steer steers a run that is under way: pause, resume and stop say whether it
// goes on, slow bounds it to pace changes a second (0 takes the bound away),
// skip takes a user out of it. The user stays to be looked at by the next run.
// It fails with ErrNotFound, *RunEndedError or *RunStoppedError.
func (s *Store) Steer(ctx context.Context, runID int64, verb string, pace, userID int64, who Who, now time.Time) error {
	if !slices.Contains([]string{VerbPause, VerbResume, VerbStop, VerbSlow, VerbSkip}, verb) {
		return fmt.Errorf("steer run %d: there is no %q, only pause, resume, stop, slow and skip", runID, verb)
	}
	if pace < 0 {
		return fmt.Errorf("steer run %d: a pace of %d changes a second is less than none", runID, pace)
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		var run struct {
			ConnectionID int64  `db:"connection_id"`
			Outcome      string `db:"outcome"`
			Control      string `db:"control"`
		}
		if err := tx.get(ctx, &run, `SELECT connection_id, outcome, control FROM runs WHERE id = ?`+tx.forNoKeyUpdate(), runID); err != nil {
			return fmt.Errorf("read run %d: %w", runID, notFound(err))
		}
		if run.Outcome != "" {
			return &RunEndedError{runID, run.Outcome}
		}
		if run.Control == VerbStop {
			if verb == VerbStop {
				return nil
			}
			return &RunStoppedError{runID}
		}
		action := Action{ConnectionID: run.ConnectionID, What: verb, RunID: runID}.by(who)
		var err error
		switch verb {
		case VerbPause, VerbStop:
			_, err = tx.exec(ctx, `UPDATE runs SET control = ? WHERE id = ?`, verb, runID)
		case VerbResume:
			_, err = tx.exec(ctx, `UPDATE runs SET control = '' WHERE id = ?`, runID)
		case VerbSlow:
			action.Text = "no limit"
			if pace > 0 {
				action.Text = strconv.FormatInt(pace, 10) + " changes a second"
			}
			_, err = tx.exec(ctx, `UPDATE runs SET pace = ? WHERE id = ?`, pace, runID)
		case VerbSkip:
			action.UserID = userID
			err = skipUser(ctx, tx, run.ConnectionID, runID, userID)
		}
		if err != nil {
			return fmt.Errorf("%s run %d: %w", verb, runID, err)
		}
		return recordAction(ctx, tx, action, now)
	})
}

// skipUser takes a user out of a run: what is not done of the user's changes
// never is. One that is being sent at this moment is recorded as what it comes to.
func skipUser(ctx context.Context, tx *Tx, connectionID, runID, userID int64) error {
	var known int64
	if err := tx.get(ctx, &known, `SELECT id FROM users WHERE id = ? AND connection_id = ?`, userID, connectionID); err != nil {
		return fmt.Errorf("read user %d: %w", userID, notFound(err))
	}
	if _, err := tx.exec(ctx, `INSERT INTO run_skips (run_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, runID, userID); err != nil {
		return fmt.Errorf("skip user %d: %w", userID, err)
	}
	if _, err := tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'skipped-by-hand' WHERE user_id = ? AND +run_id = ?
		AND state IN ('unguarded', 'doubted', 'planned', 'retry', 'waiting')`, userID, runID); err != nil {
		return fmt.Errorf("skip the changes of user %d: %w", userID, err)
	}
	if _, err := tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE id = ? AND NOT dirty`, userID); err != nil {
		return fmt.Errorf("keep user %d to be decided: %w", userID, err)
	}
	return nil
}
