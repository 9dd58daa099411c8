package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// In a target that makes no accounts, people get theirs by other means. Whoever
// was looked for there and not found is looked for again when what their
// account should be changes, when the target was read, or a day later, and costs a
// run nothing until then. What was sought is of people without an account alone.

// recordSought keeps when people were looked for who have no account in a target
// that makes none.
func recordSought(ctx context.Context, tx *Tx, targetID int64, outcomes []Outcome, now time.Time) error {
	var users []int64
	for _, o := range outcomes {
		if o.State == directory.Skipped && o.Class == directory.ClassUnsupported && o.UserID != 0 && o.GroupID == 0 {
			users = append(users, o.UserID)
		}
	}
	for chunk := range chunks(users, 1000) {
		query, args, err := in(`UPDATE desired_accounts SET sought_at = ? WHERE target_id = ? AND user_id IN (?)
			AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.target_id = desired_accounts.target_id AND a.user_id = desired_accounts.user_id)`, micros(now), targetID, padded(chunk))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("keep who was looked for: %w", err)
		}
	}
	return nil
}

// found forgets that people who have an account now were looked for.
func found(ctx context.Context, tx *Tx, targetID int64, users []int64) error {
	for chunk := range chunks(users, 1000) {
		query, args, err := in(`UPDATE desired_accounts SET sought_at = 0 WHERE target_id = ? AND user_id IN (?) AND sought_at > 0`, targetID, padded(chunk))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("forget who was looked for: %w", err)
		}
	}
	return nil
}

// SeekAgain makes the people dirty who were last looked for in a target, in
// vain, at or before a time.
func (s *Store) SeekAgain(ctx context.Context, c Claim, targetID int64, before time.Time) error {
	const sought = ` FROM desired_accounts WHERE target_id = ? AND sought_at > 0 AND sought_at <= ?`
	var any bool
	if err := s.get(ctx, &any, `SELECT EXISTS (SELECT 1`+sought+`)`, targetID, micros(before)); err != nil {
		return fmt.Errorf("look for who is to be looked for again: %w", err)
	}
	if !any {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, statement := range []string{
			`UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id` + sought + `)`,
			`UPDATE desired_accounts SET sought_at = 0 WHERE target_id = ? AND sought_at > 0 AND sought_at <= ?`,
		} {
			if _, err := tx.exec(ctx, statement, targetID, micros(before)); err != nil {
				return fmt.Errorf("have people looked for again: %w", err)
			}
		}
		return nil
	})
}

// WithoutAccount says how many people are to have an account in a target that
// makes none, and have none.
type WithoutAccount struct {
	Target string `db:"target" json:"target"`
	People int64  `db:"people" json:"people"`
}

// WithoutAccount counts, by target of a connection, the people who were looked
// for in a target that makes no accounts, and not found. Targets without any are
// left out.
func (s *Store) WithoutAccount(ctx context.Context, connection string) ([]WithoutAccount, error) {
	var without []WithoutAccount
	if err := s.selectAll(ctx, &without, `SELECT t.name AS target, COUNT(*) AS people FROM connections c JOIN targets t ON t.connection_id = c.id
		JOIN desired_accounts d ON d.target_id = t.id AND d.sought_at > 0 AND d.state = 'active' WHERE c.name = ? GROUP BY t.id, t.name ORDER BY t.id`, connection); err != nil {
		return nil, fmt.Errorf("count who has no account: %w", err)
	}
	return without, nil
}

// unsettled is the condition that a change keeps its user to be looked at by the
// next run: it has not come to a good end. A membership that waits for an account
// which somebody is looked for again for does not.
func unsettled(change string) string {
	return `(` + change + `.state NOT IN ('applied', 'skipped') AND NOT (` + change + `.state = 'blocked' AND ` + change + `.kind = 'membership.add'
		AND EXISTS (SELECT 1 FROM desired_accounts d WHERE d.target_id = ` + change + `.target_id AND d.user_id = ` + change + `.user_id AND d.sought_at > 0)))`
}
