package store

import (
	"context"
	"fmt"
	"time"
)

// LinkChange asks for a link to be set, or taken away.
type LinkChange struct {
	Connection, Target string
	UserID             int64
	// RemoteID is the account's id in the target; it is not asked for when a link
	// is taken away.
	RemoteID string
	Who      Who
}

// AccountUnknownError means that a target has no such account, or had none when
// it was last read.
type AccountUnknownError struct{ Target, RemoteID string }

func (e *AccountUnknownError) Error() string {
	return fmt.Sprintf("%s has no account %s that is free to be linked, as far as it was read: check the id with \"rollcall accounts --unmanaged\", and read the target again with a full run if the account is new", e.Target, e.RemoteID)
}

// LinkedElsewhereError means that an account is somebody else's.
type LinkedElsewhereError struct {
	RemoteID   string
	Connection string
	UserID     int64
}

func (e *LinkedElsewhereError) Error() string {
	return fmt.Sprintf("account %s is linked to user %d of connection %s: take that link away first", e.RemoteID, e.UserID, e.Connection)
}

// HasLinkError means that a user has another account in the target.
type HasLinkError struct {
	Target   string
	UserID   int64
	RemoteID string
}

func (e *HasLinkError) Error() string {
	return fmt.Sprintf("user %d is linked to account %s of %s: take that link away first", e.UserID, e.RemoteID, e.Target)
}

// BusyError means that a run is changing a user at this moment.
type BusyError struct{ UserID, RunID int64 }

func (e *BusyError) Error() string {
	return fmt.Sprintf("run %d is changing user %d at this moment: try again in a minute, or stop the run first", e.RunID, e.UserID)
}

type targetRow struct {
	ID           int64  `db:"id"`
	ConnectionID int64  `db:"connection_id"`
	Identity     string `db:"identity"`
}

func (s *Store) targetOf(ctx context.Context, connection, target string) (targetRow, error) {
	var t targetRow
	if err := s.get(ctx, &t, `SELECT t.id, t.connection_id, t.identity FROM targets t JOIN connections c ON c.id = t.connection_id WHERE c.name = ? AND t.name = ?`, connection, target); err != nil {
		return targetRow{}, fmt.Errorf("find target %s of connection %s: %w", target, connection, notFound(err))
	}
	return t, nil
}

// SetLink says which account is a user's. The account must be known from the
// target's last read and be nobody's. It counts as adopted: the next run writes
// what the rules ask for. It fails with ErrNotFound (connection, target or
// user), *AccountUnknownError, *LinkedElsewhereError, *HasLinkError or
// *BusyError. Setting the same link again does nothing.
func (s *Store) SetLink(ctx context.Context, l LinkChange, now time.Time) error {
	t, err := s.targetOf(ctx, l.Connection, l.Target)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := lockUser(ctx, tx, t, l.UserID, now); err != nil {
			return err
		}
		var theirs []struct {
			RemoteID   string `db:"remote_id"`
			UserID     int64  `db:"user_id"`
			TargetID   int64  `db:"target_id"`
			Connection string `db:"connection"`
		}
		if err := tx.selectAll(ctx, &theirs, `SELECT a.remote_id, a.user_id, a.target_id, c.name AS connection FROM accounts a JOIN targets t ON t.id = a.target_id JOIN connections c ON c.id = t.connection_id
			WHERE a.identity = ? AND a.remote_id = ? OR a.target_id = ? AND a.user_id = ? ORDER BY a.id`, t.Identity, l.RemoteID, t.ID, l.UserID); err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		for _, a := range theirs {
			switch {
			case a.RemoteID == l.RemoteID && a.UserID == l.UserID && a.TargetID == t.ID:
				return nil
			case a.RemoteID == l.RemoteID:
				return &LinkedElsewhereError{l.RemoteID, a.Connection, a.UserID}
			default:
				return &HasLinkError{l.Target, l.UserID, a.RemoteID}
			}
		}
		n, err := tx.exec(ctx, `INSERT INTO accounts (target_id, identity, remote_id, user_id, origin, email, email_key, user_name, display_name, status, managed, read_only, protected, observed_at)
			SELECT un.target_id, CAST(? AS TEXT), un.remote_id, CAST(? AS BIGINT), 'adopted', un.email, un.email_key, un.user_name, un.display_name, un.status, un.managed, un.read_only,
				EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = un.target_id AND p.kind = 'account' AND p.remote_id IN (un.remote_id, LOWER(un.remote_id), un.email_key, LOWER(un.user_name))), un.observed_at
			FROM unlinked_accounts un WHERE un.target_id = ? AND un.remote_id = ?`, t.Identity, l.UserID, t.ID, l.RemoteID)
		if err != nil {
			return fmt.Errorf("link account: %w", err)
		}
		if n == 0 {
			return &AccountUnknownError{l.Target, l.RemoteID}
		}
		if err := leaveOutOfRuns(ctx, tx, t.ConnectionID, l.UserID); err != nil {
			return err
		}
		for _, statement := range []struct {
			sql  string
			args []any
		}{
			{`DELETE FROM unlinked_accounts WHERE target_id = ? AND remote_id = ?`, []any{t.ID, l.RemoteID}},
			{`DELETE FROM foreign_members WHERE target_id = ? AND remote_id = ?`, []any{t.ID, l.RemoteID}},
			{`DELETE FROM unlinks WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`DELETE FROM seat_waits WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`UPDATE desired_accounts SET sought_at = 0 WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			// The account's memberships are not known yet.
			{`UPDATE targets SET full_read_at = 0 WHERE id = ?`, []any{t.ID}},
		} {
			if _, err := tx.exec(ctx, statement.sql, statement.args...); err != nil {
				return fmt.Errorf("settle link: %w", err)
			}
		}
		return recordAction(ctx, tx, Action{ConnectionID: t.ConnectionID, What: "link.set", UserID: l.UserID, Text: l.Target + ", account " + l.RemoteID}.by(l.Who), now)
	})
}

// RemoveLink says that an account is nobody's: it stays in the target as it is,
// and no other is made or linked for the user until SetLink says which. Runs
// under way leave the user out. It fails with ErrNotFound (connection, target,
// user or link) or *BusyError.
func (s *Store) RemoveLink(ctx context.Context, l LinkChange, now time.Time) error {
	t, err := s.targetOf(ctx, l.Connection, l.Target)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := lockUser(ctx, tx, t, l.UserID, now); err != nil {
			return err
		}
		var remoteID string
		if err := tx.get(ctx, &remoteID, `SELECT remote_id FROM accounts WHERE target_id = ? AND user_id = ?`, t.ID, l.UserID); err != nil {
			return fmt.Errorf("find the link of user %d in %s: %w", l.UserID, l.Target, notFound(err))
		}
		if err := leaveOutOfRuns(ctx, tx, t.ConnectionID, l.UserID); err != nil {
			return err
		}
		for _, statement := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO unlinked_accounts (target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at)
				SELECT target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at FROM accounts WHERE target_id = ? AND user_id = ?
				ON CONFLICT DO NOTHING`, []any{t.ID, l.UserID}},
			{`DELETE FROM target_memberships WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`DELETE FROM accounts WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`DELETE FROM leavers WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`DELETE FROM leaver_groups WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`DELETE FROM overrides WHERE target_id = ? AND user_id = ?`, []any{t.ID, l.UserID}},
			{`INSERT INTO unlinks (target_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, []any{t.ID, l.UserID}},
		} {
			if _, err := tx.exec(ctx, statement.sql, statement.args...); err != nil {
				return fmt.Errorf("take link away: %w", err)
			}
		}
		return recordAction(ctx, tx, Action{ConnectionID: t.ConnectionID, What: "link.remove", UserID: l.UserID, Text: l.Target + ", account " + remoteID}.by(l.Who), now)
	})
}

// lockUser keeps a user of a connection from being changed, and fails with
// ErrNotFound, or *BusyError while a run has the user's lease.
func lockUser(ctx context.Context, tx *Tx, t targetRow, userID int64, now time.Time) error {
	var id int64
	if err := tx.get(ctx, &id, `SELECT id FROM users WHERE id = ? AND connection_id = ? AND erased_at = 0`+tx.forNoKeyUpdate(), userID, t.ConnectionID); err != nil {
		return fmt.Errorf("read user %d: %w", userID, notFound(err))
	}
	var busy []int64
	if err := tx.selectAll(ctx, &busy, `SELECT run_id FROM leases WHERE target_id = ? AND kind = 'user' AND subject_id = ? AND leased_until > ?`, t.ID, userID, micros(now)); err != nil {
		return fmt.Errorf("read leases: %w", err)
	}
	if len(busy) > 0 {
		return &BusyError{userID, busy[0]}
	}
	return nil
}

// leaveOutOfRuns makes the next run decide about a user, and takes the user out
// of the runs that are under way: they have decided already, and would mark the
// user as settled.
func leaveOutOfRuns(ctx context.Context, tx *Tx, connectionID, userID int64) error {
	if _, err := tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE id = ? AND NOT dirty`, userID); err != nil {
		return fmt.Errorf("mark user %d to be decided: %w", userID, err)
	}
	var open []int64
	if err := tx.selectAll(ctx, &open, `SELECT id FROM runs WHERE connection_id = ? AND outcome = '' ORDER BY id`, connectionID); err != nil {
		return fmt.Errorf("look for open runs: %w", err)
	}
	for _, runID := range open {
		if err := skipUser(ctx, tx, connectionID, runID, userID); err != nil {
			return err
		}
	}
	return nil
}
