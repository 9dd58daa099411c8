package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// LeaverRef names somebody who is leaving.
type LeaverRef struct {
	Connection string `db:"connection"`
	UserID     int64  `db:"user_id"`
}

// DueLeavers returns up to limit people for whom a step is due before a time,
// those first for whom it is due first. Who is held is not among them.
func (s *Store) DueLeavers(ctx context.Context, before time.Time, limit int) ([]LeaverRef, error) {
	var due []LeaverRef
	err := s.selectAll(ctx, &due, `SELECT c.name AS connection, l.user_id
		FROM leavers l JOIN targets t ON t.id = l.target_id JOIN connections c ON c.id = t.connection_id
		WHERE l.due_at <> 0 AND NOT l.held AND l.due_at < ?
		GROUP BY c.name, l.user_id ORDER BY MIN(l.due_at), l.user_id LIMIT CAST(? AS BIGINT)`, micros(before), limit)
	if err != nil {
		return nil, fmt.Errorf("read leavers for whom a step is due: %w", err)
	}
	return due, nil
}

// Stepped is what came of a look at somebody's ladders.
type Stepped struct {
	// Advanced counts the steps that were due.
	Advanced int64
	// Next is when the next one is; zero for never.
	Next time.Time
	// RequestID is the request by which they are carried out; 0 without any.
	RequestID int64
}

// LeaverStep takes the steps of somebody's ladders that are due, in all targets
// of a connection: what is desired changes by it. In the same transaction it
// makes the request, or joins one like it, by which a run carries them out, so
// that no step is taken and forgotten. Rows that are held stand still. An
// unknown connection is ErrNotFound; somebody who is not leaving is no error.
func (s *Store) LeaverStep(ctx context.Context, connection string, userID int64, request Request, now time.Time) (Stepped, error) {
	var step Stepped
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return step, fmt.Errorf("find connection %s: %w", connection, err)
	}
	request.ConnectionID, request.Users = connectionID, []int64{userID}
	err = s.write(ctx, func(ctx context.Context, tx *Tx) error {
		step = Stepped{}
		if err := step.take(ctx, tx, connectionID, userID, now); err != nil || step.Advanced == 0 {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE id = ? AND NOT dirty`, userID); err != nil {
			return fmt.Errorf("mark user %d to be decided: %w", userID, err)
		}
		var err error
		step.RequestID, err = joinRequest(ctx, tx, request, now)
		return err
	})
	return step, err
}

// take advances the rows of somebody's ladders.
func (s *Stepped) take(ctx context.Context, tx *Tx, connectionID, userID int64, now time.Time) error {
	var found []struct {
		leaverRow
		TargetID int64 `db:"target_id"`
	}
	if err := tx.selectAll(ctx, &found, `SELECT target_id, user_id, reason, ladder, since, step, due_at, held FROM leavers
		WHERE user_id = ? AND target_id IN (SELECT id FROM targets WHERE connection_id = ?) AND due_at <> 0 AND NOT held ORDER BY target_id`+tx.forUpdate(), userID, connectionID); err != nil {
		return fmt.Errorf("read the ladder of user %d: %w", userID, err)
	}
	for _, was := range found {
		ladder, err := readLadder(was.Ladder)
		if err != nil {
			return fmt.Errorf("user %d: %w", userID, err)
		}
		is, err := was.reckon(directory.Reason(was.Reason), ladder, was.Ladder, now)
		if err != nil {
			return err
		}
		if is.DueAt != 0 && (s.Next.IsZero() || fromMicros(is.DueAt).Before(s.Next)) {
			s.Next = fromMicros(is.DueAt)
		}
		if is == was.leaverRow {
			continue
		}
		s.Advanced += int64(is.Step - was.Step)
		if _, err := tx.exec(ctx, `UPDATE leavers SET step = ?, due_at = ? WHERE target_id = ? AND user_id = ?`, is.Step, is.DueAt, was.TargetID, userID); err != nil {
			return fmt.Errorf("take a step for user %d: %w", userID, err)
		}
	}
	return nil
}

// LeaverFilter chooses leavers; an empty field is any.
type LeaverFilter struct {
	Connection, Target string
	UserID             int64
}

// Leaver is somebody on a ladder.
type Leaver struct {
	Connection string           `json:"connection"`
	Target     string           `json:"target"`
	UserID     int64            `json:"user_id"`
	User       string           `json:"user"`
	Reason     directory.Reason `json:"reason"`
	// Ladder is written as the configuration does.
	Ladder string    `json:"ladder"`
	Since  time.Time `json:"since"`
	// Step is how many steps are due or done, Next the one to come, empty for none.
	Step int    `json:"step"`
	Next string `json:"next"`
	// Due is when that is; zero for never.
	Due  time.Time `json:"due,omitzero"`
	Held bool      `json:"held"`
}

type namedLeaver struct {
	leaverRow
	TargetID   int64  `db:"target_id"`
	Connection string `db:"connection"`
	Target     string `db:"target"`
	Label      string `db:"label"`
}

func (r namedLeaver) leaver() (Leaver, error) {
	ladder, err := readLadder(r.Ladder)
	if err != nil {
		return Leaver{}, fmt.Errorf("user %d: %w", r.UserID, err)
	}
	l := Leaver{Connection: r.Connection, Target: r.Target, UserID: r.UserID, User: r.Label, Reason: directory.Reason(r.Reason),
		Ladder: ladder.String(), Since: fromMicros(r.Since), Step: r.Step, Due: fromMicros(r.DueAt), Held: r.Held}
	if r.Step < len(ladder) {
		l.Next = ladder[r.Step : r.Step+1].String()
	}
	return l, nil
}

// leaversAtOnce is how many leavers are read in one query.
const leaversAtOnce = 500

// Leavers returns who is on which step of the ladder, by target and user.
func (s *Store) Leavers(ctx context.Context, f LeaverFilter) iter.Seq2[Leaver, error] {
	return func(yield func(Leaver, error) bool) {
		for afterTarget, afterUser := int64(0), int64(0); ; {
			var page []namedLeaver
			err := s.selectAll(ctx, &page, `SELECT l.target_id, l.user_id, l.reason, l.ladder, l.since, l.step, l.due_at, l.held, c.name AS connection, t.name AS target,
					COALESCE(NULLIF(u.email, ''), NULLIF(u.login, ''), u.source_id) AS label
				FROM leavers l JOIN targets t ON t.id = l.target_id JOIN connections c ON c.id = t.connection_id JOIN users u ON u.id = l.user_id
				WHERE (l.target_id, l.user_id) > (CAST(? AS BIGINT), CAST(? AS BIGINT)) AND (CAST(? AS TEXT) = '' OR c.name = ?) AND (CAST(? AS TEXT) = '' OR t.name = ?) AND (CAST(? AS BIGINT) = 0 OR l.user_id = ?)
				ORDER BY l.target_id, l.user_id LIMIT CAST(? AS BIGINT)`,
				afterTarget, afterUser, f.Connection, f.Connection, f.Target, f.Target, f.UserID, f.UserID, leaversAtOnce)
			if err != nil {
				yield(Leaver{}, fmt.Errorf("read leavers: %w", err))
				return
			}
			for _, row := range page {
				leaver, err := row.leaver()
				if !yield(leaver, err) || err != nil {
					return
				}
			}
			if len(page) < leaversAtOnce {
				return
			}
			last := page[len(page)-1]
			afterTarget, afterUser = last.TargetID, last.UserID
		}
	}
}

// HoldLeaver stops somebody on the step of the ladder that was taken last, or
// lets them go on; an empty target is all of the connection's. The user becomes
// dirty, and is left out of runs that are under way. It is recorded who did that. Nobody there to be held is
// ErrNotFound.
func (s *Store) HoldLeaver(ctx context.Context, connection string, userID int64, target string, hold bool, who Who, now time.Time) error {
	connectionID, err := s.ConnectionID(ctx, connection)
	if err != nil {
		return fmt.Errorf("find connection %s: %w", connection, err)
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE leavers SET held = ? WHERE user_id = ?
			AND target_id IN (SELECT id FROM targets WHERE connection_id = ? AND (CAST(? AS TEXT) = '' OR name = ?))`, hold, userID, connectionID, target, target)
		if err != nil {
			return fmt.Errorf("hold user %d: %w", userID, err)
		}
		if n == 0 {
			return fmt.Errorf("user %d is on no ladder: %w", userID, ErrNotFound)
		}
		what := "leaver.release"
		if hold {
			what = "leaver.hold"
		}
		if err := recordAction(ctx, tx, Action{ConnectionID: connectionID, What: what, UserID: userID, Text: target}.by(who), now); err != nil {
			return err
		}
		// A run that is under way has decided already: it is not to go by that.
		return leaveOutOfRuns(ctx, tx, connectionID, userID)
	})
}
