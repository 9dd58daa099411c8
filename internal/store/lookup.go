package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Doubt is a removal that was admitted and waits for a direct look-up.
type Doubt struct {
	ChangeID int64  `db:"id"`
	Kind     string `db:"kind"`
	UserID   int64  `db:"user_id"`
	GroupID  int64  `db:"group_id"`
	TargetID int64  `db:"target_id"`
	// Target is the target's name, by which the rules know it.
	Target       string `db:"target"`
	UserSourceID string `db:"user_source"`
	// Reason is why somebody is leaving, by what is stored; empty where it is
	// about a membership of somebody who is not.
	Reason directory.Reason `db:"reason"`
	// Strip is whether a membership goes because its account is to be in no group.
	Strip bool `db:"strip"`
	// Unselected is whether the group is still there in the source and only the
	// configuration does not select it any more.
	Unselected bool `db:"unselected"`
}

// OfAccount reports whether the removal is about somebody who is leaving, and
// not about one membership.
func (d Doubt) OfAccount() bool { return d.Strip || directory.Kind(d.Kind) != directory.RemoveMember }

// Doubts returns up to limit doubted removals of a run in a target, by user.
func (s *Store) Doubts(ctx context.Context, runID, targetID int64, limit int) ([]Doubt, error) {
	var doubts []Doubt
	err := s.selectAll(ctx, &doubts, `SELECT ch.id, ch.kind, ch.user_id, ch.group_id, ch.target_id, t.name AS target, u.source_id AS user_source, COALESCE(d.reason, '') AS reason,
			(ch.kind = 'membership.remove' AND ch.after = 'leaver') AS strip, COALESCE(g.presence = 'unselected', FALSE) AS unselected
		FROM changes ch JOIN users u ON u.id = ch.user_id
		JOIN targets t ON t.id = ch.target_id
		LEFT JOIN desired_accounts d ON d.target_id = ch.target_id AND d.user_id = ch.user_id
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
	// In are the source's groups, by surrogate id, that speak for a membership.
	In []int64
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
			// What was contradicted rests on nothing but a list that was wrong.
			evidence := ""
			switch state {
			case directory.Planned:
				evidence = string(directory.Explicit)
			case directory.Contradicted:
				evidence = string(directory.Absence)
			}
			n, err := tx.exec(ctx, `UPDATE changes SET state = ?, class = ?, evidence = COALESCE(NULLIF(CAST(? AS TEXT), ''), evidence), done_at = ? WHERE id = ? AND state = 'doubted'`,
				string(state), string(class), evidence, ended, o.ChangeID)
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
	switch {
	case o.OfAccount() && o.User != nil:
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
	case o.OfAccount() && o.Confirmed:
		_, err := tx.exec(ctx, `UPDATE users SET presence = 'gone' WHERE id = ? AND presence <> 'gone'`, o.UserID)
		return err
	case o.OfAccount():
		// Nobody is there, for whom another ladder than that of the removal holds: it
		// has to begin.
		if _, err := tx.exec(ctx, `UPDATE users SET presence = 'gone', dirty = TRUE WHERE id = ? AND presence <> 'gone'`, o.UserID); err != nil {
			return fmt.Errorf("store that user %d is gone: %w", o.UserID, err)
		}
		return nil
	case o.Confirmed && o.Unselected:
		return nil
	case o.Confirmed:
		// A group whose members belong elsewhere by now keeps them.
		_, err := tx.exec(ctx, `DELETE FROM memberships WHERE user_id = ? AND (group_id IN (SELECT r.group_id FROM group_routes r WHERE r.target_id = ? AND r.into_id = ?)
			OR group_id = ? AND NOT EXISTS (SELECT 1 FROM group_routes r WHERE r.target_id = ? AND r.group_id = ?))`,
			o.UserID, o.TargetID, o.GroupID, o.GroupID, o.TargetID, o.GroupID)
		return err
	}
	for _, groupID := range o.In {
		if _, err := tx.exec(ctx, `UPDATE memberships SET absent = FALSE WHERE group_id = ? AND user_id = ?`, groupID, o.UserID); err != nil {
			return fmt.Errorf("keep membership: %w", err)
		}
		// Somebody is in the group, so it exists. The list of members that was
		// read is not to be believed: the same list, read again, must count as news.
		if _, err := tx.exec(ctx, `UPDATE groups SET members_digest = '', members_due = TRUE, presence = CASE presence WHEN 'absent' THEN 'present' ELSE presence END,
			dirty = (dirty OR presence = 'absent') WHERE id = ?`, groupID); err != nil {
			return fmt.Errorf("keep group: %w", err)
		}
	}
	return nil
}

// KnownGroup is a group of the source that is known here.
type KnownGroup struct {
	ID       int64              `db:"id"`
	SourceID string             `db:"source_id"`
	Name     string             `db:"name"`
	Presence directory.Presence `db:"presence"`
	// Into is the group, as a target has it, that its members belong in; 0 is none.
	Into int64 `db:"into_id"`
}

// KnownGroups returns those of the source's groups, by source id, that are
// known, with where each leads to in a target.
func (s *Store) KnownGroups(ctx context.Context, connectionID, targetID int64, sourceIDs map[string]bool) ([]KnownGroup, error) {
	var known []KnownGroup
	for chunk := range chunks(slices.Sorted(maps.Keys(sourceIDs)), 1000) {
		query, args, err := in(`SELECT g.id, g.source_id, g.name, g.presence, COALESCE(r.into_id, 0) AS into_id
			FROM groups g LEFT JOIN group_routes r ON r.target_id = ? AND r.group_id = g.id WHERE g.connection_id = ? AND g.source_id IN (?) ORDER BY g.id`, targetID, connectionID, chunk)
		if err != nil {
			return nil, err
		}
		var found []KnownGroup
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("look for known groups: %w", err)
		}
		known = append(known, found...)
	}
	return known, nil
}
