package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

// maxGroup is how many writes share one commit: enough to hide the cost of an
// fsync (about 1 ms) behind small writes, few enough to keep a commit short.
const maxGroup = 64

// groupWriter is SQLite's single writer. Writes that arrive while a commit is
// under way share the next one; when one of them fails, all are run again, each
// in a savepoint of its own. Every caller hears of its outcome after the commit
// that holds it.
type groupWriter struct {
	db     *sqlx.DB
	hooks  Hooks
	queue  chan *pendingWrite
	stop   chan struct{}
	ended  chan struct{}
	closed sync.Once
	// endedWith is set before ended is closed.
	endedWith error

	// conn is nil until the first write, and again after an error that spoilt a
	// group. Only loop uses it and its statements.
	conn       *sqlx.Conn
	statements *connectionStatements
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
			if w.conn != nil {
				w.endedWith = errors.Join(w.statements.close(), w.conn.Close())
			}
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

// commitGroup makes the writes of a group in one transaction. The error is one
// that spoils them all; after it the connection is given up, since what state
// it is in is not known.
func (w *groupWriter) commitGroup(group []*pendingWrite) (err error) {
	// The group outlives any one caller's context; busy_timeout bounds the wait.
	ctx := context.Background()
	if err := w.connect(ctx); err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended {
			err = errors.Join(err, w.disconnect())
		}
	}()
	tx := &Tx{writer: w.statements, dialect: sqlite, hooks: w.hooks}
	if err := w.control(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if failure := runTogether(ctx, tx, group); failure != nil {
		if err := w.control(ctx, "ROLLBACK"); err != nil {
			return fmt.Errorf("roll back: %w", err)
		}
		if len(group) == 1 {
			group[0].err, ended = failure, true
			return nil
		}
		if err := w.control(ctx, "BEGIN IMMEDIATE"); err != nil {
			return fmt.Errorf("begin again: %w", err)
		}
		if err := w.runEach(ctx, tx, group); err != nil {
			return err
		}
	}
	if w.hooks.BeforeCommit != nil {
		w.hooks.BeforeCommit()
	}
	if err := w.control(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	ended = true
	if w.hooks.AfterCommit != nil {
		w.hooks.AfterCommit()
	}
	return nil
}

// runTogether runs the writes of a group without anything between them, and
// returns the failure of one, after which nothing of the group may stand. Nearly
// all groups have none, and SQLite copies every page that is changed in a
// savepoint: a fifth of what writing costs. SQLite may roll back by itself, when
// the disk is full; the statement that met it fails, and its write must say so.
func runTogether(ctx context.Context, tx *Tx, group []*pendingWrite) error {
	for _, p := range group {
		if p.err = p.ctx.Err(); p.err != nil {
			if len(group) == 1 {
				return p.err
			}
			continue
		}
		if err := p.call(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// runEach runs the writes of a group again, of which one has failed, each in a
// savepoint of its own.
func (w *groupWriter) runEach(ctx context.Context, tx *Tx, group []*pendingWrite) error {
	for _, p := range group {
		if p.err = p.ctx.Err(); p.err != nil {
			continue
		}
		if err := w.runInSavepoint(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// connect takes the connection that writes, and keeps it: statements stay
// prepared on it.
func (w *groupWriter) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connect to write: %w", err)
	}
	w.conn, w.statements = conn, newConnectionStatements(conn)
	return nil
}

// disconnect gives the connection up, with whatever transaction is open on it.
func (w *groupWriter) disconnect() error {
	if w.conn == nil {
		return nil
	}
	err := w.statements.close()
	// The driver's connection is closed when it is called bad, not kept for the next.
	if bad := w.conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(bad, driver.ErrBadConn) {
		err = errors.Join(err, bad)
	}
	if closed := w.conn.Close(); !errors.Is(closed, sql.ErrConnDone) {
		err = errors.Join(err, closed)
	}
	w.conn, w.statements = nil, nil
	return err
}

// control sends a statement that begins, ends or divides a transaction.
func (w *groupWriter) control(ctx context.Context, text string) error {
	stmt, err := w.statements.get(ctx, text)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx)
	return err
}

// runInSavepoint runs one write; its own failure undoes it alone. The error
// returned is one that spoils the whole group.
func (w *groupWriter) runInSavepoint(ctx context.Context, tx *Tx, p *pendingWrite) error {
	if err := w.control(ctx, "SAVEPOINT one"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	if p.err = p.call(ctx, tx); p.err != nil {
		if err := w.control(ctx, "ROLLBACK TO one"); err != nil {
			return fmt.Errorf("roll back: %w", err)
		}
	}
	if err := w.control(ctx, "RELEASE one"); err != nil {
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
	return errors.Join(w.endedWith, w.db.Close())
}
