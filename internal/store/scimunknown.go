package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// memberRow is a resource that a member's value stands for.
type memberRow struct {
	id     int64
	scimID string
}

// resolved is what values of members stand for.
type resolved struct {
	known   []memberRow
	unknown []string
}

// resolve finds what values stand for: ids first, then externalIds and userNames.
func (e *scimEdit) resolve(ctx context.Context, values []string) (resolved, error) {
	if len(values) == 0 {
		return resolved{}, nil
	}
	rest, err := e.resolveRest(ctx, values)
	if err != nil {
		return resolved{}, err
	}
	unknown := make(map[string]bool, len(rest.unknown))
	for _, value := range rest.unknown {
		unknown[value] = true
	}
	list, err := asJSON(values)
	if err != nil {
		return resolved{}, err
	}
	err = e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var r memberRow
		if err := rows.Scan(&r.id, &r.scimID); err != nil {
			return err
		}
		rest.known = append(rest.known, r)
		return nil
	}, `SELECT r.id, r.scim_id FROM `+e.tx.dialect.list()+` CROSS JOIN scim_resources r
		WHERE r.connection_id = ? AND r.scim_id = j.value AND r.deleted_at = 0`, list, e.w.ConnectionID)
	if err != nil {
		return resolved{}, fmt.Errorf("find members by id: %w", err)
	}
	return rest, nil
}

// resolveRest is resolve without the values that are ids. While something is
// unknown no resource can come into being unseen until the transaction ends.
func (e *scimEdit) resolveRest(ctx context.Context, values []string) (resolved, error) {
	for locked := false; ; locked = true {
		rest, err := e.notIDs(ctx, values)
		if err != nil || len(rest) == 0 {
			return resolved{}, err
		}
		byName, err := e.byOtherNames(ctx, rest)
		if err != nil {
			return resolved{}, err
		}
		var found resolved
		for _, value := range rest {
			if r, ok := byName[value]; ok {
				found.known = append(found.known, r)
			} else {
				found.unknown = append(found.unknown, value)
			}
		}
		if len(found.unknown) == 0 || locked || e.tx.dialect != postgres {
			return found, nil
		}
		if _, err := e.tx.execKeyed(ctx, `SELECT pg_advisory_xact_lock(?, CAST(? AS INTEGER))`, waitingLock, int32(e.w.ConnectionID)); err != nil {
			return resolved{}, fmt.Errorf("keep resources from arriving: %w", err)
		}
	}
}

// waitingLock is the class of PostgreSQL's advisory locks by which who keeps an
// unknown member, exclusively, and who adds a resource, shared, see each other.
const waitingLock = 0x7363696d // "scim"

// notIDs are the values that are no id of a resource.
func (e *scimEdit) notIDs(ctx context.Context, values []string) ([]string, error) {
	list, err := asJSON(values)
	if err != nil {
		return nil, err
	}
	var rest []string
	err = e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var value string
		if err := rows.Scan(&value); err != nil {
			return err
		}
		rest = append(rest, value)
		return nil
	}, `SELECT j.value FROM `+e.tx.dialect.list()+` WHERE NOT EXISTS (
			SELECT 1 FROM scim_resources r WHERE r.connection_id = ? AND r.scim_id = j.value AND r.deleted_at = 0)`, list, e.w.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("find members by id: %w", err)
	}
	return rest, nil
}

// byOtherNames finds the resources that values name by externalId, or else by
// userName. An externalId that several have names none of them.
func (e *scimEdit) byOtherNames(ctx context.Context, values []string) (map[string]memberRow, error) {
	pairs := make([][]any, len(values))
	for i, value := range values {
		pairs[i] = []any{value, textKey(value)}
	}
	list, err := asJSON(pairs)
	if err != nil {
		return nil, err
	}
	found := map[string]memberRow{}
	named := map[string]int{}
	err = e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var value string
		var r memberRow
		var rank int
		if err := rows.Scan(&value, &r.id, &r.scimID, &rank); err != nil {
			return err
		}
		if rank == 0 {
			named[value]++
		}
		if rank == 0 || named[value] == 0 {
			found[value] = r
		}
		return nil
	}, `SELECT j.value ->> 0, r.id, r.scim_id, 0 AS rank FROM `+e.tx.dialect.table()+` CROSS JOIN scim_resources r
			WHERE r.connection_id = ? AND r.type IN ('User', 'Group') AND r.external_id = j.value ->> 0 AND r.external_id <> '' AND r.deleted_at = 0
		UNION ALL SELECT j.value ->> 0, r.id, r.scim_id, 1 FROM `+e.tx.dialect.table()+` CROSS JOIN scim_resources r
			WHERE r.connection_id = ? AND r.type = 'User' AND r.name_key = j.value ->> 1 AND r.deleted_at = 0
		ORDER BY rank`, list, e.w.ConnectionID, list, e.w.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("find members by name: %w", err)
	}
	for value, n := range named {
		if n > 1 {
			delete(found, value)
		}
	}
	return found, nil
}

// resolveWaiting makes members of a resource where groups have been waiting for
// it under one of its names, or under its externalId where nobody else has that.
func (e *scimEdit) resolveWaiting(ctx context.Context, id int64, scimID string, names []string, externalID string) error {
	if !e.pushed() {
		return nil
	}
	if externalID != "" {
		names = append(slices.Clone(names), externalID)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	if len(names) == 0 {
		return nil
	}
	waiting, err := e.waitingGroups(ctx, names)
	if err != nil {
		return err
	}
	if e.tx.dialect == postgres {
		// Groups first, as everywhere; then the lock, and what it let in.
		if err := e.lockGroups(ctx, waiting); err != nil {
			return err
		}
		if _, err := e.tx.execKeyed(ctx, `SELECT pg_advisory_xact_lock_shared(?, CAST(? AS INTEGER))`, waitingLock, int32(e.w.ConnectionID)); err != nil {
			return fmt.Errorf("let unknown members settle: %w", err)
		}
		if waiting, err = e.waitingGroups(ctx, names); err != nil {
			return err
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	if externalID != "" {
		others, err := e.ids(ctx, `SELECT id FROM scim_resources WHERE connection_id = ? AND type IN ('User', 'Group') AND external_id = ? AND external_id <> '' AND deleted_at = 0 AND id <> ?`,
			e.w.ConnectionID, externalID, id)
		if err != nil {
			return fmt.Errorf("find others with the externalId: %w", err)
		}
		if len(others) > 0 {
			names = slices.DeleteFunc(names, func(name string) bool { return name == externalID })
		}
	}
	return e.join(ctx, id, scimID, names, waiting)
}

// join makes a resource a member of the groups that have one of its names
// among their unknown members.
func (e *scimEdit) join(ctx context.Context, id int64, scimID string, names []string, waiting []int64) error {
	byName, err := asJSON(names)
	if err != nil {
		return err
	}
	inGroups, err := asJSON(waiting)
	if err != nil {
		return err
	}
	groups, err := e.ids(ctx, `DELETE FROM scim_members WHERE group_id IN (SELECT CAST(j.value AS BIGINT) FROM `+e.tx.dialect.list()+`)
		AND member IN (SELECT j.value FROM `+e.tx.dialect.list()+`) AND member_id = 0 RETURNING group_id`, inGroups, byName)
	if err != nil {
		return fmt.Errorf("take unknown members: %w", err)
	}
	if len(groups) == 0 {
		return nil
	}
	e.joined = true
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if inGroups, err = asJSON(groups); err != nil {
		return err
	}
	if _, err := e.tx.execKeyed(ctx, `INSERT INTO scim_members (group_id, member, member_id)
		SELECT CAST(j.value AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT) FROM `+e.tx.dialect.list()+` WHERE TRUE ON CONFLICT (group_id, member) DO NOTHING`,
		scimID, id, inGroups); err != nil {
		return fmt.Errorf("make members of resource %d: %w", id, err)
	}
	e.affected[id] = true
	return e.raiseVersions(ctx, groups)
}

// waitingGroups are the groups of the connection that have one of the values
// as an unknown member, in the order of their ids.
func (e *scimEdit) waitingGroups(ctx context.Context, values []string) ([]int64, error) {
	list, err := asJSON(values)
	if err != nil {
		return nil, err
	}
	// Two steps: nearly always the first finds nothing, and no planner can choose to walk the resources in it.
	groups, err := e.ids(ctx, `SELECT m.group_id FROM scim_members m WHERE m.member_id = 0 AND m.member IN (SELECT j.value FROM `+e.tx.dialect.list()+`)`, list)
	if err != nil {
		return nil, fmt.Errorf("find groups that wait for a member: %w", err)
	}
	if len(groups) == 0 {
		return nil, nil
	}
	if list, err = asJSON(groups); err != nil {
		return nil, err
	}
	groups, err = e.ids(ctx, `SELECT g.id FROM scim_resources g WHERE g.id IN (SELECT CAST(j.value AS BIGINT) FROM `+e.tx.dialect.list()+`) AND g.connection_id = ? ORDER BY g.id`, list, e.w.ConnectionID)
	if err != nil {
		return nil, fmt.Errorf("find the connection's groups that wait for a member: %w", err)
	}
	return groups, nil
}

// lockGroups keeps groups from being changed, in the order of their ids.
func (e *scimEdit) lockGroups(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := asJSON(ids)
	if err != nil {
		return err
	}
	if _, err := e.ids(ctx, `SELECT g.id FROM scim_resources g WHERE g.id IN (SELECT CAST(j.value AS BIGINT) FROM `+e.tx.dialect.list()+`)
		ORDER BY g.id`+e.tx.forNoKeyUpdate(), list); err != nil {
		return fmt.Errorf("lock groups: %w", err)
	}
	return nil
}

// lockGroupsOf is lockGroups for those that a resource is in.
func (e *scimEdit) lockGroupsOf(ctx context.Context, scimID string) error {
	if e.tx.dialect != postgres {
		return nil
	}
	if _, err := e.ids(ctx, `SELECT g.id FROM scim_resources g WHERE g.id IN (
			SELECT m.group_id FROM scim_resources r JOIN scim_members m ON m.member_id = r.id WHERE r.connection_id = ? AND r.scim_id = ?)
		ORDER BY g.id`+e.tx.forNoKeyUpdate(), e.w.ConnectionID, storable(scimID)); err != nil {
		return fmt.Errorf("lock groups: %w", err)
	}
	return nil
}

// raiseVersions notes that groups changed by what happened to their members.
func (e *scimEdit) raiseVersions(ctx context.Context, groups []int64) error {
	if len(groups) == 0 {
		return nil
	}
	list, err := asJSON(groups)
	if err != nil {
		return err
	}
	if _, err := e.tx.execKeyed(ctx, `UPDATE scim_resources SET version = version + 1, modified_at = ?
		WHERE id IN (SELECT CAST(j.value AS BIGINT) FROM `+e.tx.dialect.list()+`)`, e.shownAt(), list); err != nil {
		return fmt.Errorf("raise versions of groups: %w", err)
	}
	return nil
}
