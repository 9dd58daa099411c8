package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// LinkAccounts links existing accounts to users, and returns the users whose
// account has another subject's link already: only linked accounts are ever
// changed, and each has one subject.
func (s *Store) LinkAccounts(ctx context.Context, c Claim, targetID int64, identity string, links []Outcome, now time.Time) (taken map[int64]bool, err error) {
	if len(links) == 0 {
		return nil, nil
	}
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		taken = map[int64]bool{}
		settled := slices.Clone(links)
		if err := recordLinks(ctx, tx, targetID, identity, settled, now); err != nil {
			return err
		}
		for _, l := range settled {
			if l.Class != "" {
				taken[l.UserID] = true
			}
		}
		return nil
	})
	return taken, err
}

// unlink forgets links that were made for a change which then did not succeed,
// so that the next run begins with them again, and those of accounts that were
// deleted, with their memberships.
func unlink(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome) error {
	for _, o := range outcomes {
		if !o.Unlink && !o.Gone {
			continue
		}
		if o.Gone {
			if _, err := tx.exec(ctx, `DELETE FROM target_memberships WHERE target_id = ? AND user_id = ?`, targetID, o.UserID); err != nil {
				return fmt.Errorf("drop the memberships of a deleted account: %w", err)
			}
			// What its attributes were put back to says nothing of another one.
			if _, err := tx.exec(ctx, `DELETE FROM overrides WHERE user_id = ? AND target_id = ? AND what = 'attributes'`, o.UserID, targetID); err != nil {
				return fmt.Errorf("drop what was undone of a deleted account: %w", err)
			}
		}
		if _, err := tx.exec(ctx, `DELETE FROM accounts WHERE target_id = ? AND user_id = ?`, targetID, o.UserID); err != nil {
			return fmt.Errorf("unlink account: %w", err)
		}
	}
	return nil
}
