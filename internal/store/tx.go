package store

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"
)

// Tx is a write transaction. Its methods take "?" placeholders.
type Tx struct {
	dialect dialect
	hooks   Hooks
	// writer is SQLite's: every statement is prepared on the one connection that writes.
	writer *connectionStatements
	// tx and pool are PostgreSQL's. wanted are the keyed statements that were
	// sent unprepared: preparing them takes a connection of the pool, and with
	// every transaction waiting for a second one nothing would ever move.
	tx     *sqlx.Tx
	pool   *poolStatements
	wanted []string
}

// prepared returns the prepared form of a statement, or nil where it is to be
// sent by its text. A keyed statement is one that finds its rows by a key, so
// that its plan need not depend on its values, and that requests wait for.
func (t *Tx) prepared(ctx context.Context, query string, keyed bool) (*sqlx.Stmt, error) {
	if t.writer != nil {
		return t.writer.get(ctx, t.hooks.statement(query))
	}
	if !keyed {
		return nil, nil
	}
	known, ok, room := t.pool.known(query)
	switch {
	case ok:
		t.hooks.statement(known.bound)
		return t.tx.StmtxContext(ctx, known.stmt), nil
	case room:
		t.wanted = append(t.wanted, query)
	}
	return nil, nil
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return t.execAs(ctx, false, query, args)
}

// execKeyed is exec for a keyed statement.
func (t *Tx) execKeyed(ctx context.Context, query string, args ...any) (int64, error) {
	return t.execAs(ctx, true, query, args)
}

func (t *Tx) execAs(ctx context.Context, keyed bool, query string, args []any) (int64, error) {
	stmt, err := t.prepared(ctx, query, keyed)
	if err != nil {
		return 0, err
	}
	var result sql.Result
	if stmt != nil {
		result, err = stmt.ExecContext(ctx, args...)
	} else {
		result, err = t.tx.ExecContext(ctx, t.hooks.statement(t.tx.Rebind(query)), args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insertKeyed runs a statement that inserts at most one row and returns its id, 0
// for none. On SQLite it asks for the id apart: a statement that returns it keeps
// a copy of every page that it changes.
func (t *Tx) insertKeyed(ctx context.Context, query string, args ...any) (id int64, err error) {
	if t.dialect == postgres {
		err = t.each(ctx, func(rows *sqlx.Rows) error { return rows.Scan(&id) }, query+` RETURNING id`, args...)
		return id, err
	}
	stmt, err := t.prepared(ctx, query, true)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	return result.LastInsertId()
}

func (t *Tx) get(ctx context.Context, into any, query string, args ...any) error {
	if stmt, err := t.prepared(ctx, query, false); err != nil || stmt != nil {
		if err != nil {
			return err
		}
		return stmt.GetContext(ctx, into, args...)
	}
	return t.tx.GetContext(ctx, into, t.hooks.statement(t.tx.Rebind(query)), args...)
}

func (t *Tx) selectAll(ctx context.Context, into any, query string, args ...any) error {
	if stmt, err := t.prepared(ctx, query, false); err != nil || stmt != nil {
		if err != nil {
			return err
		}
		return stmt.SelectContext(ctx, into, args...)
	}
	return t.tx.SelectContext(ctx, into, t.hooks.statement(t.tx.Rebind(query)), args...)
}

// query streams rows; they must be closed before the next statement.
func (t *Tx) query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	return t.queryAs(ctx, false, query, args)
}

func (t *Tx) queryAs(ctx context.Context, keyed bool, query string, args []any) (*sqlx.Rows, error) {
	if stmt, err := t.prepared(ctx, query, keyed); err != nil || stmt != nil {
		if err != nil {
			return nil, err
		}
		return stmt.QueryxContext(ctx, args...)
	}
	return t.tx.QueryxContext(ctx, t.hooks.statement(t.tx.Rebind(query)), args...)
}

// each calls fn for every row of a keyed statement.
func (t *Tx) each(ctx context.Context, fn func(rows *sqlx.Rows) error, query string, args ...any) error {
	rows, err := t.queryAs(ctx, true, query, args)
	if err != nil {
		return err
	}
	return eachRow(rows, fn)
}

// eachRow calls fn for every row and closes them.
func eachRow(rows *sqlx.Rows, fn func(rows *sqlx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// each calls fn for every row of a keyed statement.
func (s *Store) each(ctx context.Context, fn func(rows *sqlx.Rows) error, query string, args ...any) error {
	return s.eachOf(ctx, true, fn, query, args...)
}

// eachOf is each for a statement that may be keyed.
func (s *Store) eachOf(ctx context.Context, keyed bool, fn func(rows *sqlx.Rows) error, query string, args ...any) error {
	var rows *sqlx.Rows
	statement := pooledStatement{}
	var err error
	if keyed {
		if statement, err = s.pool.get(ctx, query); err != nil {
			return err
		}
		s.hooks.statement(statement.bound)
	}
	if statement.stmt != nil {
		rows, err = statement.stmt.QueryxContext(ctx, args...)
	} else {
		rows, err = s.query(ctx, query, args...)
	}
	if err != nil {
		return err
	}
	return eachRow(rows, fn)
}
