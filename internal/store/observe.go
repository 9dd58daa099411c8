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
// Those that differ are brought up to date and their users become dirty; those
// that are nobody's are stored for the administrator to see. It returns the ids
// of the links that were on the page.
func (s *Store) ObserveAccounts(ctx context.Context, c Claim, targetID int64, accounts []directory.Account, now time.Time) ([]int64, error) {
	ids := make([]string, len(accounts))
	byID := make(map[string]directory.Account, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
		byID[a.ID] = a
	}
	var seen []int64
	changed := make(map[int64]observedAccount)
	linked := make(map[string]bool, len(ids))
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, target_id, remote_id, email, user_name, display_name, attributes, status, managed, read_only FROM accounts
			WHERE identity = (SELECT identity FROM targets WHERE id = ?) AND remote_id IN (?)`, targetID, chunk)
		if err != nil {
			return nil, err
		}
		var known []knownAccount
		if err := s.selectAll(ctx, &known, query, args...); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, k := range known {
			linked[k.RemoteID] = true
			if k.TargetID != targetID {
				continue // another connection's
			}
			seen = append(seen, k.ID)
			now, differs, err := k.observed(byID[k.RemoteID])
			if err != nil {
				return nil, fmt.Errorf("link %d: %w", k.ID, err)
			}
			if differs {
				changed[k.ID] = now
			}
		}
	}
	if err := s.observeUnlinked(ctx, c, targetID, slices.DeleteFunc(slices.Clone(accounts), func(a directory.Account) bool { return linked[a.ID] }), now); err != nil {
		return nil, err
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
			if _, err := tx.exec(ctx, `UPDATE accounts SET email = ?, email_key = ?, user_name = ?, display_name = ?, attributes = ?, status = ?, managed = ?, read_only = ?, observed_at = ?,
					protected = EXISTS (SELECT 1 FROM protected_objects p WHERE p.target_id = accounts.target_id AND p.kind = 'account' AND p.remote_id IN (?, ?, ?, ?))
				WHERE id = ?`,
				a.Email, strings.ToLower(a.Email), a.UserName, a.DisplayName, a.attributes, string(a.Status), a.Managed, a.ReadOnly, micros(now), a.ID, strings.ToLower(a.ID), strings.ToLower(a.Email), strings.ToLower(a.UserName), id); err != nil {
				return fmt.Errorf("store changed account: %w", err)
			}
		}
		return nil
	})
	return seen, err
}

// knownAccount is a linked account as it is stored.
type knownAccount struct {
	ID         int64  `db:"id"`
	TargetID   int64  `db:"target_id"`
	RemoteID   string `db:"remote_id"`
	Email      string `db:"email"`
	UserName   string `db:"user_name"`
	Name       string `db:"display_name"`
	Attributes string `db:"attributes"`
	Status     string `db:"status"`
	Managed    bool   `db:"managed"`
	ReadOnly   bool   `db:"read_only"`
}

// observedAccount is an account as it was seen, with the attributes that are
// to be stored.
type observedAccount struct {
	directory.Account
	attributes string
}

// observed says what is known of an account that was seen, and whether that is
// something else than before. A target that tells no user name, or no address,
// says nothing of it.
func (k knownAccount) observed(a directory.Account) (observedAccount, bool, error) {
	if a.UserName == "" {
		a.UserName = k.UserName
	}
	if a.Email == "" {
		a.Email = k.Email
	}
	attributes, err := observedAttributes(k.Attributes, a)
	differs := a.Email != k.Email || a.UserName != k.UserName || a.DisplayName != k.Name || attributes != k.Attributes ||
		string(a.Status) != k.Status || a.Managed != k.Managed || a.ReadOnly != k.ReadOnly
	return observedAccount{a, attributes}, differs, err
}

// Link is an account or group that is linked, by its own row's id.
type Link struct {
	ID       int64  `db:"id"`
	Subject  int64  `db:"subject"`
	RemoteID string `db:"remote_id"`
	Name     string `db:"name"`
}

// UnseenAccounts returns the linked accounts that a complete list of a
// target's accounts, seen by this run, did not have. Those without a link that
// it did not have are forgotten.
func (s *Store) UnseenAccounts(ctx context.Context, c Claim, targetID int64) ([]Link, error) {
	if err := s.dropUnlinked(ctx, c, targetID); err != nil {
		return nil, err
	}
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
		`DELETE FROM target_memberships WHERE user_id = ? AND target_id = ?`, `DELETE FROM accounts WHERE user_id = ? AND target_id = ?`,
		// What its attributes were put back to says nothing of the one that is made next.
		fmt.Sprintf(`DELETE FROM overrides WHERE user_id = ? AND target_id = %d AND what = 'attributes'`, targetID))
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
				if _, err := tx.exec(ctx, `UPDATE target_groups SET name = ?, name_key = ?, read_only = ?, observed_at = ? WHERE id = ?`, g.Name, nameKey(g.Name), g.ReadOnly, micros(now), k.ID); err != nil {
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
