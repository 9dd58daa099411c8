package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groupRow is a group as the rules see it.
type groupRow struct {
	ID          int64  `db:"id"`
	SourceID    string `db:"source_id"`
	Name        string `db:"name"`
	Description string `db:"description"`
	Type        string `db:"type"`
	Presence    string `db:"presence"`
}

const groupColumns = `SELECT id, source_id, name, description, type, presence FROM groups `

// presenceDerived is that of groups which the rules make and no source has.
const presenceDerived = "derived"

func (g groupRow) group() directory.Group {
	return directory.Group{SourceID: g.SourceID, Name: g.Name, Description: g.Description, Type: g.Type, Assigned: true}
}

// DecideGroups stores for each dirty group which group of a target its members
// belong in, what those groups are, and in which of them everybody is. The
// members of a group that leads elsewhere than before become dirty.
func (s *Store) DecideGroups(ctx context.Context, c Claim, t TargetDecider) error {
	var dirty int
	if err := s.get(ctx, &dirty, `SELECT COUNT(*) FROM (SELECT 1 FROM groups WHERE connection_id = ? AND dirty LIMIT 1) AS one`, c.ConnectionID); err != nil {
		return fmt.Errorf("look for groups to decide: %w", err)
	}
	if dirty == 0 {
		same, err := s.sameGroups(ctx, t)
		if err != nil || same {
			return err
		}
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		var rows []groupRow
		if err := tx.selectAll(ctx, &rows, groupColumns+`WHERE connection_id = ? AND dirty ORDER BY id`, c.ConnectionID); err != nil {
			return fmt.Errorf("read groups to decide: %w", err)
		}
		_, err := decideGroups(ctx, tx, c, t, rows)
		return err
	})
}

// sameGroups reports whether, with no group to decide, the rest is as the rules
// have it too: who everybody is with, and which groups are in which.
func (s *Store) sameGroups(ctx context.Context, t TargetDecider) (bool, error) {
	same, err := sameDefaults(ctx, s.selectAll, t)
	if err != nil || !same || !t.Nests {
		return same, err
	}
	var due bool
	if err := s.get(ctx, &due, `SELECT nestings_version = -1 FROM targets WHERE id = ?`, t.ID); err != nil {
		return false, fmt.Errorf("look whether nestings changed: %w", notFound(err))
	}
	return !due, nil
}

// route says where the members of a source's group belong in a target.
type route struct {
	GroupID int64  `db:"group_id"`
	IntoID  int64  `db:"into_id"`
	Rule    string `db:"rule"`
}

// routing is the storing of decisions about groups for one target.
type routing struct {
	tx                  *Tx
	connectionID, runID int64
	TargetDecider
	// own are what the groups are that lead to one of their own, shared the keys
	// of the names of the others that groups lead to.
	own    map[int64]directory.DesiredGroup
	shared map[int64]string
	// moved are the groups that lead elsewhere than before: from and to are 0
	// for nowhere.
	moved []move
	// touched are groups of the target that are not what they were.
	touched map[int64]bool
}

type move struct{ group, from, to int64 }

// decideGroups decides about groups, and returns those that lead elsewhere than
// before, or into other groups. What a group that several share is called does not depend on which of
// them are decided together.
func decideGroups(ctx context.Context, tx *Tx, c Claim, t TargetDecider, rows []groupRow) (moved []int64, err error) {
	r := &routing{tx: tx, connectionID: c.ConnectionID, runID: c.RunID, TargetDecider: t, own: map[int64]directory.DesiredGroup{}, shared: map[int64]string{}, touched: map[int64]bool{}}
	defaults, gone, err := r.decideDefaults(ctx)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(g groupRow) bool { return g.Presence == presenceDerived })
	want, err := r.lead(ctx, rows, defaults)
	if err != nil {
		return nil, err
	}
	if err := r.storeRoutes(ctx, rows, want); err != nil {
		return nil, err
	}
	if err := r.storeGroups(ctx); err != nil {
		return nil, err
	}
	for _, g := range rows {
		gone = append(gone, g.ID)
	}
	for _, m := range r.moved {
		moved = append(moved, m.group)
		gone = append(gone, m.from)
	}
	if err := r.dropGroups(ctx, gone); err != nil {
		return nil, err
	}
	if err := r.handOver(ctx); err != nil {
		return nil, err
	}
	nested, err := r.nest(ctx)
	if err != nil {
		return nil, err
	}
	if len(nested) > 0 {
		moved = slices.Compact(slices.Sorted(slices.Values(append(moved, nested...))))
	}
	return moved, r.markMoved(ctx, moved)
}

// lead decides where each group leads. Whatever has the name of a group that
// everybody is in leads there.
func (r *routing) lead(ctx context.Context, rows []groupRow, defaults map[string]int64) (map[int64]route, error) {
	decided := make(map[int64]directory.DesiredGroup, len(rows))
	shared := map[string]string{}
	for _, g := range rows {
		if g.Presence != string(directory.Present) {
			continue
		}
		d := r.Group(g.group())
		key := nameKey(d.Name)
		if key == "" {
			continue
		}
		d.Merge = d.Merge || defaults[key] != 0
		decided[g.ID] = d
		if d.Merge {
			shared[key] = d.Name
		}
	}
	derived, err := deriveGroups(ctx, r.tx, r.connectionID, shared)
	if err != nil {
		return nil, err
	}
	want := make(map[int64]route, len(decided))
	for _, g := range rows {
		d, ok := decided[g.ID]
		if !ok {
			continue
		}
		into := g.ID
		if d.Merge {
			into = derived[nameKey(d.Name)]
			r.shared[into] = nameKey(d.Name)
		} else {
			r.own[into] = d
		}
		want[g.ID] = route{GroupID: g.ID, IntoID: into, Rule: d.Rule}
	}
	return want, nil
}

// deriveGroups makes the rows of groups that the rules make, by their names in
// lower case, and returns their ids.
func deriveGroups(ctx context.Context, tx *Tx, connectionID int64, names map[string]string) (map[string]int64, error) {
	ids := make(map[string]int64, len(names))
	keys := slices.Sorted(maps.Keys(names))
	for chunk := range chunks(keys, rowsAtOnce) {
		args := make([]any, 0, 4*len(chunk))
		sourceIDs := make([]string, len(chunk))
		for i, key := range chunk {
			sourceIDs[i] = derivedPrefix + key
			args = append(args, connectionID, sourceIDs[i], names[key], key)
		}
		if _, err := tx.exec(ctx, `INSERT INTO groups (connection_id, source_id, name, name_key, description, type, presence, fingerprint, members_updated, members_due, read_at)
			VALUES `+rows("(?, ?, ?, ?, '', '', 'derived', '', 0, FALSE, 0)", len(chunk))+` ON CONFLICT (connection_id, source_id) DO NOTHING`, args...); err != nil {
			return nil, fmt.Errorf("store groups that the rules make: %w", err)
		}
		query, args, err := in(`SELECT id, source_id FROM groups WHERE connection_id = ? AND source_id IN (?)`, connectionID, sourceIDs)
		if err != nil {
			return nil, err
		}
		var found []struct {
			ID       int64  `db:"id"`
			SourceID string `db:"source_id"`
		}
		if err := tx.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read groups that the rules make: %w", err)
		}
		for _, f := range found {
			ids[f.SourceID[len(derivedPrefix):]] = f.ID
		}
	}
	return ids, nil
}

// derivedPrefix is what the source ids of groups begin with that the rules make.
const derivedPrefix = "rollcall:"

// storeRoutes stores where groups lead, and notes those that led elsewhere.
func (r *routing) storeRoutes(ctx context.Context, decided []groupRow, want map[int64]route) error {
	for chunk := range chunks(decided, 1000) {
		ids := make([]int64, len(chunk))
		for i, g := range chunk {
			ids[i] = g.ID
		}
		query, args, err := in(`SELECT group_id, into_id, rule FROM group_routes WHERE target_id = ? AND group_id IN (?)`, r.ID, padded(ids))
		if err != nil {
			return err
		}
		var stored []route
		if err := r.tx.selectAll(ctx, &stored, query, args...); err != nil {
			return fmt.Errorf("read where groups lead: %w", err)
		}
		before := make(map[int64]route, len(stored))
		for _, one := range stored {
			before[one.GroupID] = one
		}
		var changed []route
		var dropped []int64
		for _, g := range chunk {
			id := g.ID
			was, is := before[id], want[id]
			// A group that is only missing from a list leads where it led: a direct
			// look-up may still find people in it.
			if was == is || g.Presence == string(directory.Absent) {
				continue
			}
			if is.GroupID == 0 {
				dropped = append(dropped, id)
			} else {
				changed = append(changed, is)
			}
			if was.IntoID != is.IntoID {
				r.moved = append(r.moved, move{id, was.IntoID, is.IntoID})
			}
		}
		if err := r.writeRoutes(ctx, changed, dropped); err != nil {
			return err
		}
	}
	return nil
}

func (r *routing) writeRoutes(ctx context.Context, changed []route, dropped []int64) error {
	for chunk := range chunks(changed, rowsAtOnce) {
		args := make([]any, 0, 4*len(chunk))
		for _, one := range chunk {
			args = append(args, r.ID, one.GroupID, one.IntoID, one.Rule)
		}
		if _, err := r.tx.exec(ctx, `INSERT INTO group_routes (target_id, group_id, into_id, rule) VALUES `+rows("(?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, group_id) DO UPDATE SET into_id = excluded.into_id, rule = excluded.rule`, args...); err != nil {
			return fmt.Errorf("store where groups lead: %w", err)
		}
	}
	for chunk := range chunks(dropped, 1000) {
		query, args, err := in(`DELETE FROM group_routes WHERE target_id = ? AND group_id IN (?)`, r.ID, chunk)
		if err != nil {
			return err
		}
		if _, err := r.tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("drop where groups led: %w", err)
		}
	}
	return nil
}

// markMoved makes what must be decided and planned anew dirty: the members of
// groups that lead elsewhere, and groups of the target that changed.
func (r *routing) markMoved(ctx context.Context, moved []int64) error {
	if err := markMembersDirty(ctx, r.tx, moved); err != nil {
		return err
	}
	if err := eachChunk(ctx, r.tx, sortedKeys(r.touched), `UPDATE groups SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
		return fmt.Errorf("mark groups to be planned: %w", err)
	}
	return nil
}
