package store

import (
	"context"
	"fmt"
	"time"
)

// SourceChangedError means that a connection's source is another organisation
// than the one that what is stored was read from.
type SourceChangedError struct{ Connection, Was, Is string }

func (e *SourceChangedError) Error() string {
	return fmt.Sprintf("connection %s was read from %s and is now configured to read %s", e.Connection, e.Was, e.Is)
}

// LearnSource compares the organisation that a source says it is with the one
// that the connection was read from before, and keeps the first in mind.
// Another one is a *SourceChangedError, and nothing may be stored or decided.
func (s *Store) LearnSource(ctx context.Context, connectionID int64, identity string) error {
	var known struct {
		Name     string `db:"name"`
		Identity string `db:"identity"`
	}
	if err := s.get(ctx, &known, `SELECT name, identity FROM connections WHERE id = ?`, connectionID); err != nil {
		return fmt.Errorf("read connection %d: %w", connectionID, notFound(err))
	}
	switch {
	case identity == "" || known.Identity == identity:
		return nil
	case known.Identity != "":
		return &SourceChangedError{Connection: known.Name, Was: known.Identity, Is: identity}
	}
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE connections SET identity = ? WHERE id = ? AND identity = ''`, identity, connectionID); err != nil {
			return fmt.Errorf("keep the identity of the source: %w", err)
		}
		return nil
	})
}

// AcceptSource makes an organisation the one that a connection is read from, by
// a person's word: everything is read again by the next run.
func (s *Store) AcceptSource(ctx context.Context, connectionID int64, identity string, who Who, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE connections SET identity = ?, full_due = TRUE WHERE id = ?`, identity, connectionID)
		if err != nil {
			return fmt.Errorf("keep the identity of the source: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("connection %d: %w", connectionID, ErrNotFound)
		}
		return recordAction(ctx, tx, Action{ConnectionID: connectionID, What: "source.accept", Text: "the connection is read from " + identity + " from now on"}.by(who), now)
	})
}

// ClockWentBack returns by how much the source's clock shows less than when a
// connection was read before; 0 where it does not, within the grain of its times.
func (s *Store) ClockWentBack(ctx context.Context, connectionID int64, readFrom time.Time) (time.Duration, error) {
	var watermark int64
	if err := s.get(ctx, &watermark, `SELECT watermark FROM connections WHERE id = ?`, connectionID); err != nil {
		return 0, fmt.Errorf("read connection %d: %w", connectionID, notFound(err))
	}
	back := fromMicros(watermark).Sub(readFrom)
	if watermark == 0 || back <= clockGrain {
		return 0, nil
	}
	return back, nil
}
