package store

import (
	"context"
	"fmt"
	"slices"
)

// The origins of a nesting are those of a link, and this one: it is there and
// nobody wants it.
const foundThere = "found"

// ObserveSubgroups compares the complete list of the groups in a linked group
// with what was last known. One that is not there any more becomes dirty; one
// that is there and wanted is known from now on. Groups without a link are left
// alone; so are others that are not wanted, unless groups are to hold just what
// the source says.
func (s *Store) ObserveSubgroups(ctx context.Context, c Claim, targetID, groupID int64, subgroupIDs []string) error {
	there, err := s.linkedSubgroups(ctx, targetID, groupID, subgroupIDs)
	if err != nil {
		return err
	}
	var known []struct {
		ChildID int64 `db:"child_id"`
		Known   bool  `db:"known"`
		Wanted  bool  `db:"wanted"`
	}
	if err := s.selectAll(ctx, &known, `SELECT one.child_id, tn.child_id IS NOT NULL AS known, COALESCE(dn.wanted, FALSE) AS wanted
		FROM (SELECT child_id FROM target_nestings WHERE target_id = ? AND group_id = ? UNION SELECT child_id FROM desired_nestings WHERE target_id = ? AND group_id = ?) AS one
		LEFT JOIN target_nestings tn ON tn.target_id = ? AND tn.group_id = ? AND tn.child_id = one.child_id
		LEFT JOIN desired_nestings dn ON dn.target_id = ? AND dn.group_id = ? AND dn.child_id = one.child_id`,
		targetID, groupID, targetID, groupID, targetID, groupID, targetID, groupID); err != nil {
		return fmt.Errorf("read known subgroups: %w", err)
	}
	var lost, adopted, unwanted []int64
	for _, k := range known {
		switch is := there[k.ChildID]; {
		case k.Known && !is:
			lost = append(lost, k.ChildID)
		case !k.Known && k.Wanted && is:
			adopted = append(adopted, k.ChildID)
		}
		if k.Known || k.Wanted {
			delete(there, k.ChildID)
		}
	}
	if len(there) > 0 {
		var additive bool
		if err := s.get(ctx, &additive, `SELECT additive FROM targets WHERE id = ?`, targetID); err != nil {
			return fmt.Errorf("read target %d: %w", targetID, notFound(err))
		}
		if !additive {
			unwanted = sortedKeys(there)
		}
	}
	if len(lost)+len(adopted)+len(unwanted) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, child := range lost {
			if err := recordUnnested(ctx, tx, targetID, child, groupID); err != nil {
				return err
			}
		}
		for _, found := range []struct {
			children []int64
			origin   string
		}{{adopted, Adopted}, {unwanted, foundThere}} {
			for _, child := range found.children {
				if err := recordNested(ctx, tx, targetID, child, groupID, found.origin); err != nil {
					return err
				}
			}
		}
		dirty := slices.Sorted(slices.Values(slices.Concat(lost, unwanted)))
		if err := eachChunk(ctx, tx, dirty, `UPDATE groups SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark groups that are in others: %w", err)
		}
		return nil
	})
}

// linkedSubgroups returns which of the target's groups are linked here.
func (s *Store) linkedSubgroups(ctx context.Context, targetID, groupID int64, remoteIDs []string) (map[int64]bool, error) {
	there := make(map[int64]bool, len(remoteIDs))
	for chunk := range chunks(remoteIDs, 1000) {
		query, args, err := in(`SELECT group_id FROM target_groups WHERE identity = (SELECT identity FROM targets WHERE id = ?) AND remote_id IN (?) AND +target_id = ?`, targetID, chunk, targetID)
		if err != nil {
			return nil, err
		}
		var linked []int64
		if err := s.selectAll(ctx, &linked, query, args...); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, id := range linked {
			there[id] = id != groupID
		}
	}
	delete(there, groupID)
	return there, nil
}

func recordNested(ctx context.Context, tx *Tx, targetID, childID, groupID int64, origin string) error {
	if _, err := tx.exec(ctx, `INSERT INTO target_nestings (target_id, child_id, group_id, origin) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, targetID, childID, groupID, origin); err != nil {
		return fmt.Errorf("note that a group is in another: %w", err)
	}
	return nil
}

func recordUnnested(ctx context.Context, tx *Tx, targetID, childID, groupID int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM target_nestings WHERE target_id = ? AND child_id = ? AND group_id = ?`, targetID, childID, groupID); err != nil {
		return fmt.Errorf("forget that a group is in another: %w", err)
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
	// Nested is whether it was last seen there.
	Nested bool `db:"nested"`
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
	err := s.get(ctx, &due, `SELECT ch.outer_id, COALESCE(dn.wanted, FALSE) AS wanted, tn.child_id IS NOT NULL AS nested,
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

// ThroughAnother reports whether somebody is in a group of a target also
// through one that is in it there, and both are wanted so: only then may they be
// taken out of it themselves because of that.
func (s *Store) ThroughAnother(ctx context.Context, targetID, userID, groupID int64) (bool, error) {
	var through bool
	err := s.get(ctx, &through, `WITH RECURSIVE below (id) AS (
			SELECT n.child_id FROM target_nestings n JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
			WHERE n.target_id = ? AND n.group_id = ?
			UNION SELECT n.child_id FROM below b CROSS JOIN target_nestings n JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
			WHERE n.target_id = ? AND n.group_id = b.id
		) SELECT EXISTS (SELECT 1 FROM below b CROSS JOIN target_memberships m JOIN desired_memberships d ON d.target_id = m.target_id AND d.user_id = m.user_id AND d.group_id = m.group_id
			WHERE m.target_id = ? AND m.user_id = ? AND m.group_id = b.id)`, targetID, groupID, targetID, targetID, userID)
	if err != nil {
		return false, fmt.Errorf("look whether user %d is in group %d through another: %w", userID, groupID, err)
	}
	return through, nil
}

// NestingNeeded reports whether somebody who is to be in a group of a target is
// in it only through another that is to be taken out of it: until they are in it
// as they should be, that would take from them what is theirs.
func (s *Store) NestingNeeded(ctx context.Context, targetID, childID, groupID int64) (bool, error) {
	var needed bool
	err := s.get(ctx, &needed, `WITH RECURSIVE taken (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM taken t CROSS JOIN target_nestings n WHERE n.target_id = ? AND n.group_id = t.id
		), wanted (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM wanted w CROSS JOIN desired_nestings n WHERE n.target_id = ? AND n.group_id = w.id AND n.wanted
		), kept (id) AS (
			SELECT CAST(? AS BIGINT) UNION SELECT n.child_id FROM kept k CROSS JOIN target_nestings n
				JOIN desired_nestings d ON d.target_id = n.target_id AND d.child_id = n.child_id AND d.group_id = n.group_id AND d.wanted
				WHERE n.target_id = ? AND n.group_id = k.id
		) SELECT EXISTS (
			SELECT 1 FROM taken t CROSS JOIN target_memberships m CROSS JOIN desired_accounts d
			JOIN accounts a ON a.target_id = d.target_id AND a.user_id = d.user_id AND a.status = 'active'
			WHERE m.target_id = ? AND m.group_id = t.id AND d.target_id = m.target_id AND d.user_id = m.user_id AND d.state = 'active' AND NOT d.strip
				AND EXISTS (SELECT 1 FROM wanted w CROSS JOIN desired_memberships dm WHERE dm.target_id = m.target_id AND dm.user_id = m.user_id AND dm.group_id = w.id)
				AND NOT EXISTS (SELECT 1 FROM kept k CROSS JOIN target_memberships own JOIN desired_memberships dm ON dm.target_id = own.target_id AND dm.user_id = own.user_id AND dm.group_id = own.group_id
					WHERE own.target_id = m.target_id AND own.user_id = m.user_id AND own.group_id = k.id))`,
		childID, targetID, groupID, targetID, groupID, targetID, targetID)
	if err != nil {
		return false, fmt.Errorf("look who is in group %d only through group %d: %w", groupID, childID, err)
	}
	return needed, nil
}
