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
		run, err := factsOf(ctx, tx, c)
		if err != nil {
			return err
		}
		left, err := leftCreates(ctx, tx, c, run, targetID, nil)
		if err != nil {
			return err
		}
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
		statements, err := statementsFor(ctx, tx, targetID)
		if err != nil {
			return err
		}
		for _, statement := range statements {
			query := statement.sql
			if full {
				query = strings.NewReplacer(" AND u.dirty", "", " AND g.dirty", "", notRefused, "").Replace(query)
			}
			if _, err := tx.exec(ctx, query, c.RunID, targetID, c.ConnectionID); err != nil {
				return fmt.Errorf("plan %s: %w", statement.what, err)
			}
		}
		updates := updating{tx: tx, c: c, targetID: targetID}
		if err := updates.planDirty(ctx, full); err != nil {
			return fmt.Errorf("plan changed attributes: %w", err)
		}
		if err := planLeft(ctx, tx, c, run, targetID, left); err != nil {
			return err
		}
		if err := forgetSettled(ctx, tx, c, targetID); err != nil {
			return err
		}
		if err := blockMemberships(ctx, tx, c.RunID, targetID, 0); err != nil {
			return err
		}
		return leaveOut(ctx, tx, c.RunID, targetID)
	})
	if err != nil {
		return PlanCounts{}, err
	}
	return s.PlanCounts(ctx, c.RunID, targetID)
}

// blockMemberships ends at once the memberships and permissions of groups and
// people that this plan, which begins at a place in each stage, refuses to
// create: nobody need be called for them.
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
			OR outer_id IN (SELECT r.group_id FROM changes r WHERE r.run_id = ? AND r.target_id = ? AND r.stage = 2 AND r.ord >= ? AND r.kind = 'group.create' AND r.state = 'refused')
			OR user_id IN (SELECT r.user_id FROM changes r WHERE r.run_id = ? AND r.target_id = ? AND r.stage = 3 AND r.ord >= ? AND r.kind = 'account.create' AND r.state = 'refused'))`,
		runID, targetID, from, runID, targetID, from, runID, targetID, from, runID, targetID, from)
	if err != nil {
		return fmt.Errorf("block memberships: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE changes SET state = 'blocked', class = 'waits-for-link' WHERE run_id = ? AND target_id = ? AND stage = 2 AND ord >= ? AND state = 'planned' AND kind = 'group.permit'
		AND group_id IN (SELECT r.group_id FROM changes r WHERE r.run_id = ? AND r.target_id = ? AND r.stage = 2 AND r.ord >= ? AND r.kind = 'group.create' AND r.state = 'refused')`,
		runID, targetID, from, runID, targetID, from); err != nil {
		return fmt.Errorf("block permissions: %w", err)
	}
	return nil
}

// leaveOut ends the changes of people whom somebody has taken out of the run.
func leaveOut(ctx context.Context, tx *Tx, runID, targetID int64) error {
	var skips int
	if err := tx.get(ctx, &skips, `SELECT COUNT(*) FROM run_skips WHERE run_id = ?`, runID); err != nil {
		return fmt.Errorf("look for who is skipped: %w", err)
	}
	if skips == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'skipped-by-hand' WHERE user_id IN (SELECT user_id FROM run_skips WHERE run_id = ?)
		AND +run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')`, runID, runID, targetID); err != nil {
		return fmt.Errorf("leave out who is skipped: %w", err)
	}
	return nil
}

// forgetSettled forgets what was kept for people who came back, once it needs
// no change any more: memberships that they have again, or that we made and
// nothing asks for; and those who wait for a licence and are wanted no longer.
func forgetSettled(ctx context.Context, tx *Tx, c Claim, targetID int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM leaver_groups WHERE target_id = ?
		AND EXISTS (SELECT 1 FROM users u JOIN desired_accounts d ON d.user_id = u.id AND d.target_id = leaver_groups.target_id
			WHERE u.id = leaver_groups.user_id AND u.connection_id = ? AND d.state = 'active' AND NOT d.strip)
		AND (EXISTS (SELECT 1 FROM target_memberships tm WHERE tm.target_id = leaver_groups.target_id AND tm.user_id = leaver_groups.user_id AND tm.group_id = leaver_groups.group_id AND NOT tm.missing)
			OR leaver_groups.origin = 'created'
				AND NOT EXISTS (SELECT 1 FROM desired_memberships dm WHERE dm.target_id = leaver_groups.target_id AND dm.user_id = leaver_groups.user_id AND dm.group_id = leaver_groups.group_id))`,
		targetID, c.ConnectionID); err != nil {
		return fmt.Errorf("forget the groups of those who came back: %w", err)
	}
	if _, err := tx.exec(ctx, `DELETE FROM seat_waits WHERE target_id = ?
		AND NOT EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = seat_waits.target_id AND d.user_id = seat_waits.user_id AND d.state = 'active')`, targetID); err != nil {
		return fmt.Errorf("forget who waits no longer: %w", err)
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
