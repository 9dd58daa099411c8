package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// recordHeld makes a held plan of what was held, in place of an earlier run's. A
// run of pushes may hold more once its plan was decided about: then it is open again.
func (g guarding) recordHeld(ctx context.Context) error {
	if g.limits.Preview {
		return nil
	}
	if !g.pushed {
		if err := supersedeHeld(ctx, g.tx, `target_id = ? AND run_id <> ?`, g.targetID, g.runID); err != nil {
			return err
		}
	}
	held, reason, digest, err := g.held(ctx)
	if err != nil || held == 0 {
		return err
	}
	if _, err = g.tx.exec(ctx, `INSERT INTO held_plans (run_id, target_id, digest, reason, changes, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 'held', ?, ?)
		ON CONFLICT (run_id, target_id) DO UPDATE SET digest = excluded.digest, reason = excluded.reason, changes = excluded.changes,
			created_at = CASE WHEN held_plans.state = 'held' THEN held_plans.created_at ELSE excluded.created_at END,
			expires_at = CASE WHEN held_plans.state = 'held' THEN held_plans.expires_at ELSE excluded.expires_at END,
			state = 'held', decided_at = 0`,
		g.runID, g.targetID, digest, reason, held, micros(g.now), micros(g.now.Add(g.limits.HeldFor))); err != nil {
		return fmt.Errorf("record held plan: %w", err)
	}
	return nil
}

// supersedeHeld takes the place of earlier runs' held plans. What a run of pushes
// that is still open held till then is over with its plan: held any longer, it
// would be in the next one as well, which that run may yet have. The plans come
// before their changes, as for everybody who ends one.
func supersedeHeld(ctx context.Context, tx *Tx, which string, args ...any) error {
	var ended []struct {
		RunID    int64 `db:"run_id"`
		TargetID int64 `db:"target_id"`
	}
	if err := tx.selectAll(ctx, &ended, `UPDATE held_plans SET state = 'superseded' WHERE state = 'held' AND `+which+` RETURNING run_id, target_id`, args...); err != nil {
		return fmt.Errorf("supersede held plans: %w", err)
	}
	for _, plan := range ended {
		if _, err := tx.exec(ctx, `UPDATE changes SET state = 'expired' WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed'
			AND EXISTS (SELECT 1 FROM runs r WHERE r.id = changes.run_id AND r.outcome = '')`, plan.RunID, plan.TargetID); err != nil {
			return fmt.Errorf("end what the plan of run %d held: %w", plan.RunID, err)
		}
	}
	return nil
}

// held counts what was held and identifies it by a digest of what it would do.
func (g guarding) held(ctx context.Context) (count int64, reason, digest string, err error) {
	rows, err := g.tx.query(ctx, `SELECT kind, class, user_id, group_id, remote_id, outer_id FROM changes
		WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed' ORDER BY kind, user_id, group_id, remote_id, outer_id`, g.runID, g.targetID)
	if err != nil {
		return 0, "", "", fmt.Errorf("read what is held: %w", err)
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var kind, class, remoteID string
		var userID, groupID, outerID int64
		if err := rows.Scan(&kind, &class, &userID, &groupID, &remoteID, &outerID); err != nil {
			return 0, "", "", fmt.Errorf("read what is held: %w", err)
		}
		if count == 0 {
			reason = class
		}
		count++
		if outerID != 0 {
			remoteID = fmt.Sprint(outerID)
		}
		fmt.Fprintln(h, kind, userID, groupID, remoteID)
	}
	return count, reason, hex.EncodeToString(h.Sum(nil)), rows.Err()
}

func (s *Store) verdict(ctx context.Context, runID, targetID int64) (Verdict, error) {
	var v Verdict
	var found []struct {
		Stage int    `db:"stage"`
		State string `db:"state"`
		Class string `db:"class"`
		Count int64  `db:"count"`
	}
	if err := s.selectAll(ctx, &found, `SELECT stage, state, class, COUNT(*) AS count FROM changes WHERE run_id = ? AND target_id = ? AND stage IN (1, 2, 5) GROUP BY stage, state, class`, runID, targetID); err != nil {
		return Verdict{}, fmt.Errorf("count removals: %w", err)
	}
	for _, f := range found {
		groups := directory.Stage(f.Stage) == directory.StageGroups
		switch {
		case f.State == string(directory.Held):
			v.Held += f.Count
		case groups:
		case f.State == string(directory.Planned):
			v.Admitted += f.Count
		case f.State == string(directory.Doubted):
			v.Admitted += f.Count
			v.Doubted += f.Count
		case f.Class == string(directory.ClassProtected):
			v.Protected += f.Count
		}
	}
	if v.Held == 0 {
		return v, nil
	}
	if err := s.selectAll(ctx, &v.Reasons, `SELECT kind, class, MIN(rule) AS rule, COUNT(*) AS count FROM changes
		WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed' GROUP BY kind, class ORDER BY COUNT(*) DESC, kind, class`, runID, targetID); err != nil {
		return Verdict{}, fmt.Errorf("count what is held: %w", err)
	}
	return v, nil
}
