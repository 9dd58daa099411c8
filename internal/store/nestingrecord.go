package store

import (
	"context"
	"fmt"
)

// IntendNesting records, before a group is put in another, that this is ours
// should it come about: that stays so however the attempt ends, until an outcome
// says for certain what became of it. One that is known already stays as it is.
func (s *Store) IntendNesting(ctx context.Context, c Claim, targetID, childID, groupID int64) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `INSERT INTO target_nestings (target_id, child_id, group_id, origin, missing) VALUES (?, ?, ?, 'created', TRUE) ON CONFLICT DO NOTHING`, targetID, childID, groupID); err != nil {
			return fmt.Errorf("note a nesting that is about to be sent: %w", err)
		}
		return nil
	})
}

// recordNested notes that a group is in another. Whose doing that is stays as it
// was, where it may have been there already.
func recordNested(ctx context.Context, tx *Tx, targetID, childID, groupID int64, origin string) error {
	if _, err := tx.exec(ctx, `INSERT INTO target_nestings (target_id, child_id, group_id, origin) VALUES (?, ?, ?, ?)
		ON CONFLICT (target_id, child_id, group_id) DO UPDATE SET missing = FALSE WHERE target_nestings.missing`, targetID, childID, groupID, origin); err != nil {
		return fmt.Errorf("note that a group is in another: %w", err)
	}
	return seenNested(ctx, tx, targetID, childID, groupID)
}

func recordUnnested(ctx context.Context, tx *Tx, targetID, childID, groupID int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM target_nestings WHERE target_id = ? AND child_id = ? AND group_id = ?`, targetID, childID, groupID); err != nil {
		return fmt.Errorf("forget that a group is in another: %w", err)
	}
	return nil
}

// doubtNested notes that a group which was in another may not be in it any more.
func doubtNested(ctx context.Context, tx *Tx, targetID, childID, groupID int64) error {
	if _, err := tx.exec(ctx, `UPDATE target_nestings SET missing = TRUE WHERE target_id = ? AND child_id = ? AND group_id = ? AND NOT missing`, targetID, childID, groupID); err != nil {
		return fmt.Errorf("note that a group may not be in another: %w", err)
	}
	return nil
}

// recordGroups notes what outcomes say of groups in groups, and of permissions.
func recordGroups(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome) error {
	for _, o := range outcomes {
		if o.Inside != 0 {
			if err := recordNested(ctx, tx, targetID, o.GroupID, o.Inside, Created); err != nil {
				return err
			}
		}
		if o.Outside != 0 {
			if err := recordUnnested(ctx, tx, targetID, o.GroupID, o.Outside); err != nil {
				return err
			}
		}
		if o.NotInside != 0 {
			if _, err := tx.exec(ctx, `DELETE FROM target_nestings WHERE target_id = ? AND child_id = ? AND group_id = ? AND missing`, targetID, o.GroupID, o.NotInside); err != nil {
				return fmt.Errorf("forget a nesting that did not come about: %w", err)
			}
		}
		if o.Unsure != 0 {
			if err := doubtNested(ctx, tx, targetID, o.GroupID, o.Unsure); err != nil {
				return err
			}
		}
		if o.Permission != nil {
			if err := recordPermission(ctx, tx, targetID, o.GroupID, *o.Permission); err != nil {
				return err
			}
		}
	}
	return nil
}

// DueNesting is a change of a group in another, with what is wanted and known
// at this moment.
type DueNesting struct {
	OuterID int64 `db:"outer_id"`
	// Wanted is whether the group is to be in the other.
	Wanted bool `db:"wanted"`
	// Nested is whether it was last seen there, Missing whether it may be there, by us.
	Nested  bool `db:"nested"`
	Missing bool `db:"missing"`
	// InnerGroupID and OuterGroupID are the target's ids, empty without a link.
	InnerGroupID string `db:"inner_remote"`
	OuterGroupID string `db:"outer_remote"`
	InnerName    string `db:"inner_name"`
	OuterName    string `db:"outer_name"`
	// Protected is whether one of them must not be touched.
	Protected bool `db:"protected"`
}

// DueNesting returns what a change of a group in another is about, or ErrNotFound.
func (s *Store) DueNesting(ctx context.Context, changeID int64) (DueNesting, error) {
	var due DueNesting
	err := s.get(ctx, &due, `SELECT ch.outer_id, COALESCE(dn.wanted, FALSE) AS wanted, COALESCE(NOT tn.missing, FALSE) AS nested, COALESCE(tn.missing, FALSE) AS missing,
			COALESCE(inside.remote_id, '') AS inner_remote, COALESCE(inside.name, '') AS inner_name, COALESCE(outside.remote_id, '') AS outer_remote, COALESCE(outside.name, '') AS outer_name,
			(COALESCE(inside.protected, FALSE) OR COALESCE(outside.protected, FALSE) OR COALESCE(outside.read_only, FALSE)) AS protected
		FROM changes ch
		LEFT JOIN desired_nestings dn ON dn.target_id = ch.target_id AND dn.child_id = ch.group_id AND dn.group_id = ch.outer_id
		LEFT JOIN target_nestings tn ON tn.target_id = ch.target_id AND tn.child_id = ch.group_id AND tn.group_id = ch.outer_id
		LEFT JOIN target_groups inside ON inside.target_id = ch.target_id AND inside.group_id = ch.group_id
		LEFT JOIN target_groups outside ON outside.target_id = ch.target_id AND outside.group_id = ch.outer_id
		WHERE ch.id = ?`, changeID)
	if err != nil {
		return DueNesting{}, fmt.Errorf("read a nesting that is due: %w", notFound(err))
	}
	return due, nil
}
