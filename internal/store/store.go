// Package store keeps what Rollcall knows in PostgreSQL or SQLite: what the
// source holds, what each target should hold and was last seen to hold, runs
// and their changes. All SQL lives here; both databases run the same
// statements.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"  // registers "postgres"
	_ "modernc.org/sqlite" // registers "sqlite"
)

type dialect int

const (
	sqlite dialect = iota
	postgres
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	db      *sqlx.DB // reads; on PostgreSQL, writes too
	pool    *poolStatements
	dialect dialect
	writer  *groupWriter // SQLite only
	// requests is whether statements only ever look for a few rows.
	requests bool
	// statistics are PostgreSQL's.
	statistics statistics
	hooks      Hooks
}

// Hooks let a caller watch the store. Tests use them to stop the process at a
// chosen commit; metrics count by them.
type Hooks struct {
	// BeforeCommit and AfterCommit run around every commit of a write.
	BeforeCommit func()
	AfterCommit  func()
	// Statement sees the text of every statement, without its values, as it is sent.
	Statement func(text string)
}

func (h Hooks) statement(text string) string {
	if h.Statement != nil {
		h.Statement(text)
	}
	return text
}

// Option changes how a Store is opened.
type Option func(*Store)

// WithHooks watches commits.
func WithHooks(h Hooks) Option { return func(s *Store) { s.hooks = h } }

// ForRequests opens a store that answers requests, each about a few objects:
// PostgreSQL then finds rows by their keys even where it believes that there are
// few, or that a list of ids is long, and so would rather walk a table.
func ForRequests() Option { return func(s *Store) { s.requests = true } }

// Open opens a database and brings its schema up to date. The address is
// "postgres://…" as lib/pq reads it, or "sqlite:path" (a file, made if it is
// not there). Errors never contain the address, which may hold a password.
func Open(ctx context.Context, address string, options ...Option) (*Store, error) {
	s := &Store{}
	for _, option := range options {
		option(s)
	}
	var err error
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		err = s.openSQLite(ctx, strings.TrimPrefix(address, "sqlite:"))
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		err = s.openPostgres(ctx, address)
	default:
		err = errors.New(`database: expected "postgres://…" or "sqlite:path"`)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	s.dialect = postgres
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("database: the postgres:// address cannot be parsed")
	}
	// Accepted means durable, whatever the server's default is. With a random page
	// dear, a table that is small or has no statistics yet is walked instead of
	// looked into, and a prepared plan stays that way while the table grows.
	query := u.Query()
	settings := " -c synchronous_commit=on -c timezone=UTC -c random_page_cost=1.1"
	if s.requests {
		settings += " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
	}
	query.Set("options", strings.TrimSpace(query.Get("options")+settings))
	u.RawQuery = query.Encode()
	db, err := sqlx.ConnectContext(ctx, "postgres", u.String())
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL at %s: %w", u.Host, err)
	}
	// A worker runs at most 8 batches at once and each holds one connection;
	// the rest serves reads. PostgreSQL's own default allows 100 in all.
	db.SetMaxOpenConns(24)
	db.SetMaxIdleConns(24)
	s.db, s.pool = db, newPoolStatements(db)
	if err := migrate(ctx, db, postgres); err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

func (s *Store) openSQLite(ctx context.Context, path string) error {
	s.dialect = sqlite
	pragmas := "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(15000)" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(memory)" +
		// Pages that are written again and again go back into the file once in 16 MB.
		"&_pragma=wal_autocheckpoint(4000)"
	// Page caches of 16 MB for the writer and 8 MB for each of four readers. Twice
	// as much took a run over 100,000 people above 200 MB and was no faster: a
	// page takes twice its size, and the operating system caches the file anyway.
	write, err := sqlx.ConnectContext(ctx, "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+pragmas+"&_pragma=cache_size(-16384)&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write, sqlite); err != nil {
		return errors.Join(fmt.Errorf("SQLite file %s: %w", path, err), write.Close())
	}
	read, err := sqlx.ConnectContext(ctx, "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+pragmas+"&_pragma=cache_size(-8192)&_pragma=query_only(1)")
	if err != nil {
		return errors.Join(fmt.Errorf("open SQLite file %s for reading: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4) // else two of them would be opened again and again
	s.db, s.pool = read, newPoolStatements(read)
	s.writer = newGroupWriter(write, s.hooks)
	return nil
}

// Close waits for writes under way and closes the database.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = s.writer.close()
	}
	return errors.Join(err, s.statistics.close(), s.pool.close(), s.db.Close())
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Name is "PostgreSQL" or "SQLite".
func (s *Store) Name() string {
	if s.dialect == postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// write runs fn in a transaction and commits it durably before it returns.
// fn may be run again when the database asks for that (a serialisation
// failure, a deadlock), so it must not keep what it learnt in an earlier try.
func (s *Store) write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if s.writer != nil {
		return s.writer.write(ctx, fn)
	}
	for attempt := 1; ; attempt++ {
		err := s.writeOnce(ctx, fn)
		if err == nil || attempt == 5 || !shouldRepeat(err) {
			return err
		}
	}
}

func (s *Store) writeOnce(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after a commit this does nothing
	t := &Tx{tx: tx, pool: s.pool, dialect: postgres, hooks: s.hooks}
	if err := fn(ctx, t); err != nil {
		return err
	}
	if s.hooks.BeforeCommit != nil {
		s.hooks.BeforeCommit()
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if s.hooks.AfterCommit != nil {
		s.hooks.AfterCommit()
	}
	for _, query := range t.wanted {
		// What cannot be prepared now is sent unprepared again, and will say why.
		if _, err := s.pool.get(ctx, query); err != nil {
			break
		}
	}
	return nil
}

// shouldRepeat reports whether PostgreSQL asks for the transaction again:
// serialization_failure and deadlock_detected.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func shouldRepeat(err error) bool {
	var state interface{ SQLState() string }
	return errors.As(err, &state) && (state.SQLState() == "40001" || state.SQLState() == "40P01")
}

func (s *Store) get(ctx context.Context, into any, query string, args ...any) error {
	return s.db.GetContext(ctx, into, s.hooks.statement(s.db.Rebind(query)), args...)
}

func (s *Store) selectAll(ctx context.Context, into any, query string, args ...any) error {
	return s.db.SelectContext(ctx, into, s.hooks.statement(s.db.Rebind(query)), args...)
}

// query streams rows.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	return s.db.QueryxContext(ctx, s.hooks.statement(s.db.Rebind(query)), args...)
}

// in is sqlx.In for a query that both databases read.
func in(query string, args ...any) (string, []any, error) {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return "", nil, fmt.Errorf("expand list: %w", err)
	}
	return query, args, nil
}

// rowsAtOnce is how many rows of several columns one statement writes: the
// SQLite driver finds each parameter by walking the list of all, so that what a
// statement costs grows with the square of their number.
const rowsAtOnce = 64

// rows repeats a row of placeholders: rows("(?, ?)", 2) is "(?, ?), (?, ?)".
func rows(row string, n int) string {
	return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ")
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// ErrNotFound means that there is no such row.
var ErrNotFound = errors.New("not found")

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
