package store

import (
	"context"
	"fmt"
)

// rememberNestings keeps which groups are by us in one that is gone, and which it is
// in.
func rememberNestings(ctx context.Context, tx *Tx, targetID, groupID int64) error {
	for _, statement := range []string{
		`INSERT INTO lost_nestings (target_id, group_id, child_id, outer_id)
			SELECT target_id, group_id, child_id, group_id FROM target_nestings WHERE target_id = ? AND group_id = ? AND origin = 'created'`,
		`INSERT INTO lost_nestings (target_id, group_id, child_id, outer_id)
			SELECT target_id, child_id, child_id, group_id FROM target_nestings WHERE target_id = ? AND child_id = ? AND origin = 'created'`,
	} {
		if _, err := tx.exec(ctx, statement, targetID, groupID); err != nil {
			return fmt.Errorf("remember the groups in a lost group: %w", err)
		}
	}
	return nil
}

// regainNestings is regain for the groups that we put in a group, and for those
// that we put it in. Where the other one is lost as well, that is kept for when it
// is there again.
func regainNestings(ctx context.Context, tx *Tx, targetID, groupID int64) error {
	for _, statement := range []string{
		`INSERT INTO target_nestings (target_id, child_id, group_id, origin, missing)
			SELECT l.target_id, l.child_id, l.outer_id, 'created', TRUE FROM lost_nestings l
			WHERE l.target_id = ? AND l.group_id = ? AND EXISTS (SELECT 1 FROM target_groups t WHERE t.target_id = l.target_id AND t.group_id = l.child_id + l.outer_id - l.group_id)
			ON CONFLICT DO NOTHING`,
		`UPDATE groups SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT child_id FROM lost_nestings WHERE target_id = ? AND group_id = ?)`,
		`INSERT INTO lost_nestings (target_id, group_id, child_id, outer_id)
			SELECT l.target_id, l.child_id + l.outer_id - l.group_id, l.child_id, l.outer_id FROM lost_nestings l
			WHERE l.target_id = ? AND l.group_id = ? AND EXISTS (SELECT 1 FROM lost_groups o WHERE o.target_id = l.target_id AND o.group_id = l.child_id + l.outer_id - l.group_id)
			ON CONFLICT DO NOTHING`,
	} {
		if _, err := tx.exec(ctx, statement, targetID, groupID); err != nil {
			return fmt.Errorf("regain the groups in a group: %w", err)
		}
	}
	return nil
}
