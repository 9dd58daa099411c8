package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// PlanCounts says how many changes a plan has.
type PlanCounts struct {
	// Due counts changes that a target would be called for.
	Due int64
	// Unguarded counts removals that the guard must look at.
	Unguarded int64
	Total     int64
}

// PlanTarget compares what a target should hold with what it was last seen to
// hold and writes the differences as the changes of a run. It looks at dirty
// subjects only, or at all when full. Planning again replaces the plan.
func (s *Store) PlanTarget(ctx context.Context, c Claim, targetID int64, full bool) (PlanCounts, error) {
	if !full {
		clean, err := s.nothingDirty(ctx, c.ConnectionID)
		if err != nil || clean {
			return PlanCounts{}, err
		}
	}
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		var existing int
		if err := tx.get(ctx, &existing, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ?`, c.RunID, targetID); err != nil {
			return fmt.Errorf("look for an earlier plan: %w", err)
		}
		if existing > 0 {
			if _, err := tx.exec(ctx, `DELETE FROM removals WHERE change_id IN (SELECT id FROM changes WHERE run_id = ? AND target_id = ? AND state <> 'applied')`, c.RunID, targetID); err != nil {
				return fmt.Errorf("take the earlier plan back from the window: %w", err)
			}
			if _, err := tx.exec(ctx, `DELETE FROM changes WHERE run_id = ? AND target_id = ?`, c.RunID, targetID); err != nil {
				return fmt.Errorf("drop the earlier plan: %w", err)
			}
		}
		for _, statement := range planStatements {
			query := statement.sql
			if full {
				query = strings.NewReplacer(" AND u.dirty", "", " AND g.dirty", "").Replace(query)
			}
			if _, err := tx.exec(ctx, query, c.RunID, targetID, c.ConnectionID); err != nil {
				return fmt.Errorf("plan %s: %w", statement.what, err)
			}
		}
		return blockMemberships(ctx, tx, c.RunID, targetID, 0)
	})
	if err != nil {
		return PlanCounts{}, err
	}
	return s.PlanCounts(ctx, c.RunID, targetID)
}

// blockMemberships ends at once the memberships of groups and people that this
// plan, which begins at a place in each stage, refuses to create: nobody need
// be called for them.
func blockMemberships(ctx context.Context, tx *Tx, runID, targetID, from int64) error {
	var refused int
	if err := tx.get(ctx, &refused, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND stage IN (2, 3) AND ord >= ? AND state = 'refused'`, runID, targetID, from); err != nil {
		return fmt.Errorf("look for refused creations: %w", err)
	}
	if refused == 0 {
		return nil
	}
	_, err := tx.exec(ctx, `UPDATE changes SET state = 'blocked', class = 'waits-for-link' WHERE run_id = ? AND target_id = ? AND stage = 4 AND ord >= ? AND state = 'planned'
		AND (group_id IN (SELECT r.group_id FROM changes r WHERE r.run_id = ? AND r.target_id = ? AND r.stage = 2 AND r.ord >= ? AND r.kind = 'group.create' AND r.state = 'refused')
			OR user_id IN (SELECT r.user_id FROM changes r WHERE r.run_id = ? AND r.target_id = ? AND r.stage = 3 AND r.ord >= ? AND r.kind = 'account.create' AND r.state = 'refused'))`,
		runID, targetID, from, runID, targetID, from, runID, targetID, from)
	if err != nil {
		return fmt.Errorf("block memberships: %w", err)
	}
	return nil
}

func (s *Store) nothingDirty(ctx context.Context, connectionID int64) (bool, error) {
	var dirty int
	err := s.get(ctx, &dirty, `SELECT COUNT(*) FROM (
			SELECT id FROM (SELECT id FROM users WHERE connection_id = ? AND dirty LIMIT 1) AS u
			UNION ALL SELECT id FROM (SELECT id FROM groups WHERE connection_id = ? AND dirty LIMIT 1) AS g
		) AS dirty`, connectionID, connectionID)
	if err != nil {
		return false, fmt.Errorf("look for dirty subjects: %w", err)
	}
	return dirty == 0, nil
}

// PlanCounts counts the changes of a run in a target.
func (s *Store) PlanCounts(ctx context.Context, runID, targetID int64) (PlanCounts, error) {
	var found []struct {
		State string `db:"state"`
		Count int64  `db:"count"`
	}
	if err := s.selectAll(ctx, &found, `SELECT state, COUNT(*) AS count FROM changes WHERE run_id = ? AND target_id = ? GROUP BY state`,
		runID, targetID); err != nil {
		return PlanCounts{}, fmt.Errorf("count changes: %w", err)
	}
	var counts PlanCounts
	for _, f := range found {
		counts.Total += f.Count
		switch directory.State(f.State) {
		case directory.Planned, directory.Retry, directory.Doubted:
			counts.Due += f.Count
		case directory.Unguarded:
			counts.Due += f.Count
			counts.Unguarded += f.Count
		}
	}
	return counts, nil
}

// The plan's statements take the run, the target and the connection. The
// words "AND u.dirty" and "AND g.dirty" are left out of a full plan. To SQLite
// a CROSS JOIN says in which order to look: first the users, few of which are
// dirty, then what belongs to each. PostgreSQL decides by its statistics.
var planStatements = []struct{ what, sql string }{
	{"leavers", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, evidence, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 1, ROW_NUMBER() OVER (ORDER BY u.id) - 1, 'account.suspend', u.id, d.rule, d.evidence, a.status, 'suspended',
			CASE WHEN a.protected OR a.read_only THEN 'skipped' ELSE 'unguarded' END,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' ELSE '' END
		FROM users u
		CROSS JOIN desired_accounts d
		CROSS JOIN accounts a
		WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND d.state = 'suspended' AND a.status = 'active'`},
	{"groups", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, rule, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 2, ROW_NUMBER() OVER (ORDER BY g.id) - 1, 'group.create', g.id, d.rule, d.name,
			CASE WHEN d.twin THEN 'refused' ELSE 'planned' END, CASE WHEN d.twin THEN 'duplicate' ELSE '' END
		FROM groups g
		JOIN (
			-- of groups whose names differ in case only, the one that is linked or was listed first has the name
			SELECT one.target_id, one.group_id, one.name, one.rule, EXISTS (
				SELECT 1 FROM desired_groups other LEFT JOIN target_groups t ON t.target_id = other.target_id AND t.group_id = other.group_id
				WHERE other.target_id = one.target_id AND other.name_key = one.name_key AND other.group_id <> one.group_id
					AND (t.group_id IS NOT NULL OR other.group_id < one.group_id)) AS twin
			FROM desired_groups one
		) d ON d.target_id = ? AND d.group_id = g.id
		LEFT JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = g.id
		WHERE g.connection_id = ? AND g.dirty AND t.group_id IS NULL`},
	{"renamed groups", `INSERT INTO changes (run_id, target_id, stage, ord, kind, group_id, rule, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 2, 1000000000 + ROW_NUMBER() OVER (ORDER BY g.id), 'group.rename', g.id, d.rule, t.name, d.name, 'skipped', 'cannot-rename'
		FROM groups g
		JOIN desired_groups d ON d.target_id = ? AND d.group_id = g.id
		JOIN target_groups t ON t.target_id = d.target_id AND t.group_id = g.id
		WHERE g.connection_id = ? AND g.dirty AND t.name <> d.name`},
	// People who share a group are put side by side, so that they can be
	// created together: each goes by one of its groups, by turns the first and the last,
	// which keeps the shares of all groups alike.
	{"joiners", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, after, state, class)
		SELECT n.run_id, n.target_id, 3, ROW_NUMBER() OVER (ORDER BY n.near, n.far, n.user_id) - 1, 'account.create', n.user_id, n.rule, n.email,
			CASE WHEN n.class = '' THEN 'planned' ELSE 'refused' END, n.class
		FROM (
			SELECT CAST(? AS BIGINT) AS run_id, d.target_id, u.id AS user_id, d.rule, d.email,
				COALESCE(CASE WHEN u.id % 2 = 0 THEN (SELECT MIN(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id)
					ELSE (SELECT MAX(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id) END, 0) AS near,
				COALESCE(CASE WHEN u.id % 2 = 0 THEN (SELECT MAX(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id)
					ELSE (SELECT MIN(m.group_id) FROM desired_memberships m WHERE m.target_id = d.target_id AND m.user_id = d.user_id) END, 0) AS far,
				CASE WHEN d.email = '' THEN 'no-email'
					WHEN EXISTS (SELECT 1 FROM desired_accounts o WHERE o.target_id = d.target_id AND o.email_key = d.email_key AND o.user_id <> d.user_id AND o.state = 'active')
						OR EXISTS (SELECT 1 FROM accounts o WHERE o.target_id = d.target_id AND o.email_key = d.email_key AND o.user_id <> d.user_id) THEN 'duplicate'
					ELSE '' END AS class
			FROM users u
			CROSS JOIN desired_accounts d
			LEFT JOIN accounts a ON a.target_id = d.target_id AND a.user_id = u.id
			WHERE d.target_id = ? AND d.user_id = u.id
				AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND a.user_id IS NULL
		) n`},
	{"people who come back", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 3, 1000000000 + ROW_NUMBER() OVER (ORDER BY u.id), 'account.restore', u.id, d.rule, a.status, 'active',
			CASE WHEN a.protected OR a.read_only THEN 'skipped' WHEN a.status = 'closed' THEN 'refused' ELSE 'planned' END,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' WHEN a.status = 'closed' THEN 'closed' ELSE '' END
		FROM users u
		CROSS JOIN desired_accounts d
		CROSS JOIN accounts a
		WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND a.status <> 'active'`},
	{"changed attributes", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, rule, before, after, state, class)
		SELECT CAST(? AS BIGINT), d.target_id, 3, 2000000000 + ROW_NUMBER() OVER (ORDER BY u.id), 'account.update', u.id, d.rule,
			a.email || ' · ' || a.display_name, d.email || ' · ' || d.display_name,
			CASE WHEN a.protected OR a.read_only OR NOT a.managed THEN 'skipped' WHEN d.email = '' THEN 'refused' ELSE 'planned' END,
			CASE WHEN a.protected THEN 'protected' WHEN a.read_only THEN 'read-only' WHEN NOT a.managed THEN 'unmanaged' WHEN d.email = '' THEN 'no-email' ELSE '' END
		FROM users u
		CROSS JOIN desired_accounts d
		CROSS JOIN accounts a
		WHERE d.target_id = ? AND d.user_id = u.id AND a.target_id = d.target_id AND a.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND d.state = 'active' AND a.status <> 'closed'
			AND (a.managed OR u.dirty) -- what cannot be written is said when it changes, not at every full plan
			AND (d.email_key <> a.email_key OR (d.display_name <> a.display_name AND d.display_name <> '' AND a.display_name <> ''))`},
	// Whoever was only missing from a list goes on being added to groups, as
	// long as the account has access: that list may have been wrong.
	{"memberships to add", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, after, state)
		SELECT CAST(? AS BIGINT), dm.target_id, 4, ROW_NUMBER() OVER (ORDER BY dm.group_id, u.id) - 1, 'membership.add', u.id, dm.group_id, 'member in the source', 'member', 'planned'
		FROM users u
		CROSS JOIN desired_memberships dm
		CROSS JOIN desired_accounts d
		LEFT JOIN accounts a ON a.target_id = d.target_id AND a.user_id = u.id AND a.status = 'active'
		LEFT JOIN target_memberships tm ON tm.target_id = dm.target_id AND tm.user_id = u.id AND tm.group_id = dm.group_id
		WHERE dm.target_id = ? AND dm.user_id = u.id AND d.target_id = dm.target_id AND d.user_id = u.id
			AND u.connection_id = ? AND u.dirty AND tm.user_id IS NULL
			AND (d.state = 'active' OR u.presence = 'absent' AND a.user_id IS NOT NULL)`},
	{"memberships to remove", `INSERT INTO changes (run_id, target_id, stage, ord, kind, user_id, group_id, rule, evidence, before, state)
		SELECT CAST(? AS BIGINT), tm.target_id, 5, ROW_NUMBER() OVER (ORDER BY tm.group_id, u.id) - 1, 'membership.remove', u.id, tm.group_id, 'not a member in the source', 'absence', 'member', 'unguarded'
		FROM users u
		CROSS JOIN target_memberships tm
		CROSS JOIN desired_accounts d
		LEFT JOIN desired_memberships dm ON dm.target_id = tm.target_id AND dm.user_id = u.id AND dm.group_id = tm.group_id
		WHERE tm.target_id = ? AND tm.user_id = u.id AND d.target_id = tm.target_id AND d.user_id = u.id AND d.state = 'active'
			AND u.connection_id = ? AND u.dirty AND dm.user_id IS NULL`},
}
