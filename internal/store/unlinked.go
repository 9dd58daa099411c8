package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// unlinkedRow is an account of a target that nobody here is linked to.
type unlinkedRow struct {
	ID       int64  `db:"id"`
	RemoteID string `db:"remote_id"`
	Email    string `db:"email"`
	UserName string `db:"user_name"`
	Name     string `db:"display_name"`
	Status   string `db:"status"`
	Managed  bool   `db:"managed"`
	ReadOnly bool   `db:"read_only"`
}

func unlinkedOf(a directory.Account) unlinkedRow {
	return unlinkedRow{RemoteID: a.ID, Email: a.Email, UserName: a.UserName, Name: a.DisplayName, Status: string(a.Status), Managed: a.Managed, ReadOnly: a.ReadOnly}
}

// observeUnlinked stores what a page of a target has that is nobody's, and
// that this run saw it. What is as known already is not written.
func (s *Store) observeUnlinked(ctx context.Context, c Claim, targetID int64, accounts []directory.Account, now time.Time) error {
	if len(accounts) == 0 {
		return nil
	}
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	known, err := s.unlinked(ctx, s.selectAll, targetID, ids)
	if err != nil {
		return err
	}
	var changed []directory.Account
	for _, a := range accounts {
		was, ok := known[a.ID]
		is := unlinkedOf(a)
		if is.ID = was.ID; !ok || was != is {
			changed = append(changed, a)
		}
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		stored := known
		if len(changed) > 0 {
			if err := upsertUnlinked(ctx, tx, targetID, changed, now); err != nil {
				return err
			}
			if stored, err = s.unlinked(ctx, tx.selectAll, targetID, ids); err != nil {
				return err
			}
		}
		rowIDs := make([]int64, 0, len(stored))
		for _, row := range stored {
			rowIDs = append(rowIDs, row.ID)
		}
		// A page that is read again by another attempt is the same part as long as
		// it begins with the same account; if not, more is kept than need be.
		_, err := tx.exec(ctx, `INSERT INTO seen (run_id, collection, part, ids) VALUES (?, ?, ?, ?) ON CONFLICT (run_id, collection, part) DO UPDATE SET ids = excluded.ids`,
			c.RunID, unlinkedList(targetID), slices.Min(ids), packIDs(rowIDs))
		return err
	})
}

func unlinkedList(targetID int64) string { return fmt.Sprintf("unlinked/%d", targetID) }

func (s *Store) unlinked(ctx context.Context, selectAll selecting, targetID int64, ids []string) (map[string]unlinkedRow, error) {
	known := make(map[string]unlinkedRow, len(ids))
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, remote_id, email, user_name, display_name, status, managed, read_only FROM unlinked_accounts
			WHERE target_id = ? AND remote_id IN (?)`, targetID, chunk)
		if err != nil {
			return nil, err
		}
		var found []unlinkedRow
		if err := selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read accounts without a link: %w", err)
		}
		for _, f := range found {
			known[f.RemoteID] = f
		}
	}
	return known, nil
}

func upsertUnlinked(ctx context.Context, tx *Tx, targetID int64, accounts []directory.Account, now time.Time) error {
	accounts = lastOfEach(accounts, func(a directory.Account) string { return a.ID })
	for chunk := range chunks(accounts, rowsAtOnce) {
		args := make([]any, 0, 10*len(chunk))
		for _, a := range chunk {
			args = append(args, targetID, a.ID, a.Email, strings.ToLower(a.Email), a.UserName, a.DisplayName, string(a.Status), a.Managed, a.ReadOnly, micros(now))
		}
		if _, err := tx.exec(ctx, `INSERT INTO unlinked_accounts (target_id, remote_id, email, email_key, user_name, display_name, status, managed, read_only, observed_at)
			VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, remote_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, user_name = excluded.user_name,
				display_name = excluded.display_name, status = excluded.status, managed = excluded.managed, read_only = excluded.read_only, observed_at = excluded.observed_at`, args...); err != nil {
			return fmt.Errorf("store accounts without a link: %w", err)
		}
	}
	return nil
}

// dropUnlinked forgets the accounts without a link that a complete list, seen
// by this run, did not have, and those that were linked meanwhile.
func (s *Store) dropUnlinked(ctx context.Context, c Claim, targetID int64) error {
	seen, err := s.seenSet(ctx, c.RunID, unlinkedList(targetID))
	if err != nil {
		return err
	}
	rows, err := s.query(ctx, `SELECT id FROM unlinked_accounts WHERE target_id = ?`, targetID)
	if err != nil {
		return fmt.Errorf("read accounts without a link: %w", err)
	}
	defer rows.Close()
	var gone []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("read accounts without a link: %w", err)
		}
		if !seen.has(id) {
			gone = append(gone, id)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read accounts without a link: %w", err)
	}
	if len(gone) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := eachChunk(ctx, tx, gone, `DELETE FROM unlinked_accounts WHERE id IN (?)`); err != nil {
			return fmt.Errorf("forget accounts without a link: %w", err)
		}
		return nil
	})
}
