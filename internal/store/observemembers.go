package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// membersSeen is what a complete list of a group's members says.
type membersSeen struct {
	// lost are users who were members, back those who were lost and are there,
	// found those who are as is wanted, unwanted those who are and are not wanted.
	lost, back, found, unwanted []int64
	// strangers are accounts in the group that nobody here is linked to, gone
	// those that were and are not any more. They are known only of groups that
	// are to hold just the source's members.
	strangers, gone []string
}

func (m membersSeen) nothing() bool {
	return len(m.lost)+len(m.back)+len(m.found)+len(m.unwanted)+len(m.strangers)+len(m.gone) == 0
}

// ObserveMembers compares the complete list of a linked group's members with
// what was last known. A membership that is gone makes its user dirty; one that we
// made is kept until the next plan, which adds it again or takes it away: had it
// been forgotten on the word of one wrong list, nobody would take it away from
// somebody whom the source takes out meanwhile. One that is there and wanted is
// known from now on. Others are left alone, unless
// the group is to hold just the source's members: then they are known as well,
// and who has them becomes dirty, or the group for those whom no link knows.
func (s *Store) ObserveMembers(ctx context.Context, c Claim, targetID, groupID int64, accountIDs []string) error {
	seen, rest, err := s.compareMembers(ctx, targetID, groupID, accountIDs)
	if err != nil {
		return err
	}
	if err := s.compareOthers(ctx, targetID, groupID, rest, &seen); err != nil {
		return err
	}
	if seen.nothing() {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := storeLost(ctx, tx, targetID, groupID, seen); err != nil {
			return err
		}
		if err := insertFound(ctx, tx, targetID, groupID, seen.found, "adopted"); err != nil {
			return err
		}
		if err := insertFound(ctx, tx, targetID, groupID, seen.unwanted, "found"); err != nil {
			return err
		}
		if err := storeStrangers(ctx, tx, targetID, groupID, seen); err != nil {
			return err
		}
		dirty := slices.Concat(seen.lost, seen.unwanted)
		slices.Sort(dirty) // two groups that share members lock them in one order
		if err := eachChunk(ctx, tx, dirty, `UPDATE users SET dirty = TRUE WHERE id IN (?) AND NOT dirty`); err != nil {
			return fmt.Errorf("mark users whose memberships changed: %w", err)
		}
		return nil
	})
}

// compareMembers compares a list with the members that are known or wanted,
// and returns the accounts on it that are neither.
func (s *Store) compareMembers(ctx context.Context, targetID, groupID int64, accountIDs []string) (membersSeen, []string, error) {
	var linked []struct {
		UserID   int64  `db:"user_id"`
		RemoteID string `db:"remote_id"`
		Known    bool   `db:"known"`
		Missing  bool   `db:"missing"`
		Wanted   bool   `db:"wanted"`
	}
	// CROSS JOIN keeps SQLite from walking all of the target's accounts.
	err := s.selectAll(ctx, &linked, `SELECT a.user_id, a.remote_id, tm.user_id IS NOT NULL AS known, COALESCE(tm.missing, FALSE) AS missing, dm.user_id IS NOT NULL AS wanted
		FROM (SELECT user_id FROM target_memberships WHERE target_id = ? AND group_id = ? UNION SELECT user_id FROM desired_memberships WHERE target_id = ? AND group_id = ?) AS one
		CROSS JOIN accounts a
		LEFT JOIN target_memberships tm ON tm.target_id = a.target_id AND tm.group_id = ? AND tm.user_id = a.user_id
		LEFT JOIN desired_memberships dm ON dm.target_id = a.target_id AND dm.group_id = ? AND dm.user_id = a.user_id
		WHERE a.target_id = ? AND a.user_id = one.user_id`,
		targetID, groupID, targetID, groupID, groupID, groupID, targetID)
	if err != nil {
		return membersSeen{}, nil, fmt.Errorf("read known members: %w", err)
	}
	there := make(map[string]bool, len(accountIDs))
	// An id may be a name, which a product that folds case tells in another case
	// once it was renamed so.
	folded := make(map[string]string, len(accountIDs))
	for _, id := range accountIDs {
		there[id] = true
		folded[strings.ToLower(id)] = id
	}
	var seen membersSeen
	for _, l := range linked {
		id := l.RemoteID
		if !there[id] {
			id = folded[strings.ToLower(id)]
		}
		switch {
		case l.Known && !there[id]:
			seen.lost = append(seen.lost, l.UserID)
		case l.Missing:
			seen.back = append(seen.back, l.UserID)
		case !l.Known && l.Wanted && there[id]:
			seen.found = append(seen.found, l.UserID)
		}
		delete(there, id)
	}
	rest := make([]string, 0, len(there))
	for id := range there {
		rest = append(rest, id)
	}
	slices.Sort(rest)
	return seen, rest, nil
}

// compareOthers sorts out who else is in a group that is to hold just the
// source's members. An account that another connection is linked to is not
// ours to take out.
func (s *Store) compareOthers(ctx context.Context, targetID, groupID int64, accountIDs []string, seen *membersSeen) error {
	var additive bool
	if err := s.get(ctx, &additive, `SELECT additive FROM targets WHERE id = ?`, targetID); err != nil {
		return fmt.Errorf("read target %d: %w", targetID, notFound(err))
	}
	if additive {
		return nil
	}
	strangers := make(map[string]bool, len(accountIDs))
	for _, id := range accountIDs {
		strangers[id] = true
	}
	for chunk := range chunks(accountIDs, 1000) {
		query, args, err := in(`SELECT target_id, user_id, remote_id FROM accounts WHERE identity = (SELECT identity FROM targets WHERE id = ?) AND remote_id IN (?)`, targetID, chunk)
		if err != nil {
			return err
		}
		var linked []struct {
			TargetID int64  `db:"target_id"`
			UserID   int64  `db:"user_id"`
			RemoteID string `db:"remote_id"`
		}
		if err := s.selectAll(ctx, &linked, query, args...); err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		for _, l := range linked {
			delete(strangers, l.RemoteID)
			if l.TargetID == targetID {
				seen.unwanted = append(seen.unwanted, l.UserID)
			}
		}
	}
	var known []string
	if err := s.selectAll(ctx, &known, `SELECT remote_id FROM foreign_members WHERE target_id = ? AND group_id = ?`, targetID, groupID); err != nil {
		return fmt.Errorf("read foreign members: %w", err)
	}
	for _, id := range known {
		if strangers[id] {
			delete(strangers, id)
		} else {
			seen.gone = append(seen.gone, id)
		}
	}
	for id := range strangers {
		seen.strangers = append(seen.strangers, id)
	}
	slices.Sort(seen.strangers)
	return nil
}

// storeLost stores whose memberships are gone, and whose are there after all.
func storeLost(ctx context.Context, tx *Tx, targetID, groupID int64, seen membersSeen) error {
	for _, step := range []struct {
		what, sql string
		users     []int64
	}{
		{"drop memberships that are gone", `DELETE FROM target_memberships WHERE target_id = ? AND group_id = ? AND user_id IN (?)
			AND (origin <> 'created' OR NOT (SELECT t.additive FROM targets t WHERE t.id = target_memberships.target_id))`, seen.lost},
		{"mark memberships that are gone", `UPDATE target_memberships SET missing = TRUE WHERE target_id = ? AND group_id = ? AND user_id IN (?) AND NOT missing`, seen.lost},
		{"mark memberships that are back", `UPDATE target_memberships SET missing = FALSE WHERE target_id = ? AND group_id = ? AND user_id IN (?)`, seen.back},
	} {
		for chunk := range chunks(step.users, 1000) {
			query, args, err := in(step.sql, targetID, groupID, chunk)
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, query, args...); err != nil {
				return fmt.Errorf("%s: %w", step.what, err)
			}
		}
	}
	return nil
}

func insertFound(ctx context.Context, tx *Tx, targetID, groupID int64, users []int64, origin string) error {
	for chunk := range chunks(users, rowsAtOnce) {
		args := make([]any, 0, 4*len(chunk))
		for _, id := range chunk {
			args = append(args, targetID, groupID, id, origin)
		}
		if _, err := tx.exec(ctx, `INSERT INTO target_memberships (target_id, group_id, user_id, origin) VALUES `+rows("(?, ?, ?, ?)", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("store found memberships: %w", err)
		}
	}
	return nil
}

// storeStrangers stores who is in a group whom no link knows.
func storeStrangers(ctx context.Context, tx *Tx, targetID, groupID int64, seen membersSeen) error {
	for chunk := range chunks(seen.strangers, rowsAtOnce) {
		args := make([]any, 0, 3*len(chunk))
		for _, id := range chunk {
			args = append(args, targetID, groupID, id)
		}
		if _, err := tx.exec(ctx, `INSERT INTO foreign_members (target_id, group_id, remote_id) VALUES `+rows("(?, ?, ?)", len(chunk))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("store foreign members: %w", err)
		}
	}
	for chunk := range chunks(seen.gone, 1000) {
		query, args, err := in(`DELETE FROM foreign_members WHERE target_id = ? AND group_id = ? AND remote_id IN (?)`, targetID, groupID, chunk)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return fmt.Errorf("drop foreign members: %w", err)
		}
	}
	if len(seen.strangers) == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, `UPDATE groups SET dirty = TRUE WHERE id = ? AND NOT dirty`, groupID); err != nil {
		return fmt.Errorf("mark a group with foreign members: %w", err)
	}
	return nil
}
