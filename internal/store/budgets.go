package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
)

type budgetRow struct {
	Version      int64  `db:"version"`
	Phase        string `db:"phase"`
	Limit        int    `db:"vendor_limit"`
	Cap          int    `db:"cap"`
	Used         int    `db:"used"`
	UsedLate     int    `db:"used_late"`
	Done         int    `db:"done"`
	Remaining    int    `db:"remaining"`
	Outside      int    `db:"outside"`
	Epoch        int64  `db:"epoch"`
	Window       int64  `db:"window_length"`
	Reset        int64  `db:"reset_at"`
	ProbeUntil   int64  `db:"probe_until"`
	BlockedUntil int64  `db:"blocked_until"`
	RefusedAt    int64  `db:"refused_at"`
	Refusals     int    `db:"refusals"`
}

// ReadBudget returns the state of one rate-limit bucket, and the zero State for
// one that nobody has used yet. It makes Store a budget.Store.
func (s *Store) ReadBudget(ctx context.Context, owner, bucket string) (budget.State, error) {
	var row budgetRow
	err := s.get(ctx, &row, `SELECT version, phase, vendor_limit, cap, used, used_late, done, remaining, outside, epoch,
			window_length, reset_at, probe_until, blocked_until, refused_at, refusals
		FROM budgets WHERE owner = ? AND bucket = ?`, owner, bucket)
	if errors.Is(notFound(err), ErrNotFound) {
		return budget.State{}, nil
	}
	if err != nil {
		return budget.State{}, fmt.Errorf("read budget: %w", err)
	}
	return budget.State{
		Version: row.Version, Phase: budget.Phase(row.Phase), Limit: row.Limit, Cap: row.Cap,
		Used: row.Used, UsedLate: row.UsedLate, Done: row.Done, Remaining: row.Remaining, Outside: row.Outside,
		Epoch: row.Epoch, Window: time.Duration(row.Window) * time.Microsecond,
		Reset: fromMicros(row.Reset), ProbeUntil: fromMicros(row.ProbeUntil), BlockedUntil: fromMicros(row.BlockedUntil),
		LastRefused: fromMicros(row.RefusedAt), Refusals: row.Refusals,
	}, nil
}

// SwapBudget stores next if the stored version is still next.Version (0: there
// is no row), raises the version by one, and says whether it did.
func (s *Store) SwapBudget(ctx context.Context, owner, bucket string, next budget.State) (bool, error) {
	values := []any{
		string(next.Phase), next.Limit, next.Cap, next.Used, next.UsedLate, next.Done, next.Remaining, next.Outside, next.Epoch,
		next.Window.Microseconds(), micros(next.Reset), micros(next.ProbeUntil), micros(next.BlockedUntil),
		micros(next.LastRefused), next.Refusals,
	}
	statement := `INSERT INTO budgets (version, phase, vendor_limit, cap, used, used_late, done, remaining, outside, epoch,
			window_length, reset_at, probe_until, blocked_until, refused_at, refusals, owner, bucket)
		VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (owner, bucket) DO NOTHING`
	values = append(values, owner, bucket)
	if next.Version != 0 {
		statement = `UPDATE budgets SET version = version + 1, phase = ?, vendor_limit = ?, cap = ?, used = ?, used_late = ?,
				done = ?, remaining = ?, outside = ?, epoch = ?, window_length = ?, reset_at = ?, probe_until = ?,
				blocked_until = ?, refused_at = ?, refusals = ?
			WHERE owner = ? AND bucket = ? AND version = ?`
		values = append(values, next.Version)
	}
	swapped := false
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, statement, values...)
		swapped = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write budget: %w", err)
	}
	return swapped, nil
}
