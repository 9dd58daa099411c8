package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// desiredGroup is a group of a target as it should be.
type desiredGroup struct {
	GroupID int64  `db:"group_id"`
	Name    string `db:"name"`
	Rule    string `db:"rule"`
	Problem string `db:"problem"`
	Detail  string `db:"detail"`
}

func desiredOf(id int64, d directory.DesiredGroup) desiredGroup {
	return desiredGroup{GroupID: id, Name: d.Name, Rule: d.Rule, Problem: string(d.Problem), Detail: d.Detail}
}

// storeGroups stores what the groups are that others lead to.
func (r *routing) storeGroups(ctx context.Context) error {
	is := make(map[int64]desiredGroup, len(r.own)+len(r.shared))
	for id, d := range r.own {
		is[id] = desiredOf(id, d)
	}
	if err := r.leftShared(ctx); err != nil {
		return err
	}
	if err := r.nameShared(ctx, is); err != nil {
		return err
	}
	for chunk := range chunks(slices.Sorted(maps.Keys(is)), 1000) {
		stored, err := r.desired(ctx, chunk)
		if err != nil {
			return err
		}
		var changed []desiredGroup
		for _, id := range chunk {
			if was, known := stored[id]; known && was == is[id] {
				continue
			}
			changed = append(changed, is[id])
			r.touched[id] = true
		}
		if err := r.writeGroups(ctx, changed); err != nil {
			return err
		}
	}
	return nil
}

// leftShared takes the groups along that some do not lead to any more: those
// that still do may call it otherwise.
func (r *routing) leftShared(ctx context.Context) error {
	var left []int64
	for _, m := range r.moved {
		if m.from != 0 && m.from != m.group && r.shared[m.from] == "" {
			left = append(left, m.from)
		}
	}
	rows, err := groupRows(ctx, r.tx, left)
	if err != nil {
		return err
	}
	for _, g := range rows {
		r.shared[g.ID] = strings.TrimPrefix(g.SourceID, derivedPrefix)
	}
	return nil
}

// nameShared says what the groups are that several may share: what the one with
// the least source id makes of it, of all that lead there, whichever of them are
// decided now.
func (r *routing) nameShared(ctx context.Context, is map[int64]desiredGroup) error {
	for chunk := range chunks(slices.Sorted(maps.Keys(r.shared)), 1000) {
		query, args, err := in(`SELECT r.into_id, g.id, g.source_id, g.name, g.description, g.type, g.presence
			FROM group_routes r JOIN groups g ON g.id = r.group_id AND g.presence = 'present' WHERE r.target_id = ? AND r.into_id IN (?)`, r.ID, padded(chunk))
		if err != nil {
			return err
		}
		var leading []struct {
			IntoID int64 `db:"into_id"`
			groupRow
		}
		if err := r.tx.selectAll(ctx, &leading, query, args...); err != nil {
			return fmt.Errorf("read the groups that share one: %w", err)
		}
		least := map[int64]string{}
		for _, g := range leading {
			first, known := least[g.IntoID]
			if known && first < g.SourceID {
				continue
			}
			if d := r.Group(g.group()); nameKey(d.Name) == r.shared[g.IntoID] {
				least[g.IntoID], is[g.IntoID] = g.SourceID, desiredOf(g.IntoID, d)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.shared)) {
		if is[id].GroupID == 0 {
			continue // nobody leads there any more
		}
		if _, err := r.tx.exec(ctx, `UPDATE groups SET name = ? WHERE id = ? AND name <> ?`, is[id].Name, id, is[id].Name); err != nil {
			return fmt.Errorf("name a group that several share: %w", err)
		}
	}
	return nil
}

func (r *routing) desired(ctx context.Context, ids []int64) (map[int64]desiredGroup, error) {
	query, args, err := in(`SELECT group_id, name, rule, problem, detail FROM desired_groups WHERE target_id = ? AND group_id IN (?)`, r.ID, padded(ids))
	if err != nil {
		return nil, err
	}
	var found []desiredGroup
	if err := r.tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read desired groups: %w", err)
	}
	stored := make(map[int64]desiredGroup, len(found))
	for _, f := range found {
		stored[f.GroupID] = f
	}
	return stored, nil
}

func (r *routing) writeGroups(ctx context.Context, changed []desiredGroup) error {
	for chunk := range chunks(changed, rowsAtOnce) {
		args := make([]any, 0, 7*len(chunk))
		for _, g := range chunk {
			args = append(args, r.ID, g.GroupID, g.Name, nameKey(g.Name), g.Rule, g.Problem, g.Detail)
		}
		if _, err := r.tx.exec(ctx, `INSERT INTO desired_groups (target_id, group_id, name, name_key, rule, problem, detail) VALUES `+rows("(?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, group_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, rule = excluded.rule,
				problem = excluded.problem, detail = excluded.detail, version = desired_groups.version + 1`, args...); err != nil {
			return fmt.Errorf("store desired groups: %w", err)
		}
	}
	return nil
}

// dropGroups drops of some groups those that nobody leads to any more.
func (r *routing) dropGroups(ctx context.Context, ids []int64) error {
	slices.Sort(ids)
	for chunk := range chunks(slices.Compact(ids), 1000) {
		query, args, err := in(`DELETE FROM desired_groups WHERE target_id = ? AND group_id IN (?)
			AND NOT EXISTS (SELECT 1 FROM group_routes r JOIN groups g ON g.id = r.group_id AND g.presence = 'present'
				WHERE r.target_id = desired_groups.target_id AND r.into_id = desired_groups.group_id)
			AND NOT EXISTS (SELECT 1 FROM default_groups f WHERE f.target_id = desired_groups.target_id AND f.group_id = desired_groups.group_id)
			RETURNING group_id`, r.ID, padded(chunk))
		if err != nil {
			return err
		}
		var dropped []int64
		if err := r.tx.selectAll(ctx, &dropped, query, args...); err != nil {
			return fmt.Errorf("drop desired groups: %w", err)
		}
		for _, id := range dropped {
			r.touched[id] = true
		}
	}
	return nil
}

// sameDefaults reports whether everybody is in just those groups already that
// the rules name.
func sameDefaults(ctx context.Context, selectAll selecting, t TargetDecider) (bool, error) {
	stored, err := storedDefaults(ctx, selectAll, t.ID)
	if err != nil {
		return false, err
	}
	want := defaultNames(t)
	for key := range want {
		if stored[key] == 0 {
			return false, nil
		}
	}
	return len(stored) == len(want), nil
}

func defaultNames(t TargetDecider) map[string]string {
	names := make(map[string]string, len(t.Defaults))
	for _, name := range t.Defaults {
		if key := nameKey(name); key != "" {
			names[key] = name
		}
	}
	return names
}

// storedDefaults are the groups that everybody is in, by the keys of their names.
func storedDefaults(ctx context.Context, selectAll selecting, targetID int64) (map[string]int64, error) {
	var found []struct {
		ID  int64  `db:"id"`
		Key string `db:"name_key"`
	}
	if err := selectAll(ctx, &found, `SELECT g.id, g.name_key FROM default_groups f JOIN groups g ON g.id = f.group_id WHERE f.target_id = ?`, targetID); err != nil {
		return nil, fmt.Errorf("read default groups: %w", err)
	}
	stored := make(map[string]int64, len(found))
	for _, f := range found {
		stored[f.Key] = f.ID
	}
	return stored, nil
}

// decideDefaults stores the groups that everybody is in, and returns them by
// the keys of their names, with those that are not any more.
func (r *routing) decideDefaults(ctx context.Context) (defaults map[string]int64, dropped []int64, err error) {
	stored, err := storedDefaults(ctx, r.tx.selectAll, r.ID)
	if err != nil {
		return nil, nil, err
	}
	names := defaultNames(r.TargetDecider)
	if len(stored)+len(names) == 0 {
		return nil, nil, nil
	}
	if defaults, err = deriveGroups(ctx, r.tx, r.connectionID, names); err != nil {
		return nil, nil, err
	}
	for key, id := range stored {
		if defaults[key] != 0 {
			continue
		}
		dropped = append(dropped, id)
		if _, err := r.tx.exec(ctx, `DELETE FROM default_groups WHERE target_id = ? AND group_id = ?`, r.ID, id); err != nil {
			return nil, nil, fmt.Errorf("drop default group: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		id := defaults[key]
		if stored[key] == 0 {
			if _, err := r.tx.exec(ctx, `INSERT INTO default_groups (target_id, group_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, r.ID, id); err != nil {
				return nil, nil, fmt.Errorf("store default group: %w", err)
			}
		}
		desired := []desiredGroup{{GroupID: id, Name: names[key], Rule: "default"}}
		was, err := r.desired(ctx, []int64{id})
		if err != nil {
			return nil, nil, err
		}
		if _, known := was[id]; known {
			continue
		}
		if err := r.writeGroups(ctx, desired); err != nil {
			return nil, nil, err
		}
		r.touched[id] = true
	}
	return defaults, dropped, nil
}

// LeadsTo returns the groups that the rules make, that some users and groups
// lead to in a target, and that are not linked there yet: no source lists them,
// so that whoever is planned has to bring them along.
func (s *Store) LeadsTo(ctx context.Context, targetID int64, users, groups []int64) ([]int64, error) {
	if len(users)+len(groups) == 0 {
		return nil, nil
	}
	query, args, err := in(`SELECT d.group_id FROM desired_groups d JOIN groups g ON g.id = d.group_id AND g.presence = 'derived'
		LEFT JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = d.group_id
		WHERE d.target_id = ? AND t.group_id IS NULL AND d.group_id IN (
			SELECT into_id FROM group_routes WHERE target_id = ? AND group_id IN (?)
			UNION SELECT group_id FROM desired_memberships WHERE target_id = ? AND user_id IN (?)) ORDER BY d.group_id`,
		targetID, targetID, padded(append(slices.Clip(groups), 0)), targetID, padded(append(slices.Clip(users), 0)))
	if err != nil {
		return nil, err
	}
	var derived []int64
	if err := s.selectAll(ctx, &derived, query, args...); err != nil {
		return nil, fmt.Errorf("look for groups that the rules make: %w", err)
	}
	return derived, nil
}
