package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
)

var errFull = errors.New("database or disk is full")

func TestAWriterWhoseTransactionIsLostGoesOnWithAnotherConnection(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"alone": false, "in a group": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWriterWorld(t)
			release := func() {}
			if together {
				release = w.occupy()
			}
			var wg sync.WaitGroup
			lost := make(chan error, 2)
			for i := range 2 {
				if i == 1 && !together {
					lost <- errors.New("there is no other")
					break
				}
				wg.Go(func() {
					lost <- w.write(t.Context(), func(ctx context.Context, tx *Tx) error {
						if _, err := tx.exec(ctx, `INSERT INTO numbers VALUES (?)`, i); err != nil {
							return err
						}
						if _, err := tx.exec(ctx, `ROLLBACK`); err != nil {
							return err
						}
						return errFull // as SQLite itself does: it rolls back, and the statement fails
					})
				})
			}
			release()
			wg.Wait()
			for range 2 {
				if err := <-lost; err == nil {
					t.Error("a write whose transaction was lost says that it is there")
				}
			}
			if err := w.insert(`INSERT INTO numbers VALUES (7)`); err != nil {
				t.Errorf("the next write: %v", err)
			}
			if got := w.numbers(); len(got) != 1 || got[0] != 7 {
				t.Errorf("numbers %v, want 7 alone", got)
			}
		})
	}
}

func TestAStatementThatFailsLeavesTheConnectionUsable(t *testing.T) {
	t.Parallel()
	w := newWriterWorld(t)
	for range 2 {
		if err := w.insert(`INSERT INTO nowhere VALUES (1)`); err == nil {
			t.Error("a statement about no table succeeded")
		}
		if err := w.insert(`INSERT INTO numbers VALUES ((SELECT COUNT(*) FROM numbers))`); err != nil {
			t.Error(err)
		}
	}
	if got := w.numbers(); len(got) != 2 {
		t.Errorf("numbers %v, want two", got)
	}
}

func TestOnlyTheStatementsUsedLastStayPrepared(t *testing.T) {
	t.Parallel()
	w := newWriterWorld(t)
	err := w.write(t.Context(), func(ctx context.Context, tx *Tx) error {
		for i := range maxWriterStatements + 50 {
			var n int
			if err := tx.get(ctx, &n, fmt.Sprintf(`SELECT %d`, i)); err != nil {
				return err
			}
			if n != i {
				t.Errorf("%d, want %d", n, i)
			}
			if err := tx.get(ctx, &n, `SELECT 1`); err != nil {
				return err
			}
		}
		if n := len(tx.writer.byText); n != maxWriterStatements || tx.writer.order.Len() != n {
			t.Errorf("%d statements are prepared, want %d", n, maxWriterStatements)
		}
		if tx.writer.byText[`SELECT 1`] == nil || tx.writer.byText[`SELECT 0`] != nil {
			t.Error("those used last are not those that are kept")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAPoolKeepsNoMoreStatementsThanItsBound(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range maxPoolStatements + 20 {
				got := -1
				if err := s.each(t.Context(), func(rows *sqlx.Rows) error { return rows.Scan(&got) }, fmt.Sprintf(`SELECT %d`, i)); err != nil || got != i {
					t.Errorf("%d, %v; want %d", got, err, i)
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.pool.byText); n != maxPoolStatements {
		t.Errorf("%d statements are kept, want %d", n, maxPoolStatements)
	}
}
