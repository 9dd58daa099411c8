package store

import (
	"context"
	"fmt"
	"slices"
)

// renameTargets gives the targets of a connection the names that they have in
// the configuration, and says whether any had another. One whose kind and place
// are those of a target that is not configured under its name any more is that
// target: as another one, it could take over none of its accounts and groups,
// which are linked already, and nobody who leaves would lose access there.
func renameTargets(ctx context.Context, tx *Tx, connectionID int64, targets []TargetSpec) (renamed bool, err error) {
	var known []struct {
		ID       int64  `db:"id"`
		Name     string `db:"name"`
		Kind     string `db:"kind"`
		Identity string `db:"identity"`
	}
	// Of several rows for one place, one that anything is linked in comes first.
	if err := tx.selectAll(ctx, &known, `SELECT t.id, t.name, t.kind, t.identity FROM targets t WHERE t.connection_id = ?
		ORDER BY CASE WHEN EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = t.id) OR EXISTS (SELECT 1 FROM target_groups g WHERE g.target_id = t.id) THEN 0 ELSE 1 END, t.id`, connectionID); err != nil {
		return false, fmt.Errorf("read targets: %w", err)
	}
	taken := make(map[string]bool, len(known)+len(targets))
	for _, k := range known {
		taken[k.Name] = true
	}
	configured := func(name string) bool {
		return slices.ContainsFunc(targets, func(t TargetSpec) bool { return t.Name == name })
	}
	for _, t := range targets {
		if taken[t.Name] {
			continue
		}
		for i, k := range known {
			if k.Kind != t.Kind || k.Identity != t.Identity || configured(k.Name) {
				continue
			}
			if _, err := tx.exec(ctx, `UPDATE targets SET name = ? WHERE id = ?`, t.Name, k.ID); err != nil {
				return false, fmt.Errorf("rename target %s: %w", k.Name, err)
			}
			taken[t.Name], renamed, known[i].Name = true, true, t.Name
			break
		}
	}
	return renamed, nil
}
