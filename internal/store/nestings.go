package store

import (
	"context"
	"fmt"
	"slices"
)

// Where a target can hold groups in groups and the configuration keeps them, a
// group of the source that is taken goes into the one that it is in, and its
// people are not put there one by one. What belongs in what is reckoned for the
// whole target at once, since one group that is not taken any more may move many.

// ruleNested is the rule of a nesting that the source asks for.
const ruleNested = "a group in it at the source"

// CodeNestingCircle is the code of a note about groups that are in each other.
const CodeNestingCircle = "nesting-circle"

// nesting is that a group of a target is to be in another.
type nesting struct {
	ChildID int64 `db:"child_id"`
	GroupID int64 `db:"group_id"`
	// Wanted is whether it is to be so, Ruled whether the source says so: they
	// differ where that was undone.
	Wanted bool `db:"wanted"`
	Ruled  bool `db:"ruled"`
	// Flat is whether the inner group cannot be had there, so that its people are in
	// the outer one one by one.
	Flat bool `db:"flat"`
	// Refused is whether the target would not put it in, and it was not seen there
	// since.
	Refused bool   `db:"refused"`
	Rule    string `db:"rule"`
}

func (n nesting) edge() edge { return edge{n.ChildID, n.GroupID} }

// nest reckons which groups of the target belong in which, if that may have
// changed, and returns the groups of the source whose people belong elsewhere now.
func (r *routing) nest(ctx context.Context) ([]int64, error) {
	if !r.Nests {
		return nil, nil
	}
	due, _, err := r.nestingsDue(ctx)
	if err != nil || !due && len(r.moved)+len(r.touched) == 0 {
		return nil, err
	}
	// Whoever reckons the same at the same time waits, and reads what is there then.
	var locked int64
	if err := r.tx.get(ctx, &locked, `SELECT id FROM targets WHERE id = ?`+r.tx.forNoKeyUpdate(), r.ID); err != nil {
		return nil, fmt.Errorf("read target %d: %w", r.ID, notFound(err))
	}
	_, version, err := r.nestingsDue(ctx)
	if err != nil {
		return nil, err
	}
	graph, err := r.nestingGraph(ctx)
	if err != nil {
		return nil, err
	}
	nested := graph.nestings()
	want, err := r.overrideNestings(ctx, nested)
	if err != nil {
		return nil, err
	}
	there, err := r.nestingsThere(ctx)
	if err != nil {
		return nil, err
	}
	cut := cutCircles(nested, there)
	for _, e := range cut {
		delete(want, e)
	}
	if err := r.noteCircles(ctx, cut); err != nil {
		return nil, err
	}
	for child, outers := range nested {
		for outer := range outers {
			e := edge{child, outer}
			if _, decided := want[e]; !decided {
				want[e] = nesting{ChildID: child, GroupID: outer, Wanted: true, Ruled: true, Rule: ruleNested}
			}
		}
	}
	stored, err := r.storedNestings(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.flatten(ctx, want, stored); err != nil {
		return nil, err
	}
	moved, err := r.storeNestings(ctx, graph, want, stored)
	if err != nil {
		return nil, err
	}
	if _, err := r.tx.exec(ctx, `UPDATE targets SET nestings_version = ? WHERE id = ? AND nestings_version <> ?`, version, r.ID, version); err != nil {
		return nil, fmt.Errorf("note what nestings were reckoned: %w", err)
	}
	return moved, nil
}

// nestingsThere are the nestings that are wanted as it is, or made. One that may
// be there counts: a list that lacks it does not move a circle elsewhere.
func (r *routing) nestingsThere(ctx context.Context) (map[edge]bool, error) {
	var found []nesting
	if err := r.tx.selectAll(ctx, &found, `SELECT child_id, group_id FROM desired_nestings WHERE target_id = ? AND wanted UNION SELECT child_id, group_id FROM target_nestings WHERE target_id = ?`, r.ID, r.ID); err != nil {
		return nil, fmt.Errorf("read which groups are in which: %w", err)
	}
	there := make(map[edge]bool, len(found))
	for _, n := range found {
		there[n.edge()] = true
	}
	return there, nil
}

// nestingsDue says whether the source's groups in groups have changed since
// they were last reckoned, and which version of them there is.
func (r *routing) nestingsDue(ctx context.Context) (due bool, version int64, err error) {
	var known struct {
		Version  int64 `db:"version"`
		Reckoned int64 `db:"reckoned"`
	}
	if err := r.tx.get(ctx, &known, `SELECT COALESCE(v.version, 0) AS version, t.nestings_version AS reckoned
		FROM targets t LEFT JOIN nesting_versions v ON v.connection_id = t.connection_id WHERE t.id = ?`, r.ID); err != nil {
		return false, 0, fmt.Errorf("look whether nestings changed: %w", notFound(err))
	}
	return known.Version != known.Reckoned, known.Version, nil
}

// nestingGraph reads what the source says and where its groups lead. A group
// that cannot be made takes nobody.
func (r *routing) nestingGraph(ctx context.Context) (nestingGraph, error) {
	g := nestingGraph{parents: map[int64][]int64{}, into: map[int64]int64{}, everybody: map[int64]bool{}}
	var edges []struct {
		Child  int64 `db:"child_id"`
		Parent int64 `db:"parent_id"`
	}
	if err := r.tx.selectAll(ctx, &edges, `SELECT child_id, parent_id FROM group_nestings WHERE connection_id = ? ORDER BY child_id, parent_id`, r.connectionID); err != nil {
		return g, fmt.Errorf("read which groups are in which: %w", err)
	}
	if len(edges) == 0 {
		return g, nil
	}
	for _, e := range edges {
		g.parents[e.Child] = append(g.parents[e.Child], e.Parent)
	}
	var routes []route
	if err := r.tx.selectAll(ctx, &routes, `SELECT r.group_id, r.into_id, r.rule FROM group_routes r JOIN desired_groups d ON d.target_id = r.target_id AND d.group_id = r.into_id
		WHERE r.target_id = ? AND d.problem = ''`, r.ID); err != nil {
		return g, fmt.Errorf("read where groups lead: %w", err)
	}
	for _, one := range routes {
		g.into[one.GroupID] = one.IntoID
	}
	var everybody []int64
	if err := r.tx.selectAll(ctx, &everybody, `SELECT group_id FROM default_groups WHERE target_id = ?`, r.ID); err != nil {
		return g, fmt.Errorf("read default groups: %w", err)
	}
	for _, id := range everybody {
		g.everybody[id] = true
	}
	return g, nil
}

// storedNestings are what was stored last of what belongs in what.
func (r *routing) storedNestings(ctx context.Context) ([]nesting, error) {
	var stored []nesting
	if err := r.tx.selectAll(ctx, &stored, `SELECT child_id, group_id, wanted, ruled, flat, refused, rule FROM desired_nestings WHERE target_id = ?`, r.ID); err != nil {
		return nil, fmt.Errorf("read desired nestings: %w", err)
	}
	return stored, nil
}

// storeNestings stores what belongs in what, and returns the groups of the
// source that lead to an inner one of which that changed. Those are planned anew.
func (r *routing) storeNestings(ctx context.Context, graph nestingGraph, want map[edge]nesting, stored []nesting) ([]int64, error) {
	changed := map[int64]bool{}
	same := make(map[edge]bool, len(stored))
	for _, n := range stored {
		if want[n.edge()] == n {
			same[n.edge()] = true
			continue
		}
		changed[n.ChildID] = true
		if want[n.edge()] != (nesting{}) {
			continue
		}
		if _, err := r.tx.exec(ctx, `DELETE FROM desired_nestings WHERE target_id = ? AND child_id = ? AND group_id = ?`, r.ID, n.ChildID, n.GroupID); err != nil {
			return nil, fmt.Errorf("drop desired nesting: %w", err)
		}
	}
	var added []nesting
	for e, n := range want {
		if !same[e] {
			added = append(added, n)
			changed[n.ChildID] = true
		}
	}
	slices.SortFunc(added, func(a, b nesting) int {
		return slices.Compare([]int64{a.ChildID, a.GroupID}, []int64{b.ChildID, b.GroupID})
	})
	for chunk := range chunks(added, rowsAtOnce) {
		args := make([]any, 0, 8*len(chunk))
		for _, n := range chunk {
			args = append(args, r.ID, n.ChildID, n.GroupID, n.Wanted, n.Ruled, n.Flat, n.Refused, n.Rule)
		}
		if _, err := r.tx.exec(ctx, `INSERT INTO desired_nestings (target_id, child_id, group_id, wanted, ruled, flat, refused, rule) VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, child_id, group_id) DO UPDATE SET wanted = excluded.wanted, ruled = excluded.ruled, flat = excluded.flat, refused = excluded.refused, rule = excluded.rule`, args...); err != nil {
			return nil, fmt.Errorf("store desired nestings: %w", err)
		}
	}
	var moved []int64
	for group, into := range graph.into {
		if changed[into] {
			moved = append(moved, group)
		}
	}
	slices.Sort(moved)
	for _, id := range sortedKeys(changed) {
		r.touched[id] = true
	}
	return moved, nil
}

// noteCircles says which nestings are not made because they would close a circle.
func (r *routing) noteCircles(ctx context.Context, cut []edge) error {
	if r.runID == 0 {
		return nil
	}
	for _, e := range cut {
		n := Note{TargetID: r.ID, Code: CodeNestingCircle, GroupID: e.child, Text: "The group is in another that is in it at the source. The circle is cut here: " +
			"its people are in the outer group one by one. Take one of them out of the other at the source."}
		if _, err := r.tx.exec(ctx, `INSERT INTO notes (run_id, target_id, code, group_id, text)
			SELECT CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT)
			WHERE NOT EXISTS (SELECT 1 FROM notes n WHERE n.run_id = ? AND n.target_id = ? AND n.code = ? AND n.group_id = ?)`,
			r.runID, n.TargetID, n.Code, n.GroupID, n.Text, r.runID, n.TargetID, n.Code, n.GroupID); err != nil {
			return fmt.Errorf("note a circle of groups: %w", err)
		}
	}
	return nil
}

// changeNesting makes a target's nestings be reckoned from now on, or not any
// more: then nothing is to be in anything, and people are in groups one by one.
func changeNesting(ctx context.Context, tx *Tx, targetID int64, nests bool) error {
	if _, err := tx.exec(ctx, `UPDATE targets SET nestings_version = -1 WHERE id = ?`, targetID); err != nil {
		return fmt.Errorf("have nestings reckoned: %w", err)
	}
	if nests {
		// What is in the groups there is not known yet.
		if _, err := tx.exec(ctx, `UPDATE targets SET full_read_at = 0 WHERE id = ?`, targetID); err != nil {
			return fmt.Errorf("have groups in groups read: %w", err)
		}
		return nil
	}
	if _, err := tx.exec(ctx, `DELETE FROM desired_nestings WHERE target_id = ?`, targetID); err != nil {
		return fmt.Errorf("drop desired nestings: %w", err)
	}
	return nil
}
