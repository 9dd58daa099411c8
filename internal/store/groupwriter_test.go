package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// writerWorld is a store on SQLite with a table of numbers.
type writerWorld struct {
	*testing.T
	*Store
	commits atomic.Int64
}

func newWriterWorld(t *testing.T) *writerWorld {
	t.Helper()
	w := &writerWorld{T: t}
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"), WithHooks(Hooks{AfterCommit: func() { w.commits.Add(1) }}))
	if err != nil {
		t.Fatal(err)
	}
	w.Store = s
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := w.insert("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *writerWorld) insert(statement string) error {
	return w.write(w.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, statement)
		return err
	})
}

func (w *writerWorld) numbers() []int {
	w.Helper()
	var all []int
	if err := w.selectAll(w.Context(), &all, `SELECT n FROM numbers ORDER BY n`); err != nil {
		w.Fatal(err)
	}
	return all
}

// occupy keeps the writer busy until the returned function is called.
func (w *writerWorld) occupy() (release func()) {
	begun, end := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- w.write(context.Background(), func(context.Context, *Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return sync.OnceFunc(func() {
		close(end)
		if err := <-ended; err != nil {
			w.Errorf("the write that kept the writer busy: %v", err)
		}
	})
}

func TestWritesThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriterWorld(t)
		before := w.commits.Load()
		const n = 200
		var wg sync.WaitGroup
		release := w.occupy()
		for i := range n {
			wg.Go(func() {
				if err := w.insert(fmt.Sprintf("INSERT INTO numbers VALUES (%d)", i)); err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		synctest.Wait() // all of them wait for the one that is under way
		release()
		wg.Wait()
		if got := len(w.numbers()); got != n {
			t.Errorf("%d of %d writes are there", got, n)
		}
		if commits := w.commits.Load() - before; commits > n/2 {
			t.Errorf("%d commits for %d writes", commits, n)
		}
	})
}

func TestAWriteThatFailsUndoesItselfAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriterWorld(t)
		failed := errors.New("on purpose")
		release := w.occupy()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := w.write(t.Context(), func(ctx context.Context, tx *Tx) error {
					if _, err := tx.exec(ctx, `INSERT INTO numbers VALUES (?)`, i); err != nil {
						return err
					}
					if i%2 == 1 {
						return failed
					}
					return nil
				})
				if (i%2 == 1) != errors.Is(err, failed) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		synctest.Wait() // all of them wait for the one that is under way
		release()
		wg.Wait()
		for _, n := range w.numbers() {
			if n%2 == 1 {
				t.Errorf("%d is there though its write failed", n)
			}
		}
		if got := len(w.numbers()); got != 10 {
			t.Errorf("%d numbers are there, want 10", got)
		}
	})
}

func TestAPanicInAWriteIsItsCallersAlone(t *testing.T) {
	t.Parallel()
	w := newWriterWorld(t)
	caught := func() (caught any) {
		defer func() { caught = recover() }()
		return w.write(t.Context(), func(ctx context.Context, tx *Tx) error {
			if _, err := tx.exec(ctx, `INSERT INTO numbers VALUES (1)`); err != nil {
				return err
			}
			panic("on purpose")
		})
	}()
	if caught != "on purpose" {
		t.Errorf("the caller caught %v", caught)
	}
	if err := w.insert("INSERT INTO numbers VALUES (2)"); err != nil {
		t.Errorf("the next write: %v", err)
	}
	if got := w.numbers(); len(got) != 1 || got[0] != 2 {
		t.Errorf("numbers %v, want 2 alone", got)
	}
}

func TestAWaitingWriteEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWriterWorld(t)
	release := w.occupy()
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := w.write(ctx, func(context.Context, *Tx) error { return errors.New("it ran") })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that the deadline has passed", err)
	}
}

func TestAClosedStoreRefusesWrites(t *testing.T) {
	t.Parallel()
	w := newWriterWorld(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.insert("INSERT INTO numbers VALUES (1)"); !errors.Is(err, errClosed) {
		t.Errorf("%v, want that the store is closed", err)
	}
}

func TestClosingWaitsForTheWriteUnderWay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	begun, end := make(chan struct{}), make(chan struct{})
	written, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		written <- s.write(context.Background(), func(ctx context.Context, tx *Tx) error {
			close(begun)
			<-end
			_, err := tx.exec(ctx, `INSERT INTO connections (name) VALUES ('staff')`)
			return err
		})
	}()
	<-begun
	go func() { closed <- s.Close() }()
	close(end)
	if err := <-written; err != nil {
		t.Errorf("the write: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	again, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := again.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if _, err := again.ConnectionID(t.Context(), "staff"); err != nil {
		t.Errorf("what was written: %v", err)
	}
}
