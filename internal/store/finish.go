package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Progress is what a run has read so far.
type Progress struct {
	Stage                              string
	UsersRead, GroupsRead, MembersRead int64
	// Complete is whether the lists were read in full, to their ends, and are
	// believed: later ones are compared with them.
	Complete bool
}

// SaveProgress records where a run stands, for those who look at it.
func (s *Store) SaveProgress(ctx context.Context, c Claim, p Progress) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE runs SET stage = ?, users_read = ?, groups_read = ?, members_read = ?, users_complete = ? WHERE id = ?`,
			p.Stage, p.UsersRead, p.GroupsRead, p.MembersRead, p.Complete, c.RunID)
		return err
	})
}

// Note records something that a run noticed, apart from changes, for the
// administrator. The same note of the same run is kept once.
func (s *Store) Note(ctx context.Context, c Claim, n Note) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO notes (run_id, target_id, code, user_id, group_id, resource_id, text)
			SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT)
			WHERE NOT EXISTS (SELECT 1 FROM notes WHERE run_id = ? AND target_id = ? AND code = ? AND user_id = ? AND group_id = ? AND resource_id = ?)`,
			c.RunID, n.TargetID, n.Code, n.UserID, n.GroupID, n.ResourceID, n.Text, c.RunID, n.TargetID, n.Code, n.UserID, n.GroupID, n.ResourceID)
		return err
	})
}

// NotePushed records something about a pushed object, with the user or group
// that it stands for where that is known.
func (s *Store) NotePushed(ctx context.Context, c Claim, n Note, p Pushed) error {
	table, column, into := "users", "source_id", &n.UserID
	key := p.ExternalID
	if p.Type == "Group" {
		table, column, into, key = "groups", "name_key", &n.GroupID, nameKey(p.Display)
	}
	if key != "" {
		if err := s.get(ctx, into, `SELECT COALESCE(MIN(id), 0) FROM `+table+` WHERE connection_id = ? AND `+column+` = ?`, c.ConnectionID, key); err != nil {
			return fmt.Errorf("find who a push is about: %w", err)
		}
	}
	n.ResourceID = p.ID
	return s.Note(ctx, c, n)
}

// ReadDone records that the source's lists were read completely: the next
// incremental run begins where this one asked first. When the source's clock
// shows less than it did when it was read before, what changed in between was
// missed: the next run reads in full, and nothing counts as newer than now.
func (s *Store) ReadDone(ctx context.Context, c Claim, full bool, readFrom, now time.Time, doubtful bool) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		var watermark int64
		if err := tx.get(ctx, &watermark, `SELECT watermark FROM connections WHERE id = ?`, c.ConnectionID); err != nil {
			return fmt.Errorf("read connection %d: %w", c.ConnectionID, notFound(err))
		}
		if watermark > micros(readFrom.Add(clockGrain)) {
			doubtful = true
			if err := setBack(ctx, tx, c.ConnectionID, readFrom); err != nil {
				return err
			}
		}
		if full {
			_, err := tx.exec(ctx, `UPDATE connections SET watermark = ?, full_read_at = ?, full_due = ? WHERE id = ?`, micros(readFrom), micros(now), doubtful, c.ConnectionID)
			return err
		}
		_, err := tx.exec(ctx, `UPDATE connections SET watermark = ?, full_due = (full_due OR ?) WHERE id = ?`, micros(readFrom), doubtful, c.ConnectionID)
		return err
	})
}

// setBack dates what is stored of a source's users and groups no later than a
// time: a clock that was ahead must not make what is read now pass for older.
func setBack(ctx context.Context, tx *Tx, connectionID int64, to time.Time) error {
	for _, statement := range []string{
		`UPDATE users SET read_at = ?, last_updated = CASE WHEN last_updated > ? THEN 0 ELSE last_updated END WHERE connection_id = ? AND read_at > ?`,
		`UPDATE groups SET read_at = ?, members_updated = CASE WHEN members_updated > ? THEN 0 ELSE members_updated END WHERE connection_id = ? AND read_at > ?`,
	} {
		if _, err := tx.exec(ctx, statement, micros(to), micros(to), connectionID, micros(to)); err != nil {
			return fmt.Errorf("set dates back to the source's clock: %w", err)
		}
	}
	return nil
}

// TargetReadDone records that a target was read completely.
func (s *Store) TargetReadDone(ctx context.Context, c Claim, targetID int64, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE targets SET full_read_at = ? WHERE id = ?`, micros(now), targetID)
		return err
	})
}

// TargetAge says how old what is known of a target is.
type TargetAge struct {
	// ReadAt is when the target was last read completely; zero for never.
	ReadAt time.Time
	// Empty is whether nothing in it is linked yet, so that there is nothing to read.
	Empty bool
}

// TargetAge returns how old what is known of a target is.
func (s *Store) TargetAge(ctx context.Context, targetID int64) (TargetAge, error) {
	var t struct {
		FullReadAt int64 `db:"full_read_at"`
		Linked     bool  `db:"linked"`
	}
	err := s.get(ctx, &t, `SELECT full_read_at, EXISTS (SELECT 1 FROM accounts WHERE target_id = targets.id) OR EXISTS (SELECT 1 FROM target_groups WHERE target_id = targets.id) AS linked
		FROM targets WHERE id = ?`, targetID)
	if err != nil {
		return TargetAge{}, fmt.Errorf("read target %d: %w", targetID, notFound(err))
	}
	return TargetAge{ReadAt: fromMicros(t.FullReadAt), Empty: !t.Linked}, nil
}

// Finish ends a run: it records the outcome, lets go of the connection, and
// marks as clean the subjects whose changes all came to a good end; what
// earlier runs held gives way to what this one decided. A run that was dry or
// failed leaves every mark as it is. Finishing a finished run again does nothing.
func (s *Store) Finish(ctx context.Context, c Claim, outcome, reason string, settled bool, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		row, err := readClaim(ctx, tx, c)
		if err != nil {
			return err
		}
		if row.ClaimEpoch == c.Epoch && row.ClaimOwner == "" && row.ClaimRun == c.RunID {
			return nil // finished by an attempt whose answer was lost
		}
		if !row.holds(c) {
			return ErrFenced
		}
		if settled {
			keep, err := pushedBeside(ctx, tx, c)
			if err != nil {
				return err
			}
			for _, statement := range []struct {
				sql  string
				args []any
			}{
				// Whoever a person took out of the run is looked at by the next, whether or not there was a change to leave out.
				{`UPDATE users SET dirty = FALSE WHERE connection_id = ? AND dirty AND id NOT IN (SELECT ch.user_id FROM changes ch WHERE ch.run_id = ? AND ` + unsettled("ch") + `)
					AND id NOT IN (SELECT user_id FROM run_skips WHERE run_id = ?)` + keep, []any{c.ConnectionID, c.RunID, c.RunID}},
				{`UPDATE groups SET dirty = FALSE WHERE connection_id = ? AND dirty AND id NOT IN (SELECT group_id FROM changes WHERE run_id = ? AND user_id = 0 AND state NOT IN ('applied', 'skipped'))`,
					[]any{c.ConnectionID, c.RunID}},
			} {
				if _, err := tx.exec(ctx, statement.sql, statement.args...); err != nil {
					return fmt.Errorf("mark settled subjects: %w", err)
				}
			}
			if err := supersedeHeld(ctx, tx, `target_id IN (SELECT id FROM targets WHERE connection_id = ?) AND run_id < ?`, c.ConnectionID, c.RunID); err != nil {
				return err
			}
		}
		// A list that spoke for a removal which was not made may have been wrong,
		// and then it lacked more than can be told: everything is read again.
		if _, err := tx.exec(ctx, `UPDATE connections SET full_due = TRUE WHERE id = ? AND NOT full_due
				AND EXISTS (SELECT 1 FROM changes WHERE run_id = ? AND evidence = 'absence' AND state IN ('held', 'contradicted'))`, c.ConnectionID, c.RunID); err != nil {
			return fmt.Errorf("ask for a full read: %w", err)
		}
		if _, err := tx.exec(ctx, `DELETE FROM seen WHERE run_id = ?`, c.RunID); err != nil {
			return fmt.Errorf("forget what was seen: %w", err)
		}
		if err := dropLeases(ctx, tx, c.RunID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE runs SET outcome = ?, reason = ?, stage = 'done', ended_at = ? WHERE id = ?`, outcome, reason, micros(now), c.RunID); err != nil {
			return fmt.Errorf("close run: %w", err)
		}
		if _, err := tx.exec(ctx, `UPDATE connections SET claim_owner = '', claim_until = 0 WHERE id = ? AND claim_epoch = ?`, c.ConnectionID, c.Epoch); err != nil {
			return fmt.Errorf("let go of the connection: %w", err)
		}
		return nil
	})
}

// FailRest ends what is left of a stage that cannot go on.
func (s *Store) FailRest(ctx context.Context, c Claim, targetID int64, stage directory.Stage, class directory.Class, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE changes SET state = 'failed', class = ?, done_at = ? WHERE run_id = ? AND target_id = ? AND stage = ? AND state IN ('planned', 'retry')`,
			string(class), micros(now), c.RunID, targetID, int(stage))
		return err
	})
}

// EndRetry ends a change whose attempts are over. Its row keeps the class and
// the words of the last failure.
func (s *Store) EndRetry(ctx context.Context, c Claim, changeID int64, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE changes SET state = 'failed', done_at = ? WHERE id = ? AND state = 'retry'`, micros(now), changeID)
		return err
	})
}
