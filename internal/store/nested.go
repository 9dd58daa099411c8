package store

import (
	"context"
	"fmt"
	"slices"
)

// A pushed group may be in others: whoever is in it, is in those. People are
// in all groups above those that they were pushed to, so that whoever is pulled
// comes out right. When a group moves, those below it are pulled again.

// renest notes in which groups some pushed groups are now, and puts the people
// below those that moved into the inbox. It returns whether any did.
func (p pulling) renest(ctx context.Context, groups []Pushed) (moved bool, err error) {
	if len(groups) == 0 {
		return false, nil
	}
	ids := make([]int64, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	now, err := p.parents(ctx, `SELECT m.member_id AS child_id, m.group_id AS parent_id FROM scim_members m
		JOIN scim_resources g ON g.id = m.group_id AND g.deleted_at = 0 AND g.type = 'Group' WHERE m.member_id IN (?) ORDER BY m.member_id, m.group_id`, ids)
	if err != nil {
		return false, err
	}
	before, err := p.parents(ctx, `SELECT child_id, parent_id FROM scim_nested WHERE child_id IN (?) ORDER BY child_id, parent_id`, ids)
	if err != nil {
		return false, err
	}
	var children []int64
	for _, id := range ids {
		if !slices.Equal(now[id], before[id]) {
			children = append(children, id)
		}
	}
	if len(children) == 0 {
		return false, nil
	}
	if err := eachChunk(ctx, p.tx, children, `DELETE FROM scim_nested WHERE child_id IN (?)`); err != nil {
		return false, fmt.Errorf("forget where pushed groups were: %w", err)
	}
	for _, child := range children {
		for _, parent := range now[child] {
			if _, err := p.tx.exec(ctx, `INSERT INTO scim_nested (child_id, parent_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, child, parent); err != nil {
				return false, fmt.Errorf("note where pushed group %d is: %w", child, err)
			}
		}
	}
	if err := p.nestGroups(ctx, children, now); err != nil {
		return false, err
	}
	return true, p.enqueueBelow(ctx, children)
}

// nestGroups notes the same by the groups that the rules look at. A group that
// others are in and that has no row yet gets it.
func (p pulling) nestGroups(ctx context.Context, children []int64, parents map[int64][]int64) error {
	resources := slices.Clone(children)
	for _, child := range children {
		resources = append(resources, parents[child]...)
	}
	slices.Sort(resources)
	known, err := p.groupRowsOf(ctx, slices.Compact(resources))
	if err != nil {
		return err
	}
	for _, child := range children {
		id := known[child]
		if id == 0 {
			continue // deleted before anybody heard of it
		}
		if _, err := p.tx.exec(ctx, `DELETE FROM group_nestings WHERE connection_id = ? AND child_id = ?`, p.connectionID, id); err != nil {
			return fmt.Errorf("forget where group %d is: %w", id, err)
		}
		for _, parent := range parents[child] {
			if known[parent] == 0 || known[parent] == id {
				continue
			}
			if _, err := p.tx.exec(ctx, `INSERT INTO group_nestings (connection_id, child_id, parent_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.connectionID, id, known[parent]); err != nil {
				return fmt.Errorf("note where group %d is: %w", id, err)
			}
		}
		if _, err := p.tx.exec(ctx, `UPDATE groups SET dirty = TRUE WHERE id = ? AND NOT dirty`, id); err != nil {
			return fmt.Errorf("mark group %d to be decided: %w", id, err)
		}
	}
	return p.nestingsChanged(ctx)
}

// groupRowsOf returns the rows of pushed groups, by resource, and makes those
// that are missing.
func (p pulling) groupRowsOf(ctx context.Context, resources []int64) (map[int64]int64, error) {
	ids := make(map[int64]int64, len(resources))
	for chunk := range chunks(resources, 1000) {
		query, args, err := in(`SELECT r.id, r.scim_id, r.display, r.document, r.type, r.modified_at, r.deleted_at, COALESCE(k.id, 0) AS known
			FROM scim_resources r LEFT JOIN groups k ON k.connection_id = r.connection_id AND k.source_id = r.scim_id WHERE r.id IN (?) ORDER BY r.id`, padded(chunk))
		if err != nil {
			return nil, err
		}
		var found []struct {
			Pushed
			Known int64 `db:"known"`
		}
		if err := p.tx.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read pushed groups: %w", err)
		}
		for _, f := range found {
			if ids[f.ID] = f.Known; f.Known != 0 || f.Deleted() {
				continue
			}
			g, err := p.mapping.Group(f.Pushed)
			if err != nil {
				return nil, fmt.Errorf("read pushed group %d: %w", f.ID, err)
			}
			if ids[f.ID], err = p.storeGroup(ctx, g, true); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// nestingsChanged counts a change of which groups are in which.
func (p pulling) nestingsChanged(ctx context.Context) error {
	if _, err := p.tx.exec(ctx, `INSERT INTO nesting_versions (connection_id, version) VALUES (?, 1) ON CONFLICT (connection_id) DO UPDATE SET version = nesting_versions.version + 1`, p.connectionID); err != nil {
		return fmt.Errorf("count a change of nestings: %w", err)
	}
	return nil
}

// unnest forgets in which groups a deleted one was, and which were in it.
func (p pulling) unnest(ctx context.Context, groupID int64) error {
	var in int
	if err := p.tx.get(ctx, &in, `SELECT (SELECT COUNT(*) FROM group_nestings WHERE connection_id = ? AND child_id = ?) + (SELECT COUNT(*) FROM group_nestings WHERE connection_id = ? AND parent_id = ?)`,
		p.connectionID, groupID, p.connectionID, groupID); err != nil {
		return fmt.Errorf("look where group %d is: %w", groupID, err)
	}
	if in == 0 {
		return nil
	}
	for _, statement := range []string{
		`DELETE FROM group_nestings WHERE connection_id = ? AND child_id = ?`,
		`DELETE FROM group_nestings WHERE connection_id = ? AND parent_id = ?`,
	} {
		if _, err := p.tx.exec(ctx, statement, p.connectionID, groupID); err != nil {
			return fmt.Errorf("forget where group %d is: %w", groupID, err)
		}
	}
	return p.nestingsChanged(ctx)
}

func (p pulling) parents(ctx context.Context, query string, ids []int64) (map[int64][]int64, error) {
	query, args, err := in(query, padded(ids))
	if err != nil {
		return nil, err
	}
	var found []struct {
		Child  int64 `db:"child_id"`
		Parent int64 `db:"parent_id"`
	}
	if err := p.tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read where pushed groups are: %w", err)
	}
	parents := make(map[int64][]int64, len(found))
	for _, f := range found {
		parents[f.Child] = append(parents[f.Child], f.Parent)
	}
	return parents, nil
}

// enqueueBelow makes the people in groups, and in groups in those, due. Who is
// in the inbox already gets a newer version, as the work on it may be under way.
func (p pulling) enqueueBelow(ctx context.Context, groups []int64) error {
	at := micros(p.now)
	query, args, err := in(belowGroups+`
		INSERT INTO inbox (resource_id, connection_id, shard, urgent, version, first_at, due_at)
		SELECT r.id, r.connection_id, r.shard, NOT r.active,
			CASE WHEN COALESCE((SELECT a.version FROM scim_acks a WHERE a.resource_id = r.id ORDER BY a.version DESC LIMIT 1), 0) >= CAST(? AS BIGINT)
				THEN (SELECT a.version FROM scim_acks a WHERE a.resource_id = r.id ORDER BY a.version DESC LIMIT 1) + 1 ELSE CAST(? AS BIGINT) END,
			CAST(? AS BIGINT), CAST(? AS BIGINT)
		FROM below CROSS JOIN scim_members m CROSS JOIN scim_resources r
		WHERE m.group_id = below.id AND r.id = m.member_id AND r.type = 'User' AND r.deleted_at = 0
		GROUP BY r.id, r.connection_id, r.shard, r.active ORDER BY r.id
		ON CONFLICT (resource_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0, waiting = FALSE, class = '',
			version = CASE WHEN excluded.version > inbox.version THEN excluded.version ELSE inbox.version + 1 END`, padded(groups), at, at, at, at)
	if err != nil {
		return err
	}
	if _, err := p.tx.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("enqueue the people below pushed groups: %w", err)
	}
	return nil
}

// belowGroups are groups with all groups in them, however deep; UNION ends
// where groups are in each other. It takes the groups.
const belowGroups = `WITH RECURSIVE below (id) AS (
		SELECT g.id FROM scim_resources g WHERE g.id IN (?)
		UNION
		SELECT g.id FROM below b CROSS JOIN scim_members m CROSS JOIN scim_resources g
		WHERE m.group_id = b.id AND g.id = m.member_id AND g.type = 'Group' AND g.deleted_at = 0
	)`

// aboveMembers are the groups that resources are in, with all groups that those
// are in. It takes the resources.
const aboveMembers = `WITH RECURSIVE above (member_id, id) AS (
		SELECT m.member_id, g.id FROM scim_members m JOIN scim_resources g ON g.id = m.group_id AND g.deleted_at = 0 AND g.type = 'Group'
		WHERE m.member_id IN (?)
		UNION
		SELECT a.member_id, g.id FROM above a CROSS JOIN scim_members m CROSS JOIN scim_resources g
		WHERE m.member_id = a.id AND g.id = m.group_id AND g.deleted_at = 0 AND g.type = 'Group'
	)`
