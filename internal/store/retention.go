package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

const (
	// removalsKept is how long the guard's window is remembered: twice the longest
	// that a configuration can ask for (30 days), so that a clock that jumps
	// forgets none that counts.
	removalsKept = 60 * 24 * time.Hour
	// requestsKept is how long a request that has ended is kept: its run says all
	// that it did. A notification that arrived is kept as long.
	requestsKept = 30 * 24 * time.Hour
	// fullReadsKept is how many complete reads of a connection are kept whatever
	// their age: the size of the next is compared with theirs.
	fullReadsKept = 5
	// forgetAtOnce is how many rows are forgotten in one transaction: others wait
	// for it on SQLite.
	forgetAtOnce = 500
)

// Forget forgets what has been kept for its time, in small transactions, and
// returns how many rows that was. Runs under way, those with a held plan that
// waits for a decision, and those whose removals the guard may still count are
// left as they are.
func (s *Store) Forget(ctx context.Context, r Retention, now time.Time) (int64, error) {
	f := forgetting{s: s, now: now}
	for _, step := range []struct {
		what string
		kept time.Duration
		do   func(ctx context.Context, before int64) error
	}{
		{"what stood before and after changes", r.Images, f.images},
		{"runs", r.Changes, f.runs},
		{"people who are gone", r.Profiles, f.profiles},
		{"what persons did", r.Actions, f.actions},
		{"requests", requestsKept, f.requests},
		{"notifications", requestsKept, f.notifications},
		{"the guard's window", removalsKept, f.removals},
		{"groups that were lost", lostKept, f.lostGroups},
	} {
		if step.kept == 0 {
			continue
		}
		if err := step.do(ctx, micros(now.Add(-step.kept))); err != nil {
			return f.rows, fmt.Errorf("forget %s: %w", step.what, err)
		}
	}
	return f.rows, nil
}

type forgetting struct {
	s    *Store
	now  time.Time
	rows int64
}

// each runs a statement, a transaction a time, until it finds nothing more. Its
// last value is how many rows it may take.
func (f *forgetting) each(ctx context.Context, statement string, args ...any) error {
	for {
		var n int64
		err := f.s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
			n, err = tx.exec(ctx, statement, append(args[:len(args):len(args)], forgetAtOnce)...)
			return err
		})
		if err != nil {
			return err
		}
		f.rows += n
		if n == 0 {
			return nil
		}
	}
}

// images forgets what changes say stood there before and after, and in which
// words a target answered. Without it a run cannot be undone.
func (f *forgetting) images(ctx context.Context, before int64) error {
	for {
		var runs []int64
		if err := f.s.selectAll(ctx, &runs, `SELECT r.id FROM runs r WHERE r.ended_at <> 0 AND r.ended_at < ? AND NOT r.images_gone
				AND NOT EXISTS (SELECT 1 FROM held_plans h WHERE h.run_id = r.id AND h.state = 'held') ORDER BY r.ended_at LIMIT 50`, before); err != nil {
			return err
		}
		for _, run := range runs {
			if err := f.each(ctx, `UPDATE changes SET before = '', after = '', detail = '' WHERE id IN (
					SELECT ch.id FROM changes ch WHERE ch.run_id = ? AND (ch.before <> '' OR ch.after <> '' OR ch.detail <> '') LIMIT CAST(? AS BIGINT))`, run); err != nil {
				return err
			}
			err := f.s.write(ctx, func(ctx context.Context, tx *Tx) error {
				_, err := tx.exec(ctx, `UPDATE runs SET images_gone = TRUE WHERE id = ?`, run)
				return err
			})
			if err != nil {
				return err
			}
		}
		if len(runs) == 0 {
			return nil
		}
	}
}

// runs forgets runs with all that they did and noticed.
func (f *forgetting) runs(ctx context.Context, before int64) error {
	for after := int64(0); ; {
		var runs []struct {
			ID      int64 `db:"id"`
			EndedAt int64 `db:"ended_at"`
		}
		if err := f.s.selectAll(ctx, &runs, `SELECT r.id, r.ended_at FROM runs r WHERE r.ended_at <> 0 AND r.ended_at > ? AND r.ended_at < ?
				AND NOT EXISTS (SELECT 1 FROM held_plans h WHERE h.run_id = r.id AND h.state = 'held')
				AND NOT EXISTS (SELECT 1 FROM removals m WHERE m.run_id = r.id)
				AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.claim_run = r.id)
				AND NOT (r.users_complete AND (SELECT COUNT(*) FROM runs n WHERE n.connection_id = r.connection_id AND n.users_complete AND n.id > r.id) < ?)
			ORDER BY r.ended_at LIMIT 50`, after, before, fullReadsKept); err != nil {
			return err
		}
		for _, run := range runs {
			if err := f.run(ctx, run.ID); err != nil {
				return err
			}
			after = run.EndedAt - 1
		}
		if len(runs) == 0 {
			return nil
		}
	}
}

func (f *forgetting) run(ctx context.Context, run int64) error {
	for _, statement := range []string{
		`DELETE FROM changes WHERE id IN (SELECT ch.id FROM changes ch WHERE ch.run_id = ? LIMIT CAST(? AS BIGINT))`,
		`DELETE FROM notes WHERE id IN (SELECT n.id FROM notes n WHERE n.run_id = ? LIMIT CAST(? AS BIGINT))`,
	} {
		if err := f.each(ctx, statement, run); err != nil {
			return err
		}
	}
	return f.s.write(ctx, func(ctx context.Context, tx *Tx) error {
		for _, statement := range []string{
			`DELETE FROM approvals WHERE held_id IN (SELECT id FROM held_plans WHERE run_id = ?)`,
			`DELETE FROM held_plans WHERE run_id = ?`,
			`DELETE FROM run_skips WHERE run_id = ?`,
			`DELETE FROM seen WHERE run_id = ?`,
			`DELETE FROM runs WHERE id = ?`,
		} {
			n, err := tx.exec(ctx, statement, run)
			if err != nil {
				return err
			}
			f.rows += n
		}
		return nil
	})
}

// profiles forgets what is known of people whom the source has had no more for
// long, except under which id: should they come back, they are known again. Who
// is on a ladder that has not ended, or to be decided, waits.
func (f *forgetting) profiles(ctx context.Context, before int64) error {
	if err := f.markGone(ctx); err != nil {
		return err
	}
	const due = `SELECT u.id FROM users u WHERE u.gone_at <> 0 AND u.gone_at > 0 AND u.gone_at < ? AND u.presence = 'gone' AND NOT u.dirty
		AND (u.email <> '' OR u.login <> '' OR u.first_name <> '' OR u.last_name <> '' OR u.display_name <> '' OR u.attributes <> '')
		AND NOT EXISTS (SELECT 1 FROM leavers l WHERE l.user_id = u.id AND l.due_at <> 0)
		ORDER BY u.gone_at LIMIT CAST(? AS BIGINT)`
	for {
		var users []int64
		if err := f.s.selectAll(ctx, &users, due, before, forgetAtOnce); err != nil {
			return err
		}
		if len(users) == 0 {
			return nil
		}
		err := f.s.write(ctx, func(ctx context.Context, tx *Tx) error { return forgetProfiles(ctx, tx, users) })
		if err != nil {
			return err
		}
		f.rows += int64(len(users))
	}
}

// markGone notes since when people are gone, and who came back.
func (f *forgetting) markGone(ctx context.Context) error {
	if err := f.mark(ctx, `UPDATE users SET gone_at = 0 WHERE id IN (SELECT u.id FROM users u WHERE u.gone_at <> 0 AND u.gone_at > 0 AND u.presence <> 'gone' LIMIT CAST(? AS BIGINT))`); err != nil {
		return err
	}
	var connections []int64
	if err := f.s.selectAll(ctx, &connections, `SELECT id FROM connections ORDER BY id`); err != nil {
		return err
	}
	for _, connection := range connections {
		if err := f.mark(ctx, `UPDATE users SET gone_at = ? WHERE id IN (
				SELECT u.id FROM users u WHERE u.connection_id = ? AND u.presence <> 'present' AND u.presence = 'gone' AND u.gone_at = 0 LIMIT CAST(? AS BIGINT))`,
			micros(f.now), connection); err != nil {
			return err
		}
	}
	return nil
}

// mark is each for a statement that forgets nothing.
func (f *forgetting) mark(ctx context.Context, statement string, args ...any) error {
	forgotten := f.rows
	err := f.each(ctx, statement, args...)
	f.rows = forgotten
	return err
}

// forgetProfiles empties what is known of people in the source and wanted of
// them in targets. What a target holds stays: it is the target's.
func forgetProfiles(ctx context.Context, tx *Tx, users []int64) error {
	for _, statement := range []string{
		// Without its fingerprint, whoever comes back is stored anew.
		`UPDATE users SET login = '', email = '', email_key = '', first_name = '', last_name = '', display_name = '', attributes = '', fingerprint = '' WHERE id IN (?)`,
		`UPDATE desired_accounts SET email = '', email_key = '', display_name = '', user_name = '', attributes = '' WHERE user_id IN (?) AND target_id IN (SELECT id FROM targets)`,
	} {
		query, args, err := in(statement, padded(users))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("forget profiles: %w", err)
		}
	}
	return nil
}

func (f *forgetting) actions(ctx context.Context, before int64) error {
	return f.each(ctx, `DELETE FROM actions WHERE id IN (SELECT a.id FROM actions a WHERE a.at < ? ORDER BY a.at LIMIT CAST(? AS BIGINT))`, before)
}

// requests ends those that were never taken up, and forgets what has ended.
func (f *forgetting) requests(ctx context.Context, before int64) error {
	if err := f.mark(ctx, `UPDATE requests SET name = '', ended_at = created_at WHERE id IN (SELECT q.id FROM requests q WHERE q.ended_at = 0 AND q.created_at < ? LIMIT CAST(? AS BIGINT))`, before); err != nil {
		return err
	}
	return f.each(ctx, `DELETE FROM requests WHERE id IN (SELECT q.id FROM requests q WHERE q.ended_at <> 0 AND q.ended_at < ? LIMIT CAST(? AS BIGINT))`, before)
}

func (f *forgetting) notifications(ctx context.Context, before int64) error {
	return f.each(ctx, `DELETE FROM notifications WHERE id IN (SELECT n.id FROM notifications n WHERE n.created_at < ? AND (n.delivered_at <> 0 OR n.attempts >= `+fmt.Sprint(maxDeliveries)+`) LIMIT CAST(? AS BIGINT))`, before)
}

func (f *forgetting) removals(ctx context.Context, before int64) error {
	var targets []int64
	if err := f.s.selectAll(ctx, &targets, `SELECT id FROM targets ORDER BY id`); err != nil {
		return err
	}
	for _, target := range targets {
		for _, kind := range directory.Removals {
			if err := f.each(ctx, `DELETE FROM removals WHERE id IN (SELECT m.id FROM removals m WHERE m.target_id = ? AND m.kind = ? AND m.admitted_at < ? LIMIT CAST(? AS BIGINT))`,
				target, string(kind), before); err != nil {
				return err
			}
		}
	}
	return nil
}
