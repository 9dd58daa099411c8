package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Protected is the set of what is never touched in a target.
type Protected struct{ accounts, groups map[string]bool }

// Account reports whether an account is protected, by its id, its address or its
// user name. What is empty is not known.
func (p Protected) Account(id, email, userName string) bool {
	if id != "" && p.accounts[id] {
		return true
	}
	for _, name := range []string{id, email, userName} {
		if name != "" && p.accounts[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

// Group reports whether a group is protected, by its id or its name.
func (p Protected) Group(id, name string) bool {
	return p.groups[id] || name != "" && p.groups[strings.ToLower(name)]
}

func newProtected() Protected {
	return Protected{accounts: map[string]bool{}, groups: map[string]bool{}}
}

// Protected returns what SetProtected stored last.
func (s *Store) Protected(ctx context.Context, targetID int64) (Protected, error) {
	var found []struct {
		Kind     string `db:"kind"`
		RemoteID string `db:"remote_id"`
	}
	if err := s.selectAll(ctx, &found, `SELECT kind, remote_id FROM protected_objects WHERE target_id = ?`, targetID); err != nil {
		return Protected{}, fmt.Errorf("read protected objects: %w", err)
	}
	p := newProtected()
	for _, f := range found {
		if f.Kind == "group" {
			p.groups[f.RemoteID] = true
		} else {
			p.accounts[f.RemoteID] = true
		}
	}
	return p, nil
}

// SetProtected stores what must never be touched in a target: ids, and the
// addresses and names that the configuration adds, in lower case. The links
// are marked accordingly. When something is protected no longer, the target is
// read by the next run, since nothing else would bring up what was skipped.
func (s *Store) SetProtected(ctx context.Context, c Claim, targetID int64, accounts, groups []string) error {
	want := newProtected()
	for _, id := range accounts {
		want.accounts[id] = true
	}
	for _, id := range groups {
		want.groups[id] = true
	}
	known, err := s.Protected(ctx, targetID)
	if err != nil || maps.Equal(known.accounts, want.accounts) && maps.Equal(known.groups, want.groups) {
		return err
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		// Pushes and a run ask side by side: one replaces the whole after the other.
		var locked int64
		if err := tx.get(ctx, &locked, `SELECT id FROM targets WHERE id = ?`+tx.forNoKeyUpdate(), targetID); err != nil {
			return fmt.Errorf("read target %d: %w", targetID, notFound(err))
		}
		if _, err := tx.exec(ctx, `DELETE FROM protected_objects WHERE target_id = ?`, targetID); err != nil {
			return fmt.Errorf("drop protected objects: %w", err)
		}
		if err := insertProtected(ctx, tx, targetID, "account", want.accounts); err != nil {
			return err
		}
		if err := insertProtected(ctx, tx, targetID, "group", want.groups); err != nil {
			return err
		}
		released, err := markProtectedAccounts(ctx, tx, targetID)
		if err != nil {
			return err
		}
		releasedGroups, err := markProtectedGroups(ctx, tx, targetID, want)
		if err != nil || released+releasedGroups == 0 {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE targets SET full_read_at = 0 WHERE id = ?`, targetID); err != nil {
			return fmt.Errorf("mark target to be read: %w", err)
		}
		return nil
	})
}

func insertProtected(ctx context.Context, tx *Tx, targetID int64, kind string, ids map[string]bool) error {
	for chunk := range chunks(slices.Sorted(maps.Keys(ids)), 1000) {
		args := make([]any, 0, 3*len(chunk))
		for _, id := range chunk {
			args = append(args, targetID, kind, id)
		}
		if _, err := tx.exec(ctx, `INSERT INTO protected_objects (target_id, kind, remote_id) VALUES `+rows("(?, ?, ?)", len(chunk)), args...); err != nil {
			return fmt.Errorf("store protected objects: %w", err)
		}
	}
	return nil
}

// markProtectedAccounts returns how many are protected no longer.
func markProtectedAccounts(ctx context.Context, tx *Tx, targetID int64) (int64, error) {
	released, err := tx.exec(ctx, `UPDATE accounts SET protected = FALSE WHERE target_id = ? AND protected AND NOT EXISTS (
		SELECT 1 FROM protected_objects p WHERE p.target_id = accounts.target_id AND p.kind = 'account' AND p.remote_id IN (accounts.remote_id, LOWER(accounts.remote_id), accounts.email_key, LOWER(accounts.user_name)))`, targetID)
	if err != nil {
		return 0, fmt.Errorf("release accounts: %w", err)
	}
	if _, err := tx.exec(ctx, `UPDATE accounts SET protected = TRUE WHERE target_id = ? AND NOT protected AND EXISTS (
		SELECT 1 FROM protected_objects p WHERE p.target_id = accounts.target_id AND p.kind = 'account' AND p.remote_id IN (accounts.remote_id, LOWER(accounts.remote_id), accounts.email_key, LOWER(accounts.user_name)))`, targetID); err != nil {
		return 0, fmt.Errorf("protect accounts: %w", err)
	}
	return released, nil
}

// markProtectedGroups returns how many are protected no longer. Names are
// compared here, as SQLite folds the case of ASCII letters only.
func markProtectedGroups(ctx context.Context, tx *Tx, targetID int64, want Protected) (int64, error) {
	var linked []struct {
		ID        int64  `db:"id"`
		GroupID   int64  `db:"group_id"`
		RemoteID  string `db:"remote_id"`
		Name      string `db:"name"`
		Protected bool   `db:"protected"`
	}
	if err := tx.selectAll(ctx, &linked, `SELECT id, group_id, remote_id, name, protected FROM target_groups WHERE target_id = ?`, targetID); err != nil {
		return 0, fmt.Errorf("read linked groups: %w", err)
	}
	var released int64
	for _, g := range linked {
		protect := want.Group(g.RemoteID, g.Name)
		if protect == g.Protected {
			continue
		}
		if !protect {
			released++
		}
		if _, err := tx.exec(ctx, `UPDATE target_groups SET protected = ? WHERE id = ?`, protect, g.ID); err != nil {
			return 0, fmt.Errorf("mark protected group: %w", err)
		}
		if err := reckonNestings(ctx, tx, targetID, []int64{g.GroupID}); err != nil {
			return 0, err
		}
	}
	return released, nil
}
