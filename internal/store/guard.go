package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
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

// Guard decides about the removals of a run's plan in a target: protected
// objects are skipped, removals beyond the limits are held, the rest is
// admitted and counted in the window in the same transaction. What is held
// becomes a held plan, in place of an earlier one. Deciding again changes nothing.
func (s *Store) Guard(ctx context.Context, c Claim, targetID int64, limits Limits, now time.Time) (Verdict, error) {
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		// Whoever admits removals in this target at the same time waits, or both would count the same room.
		var locked int64
		if err := tx.get(ctx, &locked, `SELECT id FROM targets WHERE id = ?`+tx.forNoKeyUpdate(), targetID); err != nil {
			return fmt.Errorf("read target %d: %w", targetID, notFound(err))
		}
		for _, statement := range []string{
			`UPDATE changes SET state = 'skipped', class = 'protected' WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')
				AND (user_id IN (SELECT user_id FROM accounts WHERE target_id = ? AND protected) OR group_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND protected))`,
			`UPDATE changes SET state = 'skipped', class = 'read-only' WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')
				AND (user_id IN (SELECT user_id FROM accounts WHERE target_id = ? AND read_only) OR group_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND read_only))`,
		} {
			if _, err := tx.exec(ctx, statement, c.RunID, targetID, targetID, targetID); err != nil {
				return fmt.Errorf("skip what must not be touched: %w", err)
			}
		}
		g := guarding{tx: tx, runID: c.RunID, targetID: targetID, pushed: c.pushed(), limits: limits, now: now}
		for _, kind := range []directory.Kind{directory.SuspendAccount, directory.RemoveMember} {
			if err := g.decide(ctx, kind); err != nil {
				return fmt.Errorf("guard %s: %w", kind, err)
			}
		}
		return g.recordHeld(ctx)
	})
	if err != nil {
		return Verdict{}, err
	}
	return s.verdict(ctx, c.RunID, targetID)
}

// guarding is one decision of the guard, in its transaction.
type guarding struct {
	tx              *Tx
	runID, targetID int64
	// pushed is set for a run of what was pushed, whose plan grows: what it
	// skipped earlier says nothing about now, and what others hold stays held.
	pushed bool
	limits Limits
	now    time.Time
}

// room is what a kind's limit is reckoned from.
type room struct {
	due      int64 // removals to be decided about
	explicit int64 // those of them that a status or a look-up speaks for
	linked   int64 // accounts that have access
	used     int64 // removals admitted in the window
	leaving  int64 // due, and those that are skipped
}

func (g guarding) decide(ctx context.Context, kind directory.Kind) error {
	r, err := g.room(ctx, kind)
	if err != nil || r.due == 0 {
		return err
	}
	if !g.limits.Override {
		switch kind {
		case directory.SuspendAccount:
			// The last one of several counts too, even if the others left before; the only one there ever was does not.
			if r.leaving >= r.linked && r.used+r.leaving >= 2 {
				return g.hold(ctx, kind, directory.ClassEverybody)
			}
		case directory.RemoveMember:
			if err := g.holdWholeGroups(ctx); err != nil {
				return err
			}
			if r, err = g.room(ctx, kind); err != nil || r.due == 0 {
				return err
			}
		}
		linked := r.linked
		if kind == directory.SuspendAccount {
			linked += r.used // the share is of what the window began with
		}
		limit := g.limits.of(linked)
		if r.used+r.due > limit {
			// What a status says goes first: a wrong list must not keep leavers in.
			if r.used+r.explicit <= limit {
				if err := g.admit(ctx, kind, directory.Explicit); err != nil {
					return err
				}
			}
			return g.hold(ctx, kind, directory.ClassOverLimit)
		}
	}
	return g.admit(ctx, kind, directory.Explicit, directory.Absence)
}

// of returns how many removals of a kind a window has room for.
func (l Limits) of(linked int64) int64 {
	// 0.29 * 100 is a little less than 29 in binary.
	share := int64(math.Floor(l.Share*float64(linked) + 1e-6))
	return max(l.Always, min(l.Count, share))
}

func (g guarding) since() int64 { return micros(g.now.Add(-g.limits.Window)) }

func (g guarding) room(ctx context.Context, kind directory.Kind) (room, error) {
	var r room
	for _, count := range []struct {
		into  *int64
		query string
		args  []any
	}{
		{&r.due, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`, []any{g.runID, g.targetID, string(kind)}},
		{&r.explicit, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = 'explicit'`, []any{g.runID, g.targetID, string(kind)}},
		{&r.leaving, `SELECT COUNT(*) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND (state = 'unguarded' OR state = 'skipped' AND NOT CAST(? AS BOOLEAN))`, []any{g.runID, g.targetID, string(kind), g.pushed}},
		{&r.linked, `SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`, []any{g.targetID}},
		// What an ended run admitted and could not do comes again, and is counted then.
		{&r.used, `SELECT COUNT(*) FROM removals WHERE target_id = ? AND kind = ? AND admitted_at > ?
			AND NOT EXISTS (SELECT 1 FROM changes c JOIN runs ended ON ended.id = c.run_id WHERE c.id = removals.change_id AND c.state <> 'applied' AND ended.outcome <> '')`, []any{g.targetID, string(kind), g.since()}},
	} {
		if err := g.tx.get(ctx, count.into, count.query, count.args...); err != nil {
			return room{}, fmt.Errorf("count removals: %w", err)
		}
		if r.due == 0 {
			break // nothing to decide about: the rest need not be known
		}
	}
	return r, nil
}

func (g guarding) hold(ctx context.Context, kind directory.Kind, class directory.Class) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = ? WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`,
		string(class), g.runID, g.targetID, string(kind)); err != nil {
		return fmt.Errorf("hold removals: %w", err)
	}
	return nil
}

// holdWholeGroups holds the removals that would leave nobody in a group of two
// or more, counting those who were taken out of it within the window.
func (g guarding) holdWholeGroups(ctx context.Context) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = 'whole-group'
		WHERE run_id = ? AND target_id = ? AND kind = 'membership.remove' AND state = 'unguarded' AND group_id IN (
			SELECT n.group_id FROM changes n
			LEFT JOIN (
				SELECT c.group_id, COUNT(*) AS removed FROM removals r JOIN changes c ON c.id = r.change_id
				WHERE r.target_id = ? AND r.kind = 'membership.remove' AND r.admitted_at > ? GROUP BY c.group_id
			) earlier ON earlier.group_id = n.group_id
			WHERE n.run_id = ? AND n.target_id = ? AND n.kind = 'membership.remove' AND (n.state = 'unguarded' OR n.state = 'skipped' AND NOT CAST(? AS BOOLEAN))
			GROUP BY n.group_id
			HAVING COUNT(*) + COALESCE(MAX(earlier.removed), 0) >= 2 AND COUNT(*) >= (
				SELECT COUNT(*) FROM target_memberships tm JOIN accounts a ON a.target_id = tm.target_id AND a.user_id = tm.user_id AND a.status = 'active'
				WHERE tm.target_id = ? AND tm.group_id = n.group_id))`,
		g.runID, g.targetID, g.targetID, g.since(), g.runID, g.targetID, g.pushed, g.targetID); err != nil {
		return fmt.Errorf("hold whole groups: %w", err)
	}
	return nil
}

// admit admits the removals of a kind that rest on evidence of these kinds.
func (g guarding) admit(ctx context.Context, kind directory.Kind, evidence ...directory.Evidence) error {
	for _, e := range evidence {
		if !g.limits.Preview {
			if _, err := g.tx.exec(ctx, `INSERT INTO removals (target_id, kind, run_id, change_id, admitted_at)
				SELECT target_id, kind, run_id, id, CAST(? AS BIGINT) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = ?`,
				micros(g.now), g.runID, g.targetID, string(kind), string(e)); err != nil {
				return fmt.Errorf("count removals in the window: %w", err)
			}
		}
		if _, err := g.tx.exec(ctx, `UPDATE changes SET state = CASE WHEN evidence = 'absence' THEN 'doubted' ELSE 'planned' END
			WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = ?`, g.runID, g.targetID, string(kind), string(e)); err != nil {
			return fmt.Errorf("admit removals: %w", err)
		}
	}
	return nil
}

// recordHeld makes a held plan of what was held, in place of an earlier run's.
func (g guarding) recordHeld(ctx context.Context) error {
	if g.limits.Preview {
		return nil
	}
	if !g.pushed {
		if _, err := g.tx.exec(ctx, `UPDATE held_plans SET state = 'superseded' WHERE target_id = ? AND state = 'held' AND run_id <> ?`, g.targetID, g.runID); err != nil {
			return fmt.Errorf("supersede held plan: %w", err)
		}
	}
	held, reason, digest, err := g.held(ctx)
	if err != nil || held == 0 {
		return err
	}
	if _, err = g.tx.exec(ctx, `INSERT INTO held_plans (run_id, target_id, digest, reason, changes, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 'held', ?, ?)
		ON CONFLICT (run_id, target_id) DO UPDATE SET digest = excluded.digest, reason = excluded.reason, changes = excluded.changes`,
		g.runID, g.targetID, digest, reason, held, micros(g.now), micros(g.now.Add(g.limits.HeldFor))); err != nil {
		return fmt.Errorf("record held plan: %w", err)
	}
	return nil
}

// held counts what was held and identifies it by a digest of what it would do.
func (g guarding) held(ctx context.Context) (count int64, reason, digest string, err error) {
	rows, err := g.tx.query(ctx, `SELECT kind, class, user_id, group_id FROM changes
		WHERE run_id = ? AND target_id = ? AND state = 'held' AND class <> 'unconfirmed' ORDER BY kind, user_id, group_id`, g.runID, g.targetID)
	if err != nil {
		return 0, "", "", fmt.Errorf("read what is held: %w", err)
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var kind, class string
		var userID, groupID int64
		if err := rows.Scan(&kind, &class, &userID, &groupID); err != nil {
			return 0, "", "", fmt.Errorf("read what is held: %w", err)
		}
		if count == 0 {
			reason = class
		}
		count++
		fmt.Fprintln(h, kind, userID, groupID)
	}
	return count, reason, hex.EncodeToString(h.Sum(nil)), rows.Err()
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
