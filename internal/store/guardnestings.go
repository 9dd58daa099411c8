package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// everything reports whether nothing would be left of a kind that there were
// two or more of.
func (g guarding) everything(ctx context.Context, kind directory.Kind, r room) (bool, error) {
	if kind != directory.RemoveNesting {
		return r.leaving >= r.linked && r.used+r.leaving >= 2, nil
	}
	return g.everyNesting(ctx)
}

// everyNesting reports whether the plan would leave no group in another of two
// or more that are, counting those that were taken out within the window.
func (g guarding) everyNesting(ctx context.Context) (bool, error) {
	var n struct {
		Leaving int64 `db:"leaving"`
		Used    int64 `db:"used"`
		Nested  int64 `db:"nested"`
	}
	if err := g.tx.get(ctx, &n, `SELECT
			(SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND kind = 'nesting.remove' AND (state = 'unguarded' OR state = 'skipped' AND NOT CAST(? AS BOOLEAN))) AS leaving,
			(SELECT COUNT(*) FROM removals r LEFT JOIN changes ch ON ch.id = r.change_id LEFT JOIN runs run ON run.id = ch.run_id
				WHERE r.target_id = ? AND r.kind = 'nesting.remove' AND r.admitted_at > ? AND (ch.id IS NULL OR ch.state = 'applied' OR run.outcome = '')) AS used,
			(SELECT COUNT(*) FROM target_nestings n WHERE n.target_id = ? AND (NOT n.missing OR EXISTS (SELECT 1 FROM changes ch WHERE ch.group_id = n.child_id AND ch.outer_id = n.group_id AND ch.outer_id <> 0
				AND ch.run_id = ? AND +ch.target_id = n.target_id AND ch.kind = 'nesting.remove' AND (ch.state = 'unguarded' OR ch.state = 'skipped' AND NOT CAST(? AS BOOLEAN))))) AS nested`,
		g.runID, g.targetID, g.pushed, g.targetID, g.since(), g.targetID, g.runID, g.pushed); err != nil {
		return false, fmt.Errorf("count groups in groups: %w", err)
	}
	return n.Leaving >= n.Nested && n.Used+n.Leaving >= 2, nil
}

// holdEmptiedGroups is holdWholeGroups for groups that are taken out of others:
// it holds what would leave nobody in a group that two or more are in through
// those. A group that is about to be put in it is somebody, unless the target has
// refused that; whoever may or may not be in it is not.
func (g guarding) holdEmptiedGroups(ctx context.Context) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = 'whole-group'
		WHERE run_id = ? AND target_id = ? AND kind = 'nesting.remove' AND state = 'unguarded' AND outer_id IN (
			SELECT n.outer_id FROM changes n
			LEFT JOIN (
				SELECT c.outer_id, SUM(c.people) AS people FROM removals r JOIN changes c ON c.id = r.change_id JOIN runs run ON run.id = c.run_id
				WHERE r.target_id = ? AND r.kind = 'nesting.remove' AND r.admitted_at > ? AND (c.state = 'applied' OR run.outcome = '') GROUP BY c.outer_id
			) earlier ON earlier.outer_id = n.outer_id
			WHERE n.run_id = ? AND n.target_id = ? AND n.stage = 5 AND n.kind = 'nesting.remove' AND (n.state = 'unguarded' OR n.state = 'skipped' AND NOT CAST(? AS BOOLEAN))
			GROUP BY n.outer_id
			HAVING SUM(n.people) >= 1 AND SUM(n.people) + COALESCE(MAX(earlier.people), 0) >= 2)
		AND NOT EXISTS (SELECT 1 FROM target_memberships tm JOIN accounts a ON a.target_id = tm.target_id AND a.user_id = tm.user_id AND a.status = 'active'
			WHERE tm.target_id = changes.target_id AND tm.group_id = changes.outer_id AND NOT tm.missing
				AND NOT EXISTS (SELECT 1 FROM changes r WHERE r.user_id = tm.user_id AND r.run_id = changes.run_id AND r.target_id = changes.target_id AND r.group_id = tm.group_id
					AND r.kind = 'membership.remove' AND r.state IN ('planned', 'doubted')))
		AND NOT EXISTS (SELECT 1 FROM foreign_members f WHERE f.target_id = changes.target_id AND f.group_id = changes.outer_id)
		AND NOT EXISTS (SELECT 1 FROM target_nestings tn WHERE tn.target_id = changes.target_id AND tn.group_id = changes.outer_id AND NOT tn.missing
			AND EXISTS (SELECT 1 FROM target_memberships tm WHERE tm.target_id = tn.target_id AND tm.group_id = tn.child_id AND NOT tm.missing)
			AND NOT EXISTS (SELECT 1 FROM changes r WHERE r.run_id = changes.run_id AND r.target_id = changes.target_id AND r.stage = 5 AND r.kind = 'nesting.remove'
				AND r.group_id = tn.child_id AND r.outer_id = tn.group_id))
		AND NOT EXISTS (SELECT 1 FROM changes r WHERE r.run_id = changes.run_id AND r.target_id = changes.target_id AND r.stage = 4 AND r.outer_id = changes.outer_id
			AND r.kind = 'nesting.add' AND r.state = 'planned'
			AND NOT EXISTS (SELECT 1 FROM desired_nestings dn WHERE dn.target_id = r.target_id AND dn.child_id = r.group_id AND dn.group_id = r.outer_id AND dn.refused))`,
		g.runID, g.targetID, g.targetID, g.since(), g.runID, g.targetID, g.pushed); err != nil {
		return fmt.Errorf("hold groups that would be emptied: %w", err)
	}
	return nil
}

// skipProtectedThrough skips what would take a group out of another through
// which alone a protected account is in that. What may or may not be there counts
// as what it is in by that, and not as what it is in besides.
func (g guarding) skipProtectedThrough(ctx context.Context) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'protected' WHERE run_id = ? AND target_id = ? AND stage = 5 AND kind = 'nesting.remove' AND state IN ('unguarded', 'planned')
		AND EXISTS (WITH RECURSIVE below (id) AS (
				SELECT changes.group_id UNION SELECT n.child_id FROM below b CROSS JOIN target_nestings n WHERE n.target_id = changes.target_id AND n.group_id = b.id
			) SELECT 1 FROM below b CROSS JOIN target_memberships m JOIN accounts a ON a.target_id = m.target_id AND a.user_id = m.user_id AND a.protected
			WHERE m.target_id = changes.target_id AND m.group_id = b.id
				AND NOT EXISTS (SELECT 1 FROM target_memberships own WHERE own.target_id = m.target_id AND own.user_id = m.user_id AND own.group_id = changes.outer_id AND NOT own.missing))`,
		g.runID, g.targetID); err != nil {
		return fmt.Errorf("skip groups that protected accounts are in: %w", err)
	}
	return nil
}
