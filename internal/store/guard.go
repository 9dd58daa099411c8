package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Limits are the guard's limits on removals.
type Limits struct {
	// Share and Count bound the removals of one kind in a window; the smaller holds.
	Share float64
	Count int64
	// Always is how many removals in a window are admitted whatever the share says.
	Always int64
	Window time.Duration
	// HeldFor is how long what was held may be approved.
	HeldFor time.Duration
	// Override admits what the limits would hold. Protected objects stay
	// protected, and doubt is still looked up.
	Override bool
	// Preview counts against the window without using it up.
	Preview bool
}

// Verdict is what the guard decided for a target.
type Verdict struct {
	Admitted, Held, Protected int64
	// Doubted removals were admitted and wait for a direct look-up.
	Doubted int64
}

type guardKind struct {
	kind       directory.Kind
	linked     string // counts what the share is of
	everything string // marks removals that would leave nothing
}

var guardKinds = []guardKind{
	{directory.SuspendAccount,
		`SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`,
		`UPDATE changes SET state = 'held', class = 'everybody' WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'
			AND (SELECT COUNT(*) FROM changes n WHERE n.run_id = changes.run_id AND n.target_id = changes.target_id AND n.kind = changes.kind AND n.state IN ('unguarded', 'skipped'))
				>= (SELECT COUNT(*) FROM accounts a WHERE a.target_id = changes.target_id AND a.status = 'active')
			AND (SELECT COUNT(*) FROM accounts a WHERE a.target_id = changes.target_id AND a.status = 'active') >= 2`},
	{directory.RemoveMember,
		`SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`,
		`UPDATE changes SET state = 'held', class = 'whole-group' WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'
			AND group_id IN (
				SELECT n.group_id FROM changes n WHERE n.run_id = changes.run_id AND n.target_id = changes.target_id AND n.kind = 'membership.remove' AND n.state = 'unguarded'
				GROUP BY n.group_id HAVING COUNT(*) >= 2
					AND COUNT(*) >= (SELECT COUNT(*) FROM target_memberships tm JOIN accounts a ON a.target_id = tm.target_id AND a.user_id = tm.user_id AND a.status = 'active'
						WHERE tm.target_id = changes.target_id AND tm.group_id = n.group_id))`},
}

// Guard decides about the removals of a run's plan in a target: protected
// objects are skipped, removals beyond the limits are held, the rest is
// admitted and counted in the window in the same transaction. What is held
// becomes a held plan, in place of an earlier one. Deciding again changes nothing.
func (s *Store) Guard(ctx context.Context, c Claim, targetID int64, limits Limits, now time.Time) (Verdict, error) {
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'protected' WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')
			AND (EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = changes.target_id AND a.user_id = changes.user_id AND a.protected)
				OR EXISTS (SELECT 1 FROM target_groups g WHERE g.target_id = changes.target_id AND g.group_id = changes.group_id AND g.protected))`,
			c.RunID, targetID); err != nil {
			return fmt.Errorf("skip protected: %w", err)
		}
		for _, k := range guardKinds {
			if err := guardOne(ctx, tx, c.RunID, targetID, k, limits, now); err != nil {
				return fmt.Errorf("guard %s: %w", k.kind, err)
			}
		}
		return recordHeld(ctx, tx, c.RunID, targetID, limits, now)
	})
	if err != nil {
		return Verdict{}, err
	}
	return s.verdict(ctx, c.RunID, targetID)
}

func guardOne(ctx context.Context, tx *Tx, runID, targetID int64, k guardKind, limits Limits, now time.Time) error {
	if !limits.Override {
		if _, err := tx.exec(ctx, k.everything, runID, targetID, string(k.kind)); err != nil {
			return err
		}
	}
	var due, linked, used int64
	if err := tx.get(ctx, &due, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`, runID, targetID, string(k.kind)); err != nil {
		return err
	}
	if due == 0 {
		return nil
	}
	if err := tx.get(ctx, &linked, k.linked, targetID); err != nil {
		return err
	}
	since := micros(now.Add(-limits.Window))
	if err := tx.get(ctx, &used, `SELECT COUNT(*) FROM removals WHERE target_id = ? AND kind = ? AND admitted_at > ?`, targetID, string(k.kind), since); err != nil {
		return err
	}
	limit := max(limits.Always, min(limits.Count, int64(limits.Share*float64(linked))))
	if used+due > limit && !limits.Override {
		_, err := tx.exec(ctx, `UPDATE changes SET state = 'held', class = 'over-limit' WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`,
			runID, targetID, string(k.kind))
		return err
	}
	if !limits.Preview {
		if _, err := tx.exec(ctx, `INSERT INTO removals (target_id, kind, run_id, change_id, admitted_at)
			SELECT target_id, kind, run_id, id, CAST(? AS BIGINT) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`,
			micros(now), runID, targetID, string(k.kind)); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, `UPDATE changes SET state = CASE WHEN evidence = 'absence' THEN 'doubted' ELSE 'planned' END
		WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`, runID, targetID, string(k.kind))
	return err
}

func recordHeld(ctx context.Context, tx *Tx, runID, targetID int64, limits Limits, now time.Time) error {
	if limits.Preview {
		return nil
	}
	if _, err := tx.exec(ctx, `UPDATE held_plans SET state = 'superseded' WHERE target_id = ? AND state = 'held' AND run_id <> ?`, targetID, runID); err != nil {
		return err
	}
	var held []struct {
		Kind    string `db:"kind"`
		Class   string `db:"class"`
		UserID  int64  `db:"user_id"`
		GroupID int64  `db:"group_id"`
	}
	if err := tx.selectAll(ctx, &held, `SELECT kind, class, user_id, group_id FROM changes WHERE run_id = ? AND target_id = ? AND state = 'held' ORDER BY kind, user_id, group_id`, runID, targetID); err != nil {
		return err
	}
	if len(held) == 0 {
		return nil
	}
	h := sha256.New()
	for _, change := range held {
		fmt.Fprintln(h, change.Kind, change.UserID, change.GroupID)
	}
	_, err := tx.exec(ctx, `INSERT INTO held_plans (run_id, target_id, digest, reason, changes, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 'held', ?, ?)
		ON CONFLICT (run_id, target_id) DO UPDATE SET digest = excluded.digest, reason = excluded.reason, changes = excluded.changes`,
		runID, targetID, hex.EncodeToString(h.Sum(nil)), held[0].Class, len(held), micros(now), micros(now.Add(limits.HeldFor)))
	return err
}

func (s *Store) verdict(ctx context.Context, runID, targetID int64) (Verdict, error) {
	var v Verdict
	var found []struct {
		State string `db:"state"`
		Class string `db:"class"`
		Count int64  `db:"count"`
	}
	if err := s.selectAll(ctx, &found, `SELECT state, class, COUNT(*) AS count FROM changes WHERE run_id = ? AND target_id = ? AND stage IN (1, 5) GROUP BY state, class`, runID, targetID); err != nil {
		return Verdict{}, fmt.Errorf("count removals: %w", err)
	}
	for _, f := range found {
		switch {
		case f.State == string(directory.Planned):
			v.Admitted += f.Count
		case f.State == string(directory.Doubted):
			v.Admitted += f.Count
			v.Doubted += f.Count
		case f.State == string(directory.Held):
			v.Held += f.Count
		case f.Class == string(directory.ClassProtected):
			v.Protected += f.Count
		}
	}
	return v, nil
}

// SetProtected stores what a target says must never be touched, with what the
// configuration adds, and marks the links accordingly.
func (s *Store) SetProtected(ctx context.Context, c Claim, targetID int64, accounts, groups []string) error {
	if same, err := s.sameProtected(ctx, targetID, accounts, groups); err != nil || same {
		return err
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM protected_objects WHERE target_id = ?`, targetID); err != nil {
			return err
		}
		for _, set := range []struct {
			kind string
			ids  []string
		}{{"account", accounts}, {"group", groups}} {
			for chunk := range chunks(set.ids, 1000) {
				args := make([]any, 0, 3*len(chunk))
				for _, id := range chunk {
					args = append(args, targetID, set.kind, id)
				}
				if _, err := tx.exec(ctx, `INSERT INTO protected_objects (target_id, kind, remote_id) VALUES `+rows("(?, ?, ?)", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
					return err
				}
			}
		}
		for _, statement := range []string{
			`UPDATE accounts SET protected = NOT protected WHERE target_id = ? AND protected <> EXISTS (
				SELECT 1 FROM protected_objects p WHERE p.target_id = accounts.target_id AND p.kind = 'account' AND (p.remote_id = accounts.remote_id OR p.remote_id = accounts.email_key))`,
			`UPDATE target_groups SET protected = NOT protected WHERE target_id = ? AND protected <> EXISTS (
				SELECT 1 FROM protected_objects p WHERE p.target_id = target_groups.target_id AND p.kind = 'group' AND (p.remote_id = target_groups.remote_id OR p.remote_id = LOWER(target_groups.name)))`,
		} {
			if _, err := tx.exec(ctx, statement, targetID); err != nil {
				return fmt.Errorf("mark protected: %w", err)
			}
		}
		return nil
	})
}

func (s *Store) sameProtected(ctx context.Context, targetID int64, accounts, groups []string) (bool, error) {
	known, err := s.Protected(ctx, targetID)
	if err != nil {
		return false, err
	}
	want := len(accounts) + len(groups)
	for _, id := range accounts {
		if !known.Account(id, "") {
			return false, nil
		}
	}
	for _, id := range groups {
		if !known.Group(id, "") {
			return false, nil
		}
	}
	return want == known.size, nil
}
