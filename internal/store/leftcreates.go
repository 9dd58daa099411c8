package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// leftCreates takes over the creates of accounts that runs which have ended left
// in doubt, of some users or, without any, of all: they were about to be sent, and
// nobody was told what became of them. A plan of all that is made again takes over
// its own. What was reported of them stays; a dry run takes nothing over.
func leftCreates(ctx context.Context, tx *Tx, c Claim, run runFacts, targetID int64, users []int64) ([]attempted, error) {
	own := c.RunID
	if len(users) > 0 {
		own = 0
	}
	// The words of the index changes_left.
	query, args := `SELECT ch.id, ch.kind, ch.user_id, ch.group_id, ch.attempts, ch.intent_at, ch.state, ch.class, ch.after, ch.outer_id, ch.scope FROM changes ch JOIN runs r ON r.id = ch.run_id
		WHERE ch.target_id = ? AND ch.kind = 'account.create' AND ch.intent_at > 0 AND ch.state IN ('planned', 'retry', 'failed')
			AND (ch.run_id = ? OR r.outcome <> '')`, []any{targetID, own}
	if len(users) > 0 {
		var err error
		if query, args, err = in(query+` AND ch.user_id IN (?)`, append(args, padded(users))...); err != nil {
			return nil, err
		}
	}
	var found []attempted
	if err := tx.selectAll(ctx, &found, query+` ORDER BY ch.id`, args...); err != nil {
		return nil, fmt.Errorf("look for creates that earlier runs left: %w", err)
	}
	if run.Dry {
		return slices.DeleteFunc(found, func(ch attempted) bool { return !ch.inDoubt() }), nil
	}
	var left []attempted
	var ids []int64
	for _, ch := range found {
		if ch.inDoubt() {
			left, ids = append(left, ch), append(ids, ch.ID)
		}
	}
	if err := eachChunk(ctx, tx, ids, `UPDATE changes SET intent_at = 0, class = CASE state WHEN 'failed' THEN class ELSE 'no-longer-due' END, state = CASE state WHEN 'failed' THEN state ELSE 'skipped' END
		WHERE id IN (?)`); err != nil {
		return nil, fmt.Errorf("take over creates that earlier runs left: %w", err)
	}
	return left, nil
}

// planLeft plans what earlier runs left in doubt of accounts that this plan has
// nothing of: such an account is found and linked, so that the next run, which
// looks at everything in the target, takes its access back.
func planLeft(ctx context.Context, tx *Tx, c Claim, run runFacts, targetID int64, left []attempted) error {
	calledOff, err := carryOver(ctx, tx, c, run, targetID, 0, left)
	if err != nil || len(calledOff) == 0 || run.Dry {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE targets SET full_read_at = 0 WHERE id = ?`, targetID); err != nil {
		return fmt.Errorf("ask for a target to be read: %w", err)
	}
	return nil
}

// runFacts are what planning asks of its run.
type runFacts struct {
	Dry       bool  `db:"dry_run"`
	StartedAt int64 `db:"started_at"`
}

func factsOf(ctx context.Context, tx *Tx, c Claim) (runFacts, error) {
	var run runFacts
	if err := tx.get(ctx, &run, `SELECT dry_run, started_at FROM runs WHERE id = ?`, c.RunID); err != nil {
		return run, fmt.Errorf("read run %d: %w", c.RunID, notFound(err))
	}
	return run, nil
}

// trusted is an intent that says whose an account is that is there now, or 0 for
// one that is too old for that.
func (r runFacts) trusted(intentAt int64) int64 {
	if intentAt <= r.StartedAt-intentKept.Microseconds() {
		return 0
	}
	return intentAt
}

// inDoubt reports whether the change may have been made without anybody having
// heard of it: by an attempt that was cut off, or with an answer that was lost.
func (a attempted) inDoubt() bool {
	switch directory.State(a.State) {
	case directory.Planned, directory.Retry:
		return true
	case directory.Failed:
		// It was tried for as long as a run tries; the target has said these itself.
		class := directory.Class(a.Class)
		return a.IntentAt != 0 && class != directory.ClassNotFound && class != directory.ClassSeat
	}
	return false
}
