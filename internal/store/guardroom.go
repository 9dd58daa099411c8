package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// room is what a kind's limit is reckoned from.
type room struct {
	due      int64 // removals to be decided about
	explicit int64 // those of them that a status or a look-up speaks for
	linked   int64 // accounts that the kind could still be done to
	used     int64 // removals admitted in the window
	leaving  int64 // due, and those that are skipped
}

func (g guarding) since() int64 { return micros(g.now.Add(-g.limits.Window)) }

// weight counts a change as one, what a step of a leaver's ladder takes away as
// one for each person, since somebody in thirty groups is one leaver, and a group
// that is taken out of another as the people who lose by it.
const weight = `COUNT(DISTINCT CASE WHEN ch.kind = 'membership.remove' AND ch.after = 'leaver' THEN -ch.user_id ELSE ch.id END)
	+ COALESCE(SUM(CASE WHEN ch.kind = 'nesting.remove' AND ch.people > 1 THEN ch.people - 1 ELSE 0 END), 0)`

// linkedAccounts counts, by kind, the accounts that it could still be done to.
var linkedAccounts = map[directory.Kind]string{
	directory.SuspendAccount:    `SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`,
	directory.DeactivateAccount: `SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status IN ('active', 'suspended')`,
	directory.DeleteAccount:     `SELECT COUNT(*) FROM accounts WHERE target_id = ?`,
	directory.RemoveMember:      `SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`,
	directory.RemoveNesting:     `SELECT COUNT(*) FROM accounts WHERE target_id = ? AND status = 'active'`,
}

func (g guarding) room(ctx context.Context, kind directory.Kind) (room, error) {
	var r room
	for _, count := range []struct {
		into  *int64
		query string
		args  []any
	}{
		{&r.due, `SELECT ` + weight + ` FROM changes ch WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded'`, []any{g.runID, g.targetID, string(kind)}},
		{&r.explicit, `SELECT ` + weight + ` FROM changes ch WHERE run_id = ? AND target_id = ? AND kind = ? AND state = 'unguarded' AND evidence = 'explicit'`, []any{g.runID, g.targetID, string(kind)}},
		{&r.leaving, `SELECT ` + weight + ` FROM changes ch WHERE run_id = ? AND target_id = ? AND kind = ? AND (state = 'unguarded' OR state = 'skipped' AND NOT CAST(? AS BOOLEAN))`, []any{g.runID, g.targetID, string(kind), g.pushed}},
		{&r.linked, linkedAccounts[kind], []any{g.targetID}},
		// What an ended run admitted and could not do comes again, and is counted then.
		{&r.used, `SELECT COUNT(DISTINCT CASE WHEN r.kind = 'membership.remove' AND ch.after = 'leaver' THEN -ch.user_id ELSE r.change_id END)
				+ COALESCE(SUM(CASE WHEN ch.kind = 'nesting.remove' AND ch.people > 1 THEN ch.people - 1 ELSE 0 END), 0)
			FROM removals r LEFT JOIN changes ch ON ch.id = r.change_id LEFT JOIN runs run ON run.id = ch.run_id
			WHERE r.target_id = ? AND r.kind = ? AND r.admitted_at > ? AND (ch.id IS NULL OR ch.state = 'applied' OR run.outcome = '')`, []any{g.targetID, string(kind), g.since()}},
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
