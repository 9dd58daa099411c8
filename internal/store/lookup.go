package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Doubt is a removal that was admitted on the strength of an absence and
// waits for a direct look-up.
type Doubt struct {
	ChangeID      int64  `db:"id"`
	Kind          string `db:"kind"`
	UserID        int64  `db:"user_id"`
	GroupID       int64  `db:"group_id"`
	UserSourceID  string `db:"user_source"`
	GroupSourceID string `db:"group_source"`
	// Unselected is whether the group is still there in the source and only the
	// configuration does not select it any more.
	Unselected bool `db:"unselected"`
	// ByGroups is whether a suspension is due only because the user is in none
	// of the selected groups.
	ByGroups bool `db:"by_groups"`
}

// Doubts returns up to limit doubted removals of a run in a target, by user.
func (s *Store) Doubts(ctx context.Context, runID, targetID int64, limit int) ([]Doubt, error) {
	var doubts []Doubt
	err := s.selectAll(ctx, &doubts, `SELECT ch.id, ch.kind, ch.user_id, ch.group_id, u.source_id AS user_source, COALESCE(g.source_id, '') AS group_source,
			COALESCE(g.presence = 'unselected', FALSE) AS unselected, (u.presence = 'present' AND u.status = 'active' AND u.assigned) AS by_groups
		FROM changes ch JOIN users u ON u.id = ch.user_id
		LEFT JOIN groups g ON g.id = ch.group_id
		WHERE ch.run_id = ? AND ch.target_id = ? AND ch.state = 'doubted' ORDER BY ch.user_id, ch.id LIMIT CAST(? AS BIGINT)`, runID, targetID, limit)
	if err != nil {
		return nil, fmt.Errorf("read doubted removals: %w", err)
	}
	return doubts, nil
}

// Settled is the outcome of a direct look-up.
type Settled struct {
	Doubt
	// Confirmed removals go on; the others are contradicted, or held for Class.
	Confirmed bool
	Class     directory.Class
	// User is what the look-up returned for a user; nil when it found nobody (and
	// the doubt was about an account).
	User *directory.User
}

// Settle stores the outcomes of direct look-ups: what was confirmed may be
// applied and is explicit from now on; what was contradicted is put right
// here, and does not count in the guard's window.
func (s *Store) Settle(ctx context.Context, c Claim, outcomes []Settled, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, o := range outcomes {
			state, class, ended := directory.Planned, o.Class, int64(0)
			switch {
			case o.Confirmed:
			case class == directory.ClassUnconfirmed:
				state = directory.Held
			default:
				state, ended = directory.Contradicted, micros(now)
			}
			evidence := directory.Absence
			if o.Confirmed {
				evidence = directory.Explicit
			}
			n, err := tx.exec(ctx, `UPDATE changes SET state = ?, class = ?, evidence = ?, done_at = ? WHERE id = ? AND state = 'doubted'`, string(state), string(class), string(evidence), ended, o.ChangeID)
			if err != nil {
				return fmt.Errorf("settle removal: %w", err)
			}
			if n == 0 {
				continue // settled already, perhaps by an attempt whose answer was lost
			}
			if !o.Confirmed {
				if _, err := tx.exec(ctx, `DELETE FROM removals WHERE change_id = ?`, o.ChangeID); err != nil {
					return fmt.Errorf("take back from window: %w", err)
				}
			}
			if class == directory.ClassUnconfirmed {
				continue
			}
			if err := settleSubject(ctx, tx, c.ConnectionID, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func settleSubject(ctx context.Context, tx *Tx, connectionID int64, o Settled) error {
	if directory.Kind(o.Kind) == directory.SuspendAccount {
		if o.User != nil {
			// A look-up tells no time of the source's: it is dated as what was
			// known, so that no later page passes for an earlier one.
			var readAt int64
			if err := tx.get(ctx, &readAt, `SELECT read_at FROM users WHERE id = ?`, o.UserID); err != nil {
				return fmt.Errorf("read user %d: %w", o.UserID, notFound(err))
			}
			if err := upsertUsers(ctx, tx, connectionID, []directory.User{*o.User}, fromMicros(readAt)); err != nil {
				return fmt.Errorf("store the user looked up: %w", err)
			}
			return nil
		}
		if !o.Confirmed || o.ByGroups {
			return nil // somebody who is in no selected group is there all the same
		}
		_, err := tx.exec(ctx, `UPDATE users SET presence = 'gone' WHERE id = ?`, o.UserID)
		return err
	}
	if o.Confirmed && !o.Unselected {
		_, err := tx.exec(ctx, `DELETE FROM memberships WHERE group_id = ? AND user_id = ?`, o.GroupID, o.UserID)
		return err
	}
	if !o.Confirmed {
		if _, err := tx.exec(ctx, `UPDATE memberships SET absent = FALSE WHERE group_id = ? AND user_id = ?`, o.GroupID, o.UserID); err != nil {
			return fmt.Errorf("keep membership: %w", err)
		}
		// Somebody is in the group, so it exists. The list of members that was
		// read is not to be believed: the same list, read again, must count as news.
		if _, err := tx.exec(ctx, `UPDATE groups SET members_digest = '', members_due = TRUE, presence = CASE presence WHEN 'absent' THEN 'present' ELSE presence END,
			dirty = (dirty OR presence = 'absent') WHERE id = ?`, o.GroupID); err != nil {
			return fmt.Errorf("keep group: %w", err)
		}
	}
	return nil
}

// AnySelectedGroup reports whether one of the groups, by source id, is among
// those that the connection has selected and the source still lists.
func (s *Store) AnySelectedGroup(ctx context.Context, connectionID int64, sourceIDs map[string]bool) (bool, error) {
	ids := slices.Collect(maps.Keys(sourceIDs))
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT COUNT(*) FROM groups WHERE connection_id = ? AND presence = 'present' AND source_id IN (?)`, connectionID, chunk)
		if err != nil {
			return false, err
		}
		var n int
		if err := s.get(ctx, &n, query, args...); err != nil {
			return false, fmt.Errorf("look for selected groups: %w", err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}
