package store

import (
	"context"
	"fmt"
)

// ThroughAnother reports whether somebody is in a group of a target also
// through one that is in it there, and both are wanted so: only then may they be
// taken out of it themselves because of that. What may or may not be there keeps
// nobody in.
func (s *Store) ThroughAnother(ctx context.Context, targetID, userID, groupID int64) (bool, error) {
	var through bool
	err := s.get(ctx, &through, `WITH RECURSIVE below (id) AS (
			SELECT n.child_id FROM target_nestings n JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
			WHERE n.target_id = ? AND n.group_id = ? AND NOT n.missing
			UNION SELECT n.child_id FROM below b CROSS JOIN target_nestings n JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
			WHERE n.target_id = ? AND n.group_id = b.id AND NOT n.missing
		) SELECT EXISTS (SELECT 1 FROM below b CROSS JOIN target_memberships m JOIN desired_memberships d ON d.target_id = m.target_id AND d.user_id = m.user_id AND d.group_id = m.group_id
			WHERE m.target_id = ? AND m.user_id = ? AND m.group_id = b.id AND NOT m.missing)`, targetID, groupID, targetID, targetID, userID)
	if err != nil {
		return false, fmt.Errorf("look whether user %d is in group %d through another: %w", userID, groupID, err)
	}
	return through, nil
}

// NestingNeeded reports whether somebody who is to be in a group of a target is
// in it only through another that is to be taken out of it: until they are in it
// as they should be, that would take from them what is theirs. What may or may not
// be there counts as what they would lose, and not as what they would keep.
func (s *Store) NestingNeeded(ctx context.Context, targetID, childID, groupID int64) (bool, error) {
	var needed bool
	err := s.get(ctx, &needed, `WITH RECURSIVE taken (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM taken t CROSS JOIN target_nestings n WHERE n.target_id = ? AND n.group_id = t.id
		), wanted (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM wanted w CROSS JOIN desired_nestings n WHERE n.target_id = ? AND n.group_id = w.id AND n.wanted
		), kept (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM kept k CROSS JOIN target_nestings n
				JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
				WHERE n.target_id = ? AND n.group_id = k.id AND NOT n.missing
		) SELECT EXISTS (
			SELECT 1 FROM taken t CROSS JOIN target_memberships m CROSS JOIN desired_accounts d
			JOIN accounts a ON a.target_id = d.target_id AND a.user_id = d.user_id AND a.status = 'active'
			WHERE m.target_id = ? AND m.group_id = t.id AND d.target_id = m.target_id AND d.user_id = m.user_id AND d.state = 'active' AND NOT d.strip
				AND EXISTS (SELECT 1 FROM wanted w CROSS JOIN desired_memberships dm WHERE dm.target_id = m.target_id AND dm.user_id = m.user_id AND dm.group_id = w.id)
				AND NOT EXISTS (SELECT 1 FROM kept k CROSS JOIN target_memberships own JOIN desired_memberships dm ON dm.target_id = own.target_id AND dm.user_id = own.user_id AND dm.group_id = own.group_id
					WHERE own.target_id = m.target_id AND own.user_id = m.user_id AND own.group_id = k.id AND NOT own.missing))`,
		childID, targetID, groupID, targetID, groupID, targetID, targetID)
	if err != nil {
		return false, fmt.Errorf("look who is in group %d only through group %d: %w", groupID, childID, err)
	}
	return needed, nil
}
