package store

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"github.com/jmoiron/sqlx"
)

// SQLite compiles a statement again whenever the bare parameter of a LIMIT is
// bound: LIMIT CAST(? AS BIGINT) keeps it prepared.

// preparer is what prepares statements: a connection, or a pool of them.
type preparer interface {
	PreparexContext(ctx context.Context, query string) (*sqlx.Stmt, error)
}

// maxWriterStatements is how many statements the writing connection of SQLite
// keeps prepared: more than the store has, apart from those with a list whose
// length varies. Each takes a few kilobytes.
const maxWriterStatements = 400

// connectionStatements are the prepared statements of one connection, by their
// text; the ones used last are kept. It is for one goroutine.
type connectionStatements struct {
	on     preparer
	byText map[string]*list.Element
	order  *list.List // of *namedStatement, the one used last in front
}

type namedStatement struct {
	text string
	*sqlx.Stmt
}

func newConnectionStatements(on preparer) *connectionStatements {
	return &connectionStatements{on: on, byText: map[string]*list.Element{}, order: list.New()}
}

func (c *connectionStatements) get(ctx context.Context, text string) (*sqlx.Stmt, error) {
	if e, ok := c.byText[text]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*namedStatement).Stmt, nil
	}
	stmt, err := c.on.PreparexContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.byText[text] = c.order.PushFront(&namedStatement{text, stmt})
	if c.order.Len() <= maxWriterStatements {
		return stmt, nil
	}
	oldest := c.order.Back()
	c.order.Remove(oldest)
	evicted := oldest.Value.(*namedStatement)
	delete(c.byText, evicted.text)
	return stmt, evicted.Close()
}

func (c *connectionStatements) close() error {
	var errs []error
	for e := c.order.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*namedStatement).Close())
	}
	c.byText, c.order = map[string]*list.Element{}, list.New()
	return errors.Join(errs...)
}

// maxPoolStatements bounds the statements that each connection of a pool keeps
// prepared; what comes later is sent unprepared. None is ever dropped, since
// another goroutine may be about to send it.
const maxPoolStatements = 200

// poolStatements are statements that are prepared once on each connection of a
// pool. A statement with values that is not prepared costs a second round trip
// to PostgreSQL, and on SQLite more time to compile than to run.
type poolStatements struct {
	db     *sqlx.DB
	mu     sync.RWMutex
	byText map[string]pooledStatement
}

type pooledStatement struct {
	// bound is the text with the database's placeholders.
	bound string
	stmt  *sqlx.Stmt
}

func newPoolStatements(db *sqlx.DB) *poolStatements {
	return &poolStatements{db: db, byText: map[string]pooledStatement{}}
}

// known returns a statement that is prepared already, and whether there is
// room for another.
func (c *poolStatements) known(text string) (known pooledStatement, ok, room bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	known, ok = c.byText[text]
	return known, ok, len(c.byText) < maxPoolStatements
}

// get returns a statement and prepares it when need be. Its stmt is nil when
// there are too many. It may wait for a connection of the pool, so that it
// must not be called by who holds one.
func (c *poolStatements) get(ctx context.Context, text string) (pooledStatement, error) {
	known, ok, room := c.known(text)
	if ok {
		return known, nil
	}
	made := pooledStatement{bound: c.db.Rebind(text)}
	if !room {
		return made, nil
	}
	var err error
	if made.stmt, err = c.db.PreparexContext(ctx, made.bound); err != nil {
		return made, err
	}
	if known, ok := c.keep(text, made); ok {
		// Not while holding the lock: closing waits for the connection that it was
		// prepared on, whose transaction may be waiting for one that asks here.
		return known, made.stmt.Close()
	}
	return made, nil
}

// keep remembers a statement, unless there is one of that text: then it
// returns that.
func (c *poolStatements) keep(text string, made pooledStatement) (pooledStatement, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.byText[text]; ok {
		return known, true
	}
	c.byText[text] = made
	return made, false
}

func (c *poolStatements) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range c.byText {
		errs = append(errs, s.stmt.Close())
	}
	c.byText = map[string]pooledStatement{}
	return errors.Join(errs...)
}
