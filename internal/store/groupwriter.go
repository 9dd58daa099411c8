package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

// maxGroup is how many writes share one commit: enough to hide the cost of an
// fsync (about 1 ms) behind small writes, few enough to keep a commit short.
const maxGroup = 64

// groupWriter is SQLite's single writer. Writes that arrive while a commit is
// under way share the next one, each in a savepoint of its own, and every
// caller hears of its outcome after the commit that holds it.
type groupWriter struct {
	db     *sqlx.DB
	hooks  Hooks
	queue  chan *pendingWrite
	stop   chan struct{}
	ended  chan struct{}
	closed sync.Once
}

type pendingWrite struct {
	ctx      context.Context
	fn       func(ctx context.Context, tx *Tx) error
	err      error
	panicked any // what fn panicked with: its caller's to deal with, not the writer's
	done     chan struct{}
}

var errClosed = errors.New("the store is closed")

func newGroupWriter(db *sqlx.DB, hooks Hooks) *groupWriter {
	w := &groupWriter{db: db, hooks: hooks, queue: make(chan *pendingWrite), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w
}

func (w *groupWriter) write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	p := &pendingWrite{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case w.queue <- p:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errClosed
	}
	// Once taken, a write ends by itself; its outcome must be known to the caller.
	<-p.done
	if p.panicked != nil {
		panic(p.panicked)
	}
	return p.err
}

func (w *groupWriter) loop() {
	defer close(w.ended)
	for {
		select {
		case first := <-w.queue:
			w.commit(w.collect(first))
		case <-w.stop:
			return
		}
	}
}

// collect takes what else is waiting, without waiting for it.
func (w *groupWriter) collect(first *pendingWrite) []*pendingWrite {
	group := []*pendingWrite{first}
	for len(group) < maxGroup {
		select {
		case p := <-w.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

func (w *groupWriter) commit(group []*pendingWrite) {
	err := w.commitGroup(group)
	for _, p := range group {
		if err != nil && p.err == nil {
			p.err = err
		}
		close(p.done)
	}
}

func (w *groupWriter) commitGroup(group []*pendingWrite) error {
	// The group outlives any one caller's context; busy_timeout bounds the wait.
	ctx := context.Background()
	tx, err := w.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after a commit this does nothing
	for _, p := range group {
		if p.err = p.ctx.Err(); p.err != nil {
			continue
		}
		if err := runInSavepoint(ctx, tx, p, w.hooks); err != nil {
			return err
		}
	}
	if w.hooks.BeforeCommit != nil {
		w.hooks.BeforeCommit()
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if w.hooks.AfterCommit != nil {
		w.hooks.AfterCommit()
	}
	return nil
}

// runInSavepoint runs one write; its own failure undoes it alone. The error
// returned is one that spoils the whole group.
func runInSavepoint(ctx context.Context, tx *sqlx.Tx, p *pendingWrite, hooks Hooks) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	if p.err = p.call(ctx, &Tx{tx: tx, dialect: sqlite, hooks: hooks}); p.err != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return fmt.Errorf("roll back: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "RELEASE one"); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

var errPanicked = errors.New("a write panicked")

// call runs the write's own function; a panic in it is kept for the caller.
func (p *pendingWrite) call(ctx context.Context, tx *Tx) (err error) {
	defer func() {
		if p.panicked = recover(); p.panicked != nil {
			err = errPanicked
		}
	}()
	return p.fn(ctx, tx)
}

// close ends the writer: what was taken is committed, what waits is refused.
func (w *groupWriter) close() error {
	w.closed.Do(func() { close(w.stop) })
	<-w.ended
	return w.db.Close()
}
