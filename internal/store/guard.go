package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Verdict is what the guard decided for a target.
type Verdict struct {
	Admitted, Held, Protected int64
	// Doubted removals were admitted and wait for a direct look-up.
	Doubted int64
	// Reasons says why what is held is, the most frequent first.
	Reasons []HoldReason
}

// HoldReason is why some changes are held.
type HoldReason struct {
	Kind  string `db:"kind"`
	Class string `db:"class"`
	// Rule is that of the first of them: which rule takes people away.
	Rule  string `db:"rule"`
	Count int64  `db:"count"`
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
		g := guarding{tx: tx, runID: c.RunID, targetID: targetID, pushed: c.pushed(), limits: limits, now: now}
		if err := g.skipUntouchable(ctx); err != nil {
			return err
		}
		if err := g.replacements(ctx); err != nil {
			return err
		}
		if limits.Approval != 0 {
			if err := g.skipUnapproved(ctx); err != nil {
				return err
			}
		}
		short, err := g.sourceShort(ctx)
		if err != nil {
			return err
		}
		for _, kind := range directory.Removals {
			if err := g.decide(ctx, kind, short); err != nil {
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
	// pushed is set for a run that holds no claim, whose plan grows: what it
	// skipped earlier says nothing about now, and what others hold stays held.
	pushed bool
	limits Limits
	now    time.Time
}

// skipUntouchable skips what is protected or another system's.
func (g guarding) skipUntouchable(ctx context.Context) error {
	for _, statement := range []string{
		`UPDATE changes SET state = 'skipped', class = 'protected' WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')
			AND (user_id IN (SELECT user_id FROM accounts WHERE target_id = ? AND protected) OR group_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND protected)
				OR outer_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND protected))`,
		`UPDATE changes SET state = 'skipped', class = 'read-only' WHERE run_id = ? AND target_id = ? AND state IN ('unguarded', 'planned')
			AND (user_id IN (SELECT user_id FROM accounts WHERE target_id = ? AND read_only) OR outer_id = 0 AND group_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND read_only)
				OR outer_id IN (SELECT group_id FROM target_groups WHERE target_id = ? AND read_only))`,
	} {
		if _, err := g.tx.exec(ctx, statement, g.runID, g.targetID, g.targetID, g.targetID, g.targetID); err != nil {
			return fmt.Errorf("skip what must not be touched: %w", err)
		}
	}
	// Of a member whom no link knows, only the id is known, and the address where
	// the target's accounts were read.
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'protected' WHERE run_id = ? AND target_id = ? AND stage = 5 AND user_id = 0 AND state = 'unguarded'
		AND (remote_id IN (SELECT remote_id FROM protected_objects WHERE target_id = ? AND kind = 'account')
			OR EXISTS (SELECT 1 FROM unlinked_accounts un JOIN protected_objects p ON p.target_id = un.target_id AND p.kind = 'account' AND p.remote_id = un.email_key
				WHERE un.target_id = changes.target_id AND un.remote_id = changes.remote_id))`, g.runID, g.targetID, g.targetID); err != nil {
		return fmt.Errorf("skip members that must not be touched: %w", err)
	}
	if err := g.skipProtectedThrough(ctx); err != nil {
		return err
	}
	// Who is on hold stays as they are, also where a step was due and not yet done.
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'leaver-held' WHERE run_id = ? AND target_id = ? AND stage IN (1, 5) AND state = 'unguarded'
		AND user_id IN (SELECT user_id FROM leavers WHERE target_id = ? AND held)`, g.runID, g.targetID, g.targetID); err != nil {
		return fmt.Errorf("skip leavers on hold: %w", err)
	}
	return nil
}

// replacements holds groups that would take a new one, unless that is what was
// approved: whoever lets removals through has not asked for them.
func (g guarding) replacements(ctx context.Context) error {
	if g.limits.Approval != 0 {
		if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'planned' WHERE run_id = ? AND target_id = ? AND stage = 2 AND kind = 'group.replace' AND state = 'unguarded' AND `+approved,
			g.runID, g.targetID, g.limits.Approval); err != nil {
			return fmt.Errorf("admit groups that are replaced: %w", err)
		}
		return nil
	}
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = 'would-recreate' WHERE run_id = ? AND target_id = ? AND stage = 2 AND kind = 'group.replace' AND state = 'unguarded'`,
		g.runID, g.targetID); err != nil {
		return fmt.Errorf("hold groups that would be replaced: %w", err)
	}
	return nil
}

// approved is the condition that a change is one of those that an approval is
// about: of a group that is replaced, by the name that was approved.
const approved = `EXISTS (SELECT 1 FROM changes ok WHERE ok.approval_id = ? AND ok.approval_id <> 0 AND ok.user_id = changes.user_id AND ok.group_id = changes.group_id
	AND ok.state = 'approved' AND ok.target_id = changes.target_id AND ok.kind = changes.kind AND ok.remote_id = changes.remote_id AND ok.outer_id = changes.outer_id
	AND (ok.kind <> 'group.replace' OR ok.before = changes.before AND ok.after = changes.after))`

// skipUnapproved leaves out what an approval is not about: it is still held
// where it was held.
func (g guarding) skipUnapproved(ctx context.Context) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'skipped', class = 'not-approved' WHERE run_id = ? AND target_id = ? AND state = 'unguarded' AND NOT `+approved,
		g.runID, g.targetID, g.limits.Approval); err != nil {
		return fmt.Errorf("leave out what was not approved: %w", err)
	}
	return nil
}

// sourceShort is whether the lists that the run rests on were too short to be believed.
func (g guarding) sourceShort(ctx context.Context) (bool, error) {
	var notes int
	if err := g.tx.get(ctx, &notes, `SELECT COUNT(*) FROM notes WHERE run_id = ? AND code = ?`, g.runID, CodeSourceShort); err != nil {
		return false, fmt.Errorf("look for doubts about the source: %w", err)
	}
	return notes > 0, nil
}

func (g guarding) decide(ctx context.Context, kind directory.Kind, short bool) error {
	if short && g.limits.Approval == 0 {
		if err := g.hold(ctx, kind, directory.ClassSourceShort, directory.Absence); err != nil {
			return err
		}
	}
	r, err := g.room(ctx, kind)
	if err != nil || r.due == 0 {
		return err
	}
	if g.limits.Approval != 0 {
		return g.admit(ctx, kind, directory.Explicit, directory.Absence)
	}
	if g.limits.Quarantine {
		return g.hold(ctx, kind, directory.ClassQuarantine, directory.Explicit, directory.Absence)
	}
	if g.limits.Override {
		return g.admit(ctx, kind, directory.Explicit, directory.Absence)
	}
	if kind == directory.RemoveMember {
		if err := g.holdWholeGroups(ctx); err != nil {
			return err
		}
		if r, err = g.room(ctx, kind); err != nil || r.due == 0 {
			return err
		}
	} else if all, err := g.everything(ctx, kind, r); err != nil {
		return err
	} else if all {
		// The last one of several counts too, even if the others left before; the only one there ever was does not.
		return g.hold(ctx, kind, directory.ClassEverybody, directory.Explicit, directory.Absence)
	} else if kind == directory.RemoveNesting {
		if err := g.holdEmptiedGroups(ctx); err != nil {
			return err
		}
		if r, err = g.room(ctx, kind); err != nil || r.due == 0 {
			return err
		}
	}
	linked := r.linked
	if kind != directory.RemoveMember && kind != directory.RemoveNesting {
		linked += r.used // the share is of what the window began with
	}
	limit := g.limits.of(kind, linked)
	if r.used+r.due > limit {
		// What a status says goes first: a wrong list must not keep leavers in.
		if r.used+r.explicit <= limit {
			if err := g.admit(ctx, kind, directory.Explicit); err != nil {
				return err
			}
		}
		return g.hold(ctx, kind, directory.ClassOverLimit, directory.Explicit, directory.Absence)
	}
	return g.admit(ctx, kind, directory.Explicit, directory.Absence)
}

// hold holds the removals of a kind that rest on evidence of these kinds.
func (g guarding) hold(ctx context.Context, kind directory.Kind, class directory.Class, evidence ...directory.Evidence) error {
	for _, e := range evidence {
		if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = ? WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = ?`,
			string(class), g.runID, g.targetID, string(kind), string(e)); err != nil {
			return fmt.Errorf("hold removals: %w", err)
		}
	}
	return nil
}

// holdWholeGroups holds the removals that would leave nobody in a group of two
// or more, counting those who were taken out of it within the window. Whoever
// has no access any more is not somebody, and whoever is in it through another
// group stays in it.
func (g guarding) holdWholeGroups(ctx context.Context) error {
	if _, err := g.tx.exec(ctx, `UPDATE changes SET state = 'held', class = 'whole-group'
		WHERE run_id = ? AND target_id = ? AND kind = 'membership.remove' AND state = 'unguarded' AND after <> 'nested' AND group_id IN (
			SELECT n.group_id FROM changes n
			LEFT JOIN accounts own ON own.target_id = n.target_id AND own.user_id = n.user_id AND own.status = 'active'
			LEFT JOIN (
				SELECT c.group_id, COUNT(*) AS removed FROM removals r JOIN changes c ON c.id = r.change_id
				WHERE r.target_id = ? AND r.kind = 'membership.remove' AND r.admitted_at > ? GROUP BY c.group_id
			) earlier ON earlier.group_id = n.group_id
			WHERE n.run_id = ? AND n.target_id = ? AND n.kind = 'membership.remove' AND n.after <> 'nested' AND (n.state = 'unguarded' OR n.state = 'skipped' AND NOT CAST(? AS BOOLEAN))
				AND (n.user_id = 0 OR own.user_id IS NOT NULL)
			GROUP BY n.group_id
			HAVING COUNT(*) + COALESCE(MAX(earlier.removed), 0) >= 2 AND COUNT(*) >= (
				SELECT COUNT(*) FROM target_memberships tm JOIN accounts a ON a.target_id = tm.target_id AND a.user_id = tm.user_id AND a.status = 'active'
				WHERE tm.target_id = ? AND tm.group_id = n.group_id AND NOT tm.missing) + (
				SELECT COUNT(*) FROM foreign_members f WHERE f.target_id = ? AND f.group_id = n.group_id))`,
		g.runID, g.targetID, g.targetID, g.since(), g.runID, g.targetID, g.pushed, g.targetID, g.targetID); err != nil {
		return fmt.Errorf("hold whole groups: %w", err)
	}
	return nil
}

// admit admits the removals of a kind that rest on evidence of these kinds.
// What has to be confirmed waits for a direct look-up: an absence, and, where
// the limits say so, all of it. A member whom no link knows is in no source
// that could be asked; a removal that a person's undoing asks for is so whatever
// the source says. Another one of the same person is not.
func (g guarding) admit(ctx context.Context, kind directory.Kind, evidence ...directory.Evidence) error {
	for _, e := range evidence {
		if !g.limits.Preview {
			if _, err := g.tx.exec(ctx, `INSERT INTO removals (target_id, kind, run_id, change_id, admitted_at)
				SELECT target_id, kind, run_id, id, CAST(? AS BIGINT) FROM changes WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = ?`,
				micros(g.now), g.runID, g.targetID, string(kind), string(e)); err != nil {
				return fmt.Errorf("count removals in the window: %w", err)
			}
		}
		if _, err := g.tx.exec(ctx, `UPDATE changes SET state = CASE
				WHEN user_id = 0 OR EXISTS (SELECT 1 FROM overrides o WHERE o.target_id = changes.target_id AND o.user_id = changes.user_id AND o.group_id = changes.group_id
					AND (o.what = 'state' AND (o.value = 'suspended' AND changes.kind = 'account.suspend' OR o.value = 'deactivated' AND changes.kind = 'account.deactivate') OR o.what = 'member' AND o.value = 'out' AND changes.kind = 'membership.remove' AND changes.after <> 'leaver'))
					THEN 'planned'
				WHEN evidence = 'absence' OR CAST(? AS BOOLEAN) THEN 'doubted' ELSE 'planned' END
			WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = ?`, g.limits.Confirm, g.runID, g.targetID, string(kind), string(e)); err != nil {
			return fmt.Errorf("admit removals: %w", err)
		}
	}
	return nil
}
