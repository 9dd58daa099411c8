package store

import (
	"context"
	"fmt"
	"strings"
)

// Protected is the set of what is never touched in a target.
type Protected struct {
	accounts, groups map[string]bool
	size             int
}

// Account reports whether an account is protected, by its id or its address.
func (p Protected) Account(id, email string) bool {
	return p.accounts[id] || email != "" && p.accounts[strings.ToLower(email)]
}

// Group reports whether a group is protected, by its id or its name.
func (p Protected) Group(id, name string) bool {
	return p.groups[id] || name != "" && p.groups[strings.ToLower(name)]
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
	p := Protected{accounts: map[string]bool{}, groups: map[string]bool{}, size: len(found)}
	for _, f := range found {
		if f.Kind == "group" {
			p.groups[f.RemoteID] = true
		} else {
			p.accounts[f.RemoteID] = true
		}
	}
	return p, nil
}
