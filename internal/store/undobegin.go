package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// BeginUndo writes down, for the run of an undo, that what another run did is
// taken back and stays so: an override on each subject, with what the rules say
// now beside it. It returns the people and groups that are to be decided and
// planned again, who stay to be looked at by the next run too. Begun again by the same
// run it returns the same people; a dry run writes nothing down. It fails with ErrNotFound or *NotUndoableError.
func (s *Store) BeginUndo(ctx context.Context, c Claim, runID int64, users []int64, now time.Time) (about, groups []int64, err error) {
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		about, groups = nil, nil
		if err := tx.selectAll(ctx, &about, `SELECT DISTINCT user_id FROM overrides WHERE run_id = ? ORDER BY user_id`, c.RunID); err != nil {
			return fmt.Errorf("look for what was begun: %w", err)
		}
		if err := tx.selectAll(ctx, &groups, `SELECT DISTINCT group_id FROM group_overrides WHERE run_id = ? ORDER BY group_id`, c.RunID); err != nil {
			return fmt.Errorf("look for what was begun: %w", err)
		}
		if len(about)+len(groups) > 0 {
			return nil
		}
		if err := undoable(ctx, tx.get, runID, c.ConnectionID); err != nil {
			return err
		}
		var run struct {
			AskedBy  string `db:"asked_by"`
			Verified bool   `db:"verified"`
			DryRun   bool   `db:"dry_run"`
		}
		if err := tx.get(ctx, &run, `SELECT asked_by, verified, dry_run FROM runs WHERE id = ?`, c.RunID); err != nil {
			return fmt.Errorf("read run %d: %w", c.RunID, notFound(err))
		}
		if run.DryRun {
			return nil // UndoPreview says what would be done; what is written here would be done by the next run
		}
		wanted, err := undoings(ctx, tx, runID, users)
		if err != nil {
			return err
		}
		ofGroups := slices.DeleteFunc(slices.Clone(wanted), func(o undoing) bool { return o.UserID != 0 })
		wanted = slices.DeleteFunc(wanted, func(o undoing) bool { return o.UserID == 0 })
		if err := writeOverrides(ctx, tx, wanted, c.RunID, now); err != nil {
			return err
		}
		if err := writeGroupOverrides(ctx, tx, ofGroups, c.RunID, now); err != nil {
			return err
		}
		subjects, parts := map[int64]bool{}, map[int64]bool{}
		for _, o := range wanted {
			subjects[o.UserID] = true
		}
		for _, o := range ofGroups {
			parts[o.GroupID] = true
		}
		about, groups = slices.Sorted(maps.Keys(subjects)), slices.Sorted(maps.Keys(parts))
		if len(about)+len(groups) == 0 {
			return nil
		}
		if err := eachChunk(ctx, tx, groups, `UPDATE groups SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark which groups are decided again: %w", err)
		}
		if err := eachChunk(ctx, tx, about, `UPDATE users SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark who is decided again: %w", err)
		}
		action := Action{ConnectionID: c.ConnectionID, What: "undo", RunID: runID, Text: undoneText(c.RunID, len(about), len(groups))}
		return recordAction(ctx, tx, action.by(Who{run.AskedBy, run.Verified}), now)
	})
	return about, groups, err
}

// undoneText says, for the record, whom an undo is about.
func undoneText(runID int64, people, groups int) string {
	if groups == 0 {
		return fmt.Sprintf("by run %d, people: %d", runID, people)
	}
	return fmt.Sprintf("by run %d, people: %d, groups: %d", runID, people, groups)
}

func undoings(ctx context.Context, tx *Tx, runID int64, users []int64) ([]undoing, error) {
	query, args, err := doneOf(runID, users)
	if err != nil {
		return nil, err
	}
	rows, err := tx.query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read what run %d did: %w", runID, err)
	}
	var wanted []undoing
	err = eachRow(rows, func(rows *sqlx.Rows) error {
		var done doneChange
		if err := rows.StructScan(&done); err != nil {
			return err
		}
		o, err := done.judge()
		if err == nil && done.Class == "" {
			wanted = append(wanted, o)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what run %d did: %w", runID, err)
	}
	return wanted, nil
}

// writeOverrides puts overrides in place. One that stands keeps its basis: what
// is desired now is the override's own doing.
func writeOverrides(ctx context.Context, tx *Tx, wanted []undoing, runID int64, now time.Time) error {
	plain := make([]undoing, 0, len(wanted))
	for _, o := range wanted {
		if o.What != overrideAttributes {
			plain = append(plain, o)
			continue
		}
		o, err := mergeAttributes(ctx, tx, o)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO overrides (target_id, user_id, what, value, basis, run_id, created_at) VALUES (?, ?, 'attributes', ?, ?, ?, ?)
			ON CONFLICT (target_id, user_id, group_id, what) DO UPDATE SET value = excluded.value, basis = excluded.basis, run_id = excluded.run_id, created_at = excluded.created_at`,
			o.TargetID, o.UserID, o.Value, o.Basis, runID, micros(now)); err != nil {
			return fmt.Errorf("store override: %w", err)
		}
	}
	for chunk := range chunks(distinctUndoings(plain), rowsAtOnce) {
		args := make([]any, 0, 8*len(chunk))
		for _, o := range chunk {
			args = append(args, o.TargetID, o.UserID, o.GroupID, o.What, o.Value, o.Basis, runID, micros(now))
		}
		if _, err := tx.exec(ctx, `INSERT INTO overrides (target_id, user_id, group_id, what, value, basis, run_id, created_at) VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, user_id, group_id, what) DO UPDATE SET value = excluded.value, run_id = excluded.run_id, created_at = excluded.created_at`, args...); err != nil {
			return fmt.Errorf("store overrides: %w", err)
		}
	}
	return nil
}

// distinctUndoings keeps the last of those about one thing: one statement
// cannot touch a row twice.
func distinctUndoings(all []undoing) []undoing {
	type key struct {
		target, user, group int64
		what                string
	}
	at := make(map[key]int, len(all))
	kept := make([]undoing, 0, len(all))
	for _, o := range all {
		k := key{o.TargetID, o.UserID, o.GroupID, o.What}
		if i, ok := at[k]; ok {
			kept[i] = o
			continue
		}
		at[k] = len(kept)
		kept = append(kept, o)
	}
	return kept
}

// mergeAttributes adds to an override what one that stands says of other
// attributes, and keeps its basis of the same.
func mergeAttributes(ctx context.Context, tx *Tx, o undoing) (undoing, error) {
	var standing []struct {
		Value string `db:"value"`
		Basis string `db:"basis"`
	}
	if err := tx.selectAll(ctx, &standing, `SELECT value, basis FROM overrides WHERE target_id = ? AND user_id = ? AND group_id = 0 AND what = 'attributes'`, o.TargetID, o.UserID); err != nil {
		return o, fmt.Errorf("read override: %w", err)
	}
	if len(standing) == 0 {
		return o, nil
	}
	values, err := ReadAttributes(standing[0].Value)
	if err != nil {
		return o, err
	}
	bases, err := ReadAttributes(standing[0].Basis)
	if err != nil {
		return o, err
	}
	newValues, err := ReadAttributes(o.Value)
	if err != nil {
		return o, err
	}
	newBases, err := ReadAttributes(o.Basis)
	if err != nil {
		return o, err
	}
	for name, value := range newValues {
		if _, ok := values[name]; !ok {
			bases[name] = newBases[name]
		}
		values[name] = value
	}
	if o.Value, err = WriteAttributes(values); err != nil {
		return o, err
	}
	o.Basis, err = WriteAttributes(bases)
	return o, err
}
