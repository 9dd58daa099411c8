package store

import (
	"context"
	"errors"
	"fmt"
)

// TargetChangedError means that a target's configuration names another place
// than the one that its links belong to.
type TargetChangedError struct {
	// ID is the target's row, which is the former place's.
	ID              int64
	Target, Was, Is string
}

func (e *TargetChangedError) Error() string {
	return fmt.Sprintf("target %s was %s and is now configured as %s: its links belong to the former; give the new one a name of its own", e.Target, e.Was, e.Is)
}

func changedPlace(id int64, t TargetSpec, kind, identity string) *TargetChangedError {
	return &TargetChangedError{ID: id, Target: t.Name, Was: kind + " " + identity, Is: t.Kind + " " + t.Identity}
}

// SameTarget fails with a *TargetChangedError when a target is not in the place
// that the configuration names by now: what a run has planned for the one must
// not be done in the other. It is ErrNotFound for one that is not known.
func (s *Store) SameTarget(ctx context.Context, id int64, t TargetSpec) error {
	var row struct {
		Kind     string `db:"kind"`
		Identity string `db:"identity"`
	}
	if err := s.get(ctx, &row, `SELECT kind, identity FROM targets WHERE id = ?`, id); err != nil {
		return fmt.Errorf("read target %d: %w", id, notFound(err))
	}
	if row.Kind != t.Kind || row.Identity != t.Identity {
		return changedPlace(id, t, row.Kind, row.Identity)
	}
	return nil
}

// TargetMoved says whether a run would leave a target of a connection alone,
// since the configuration names another place than the one that something is
// linked in; nil when it would not, or when there was no run yet. It changes nothing.
func (s *Store) TargetMoved(ctx context.Context, connection string, t TargetSpec) (*TargetChangedError, error) {
	var row struct {
		ID       int64  `db:"id"`
		Kind     string `db:"kind"`
		Identity string `db:"identity"`
		Linked   bool   `db:"linked"`
	}
	err := s.get(ctx, &row, `SELECT t.id, t.kind, t.identity, EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = t.id) OR EXISTS (SELECT 1 FROM target_groups g WHERE g.target_id = t.id) AS linked
		FROM targets t JOIN connections c ON c.id = t.connection_id WHERE c.name = ? AND t.name = ?`, connection, t.Name)
	switch err = notFound(err); {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read target %s: %w", t.Name, err)
	case !row.Linked || row.Kind == t.Kind && row.Identity == t.Identity:
		return nil, nil
	}
	return changedPlace(row.ID, t, row.Kind, row.Identity), nil
}

// freeTargetName sets a target aside in which nothing is linked, and says
// whether that was so: whoever corrects a wrong address loses nothing by it. What
// its runs came to is kept, under a name that no configuration can have; when
// the configuration names that place again, it is back. While a run may be about
// to link something, nothing is set aside.
func freeTargetName(ctx context.Context, tx *Tx, connectionID, targetID int64, t TargetSpec) (bool, error) {
	result, err := tx.exec(ctx, `UPDATE targets SET name = name || '@' || CAST(id AS TEXT) WHERE id = ?
		AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = targets.id) AND NOT EXISTS (SELECT 1 FROM target_groups g WHERE g.target_id = targets.id)
		AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.connection_id = targets.connection_id AND r.outcome = '')`, targetID)
	if err != nil || result == 0 {
		return false, err
	}
	_, err = tx.exec(ctx, `UPDATE targets SET name = ? WHERE connection_id = ? AND kind = ? AND identity = ? AND name = CAST(? AS TEXT) || '@' || CAST(id AS TEXT)`,
		t.Name, connectionID, t.Kind, t.Identity, t.Name)
	return true, err
}
