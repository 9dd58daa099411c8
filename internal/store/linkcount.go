package store

import (
	"context"
	"fmt"
)

// LinkCounts returns how many accounts and groups of a target are linked.
func (s *Store) LinkCounts(ctx context.Context, targetID int64) (accounts, groups int, err error) {
	var n struct {
		Accounts int `db:"accounts"`
		Groups   int `db:"linked_groups"`
	}
	if err := s.get(ctx, &n, `SELECT (SELECT COUNT(*) FROM accounts WHERE target_id = ?) AS accounts, (SELECT COUNT(*) FROM target_groups WHERE target_id = ?) AS linked_groups`, targetID, targetID); err != nil {
		return 0, 0, fmt.Errorf("count the links of target %d: %w", targetID, err)
	}
	return n.Accounts, n.Groups, nil
}
