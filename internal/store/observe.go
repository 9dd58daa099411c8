package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ObserveAccounts compares a page of a target's accounts with the links.
// Those that differ are brought up to date and their users become dirty. It
// returns the ids of the links that were on the page.
func (s *Store) ObserveAccounts(ctx context.Context, c Claim, targetID int64, accounts []directory.Account, now time.Time) ([]int64, error) {
	ids := make([]string, len(accounts))
	byID := make(map[string]directory.Account, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
		byID[a.ID] = a
	}
	var seen []int64
	changed := make(map[int64]directory.Account)
	// The plus keeps SQLite from walking all of the target's accounts instead of
	// looking up each id.
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, remote_id, email, display_name, status, managed, read_only FROM accounts
			WHERE identity = (SELECT identity FROM targets WHERE id = ?) AND remote_id IN (?) AND +target_id = ?`, targetID, chunk, targetID)
		if err != nil {
			return nil, err
		}
		var known []struct {
			ID       int64  `db:"id"`
			RemoteID string `db:"remote_id"`
			Email    string `db:"email"`
			Name     string `db:"display_name"`
			Status   string `db:"status"`
			Managed  bool   `db:"managed"`
			ReadOnly bool   `db:"read_only"`
		}
		if err := s.selectAll(ctx, &known, query, args...); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, k := range known {
			seen = append(seen, k.ID)
			a := byID[k.RemoteID]
			if a.Email != k.Email || a.DisplayName != k.Name || string(a.Status) != k.Status || a.Managed != k.Managed || a.ReadOnly != k.ReadOnly {
				changed[k.ID] = a
			}
		}
	}
	if len(changed) == 0 {
		return seen, nil
	}
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, id := range slices.Sorted(maps.Keys(changed)) {
			a := changed[id]
			if _, err := tx.exec(ctx, `UPDATE users SET dirty = TRUE WHERE id = (SELECT user_id FROM accounts WHERE id = ?) AND NOT dirty`, id); err != nil {
				return fmt.Errorf("mark user of a changed account: %w", err)
			}
			if _, err := tx.exec(ctx, `UPDATE accounts SET email = ?, email_key = ?, display_name = ?, status = ?, managed = ?, read_only = ?, observed_at = ?,
					protected = EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = accounts.target_id AND p.kind = 'account' AND p.remote_id IN (?, ?))
				WHERE id = ?`,
				a.Email, strings.ToLower(a.Email), a.DisplayName, string(a.Status), a.Managed, a.ReadOnly, micros(now), a.ID, strings.ToLower(a.Email), id); err != nil {
				return fmt.Errorf("store changed account: %w", err)
			}
		}
		return nil
	})
	return seen, err
}

// Link is an account or group that is linked, by its own row's id.
type Link struct {
	ID       int64  `db:"id"`
	Subject  int64  `db:"subject"`
	RemoteID string `db:"remote_id"`
	Name     string `db:"name"`
}

// UnseenAccounts returns the linked accounts that a complete list of a
// target's accounts, seen by this run, did not have.
func (s *Store) UnseenAccounts(ctx context.Context, c Claim, targetID int64) ([]Link, error) {
	return s.unseen(ctx, c.RunID, "accounts", targetID, `SELECT id, user_id AS subject, remote_id, '' AS name FROM accounts WHERE target_id = ?`)
}

// UnseenGroups is UnseenAccounts for groups.
func (s *Store) UnseenGroups(ctx context.Context, c Claim, targetID int64) ([]Link, error) {
	return s.unseen(ctx, c.RunID, "groups", targetID, `SELECT id, group_id AS subject, remote_id, name FROM target_groups WHERE target_id = ?`)
}

// unseen streams the links, so that only those that are missing cost memory.
func (s *Store) unseen(ctx context.Context, runID int64, list string, targetID int64, query string) ([]Link, error) {
	seen, err := s.seenSet(ctx, runID, fmt.Sprintf("%s/%d", list, targetID))
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, query, targetID)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close()
	var missing []Link
	for rows.Next() {
		var l Link
		if err := rows.StructScan(&l); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		if !seen.has(l.ID) {
			missing = append(missing, l)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return missing, nil
}

// DropAccountLink forgets an account that a direct look-up did not find, with
// its memberships; its user becomes dirty.
func (s *Store) DropAccountLink(ctx context.Context, c Claim, targetID int64, l Link) error {
	return s.dropLink(ctx, c, l, targetID, `UPDATE users SET dirty = TRUE WHERE id = ?`,
		`DELETE FROM target_memberships WHERE user_id = ? AND target_id = ?`, `DELETE FROM accounts WHERE user_id = ? AND target_id = ?`)
}

// DropGroupLink forgets a group that is not in the target any more, with its
// memberships; it and its members become dirty.
func (s *Store) DropGroupLink(ctx context.Context, c Claim, targetID int64, l Link) error {
	return s.dropLink(ctx, c, l, targetID, `UPDATE groups SET dirty = TRUE WHERE id = ?`,
		`DELETE FROM target_memberships WHERE group_id = ? AND target_id = ?`, `DELETE FROM target_groups WHERE group_id = ? AND target_id = ?`,
		`UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM memberships WHERE group_id = ?)`)
}

func (s *Store) dropLink(ctx context.Context, c Claim, l Link, targetID int64, mark, dropMemberships, dropLink string, markMore ...string) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for _, statement := range append([]string{mark}, markMore...) {
			if _, err := tx.exec(ctx, statement, l.Subject); err != nil {
				return fmt.Errorf("mark subjects of a lost link: %w", err)
			}
		}
		if _, err := tx.exec(ctx, dropMemberships, l.Subject, targetID); err != nil {
			return fmt.Errorf("drop memberships of a lost link: %w", err)
		}
		if _, err := tx.exec(ctx, dropLink, l.Subject, targetID); err != nil {
			return fmt.Errorf("drop link: %w", err)
		}
		return nil
	})
}

// ObserveGroups brings what is known of linked groups up to date; those that
// differ become dirty. It returns the ids of the links that were on the page.
func (s *Store) ObserveGroups(ctx context.Context, c Claim, targetID int64, groups []directory.TargetGroup, now time.Time) ([]int64, error) {
	ids := make([]string, len(groups))
	byID := make(map[string]directory.TargetGroup, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
		byID[g.ID] = g
	}
	var seen []int64
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, group_id AS subject, remote_id, name, read_only FROM target_groups
			WHERE identity = (SELECT identity FROM targets WHERE id = ?) AND remote_id IN (?) AND +target_id = ?`, targetID, chunk, targetID)
		if err != nil {
			return nil, err
		}
		var known []struct {
			Link
			ReadOnly bool `db:"read_only"`
		}
		if err := s.selectAll(ctx, &known, query, args...); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, k := range known {
			seen = append(seen, k.ID)
			g := byID[k.RemoteID]
			if g.Name == k.Name && g.ReadOnly == k.ReadOnly {
				continue
			}
			err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
				if _, err := tx.exec(ctx, `UPDATE target_groups SET name = ?, read_only = ?, observed_at = ? WHERE id = ?`, g.Name, g.ReadOnly, micros(now), k.ID); err != nil {
					return err
				}
				_, err := tx.exec(ctx, `UPDATE groups SET dirty = TRUE WHERE id = ?`, k.Subject)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("store changed group: %w", err)
			}
		}
	}
	return seen, nil
}

// LinkedGroupsAfter returns up to limit linked groups of a target after an id.
func (s *Store) LinkedGroupsAfter(ctx context.Context, targetID, after int64, limit int) ([]Link, error) {
	var links []Link
	err := s.selectAll(ctx, &links, `SELECT id, group_id AS subject, remote_id, name FROM target_groups WHERE target_id = ? AND id > ? ORDER BY id LIMIT CAST(? AS BIGINT)`, targetID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read linked groups: %w", err)
	}
	return links, nil
}

// ObserveMembers compares the complete list of a linked group's members with
// what was last known. A membership that is gone makes its user dirty; one
// that is there and wanted is known from now on; others are left alone.
func (s *Store) ObserveMembers(ctx context.Context, c Claim, targetID, groupID int64, accountIDs []string) error {
	var linked []struct {
		UserID   int64  `db:"user_id"`
		RemoteID string `db:"remote_id"`
		Known    bool   `db:"known"`
		Wanted   bool   `db:"wanted"`
	}
	// CROSS JOIN keeps SQLite from walking all of the target's accounts.
	err := s.selectAll(ctx, &linked, `SELECT a.user_id, a.remote_id, tm.user_id IS NOT NULL AS known, dm.user_id IS NOT NULL AS wanted
		FROM (SELECT user_id FROM target_memberships WHERE target_id = ? AND group_id = ? UNION SELECT user_id FROM desired_memberships WHERE target_id = ? AND group_id = ?) AS one
		CROSS JOIN accounts a
		LEFT JOIN target_memberships tm ON tm.target_id = a.target_id AND tm.group_id = ? AND tm.user_id = a.user_id
		LEFT JOIN desired_memberships dm ON dm.target_id = a.target_id AND dm.group_id = ? AND dm.user_id = a.user_id
		WHERE a.target_id = ? AND a.user_id = one.user_id`,
		targetID, groupID, targetID, groupID, groupID, groupID, targetID)
	if err != nil {
		return fmt.Errorf("read known members: %w", err)
	}
	there := make(map[string]bool, len(accountIDs))
	for _, id := range accountIDs {
		there[id] = true
	}
	var lost, found []int64
	for _, l := range linked {
		switch {
		case l.Known && !there[l.RemoteID]:
			lost = append(lost, l.UserID)
		case !l.Known && l.Wanted && there[l.RemoteID]:
			found = append(found, l.UserID)
		}
	}
	if len(lost)+len(found) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for chunk := range chunks(lost, 1000) {
			query, args, err := in(`DELETE FROM target_memberships WHERE target_id = ? AND group_id = ? AND user_id IN (?)`, targetID, groupID, chunk)
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, query, args...); err != nil {
				return fmt.Errorf("drop lost memberships: %w", err)
			}
		}
		for _, userID := range found {
			if _, err := tx.exec(ctx, `INSERT INTO target_memberships (target_id, group_id, user_id, origin) VALUES (?, ?, ?, 'adopted') ON CONFLICT DO NOTHING`, targetID, groupID, userID); err != nil {
				return fmt.Errorf("store found membership: %w", err)
			}
		}
		slices.Sort(lost) // two groups that share members lock them in one order
		if err := eachChunk(ctx, tx, lost, `UPDATE users SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark users of lost memberships: %w", err)
		}
		return nil
	})
}
