package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// leaverRow is where somebody stands on the ladder of a target.
type leaverRow struct {
	UserID int64  `db:"user_id"`
	Reason string `db:"reason"`
	// Ladder is JSON, as it was when the step was reckoned.
	Ladder string `db:"ladder"`
	Since  int64  `db:"since"`
	Step   int    `db:"step"`
	DueAt  int64  `db:"due_at"`
	Held   bool   `db:"held"`
}

func writeLadder(l directory.Ladder) (string, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("write ladder: %w", err)
	}
	return string(text), nil
}

func readLadder(text string) (directory.Ladder, error) {
	var l directory.Ladder
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, fmt.Errorf("read stored ladder: %w", err)
	}
	return l, nil
}

// reckon says where somebody stands by now who is leaving for a reason. A
// clock that goes back takes no step back. A reason that changes begins anew.
// Steps of another ladder say nothing about this one: it is reckoned from when
// the leaving began. Whom a person holds takes no step further, and by another
// ladder none that takes more away.
func (l leaverRow) reckon(reason directory.Reason, ladder directory.Ladder, text string, now time.Time) (leaverRow, error) {
	is := l
	if l.Reason != string(reason) {
		is.Since = micros(now)
	}
	is.Reason, is.Ladder = string(reason), text
	taken := ladder.Taken(fromMicros(is.Since), now)
	same := l.Reason == is.Reason && l.Ladder == text
	switch {
	case l.Held && same: // stands still
	case l.Held:
		held, err := readLadder(l.Ladder)
		if err != nil {
			return is, fmt.Errorf("user %d: %w", l.UserID, err)
		}
		is.Step = taken
		for is.Step > 0 && takesMore(ladder, is.Step, held, l.Step) {
			is.Step--
		}
	case same:
		is.Step = max(l.Step, taken)
	default:
		is.Step = taken
	}
	is.Step = min(is.Step, len(ladder))
	is.DueAt = 0
	if is.Step < len(ladder) {
		is.DueAt = is.Since + ladder[is.Step].After.Microseconds()
	}
	return is, nil
}

// takesMore reports whether some steps of a ladder take away what some of
// another have not.
func takesMore(ladder directory.Ladder, steps int, than directory.Ladder, thanSteps int) bool {
	severity := map[directory.DesiredState]int{directory.DesireKept: 0, directory.DesireSuspended: 1, directory.DesireDeactivated: 2, directory.DesireDeleted: 3}
	state, strip := ladder.At(steps)
	thanState, thanStrip := than.At(thanSteps)
	return severity[state] > severity[thanState] || strip && !thanStrip
}

// climb brings the decisions about leavers to the step of the ladder that is
// due, and stores it. Whoever has no account in the target needs no row, and
// neither does whoever does not leave any more.
func (d deciding) climb(ctx context.Context, decisions []Decision) error {
	stored, err := d.leavers(ctx)
	if err != nil {
		return err
	}
	linked, err := d.linkedLeavers(ctx, decisions)
	if err != nil {
		return err
	}
	texts := map[directory.Reason]string{} // of a decider's ladders there is one for each reason
	ladders := map[directory.Reason]directory.Ladder{}
	var changed []leaverRow
	var ended []int64
	for i := range decisions {
		decision := &decisions[i]
		was, known := stored[decision.UserID]
		if decision.Reason == "" {
			// An answer of the rules that asks for nothing is no return.
			if known && (decision.State != directory.DesireKept || !was.Held) {
				ended = append(ended, decision.UserID)
			}
			continue
		}
		text, ok := texts[decision.Reason]
		if !ok || !sameLadder(ladders[decision.Reason], decision.Ladder) {
			if text, err = writeLadder(decision.Ladder); err != nil {
				return err
			}
			texts[decision.Reason], ladders[decision.Reason] = text, decision.Ladder
		}
		was.UserID = decision.UserID
		is, err := was.reckon(decision.Reason, decision.Ladder, text, d.now)
		if err != nil {
			return err
		}
		decision.State, decision.Strip = decision.Ladder.At(is.Step)
		switch {
		case !linked[decision.UserID] || len(decision.Ladder) == 0:
			if known {
				ended = append(ended, decision.UserID)
			}
		case !known || was != is:
			changed = append(changed, is)
		}
	}
	return d.writeLeavers(ctx, changed, ended)
}

func sameLadder(a, b directory.Ladder) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// leavers are those of the users that are on a ladder already. Nobody holds
// them, or takes a step for them, until this is stored.
func (d deciding) leavers(ctx context.Context) (map[int64]leaverRow, error) {
	query, args, err := d.users.where(`SELECT user_id, reason, ladder, since, step, due_at, held FROM leavers
		WHERE target_id = ? AND user_id IN (SELECT u.id FROM users u WHERE %s) ORDER BY user_id`, d.targetID)
	if err != nil {
		return nil, err
	}
	var found []leaverRow
	if err := d.tx.selectAll(ctx, &found, query+d.tx.forUpdate(), args...); err != nil {
		return nil, fmt.Errorf("read leavers: %w", err)
	}
	stored := make(map[int64]leaverRow, len(found))
	for _, f := range found {
		stored[f.UserID] = f
	}
	return stored, nil
}

// linkedLeavers says which of those that are leaving have an account.
func (d deciding) linkedLeavers(ctx context.Context, decisions []Decision) (map[int64]bool, error) {
	var leaving []int64
	for _, decision := range decisions {
		if decision.Reason != "" {
			leaving = append(leaving, decision.UserID)
		}
	}
	linked := map[int64]bool{}
	for chunk := range chunks(leaving, 1000) {
		query, args, err := in(`SELECT user_id FROM accounts WHERE target_id = ? AND user_id IN (?)`, d.targetID, padded(chunk))
		if err != nil {
			return nil, err
		}
		var found []int64
		if err := d.tx.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read the accounts of leavers: %w", err)
		}
		for _, id := range found {
			linked[id] = true
		}
	}
	return linked, nil
}

func (d deciding) writeLeavers(ctx context.Context, changed []leaverRow, ended []int64) error {
	for chunk := range chunks(changed, rowsAtOnce) {
		args := make([]any, 0, 7*len(chunk))
		for _, l := range chunk {
			args = append(args, d.targetID, l.UserID, l.Reason, l.Ladder, l.Since, l.Step, l.DueAt)
		}
		if _, err := d.tx.exec(ctx, `INSERT INTO leavers (target_id, user_id, reason, ladder, since, step, due_at) VALUES `+rows("(?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, user_id) DO UPDATE SET reason = excluded.reason, ladder = excluded.ladder, since = excluded.since,
				step = excluded.step, due_at = excluded.due_at`, args...); err != nil {
			return fmt.Errorf("store leavers: %w", err)
		}
	}
	for chunk := range chunks(ended, 1000) {
		query, args, err := in(`DELETE FROM leavers WHERE target_id = ? AND user_id IN (?)`, d.targetID, chunk)
		if err != nil {
			return err
		}
		if _, err := d.tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("take people off the ladder: %w", err)
		}
	}
	return nil
}
