package store

import (
	"context"
	"fmt"
	"time"
)

// lostKept is how long a group that a target said is gone is remembered: a
// month, in which a wrong answer has been noticed. What bears a name again later
// than that is somebody's new group.
const lostKept = 30 * 24 * time.Hour

// LostGroup is the counterpart that a group had until the target said that it
// is gone.
type LostGroup struct {
	GroupID  int64  `db:"group_id"`
	RemoteID string `db:"remote_id"`
	// Origin is "created" or "adopted".
	Origin string `db:"origin"`
}

// LostGroups returns, by group, the counterparts in a target that groups had
// until it said that they are gone, of those that have none since then.
func (s *Store) LostGroups(ctx context.Context, targetID int64, groupIDs []int64) (map[int64]LostGroup, error) {
	lost := make(map[int64]LostGroup)
	for chunk := range chunks(groupIDs, 1000) {
		query, args, err := in(`SELECT l.group_id, l.remote_id, l.origin FROM targets t JOIN lost_groups l ON l.target_id = t.id AND l.identity = t.identity
			WHERE t.id = ? AND l.group_id IN (?)`, targetID, padded(chunk))
		if err != nil {
			return nil, err
		}
		var found []LostGroup
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read the groups that target %d lost: %w", targetID, err)
		}
		for _, l := range found {
			lost[l.GroupID] = l
		}
	}
	return lost, nil
}

// DropGroupLink forgets a group that is not in the target any more, with its
// memberships; it and its members become dirty. Which it was, and who was in it
// by us, is remembered for a month: see LostGroups.
func (s *Store) DropGroupLink(ctx context.Context, c Claim, targetID int64, l Link, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := rememberGroup(ctx, tx, targetID, l.Subject, now); err != nil {
			return err
		}
		for _, statement := range []string{
			`UPDATE groups SET dirty = TRUE WHERE id = ?`,
			`UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM memberships WHERE group_id = ?)`,
			`UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT dm.user_id FROM groups g JOIN targets t ON t.connection_id = g.connection_id
				JOIN desired_memberships dm ON dm.target_id = t.id AND dm.group_id = g.id WHERE g.id = ? AND g.presence = 'derived')`,
		} {
			if _, err := tx.exec(ctx, statement, l.Subject); err != nil {
				return fmt.Errorf("mark subjects of a lost group: %w", err)
			}
		}
		if err := reckonNestings(ctx, tx, targetID, []int64{l.Subject}); err != nil {
			return err
		}
		for _, statement := range []string{
			// What was in it is to be put in the next one.
			`UPDATE groups SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT child_id FROM target_nestings WHERE target_id = ? AND group_id = ?)`,
			`DELETE FROM target_nestings WHERE target_id = ? AND group_id = ?`,
			`DELETE FROM target_nestings WHERE target_id = ? AND child_id = ?`,
			`DELETE FROM target_permissions WHERE target_id = ? AND group_id = ?`,
			`DELETE FROM target_memberships WHERE target_id = ? AND group_id = ?`,
			`DELETE FROM target_groups WHERE target_id = ? AND group_id = ?`,
		} {
			if _, err := tx.exec(ctx, statement, targetID, l.Subject); err != nil {
				return fmt.Errorf("drop a lost group: %w", err)
			}
		}
		return nil
	})
}

// rememberGroup keeps which counterpart a group has, and who is in it by us.
func rememberGroup(ctx context.Context, tx *Tx, targetID, groupID int64, now time.Time) error {
	if err := forgetLost(ctx, tx, targetID, groupID); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `INSERT INTO lost_groups (target_id, group_id, identity, remote_id, origin, lost_at)
		SELECT target_id, group_id, identity, remote_id, origin, CAST(? AS BIGINT) FROM target_groups WHERE target_id = ? AND group_id = ?`, micros(now), targetID, groupID); err != nil {
		return fmt.Errorf("remember a lost group: %w", err)
	}
	if _, err := tx.exec(ctx, `INSERT INTO lost_memberships (target_id, group_id, user_id)
		SELECT target_id, group_id, user_id FROM target_memberships WHERE target_id = ? AND group_id = ? AND origin = 'created'`, targetID, groupID); err != nil {
		return fmt.Errorf("remember who was in a lost group: %w", err)
	}
	return rememberNestings(ctx, tx, targetID, groupID)
}

// regain settles what was remembered of a group that has a counterpart again.
// Where that is the one that was lost, whoever we put in it may be in it again:
// a later plan takes out who is not wanted there any more, under the guard, and
// puts in who is, as into a new one. Who else is in it the next run reads.
func regain(ctx context.Context, tx *Tx, targetID, groupID int64, remoteID string) error {
	var same int64
	if err := tx.get(ctx, &same, `SELECT COUNT(*) FROM lost_groups WHERE target_id = ? AND group_id = ? AND remote_id = ?`, targetID, groupID, remoteID); err != nil {
		return fmt.Errorf("read whether a group was lost: %w", err)
	}
	if same > 0 {
		for _, statement := range []string{
			`INSERT INTO target_memberships (target_id, group_id, user_id, origin, missing)
				SELECT l.target_id, l.group_id, l.user_id, 'created', TRUE FROM lost_memberships l CROSS JOIN accounts a
				WHERE l.target_id = ? AND l.group_id = ? AND a.target_id = l.target_id AND a.user_id = l.user_id
				ON CONFLICT DO NOTHING`,
			`UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM target_memberships WHERE target_id = ? AND group_id = ?)`,
		} {
			if _, err := tx.exec(ctx, statement, targetID, groupID); err != nil {
				return fmt.Errorf("regain who is in a group: %w", err)
			}
		}
		if err := regainNestings(ctx, tx, targetID, groupID); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE targets SET full_read_at = 0 WHERE id = ?`, targetID); err != nil {
			return fmt.Errorf("mark target %d to be read: %w", targetID, err)
		}
	}
	return forgetLost(ctx, tx, targetID, groupID)
}

// forgetLost forgets the counterpart that a group had before.
func forgetLost(ctx context.Context, tx *Tx, targetID, groupID int64) error {
	for _, statement := range []string{
		`DELETE FROM lost_nestings WHERE target_id = ? AND group_id = ?`,
		`DELETE FROM lost_memberships WHERE target_id = ? AND group_id = ?`,
		`DELETE FROM lost_groups WHERE target_id = ? AND group_id = ?`,
	} {
		if _, err := tx.exec(ctx, statement, targetID, groupID); err != nil {
			return fmt.Errorf("forget a lost group: %w", err)
		}
	}
	return nil
}

// lostGroups forgets groups that were lost long ago.
func (f *forgetting) lostGroups(ctx context.Context, before int64) error {
	var targets []int64
	if err := f.s.selectAll(ctx, &targets, `SELECT id FROM targets ORDER BY id`); err != nil {
		return err
	}
	for _, target := range targets {
		for _, statement := range []string{
			`DELETE FROM lost_memberships WHERE target_id = ? AND (group_id, user_id) IN (SELECT m.group_id, m.user_id FROM lost_groups l CROSS JOIN lost_memberships m
				WHERE l.target_id = ? AND l.lost_at < ? AND m.target_id = l.target_id AND m.group_id = l.group_id LIMIT CAST(? AS BIGINT))`,
			`DELETE FROM lost_nestings WHERE target_id = ? AND (group_id, child_id, outer_id) IN (SELECT n.group_id, n.child_id, n.outer_id FROM lost_groups l CROSS JOIN lost_nestings n
				WHERE l.target_id = ? AND l.lost_at < ? AND n.target_id = l.target_id AND n.group_id = l.group_id LIMIT CAST(? AS BIGINT))`,
			`DELETE FROM lost_groups WHERE target_id = ? AND group_id IN (SELECT l.group_id FROM lost_groups l WHERE l.target_id = ? AND l.lost_at < ? LIMIT CAST(? AS BIGINT))`,
		} {
			if err := f.each(ctx, statement, target, target, before); err != nil {
				return err
			}
		}
	}
	return nil
}
