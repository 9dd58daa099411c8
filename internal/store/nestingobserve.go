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
// with what was last known. One that is not there any more becomes dirty; one that
// we put there is kept all the same, as one that may be there, until it is put in
// again or taken out: on the word of one wrong list nobody would take it out once
// the source does. One that is there and wanted is known from now on. Groups without a link are left
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
		Ours    bool  `db:"ours"`
		Missing bool  `db:"missing"`
		Wanted  bool  `db:"wanted"`
	}
	if err := s.selectAll(ctx, &known, `SELECT one.child_id, tn.child_id IS NOT NULL AS known, COALESCE(tn.origin = 'created', FALSE) AS ours, COALESCE(tn.missing, FALSE) AS missing, COALESCE(dn.wanted, FALSE) AS wanted
		FROM (SELECT child_id FROM target_nestings WHERE target_id = ? AND group_id = ? UNION SELECT child_id FROM desired_nestings WHERE target_id = ? AND group_id = ?) AS one
		LEFT JOIN target_nestings tn ON tn.target_id = ? AND tn.group_id = ? AND tn.child_id = one.child_id
		LEFT JOIN desired_nestings dn ON dn.target_id = ? AND dn.group_id = ? AND dn.child_id = one.child_id`,
		targetID, groupID, targetID, groupID, targetID, groupID, targetID, groupID); err != nil {
		return fmt.Errorf("read known subgroups: %w", err)
	}
	var lost, doubtful, back, adopted, unwanted []int64
	for _, k := range known {
		switch is := there[k.ChildID]; {
		case k.Known && !is && !k.Ours:
			lost = append(lost, k.ChildID)
		case k.Known && !is && !k.Missing:
			doubtful = append(doubtful, k.ChildID)
		case k.Missing && is:
			back = append(back, k.ChildID)
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
	if len(lost)+len(doubtful)+len(back)+len(adopted)+len(unwanted) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, child := range lost {
			if err := recordUnnested(ctx, tx, targetID, child, groupID); err != nil {
				return err
			}
		}
		for _, child := range doubtful {
			if err := doubtNested(ctx, tx, targetID, child, groupID); err != nil {
				return err
			}
		}
		for _, found := range []struct {
			children []int64
			origin   string
		}{{back, Created}, {adopted, Adopted}, {unwanted, foundThere}} {
			for _, child := range found.children {
				if err := recordNested(ctx, tx, targetID, child, groupID, found.origin); err != nil {
					return err
				}
			}
		}
		dirty := slices.Sorted(slices.Values(slices.Concat(lost, doubtful, unwanted)))
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
