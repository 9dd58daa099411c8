package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What was undone of a group is over what the source and the configuration say,
// for as long as they say what they said then.

// nestingOverride is a nesting that was undone.
type nestingOverride struct {
	ID      int64  `db:"id"`
	ChildID int64  `db:"group_id"`
	OuterID int64  `db:"outer_id"`
	Value   string `db:"value"`
	Basis   string `db:"basis"`
	RunID   int64  `db:"run_id"`
}

// overrideNestings returns what was undone of nestings, and drops that of which
// the source now says something else. One that puts a group into another is
// among those that are looked at for circles.
func (r *routing) overrideNestings(ctx context.Context, nested map[int64]map[int64]bool) (map[edge]nesting, error) {
	want := map[edge]nesting{}
	var overrides []nestingOverride
	if err := r.tx.selectAll(ctx, &overrides, `SELECT id, group_id, outer_id, value, basis, run_id FROM group_overrides WHERE target_id = ? AND outer_id <> 0 ORDER BY id`, r.ID); err != nil {
		return nil, fmt.Errorf("read what was undone of groups: %w", err)
	}
	for _, o := range overrides {
		ruled := nested[o.ChildID][o.OuterID]
		if inOrOut(ruled) != o.Basis {
			if _, err := r.tx.exec(ctx, `DELETE FROM group_overrides WHERE id = ?`, o.ID); err != nil {
				return nil, fmt.Errorf("drop override: %w", err)
			}
			continue
		}
		n := nesting{ChildID: o.ChildID, GroupID: o.OuterID, Wanted: o.Value == memberIn, Ruled: ruled, Rule: fmt.Sprintf("undone by run %d", o.RunID)}
		want[n.edge()] = n
		if n.Wanted && !ruled {
			if nested[o.ChildID] == nil {
				nested[o.ChildID] = map[int64]bool{}
			}
			nested[o.ChildID][o.OuterID] = true
		}
	}
	return want, nil
}

func inOrOut(in bool) string {
	if in {
		return memberIn
	}
	return memberOut
}

// writeGroupOverrides puts overrides of groups in place. One that stands keeps
// its basis: what is asked for now is the override's own doing.
func writeGroupOverrides(ctx context.Context, tx *Tx, wanted []undoing, runID int64, now time.Time) error {
	for _, o := range wanted {
		if _, err := tx.exec(ctx, `INSERT INTO group_overrides (target_id, group_id, outer_id, scope, value, basis, run_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (target_id, group_id, outer_id, scope) DO UPDATE SET value = excluded.value, run_id = excluded.run_id, created_at = excluded.created_at`,
			o.TargetID, o.GroupID, o.OuterID, o.Scope, o.Value, o.Basis, runID, micros(now)); err != nil {
			return fmt.Errorf("store override of a group: %w", err)
		}
		if o.What != overrideNesting {
			continue
		}
		if _, err := tx.exec(ctx, `UPDATE targets SET nestings_version = -1 WHERE id = ?`, o.TargetID); err != nil {
			return fmt.Errorf("have nestings reckoned: %w", err)
		}
	}
	return nil
}

const groupOverridesWhere = ` WHERE (CAST(? AS TEXT) = '' OR target_id IN (SELECT t.id FROM targets t JOIN connections c ON c.id = t.connection_id WHERE c.name = ?))
	AND (CAST(? AS BIGINT) = 0 OR run_id = ?)`

func (f OverrideFilter) groupArgs() []any {
	return []any{f.Connection, f.Connection, f.RunID, f.RunID}
}

const groupOverridesList = `SELECT o.id, c.name AS connection, t.name AS target, 0 AS user_id, '' AS label, o.group_id, g.name AS group_name, COALESCE(og.name, '') AS outer_name, o.scope,
		CASE WHEN o.outer_id <> 0 THEN 'nesting' ELSE 'permission' END AS what, o.value, o.run_id, o.created_at
	FROM group_overrides o JOIN targets t ON t.id = o.target_id JOIN connections c ON c.id = t.connection_id JOIN groups g ON g.id = o.group_id
	LEFT JOIN groups og ON og.id = o.outer_id` + groupOverridesWhere + ` ORDER BY o.id`

// releaseGroups is ReleaseOverrides for groups.
func releaseGroups(ctx context.Context, tx *Tx, f OverrideFilter, who Who, now time.Time) (int64, error) {
	var dropped []struct {
		TargetID     int64 `db:"target_id"`
		GroupID      int64 `db:"group_id"`
		OuterID      int64 `db:"outer_id"`
		ConnectionID int64 `db:"connection_id"`
	}
	if err := tx.selectAll(ctx, &dropped, `DELETE FROM group_overrides`+groupOverridesWhere+`
		RETURNING target_id, group_id, outer_id, (SELECT t.connection_id FROM targets t WHERE t.id = group_overrides.target_id) AS connection_id`, f.groupArgs()...); err != nil {
		return 0, fmt.Errorf("release what was undone of groups: %w", err)
	}
	groups := map[int64]map[int64]bool{}
	targets := map[int64]bool{}
	for _, d := range dropped {
		if groups[d.ConnectionID] == nil {
			groups[d.ConnectionID] = map[int64]bool{}
		}
		groups[d.ConnectionID][d.GroupID] = true
		if d.OuterID != 0 {
			targets[d.TargetID] = true
		}
	}
	for _, id := range sortedKeys(targets) {
		if _, err := tx.exec(ctx, `UPDATE targets SET nestings_version = -1 WHERE id = ?`, id); err != nil {
			return 0, fmt.Errorf("have nestings reckoned: %w", err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if err := eachChunk(ctx, tx, sortedKeys(groups[id]), `UPDATE groups SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return 0, fmt.Errorf("mark groups to be decided: %w", err)
		}
		if err := recordAction(ctx, tx, Action{ConnectionID: id, What: "undo.release", RunID: f.RunID, Text: fmt.Sprintf("groups: %d", len(groups[id]))}.by(who), now); err != nil {
			return 0, err
		}
	}
	return int64(len(dropped)), nil
}
