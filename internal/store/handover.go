package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// handOver gives the link of a group of the target that nobody leads to any
// more to the one that its members moved to, so that a group which the rules
// now call or share otherwise is the same group there. That is so when all who
// lead to the new one came from the old, those that are yet to be decided
// included, and nobody else is in it, or when the two have the same name:
// otherwise people would come into a group with another's rights.
func (r *routing) handOver(ctx context.Context) error {
	from := map[int64]map[int64]bool{} // the groups that members came from, by where they moved
	came := map[[2]int64]int{}
	for _, m := range r.moved {
		if m.from == 0 || m.to == 0 {
			continue
		}
		if from[m.to] == nil {
			from[m.to] = map[int64]bool{}
		}
		from[m.to][m.from] = true
		came[[2]int64{m.from, m.to}]++
	}
	for _, to := range slices.Sorted(maps.Keys(from)) {
		var known struct {
			Linked  bool   `db:"linked"`
			Default bool   `db:"everybody"`
			Routes  int    `db:"routes"`
			Key     string `db:"name_key"`
		}
		if err := r.tx.get(ctx, &known, `SELECT d.name_key, EXISTS (SELECT 1 FROM target_groups t WHERE t.target_id = d.target_id AND t.group_id = d.group_id) AS linked,
				EXISTS (SELECT 1 FROM default_groups f WHERE f.target_id = d.target_id AND f.group_id = d.group_id) AS everybody,
				(SELECT COUNT(*) FROM group_routes r WHERE r.target_id = d.target_id AND r.into_id = d.group_id) AS routes
			FROM desired_groups d WHERE d.target_id = ? AND d.group_id = ?`, r.ID, to); err != nil {
			return fmt.Errorf("look at where groups lead: %w", notFound(err))
		}
		if known.Linked {
			continue
		}
		former, err := r.former(ctx, sortedKeys(from[to]))
		if err != nil {
			return err
		}
		for _, f := range former {
			all := !known.Default && came[[2]int64{f.GroupID, to}] == known.Routes
			if all && nameKey(f.Name) != known.Key && r.shared[to] != "" {
				// Groups that lead there are decided one by one beside a run of the whole.
				leading, err := r.leading(ctx, r.shared[to])
				if err != nil {
					return err
				}
				all = leading == known.Routes
			}
			if all || nameKey(f.Name) == known.Key {
				if err := r.moveLink(ctx, f.GroupID, to); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// leading counts the groups of the source that the rules have lead to a group
// which several share, whether or not that is stored by now.
func (r *routing) leading(ctx context.Context, key string) (int, error) {
	var rows []groupRow
	if err := r.tx.selectAll(ctx, &rows, groupColumns+`WHERE connection_id = ? AND presence = 'present'`, r.connectionID); err != nil {
		return 0, fmt.Errorf("read the groups that may lead to one: %w", err)
	}
	n := 0
	for _, g := range rows {
		if d := r.Group(g.group()); d.Merge && nameKey(d.Name) == key {
			n++
		}
	}
	return n, nil
}

type formerGroup struct {
	GroupID int64  `db:"group_id"`
	Name    string `db:"name"`
}

// former returns which of some groups are linked and nobody's any more.
func (r *routing) former(ctx context.Context, ids []int64) ([]formerGroup, error) {
	query, args, err := in(`SELECT t.group_id, t.name FROM target_groups t WHERE t.target_id = ? AND t.group_id IN (?)
		AND NOT EXISTS (SELECT 1 FROM group_routes r WHERE r.target_id = t.target_id AND r.into_id = t.group_id)
		AND NOT EXISTS (SELECT 1 FROM default_groups f WHERE f.target_id = t.target_id AND f.group_id = t.group_id) ORDER BY t.group_id`, r.ID, padded(ids))
	if err != nil {
		return nil, err
	}
	var former []formerGroup
	if err := r.tx.selectAll(ctx, &former, query, args...); err != nil {
		return nil, fmt.Errorf("look for the links of groups that lead elsewhere: %w", err)
	}
	return former, nil
}

// moveLink gives the link of a group to another, with all that is known of it
// in this target. Whoever is in it is decided anew.
func (r *routing) moveLink(ctx context.Context, from, to int64) error {
	for _, statement := range []string{
		// What is kept of both, of the time when the new one had a counterpart too, is kept once.
		`DELETE FROM leaver_groups WHERE group_id = ? AND target_id = ? AND user_id IN (SELECT o.user_id FROM leaver_groups o WHERE o.target_id = leaver_groups.target_id AND o.group_id = ?)`,
		`DELETE FROM overrides WHERE group_id = ? AND target_id = ? AND what = 'member' AND user_id IN (SELECT o.user_id FROM overrides o WHERE o.target_id = overrides.target_id AND o.group_id = ? AND o.what = 'member')`,
		`UPDATE target_groups SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE target_memberships SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE foreign_members SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE leaver_groups SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE overrides SET group_id = ? WHERE target_id = ? AND group_id = ? AND what = 'member'`,
	} {
		if _, err := r.tx.exec(ctx, statement, to, r.ID, from); err != nil {
			return fmt.Errorf("hand over the link of a group: %w", err)
		}
	}
	if _, err := r.tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM target_memberships WHERE target_id = ? AND group_id = ?)`, r.ID, to); err != nil {
		return fmt.Errorf("mark the members of a group whose link was handed over: %w", err)
	}
	r.touched[from], r.touched[to] = true, true
	return r.moveNestings(ctx, from, to)
}

// moveNestings gives what is known of a group in others, of others in it, and
// of its permissions to the one that has its link now.
func (r *routing) moveNestings(ctx context.Context, from, to int64) error {
	for _, statement := range []string{
		`DELETE FROM target_nestings WHERE child_id = ? AND target_id = ?`,
		`DELETE FROM target_nestings WHERE group_id = ? AND target_id = ?`,
		`DELETE FROM target_permissions WHERE group_id = ? AND target_id = ?`,
	} {
		if _, err := r.tx.exec(ctx, statement, to, r.ID); err != nil {
			return fmt.Errorf("forget what was known of a group without a link: %w", err)
		}
	}
	for _, statement := range []string{
		`UPDATE target_nestings SET child_id = ? WHERE target_id = ? AND child_id = ?`,
		`UPDATE target_nestings SET group_id = ? WHERE target_id = ? AND group_id = ?`,
		`UPDATE target_permissions SET group_id = ? WHERE target_id = ? AND group_id = ?`,
	} {
		if _, err := r.tx.exec(ctx, statement, to, r.ID, from); err != nil {
			return fmt.Errorf("hand over the groups in a group: %w", err)
		}
	}
	var inside []int64
	if err := r.tx.selectAll(ctx, &inside, `SELECT child_id FROM target_nestings WHERE target_id = ? AND group_id = ?`, r.ID, to); err != nil {
		return fmt.Errorf("read the groups in a group: %w", err)
	}
	for _, id := range inside {
		r.touched[id] = true
	}
	return nil
}
