package store_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/store"
)

var _ budget.Store = (*store.Store)(nil)

func TestBudgetsAreStoredInEitherDatabase(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "budgets.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), address(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			budgetsAreStored(t, s)
		})
	}
}

// budgetsAreStored is the contract of budget.Store.
func budgetsAreStored(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, at := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 123000, time.UTC)
	if got, err := s.ReadBudget(ctx, "o", "b"); err != nil || got != (budget.State{}) {
		t.Errorf("a bucket that nobody used: %+v, %v; want the zero state", got, err)
	}
	want := budget.State{
		Phase: budget.PhaseLimited, Limit: 600, Cap: 300, Used: 7, UsedLate: 2, Done: 5, Remaining: 590, Outside: 3, Epoch: 9,
		Window: time.Minute, Reset: at, ProbeUntil: at.Add(1e6), BlockedUntil: at.Add(2e6), LastRefused: at.Add(3e6), Refusals: 4,
	}
	for version := range int64(2) {
		want.Version = version
		if swapped, err := s.SwapBudget(ctx, "o", "b", want); err != nil || !swapped {
			t.Fatalf("write version %d: %v, %v", version+1, swapped, err)
		}
		want.Version = version + 1
		got, err := s.ReadBudget(ctx, "o", "b")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("version %d: %v (-want +got):\n%s", version+1, err, diff)
		}
	}
	for _, stale := range []int64{0, 1} {
		want.Version = stale
		if swapped, err := s.SwapBudget(ctx, "o", "b", want); err != nil || swapped {
			t.Errorf("a write over version %d: %v, %v; want it refused", stale, swapped, err)
		}
	}
	if got, err := s.ReadBudget(ctx, "o", "other"); err != nil || got != (budget.State{}) {
		t.Errorf("another bucket: %+v, %v; want the zero state", got, err)
	}

	var won atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			swapped, err := s.SwapBudget(ctx, "o", "contested", budget.State{Used: 1})
			if err != nil {
				t.Errorf("write: %v", err)
			}
			if swapped {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 8 writes over the same version succeeded; want one", won.Load())
	}
}
