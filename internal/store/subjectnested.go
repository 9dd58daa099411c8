package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// addThrough adds to the memberships of a user, by group, through which groups
// in that the user is in it, and the groups that the user is in by those alone.
// What may or may not be there is not shown, as it is not of a membership.
func (s *Store) addThrough(ctx context.Context, targetID, userID int64, memberships []SubjectMembership) ([]SubjectMembership, error) {
	var through []struct {
		GroupID int64  `db:"group_id"`
		Group   string `db:"name"`
		Inner   string `db:"inner_name"`
	}
	if err := s.selectAll(ctx, &through, `WITH RECURSIVE above (child_id, group_id) AS (
			SELECT n.child_id, n.group_id FROM target_memberships m CROSS JOIN target_nestings n
			WHERE m.target_id = ? AND m.user_id = ? AND n.target_id = m.target_id AND n.child_id = m.group_id AND NOT m.missing AND NOT n.missing
			UNION SELECT n.child_id, n.group_id FROM above a CROSS JOIN target_nestings n WHERE n.target_id = ? AND n.child_id = a.group_id AND NOT n.missing
		)
		SELECT a.group_id, COALESCE(tg.name, g.name) AS name, COALESCE(itg.name, ig.name) AS inner_name
		FROM above a CROSS JOIN groups g CROSS JOIN groups ig
		LEFT JOIN target_groups tg ON tg.target_id = ? AND tg.group_id = a.group_id
		LEFT JOIN target_groups itg ON itg.target_id = ? AND itg.group_id = a.child_id
		WHERE g.id = a.group_id AND ig.id = a.child_id ORDER BY name, a.group_id, inner_name`, targetID, userID, targetID, targetID, targetID); err != nil {
		return nil, fmt.Errorf("read the groups that user %d is in through others: %w", userID, err)
	}
	for _, t := range through {
		at := slices.IndexFunc(memberships, func(m SubjectMembership) bool { return m.GroupID == t.GroupID })
		if at < 0 {
			at = len(memberships)
			memberships = append(memberships, SubjectMembership{GroupID: t.GroupID, Group: t.Group, Linked: true})
		}
		memberships[at].Through = append(memberships[at].Through, t.Inner)
	}
	slices.SortStableFunc(memberships, func(a, b SubjectMembership) int { return cmp.Compare(a.Group, b.Group) })
	return memberships, nil
}

// addInsteadOf adds to the memberships of a user, by group, which groups that
// cannot be had they are instead of.
func (s *Store) addInsteadOf(ctx context.Context, targetID, userID int64, memberships []SubjectMembership) error {
	var instead []struct {
		GroupID int64  `db:"group_id"`
		Inner   string `db:"inner_name"`
	}
	if err := s.selectAll(ctx, &instead, `SELECT DISTINCT n.group_id, COALESCE(dg.name, ig.name) AS inner_name
		FROM desired_memberships dm
		JOIN desired_nestings n ON n.target_id = dm.target_id AND n.group_id = dm.group_id AND n.flat
		JOIN groups ig ON ig.id = n.child_id
		LEFT JOIN desired_groups dg ON dg.target_id = n.target_id AND dg.group_id = n.child_id
		WHERE dm.target_id = ? AND dm.user_id = ? AND EXISTS (SELECT 1 FROM group_routes r JOIN memberships m ON m.group_id = r.group_id AND m.user_id = dm.user_id AND NOT m.absent
				JOIN groups g ON g.id = m.group_id AND g.presence = 'present' WHERE r.target_id = n.target_id AND r.into_id = n.child_id)
			AND NOT `+directly("dm.target_id", "dm.group_id", "dm.user_id")+` ORDER BY n.group_id, inner_name`, targetID, userID); err != nil {
		return fmt.Errorf("read the groups that user %d is to be in instead of others: %w", userID, err)
	}
	for _, one := range instead {
		if at := slices.IndexFunc(memberships, func(m SubjectMembership) bool { return m.GroupID == one.GroupID }); at >= 0 {
			memberships[at].InsteadOf = append(memberships[at].InsteadOf, one.Inner)
		}
	}
	return nil
}
