package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"
)

// Who is the person who asked for something.
type Who struct {
	// Name is as the person gave it; empty where nobody said.
	Name string
	// Verified is whether the name was authenticated.
	Verified bool
}

// Action is something that a person did, for the record.
type Action struct {
	ID           int64  `db:"id" json:"id"`
	ConnectionID int64  `db:"connection_id" json:"-"`
	Connection   string `db:"connection" json:"connection,omitempty"`
	// What was done: "approve", "reject", "pause", "link.set", "erase", …
	What     string `db:"what" json:"what"`
	Name     string `db:"who" json:"who,omitempty"`
	Verified bool   `db:"verified" json:"verified"`
	RunID    int64  `db:"run_id" json:"run,omitempty"`
	UserID   int64  `db:"user_id" json:"user_id,omitempty"`
	GroupID  int64  `db:"group_id" json:"group_id,omitempty"`
	// Text says more; it names nobody.
	Text string    `db:"text" json:"text,omitempty"`
	At   time.Time `db:"-" json:"at"`
	AtUS int64     `db:"at" json:"-"`
}

// by says who did it.
func (a Action) by(w Who) Action {
	a.Name, a.Verified = w.Name, w.Verified
	return a
}

// RecordAction records what a person did that is not one of the store's own calls.
func (s *Store) RecordAction(ctx context.Context, a Action, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error { return recordAction(ctx, tx, a, now) })
}

// recordAction records what a person does, in the transaction that does it.
func recordAction(ctx context.Context, tx *Tx, a Action, now time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO actions (at, connection_id, what, who, verified, run_id, user_id, group_id, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		micros(now), a.ConnectionID, a.What, a.Name, a.Verified, a.RunID, a.UserID, a.GroupID, a.Text)
	if err != nil {
		return fmt.Errorf("record what was done: %w", err)
	}
	return nil
}

// ActionFilter selects from the record of what persons did.
type ActionFilter struct {
	// Connection selects one; empty is all.
	Connection string
	// RunID and UserID select what was done about one; 0 is all.
	RunID, UserID int64
	// Since and Until bound the time, the latter not included; zero is open.
	Since, Until time.Time
}

// Actions streams what persons did, the oldest first.
func (s *Store) Actions(ctx context.Context, f ActionFilter) iter.Seq2[Action, error] {
	where := always
	if f.Connection != "" {
		where = where.and(part("c.name = ?", f.Connection))
	}
	if f.RunID != 0 {
		where = where.and(part("a.run_id = ?", f.RunID))
	}
	if f.UserID != 0 {
		where = where.and(part("a.user_id = ?", f.UserID))
	}
	if !f.Since.IsZero() {
		where = where.and(part("a.at >= ?", micros(f.Since)))
	}
	if !f.Until.IsZero() {
		where = where.and(part("a.at < ?", micros(f.Until)))
	}
	return stream(ctx, s, "read what was done", func(rows *sqlx.Rows, a *Action) error {
		if err := rows.StructScan(a); err != nil {
			return err
		}
		a.At = fromMicros(a.AtUS)
		return nil
	}, `SELECT a.id, a.connection_id, COALESCE(c.name, '') AS connection, a.what, a.who, a.verified, a.run_id, a.user_id, a.group_id, a.text, a.at
		FROM actions a LEFT JOIN connections c ON c.id = a.connection_id WHERE `+where.text+` ORDER BY a.at, a.id`, where.args...)
}

// stream yields the rows of a query one by one; an error is the last.
func stream[T any](ctx context.Context, s *Store, what string, scan func(rows *sqlx.Rows, into *T) error, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := s.query(ctx, query, args...)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", what, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var row T
			if err := scan(rows, &row); err != nil {
				yield(none, fmt.Errorf("%s: %w", what, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, fmt.Errorf("%s: %w", what, err))
		}
	}
}
