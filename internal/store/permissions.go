package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// distinctPermissions sorts permissions by group and scope, and keeps of those
// of one group in one scope the one that includes the others.
func distinctPermissions(all []directory.GroupPermission) []directory.GroupPermission {
	sorted := make([]directory.GroupPermission, 0, len(all))
	for _, p := range all {
		p.Group = nameKey(p.Group)
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(a, b directory.GroupPermission) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Scope, b.Scope), cmp.Compare(b.Rank(), a.Rank()), cmp.Compare(a.Level, b.Level))
	})
	return slices.CompactFunc(sorted, func(a, b directory.GroupPermission) bool { return a.Group == b.Group && a.Scope == b.Scope })
}

// permissionsText writes permissions so that two texts are the same when they
// ask for the same; none is empty.
func permissionsText(all []directory.GroupPermission) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	lines := make([][3]string, 0, len(all))
	for _, p := range distinctPermissions(all) {
		lines = append(lines, [3]string{p.Group, p.Scope, p.Level})
	}
	text, err := json.Marshal(lines)
	if err != nil {
		return "", fmt.Errorf("write permissions: %w", err)
	}
	return string(text), nil
}

// desirePermissions stores what groups of a target are to hold.
func desirePermissions(ctx context.Context, tx *Tx, targetID int64, all []directory.GroupPermission) error {
	if _, err := tx.exec(ctx, `DELETE FROM desired_permissions WHERE target_id = ?`, targetID); err != nil {
		return fmt.Errorf("drop desired permissions: %w", err)
	}
	for chunk := range chunks(distinctPermissions(all), rowsAtOnce) {
		args := make([]any, 0, 5*len(chunk))
		for _, p := range chunk {
			args = append(args, targetID, p.Group, p.Scope, p.Level, p.Rank())
		}
		if _, err := tx.exec(ctx, `INSERT INTO desired_permissions (target_id, group_key, scope, level, rank) VALUES `+rows("(?, ?, ?, ?, ?)", len(chunk)), args...); err != nil {
			return fmt.Errorf("store desired permissions: %w", err)
		}
	}
	// What was undone is over what was configured then. Once something else is, it
	// must not come back with the old words: it could take away what was given since.
	if _, err := tx.exec(ctx, `DELETE FROM group_overrides WHERE target_id = ? AND outer_id = 0 AND scope <> ''
		AND EXISTS (SELECT 1 FROM desired_groups d WHERE d.target_id = group_overrides.target_id AND d.group_id = group_overrides.group_id)
		AND NOT EXISTS (SELECT 1 FROM desired_groups d JOIN desired_permissions p ON p.target_id = d.target_id AND p.group_key = d.name_key
			WHERE d.target_id = group_overrides.target_id AND d.group_id = group_overrides.group_id AND p.scope = group_overrides.scope AND p.level = group_overrides.basis)`, targetID); err != nil {
		return fmt.Errorf("drop what was undone of permissions: %w", err)
	}
	return nil
}

// PermittedScopes returns, for those of some groups that the configuration
// gives permissions in a target, in which scopes.
func (s *Store) PermittedScopes(ctx context.Context, targetID int64, groups []int64) (map[int64][]string, error) {
	scopes := map[int64][]string{}
	for chunk := range chunks(groups, 1000) {
		query, args, err := in(`SELECT d.group_id, p.scope FROM desired_groups d JOIN desired_permissions p ON p.target_id = d.target_id AND p.group_key = d.name_key
			WHERE d.target_id = ? AND d.group_id IN (?) ORDER BY d.group_id, p.scope`, targetID, padded(chunk))
		if err != nil {
			return nil, err
		}
		var found []struct {
			GroupID int64  `db:"group_id"`
			Scope   string `db:"scope"`
		}
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read which permissions groups are to hold: %w", err)
		}
		for _, f := range found {
			scopes[f.GroupID] = append(scopes[f.GroupID], f.Scope)
		}
	}
	return scopes, nil
}

// ObservePermissions compares what a linked group holds in some scopes with
// what was last known. A group that holds something else becomes dirty.
func (s *Store) ObservePermissions(ctx context.Context, c Claim, targetID, groupID int64, scopes []string, held []directory.Permission) error {
	now := make(map[string]string, len(held))
	for _, p := range held {
		now[p.Scope] = p.Level
	}
	var stored []directory.Permission
	if err := s.selectAll(ctx, &stored, `SELECT scope, level FROM target_permissions WHERE target_id = ? AND group_id = ?`, targetID, groupID); err != nil {
		return fmt.Errorf("read known permissions: %w", err)
	}
	before := make(map[string]string, len(stored))
	for _, p := range stored {
		before[p.Scope] = p.Level
	}
	var changed []directory.Permission
	for _, scope := range scopes {
		if now[scope] != before[scope] {
			changed = append(changed, directory.Permission{Scope: scope, Level: now[scope]})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, p := range changed {
			if err := recordPermission(ctx, tx, targetID, groupID, p); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, `UPDATE groups SET dirty = TRUE WHERE id = ? AND NOT dirty`, groupID); err != nil {
			return fmt.Errorf("mark a group whose permissions changed: %w", err)
		}
		return nil
	})
}

// recordPermission notes what a group holds in a scope; an empty level is nothing.
func recordPermission(ctx context.Context, tx *Tx, targetID, groupID int64, p directory.Permission) error {
	if p.Level == "" {
		if _, err := tx.exec(ctx, `DELETE FROM target_permissions WHERE target_id = ? AND group_id = ? AND scope = ?`, targetID, groupID, p.Scope); err != nil {
			return fmt.Errorf("forget a permission: %w", err)
		}
		return nil
	}
	if _, err := tx.exec(ctx, `INSERT INTO target_permissions (target_id, group_id, scope, level, rank) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (target_id, group_id, scope) DO UPDATE SET level = excluded.level, rank = excluded.rank`, targetID, groupID, p.Scope, p.Level, p.Rank()); err != nil {
		return fmt.Errorf("note a permission: %w", err)
	}
	return nil
}

// DuePermission is a permission that is to be given, with what is asked for
// and known at this moment.
type DuePermission struct {
	Scope string `db:"scope"`
	// Level is what the group is to hold; empty when nothing is asked for any more.
	Level string `db:"level"`
	// Exact is whether it is to hold just that: something greater was given and undone.
	Exact bool `db:"exact"`
	// TargetGroupID is empty while the group has no link.
	TargetGroupID   string `db:"remote_id"`
	TargetGroupName string `db:"name"`
	// Making is whether the group is still to be made by the same run.
	Making bool `db:"making"`
	// Protected is whether the group must not be touched.
	Protected bool `db:"protected"`
}

// DuePermission returns what a change of a permission is about, or ErrNotFound.
func (s *Store) DuePermission(ctx context.Context, changeID int64) (DuePermission, error) {
	var due DuePermission
	err := s.get(ctx, &due, `SELECT ch.scope, COALESCE(CASE WHEN o.id IS NULL THEN p.level ELSE o.value END, '') AS level, o.id IS NOT NULL AS exact,
			COALESCE(tg.remote_id, '') AS remote_id, COALESCE(tg.name, '') AS name, (COALESCE(tg.protected, FALSE) OR COALESCE(tg.read_only, FALSE)) AS protected,
			(tg.group_id IS NULL AND EXISTS (SELECT 1 FROM changes own WHERE own.run_id = ch.run_id AND own.target_id = ch.target_id AND own.stage = 2 AND own.group_id = ch.group_id
				AND own.kind = 'group.create' AND own.state IN ('planned', 'retry'))) AS making
		FROM changes ch
		LEFT JOIN desired_groups d ON d.target_id = ch.target_id AND d.group_id = ch.group_id
		LEFT JOIN desired_permissions p ON p.target_id = ch.target_id AND p.group_key = d.name_key AND p.scope = ch.scope
		LEFT JOIN group_overrides o ON o.target_id = ch.target_id AND o.group_id = ch.group_id AND o.outer_id = 0 AND o.scope = ch.scope AND o.basis = p.level
		LEFT JOIN target_groups tg ON tg.target_id = ch.target_id AND tg.group_id = ch.group_id
		WHERE ch.id = ?`, changeID)
	if err != nil {
		return DuePermission{}, fmt.Errorf("read a permission that is due: %w", notFound(err))
	}
	return due, nil
}
