package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// TargetSpec names a target of a connection.
type TargetSpec struct {
	Name, Kind string
	// Identity is the place that accounts live in; links are unique within it.
	Identity string
	// Additive is whether only memberships that we made are ever removed.
	Additive bool
	// Renames is whether groups can be renamed there, Recreates whether one that
	// cannot be may be replaced, once that is approved.
	Renames, Recreates bool
	// RenamesAccounts is whether the user name of an account that exists is
	// written too.
	RenamesAccounts bool
	// Unwritable is whether no attribute of an account can be written, so that no
	// difference is one.
	Unwritable bool
	// UndoBy is what takes an account's access back when what gave it is undone:
	// directory.SuspendAccount, DeactivateAccount, or empty where nothing does.
	UndoBy directory.Kind
	// Nests is whether a group that is in another in the source is so in the
	// target, where both are taken.
	Nests bool
	// Permissions are what groups of the target are to hold.
	Permissions []directory.GroupPermission
}

// Connection is a stored connection with the ids of its targets by name.
type Connection struct {
	ID      int64
	Targets map[string]int64
	// Moved are the targets, by name, whose configuration names another place than
	// the one that their links belong to. They are not among Targets, so that
	// nothing is planned for the one place, or done in the other.
	Moved map[string]*TargetChangedError
}

// EnsureConnection makes a connection and its targets known and returns their
// ids. When the digest of the rules has changed since the last time, every
// stored user and group is decided anew and the source is read in full; when a
// target is new, or its groups are to be treated otherwise, they are decided
// anew; one that is only called otherwise than before is the same. Attributes names those of the source that are kept, sorted, with commas
// between, "*" for all: when it changes the source is read in full. A target
// whose identity changed and in which something is linked, or may be just now, is
// in Moved, and the others are as usual; when there are no others its
// *TargetChangedError is returned, and nothing is recorded.
func (s *Store) EnsureConnection(ctx context.Context, name, rulesDigest, attributes string, targets []TargetSpec) (Connection, error) {
	if c, ok, err := s.unchangedConnection(ctx, name, rulesDigest, attributes, targets); err != nil || ok {
		return c, err
	}
	c := Connection{}
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		c = Connection{Targets: make(map[string]int64, len(targets)), Moved: map[string]*TargetChangedError{}}
		if _, err := tx.exec(ctx, `INSERT INTO connections (name) VALUES (?) ON CONFLICT (name) DO NOTHING`, name); err != nil {
			return fmt.Errorf("record connection %s: %w", name, err)
		}
		var row struct {
			ID         int64  `db:"id"`
			Digest     string `db:"rules_digest"`
			Attributes string `db:"attributes"`
		}
		if err := tx.get(ctx, &row, `SELECT id, rules_digest, attributes FROM connections WHERE name = ?`+tx.forUpdate(), name); err != nil {
			return fmt.Errorf("read connection %s: %w", name, err)
		}
		c.ID = row.ID
		undecided := row.Digest != rulesDigest
		renamed, err := renameTargets(ctx, tx, c.ID, targets)
		if err != nil {
			return err
		}
		undecided = undecided || renamed
		for _, t := range targets {
			id, changed, err := ensureTarget(ctx, tx, c.ID, t)
			var moved *TargetChangedError
			switch {
			case errors.As(err, &moved) && len(targets) > 1:
				c.Moved[t.Name] = moved
				continue
			case err != nil:
				return err
			}
			c.Targets[t.Name] = id
			undecided = undecided || changed
		}
		if len(c.Targets) == 0 && len(c.Moved) > 0 {
			return c.Moved[targets[0].Name]
		}
		if undecided {
			for _, statement := range []string{
				`UPDATE users SET dirty = TRUE WHERE connection_id = ? AND NOT dirty`,
				`UPDATE groups SET dirty = TRUE WHERE connection_id = ? AND NOT dirty`,
			} {
				if _, err := tx.exec(ctx, statement, c.ID); err != nil {
					return fmt.Errorf("mark subjects of connection %s to be decided: %w", name, err)
				}
			}
		}
		if row.Digest == rulesDigest && row.Attributes == attributes {
			return nil
		}
		if row.Attributes != attributes && attributes != "" {
			// What the rules ask for now may not be among what is stored, which must not look
			// as if the source did not have it. The fingerprint makes the next read write the row.
			if _, err := tx.exec(ctx, `UPDATE users SET attributes = ?, fingerprint = '' WHERE connection_id = ? AND erased_at = 0`, unread, c.ID); err != nil {
				return fmt.Errorf("mark users of connection %s to be read: %w", name, err)
			}
		}
		if row.Digest != rulesDigest {
			if _, err := tx.exec(ctx, `UPDATE groups SET members_digest = '', members_due = TRUE WHERE connection_id = ? AND presence <> 'derived'`, c.ID); err != nil {
				return fmt.Errorf("mark groups of connection %s to be read: %w", name, err)
			}
		}
		if _, err := tx.exec(ctx, `UPDATE connections SET rules_digest = ?, attributes = ?, full_due = TRUE WHERE id = ?`, rulesDigest, attributes, c.ID); err != nil {
			return fmt.Errorf("record rules of connection %s: %w", name, err)
		}
		return nil
	})
	return c, err
}

func (s *Store) unchangedConnection(ctx context.Context, name, rulesDigest, attributes string, targets []TargetSpec) (Connection, bool, error) {
	var known []struct {
		ConnectionID int64 `db:"connection_id"`
		specRow
	}
	err := s.selectAll(ctx, &known, `SELECT t.connection_id, t.id, t.name, t.kind, t.identity, t.additive, t.renames, t.recreates, t.renames_accounts, t.unwritable, t.undo_by, t.nests, t.permissions
		FROM targets t JOIN connections c ON c.id = t.connection_id WHERE c.name = ? AND c.rules_digest = ? AND c.attributes = ?`, name, rulesDigest, attributes)
	if err != nil {
		return Connection{}, false, fmt.Errorf("read connection %s: %w", name, err)
	}
	// Those that are not configured any more are known, and none of its targets.
	c := Connection{Targets: make(map[string]int64, len(targets))}
	rows := make(map[specRow]int64, len(known))
	for _, k := range known {
		c.ID = k.ConnectionID
		id := k.ID
		k.ID = 0
		rows[k.specRow] = id
	}
	for _, t := range targets {
		row, err := rowOf(t)
		if err != nil {
			return Connection{}, false, err
		}
		id, same := rows[row]
		if !same {
			return Connection{}, false, nil
		}
		c.Targets[t.Name] = id
	}
	return c, len(known) > 0, nil
}

// specRow is a target as it is stored.
type specRow struct {
	ID              int64  `db:"id"`
	Name            string `db:"name"`
	Kind            string `db:"kind"`
	Identity        string `db:"identity"`
	Additive        bool   `db:"additive"`
	Renames         bool   `db:"renames"`
	Recreates       bool   `db:"recreates"`
	RenamesAccounts bool   `db:"renames_accounts"`
	Unwritable      bool   `db:"unwritable"`
	UndoBy          string `db:"undo_by"`
	Nests           bool   `db:"nests"`
	Permissions     string `db:"permissions"`
}

// rowOf is the row that a target should have, without its id.
func rowOf(t TargetSpec) (specRow, error) {
	permissions, err := permissionsText(t.Permissions)
	return specRow{Name: t.Name, Kind: t.Kind, Identity: t.Identity, Additive: t.Additive, Renames: t.Renames, Recreates: t.Recreates,
		RenamesAccounts: t.RenamesAccounts, Unwritable: t.Unwritable, UndoBy: string(t.UndoBy), Nests: t.Nests, Permissions: permissions}, err
}

// ensureTarget returns the id of a target and whether what it should hold must
// be decided: it was made just now, or its groups are treated otherwise.
func ensureTarget(ctx context.Context, tx *Tx, connectionID int64, t TargetSpec) (int64, bool, error) {
	want, err := rowOf(t)
	if err != nil {
		return 0, false, err
	}
	made, err := tx.exec(ctx, `INSERT INTO targets (connection_id, name, kind, identity, additive, renames, recreates) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection_id, name) DO NOTHING`, connectionID, t.Name, t.Kind, t.Identity, t.Additive, t.Renames, t.Recreates)
	if err != nil {
		return 0, false, fmt.Errorf("record target %s: %w", t.Name, err)
	}
	var row specRow
	if err := tx.get(ctx, &row, `SELECT id, name, kind, identity, additive, renames, recreates, renames_accounts, unwritable, undo_by, nests, permissions FROM targets WHERE connection_id = ? AND name = ?`, connectionID, t.Name); err != nil {
		return 0, false, fmt.Errorf("read target %s: %w", t.Name, err)
	}
	if row.Identity != t.Identity || row.Kind != t.Kind {
		if aside, err := freeTargetName(ctx, tx, connectionID, row.ID, t); err != nil {
			return 0, false, fmt.Errorf("set target %s aside: %w", t.Name, err)
		} else if aside {
			return ensureTarget(ctx, tx, connectionID, t)
		}
		return 0, false, changedPlace(row.ID, t, row.Kind, row.Identity)
	}
	if want.ID = row.ID; row == want {
		return row.ID, made == 1, nil
	}
	if _, err := tx.exec(ctx, `UPDATE targets SET additive = ?, renames = ?, recreates = ?, renames_accounts = ?, unwritable = ?, undo_by = ?, nests = ?, permissions = ? WHERE id = ?`,
		t.Additive, t.Renames, t.Recreates, t.RenamesAccounts, t.Unwritable, want.UndoBy, t.Nests, want.Permissions, row.ID); err != nil {
		return 0, false, fmt.Errorf("record target %s: %w", t.Name, err)
	}
	if row.Nests != t.Nests {
		if err := changeNesting(ctx, tx, row.ID, t.Nests); err != nil {
			return 0, false, err
		}
	}
	if row.Permissions != want.Permissions {
		if err := desirePermissions(ctx, tx, row.ID, t.Permissions); err != nil {
			return 0, false, err
		}
	}
	if row.Additive != t.Additive {
		return row.ID, true, changeMode(ctx, tx, row.ID, t.Name)
	}
	return row.ID, true, nil
}

// changeMode makes a target be read in full whose groups are to hold just the
// source's members from now on, or not any more: nothing else tells who else is in them.
func changeMode(ctx context.Context, tx *Tx, targetID int64, name string) error {
	for _, statement := range []string{
		`DELETE FROM foreign_members WHERE target_id = ?`,
		`UPDATE targets SET full_read_at = 0 WHERE id = ?`,
	} {
		if _, err := tx.exec(ctx, statement, targetID); err != nil {
			return fmt.Errorf("mark target %s to be read: %w", name, err)
		}
	}
	return nil
}

// ConnectionID finds a connection by name, or returns ErrNotFound.
func (s *Store) ConnectionID(ctx context.Context, name string) (int64, error) {
	var id int64
	err := s.get(ctx, &id, `SELECT id FROM connections WHERE name = ?`, name)
	return id, notFound(err)
}

// LogCursor returns where polling of the source's event log stands.
func (s *Store) LogCursor(ctx context.Context, connectionID int64) (string, error) {
	var cursor string
	err := s.get(ctx, &cursor, `SELECT log_cursor FROM connections WHERE id = ?`, connectionID)
	return cursor, notFound(err)
}

// SaveLogCursor records where polling of the event log stands, and whether
// the next run must read in full because of what was seen.
func (s *Store) SaveLogCursor(ctx context.Context, connectionID int64, cursor string, fullDue bool) error {
	return s.write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE connections SET log_cursor = ?, full_due = (full_due OR ?) WHERE id = ?`, cursor, fullDue, connectionID)
		return err
	})
}

// Claimed reports whether a run holds the connection.
func (s *Store) Claimed(ctx context.Context, connectionID int64, now time.Time) (bool, error) {
	var until int64
	err := s.get(ctx, &until, `SELECT CASE WHEN claim_owner = '' THEN 0 ELSE claim_until END FROM connections WHERE id = ?`, connectionID)
	return until > micros(now), notFound(err)
}
