package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// DirtySubject is a stored user whose desired state must be decided.
type DirtySubject struct {
	ID int64
	// Pulled tells what was read here from what a push made of it later.
	Pulled int64
	directory.Subject
}

// subjectRow is a user as the rules see it.
type subjectRow struct {
	ID          int64  `db:"id"`
	SourceID    string `db:"source_id"`
	Status      string `db:"status"`
	Assigned    bool   `db:"assigned"`
	Presence    string `db:"presence"`
	Login       string `db:"login"`
	Email       string `db:"email"`
	FirstName   string `db:"first_name"`
	LastName    string `db:"last_name"`
	DisplayName string `db:"display_name"`
	Pulled      int64  `db:"pulled"`
	InGroup     bool   `db:"in_group"`
}

func (r subjectRow) subject() directory.Subject {
	return directory.Subject{
		User: directory.User{SourceID: r.SourceID, Status: directory.Status(r.Status), Assigned: r.Assigned, Login: r.Login, Email: r.Email,
			FirstName: r.FirstName, LastName: r.LastName, DisplayName: r.DisplayName},
		Presence: directory.Presence(r.Presence), InGroup: r.InGroup,
	}
}

// subjectColumns reads subjectRows; InGroup costs a look at the memberships.
func subjectColumns(wantInGroup bool) string {
	inGroup := `FALSE`
	if wantInGroup {
		inGroup = `EXISTS (SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user_id = u.id AND NOT m.absent AND g.presence = 'present')`
	}
	return `SELECT u.id, u.source_id, u.status, u.assigned, u.presence, u.login, u.email, u.first_name, u.last_name, u.display_name, u.pulled, ` + inGroup + ` AS in_group
		FROM users u `
}

// DirtyUsers returns up to limit users after the given id that must be
// decided. InGroup is filled in only when wanted, as it costs a look at the memberships.
func (s *Store) DirtyUsers(ctx context.Context, connectionID, after int64, limit int, wantInGroup bool) ([]DirtySubject, error) {
	var found []subjectRow
	err := s.selectAll(ctx, &found, subjectColumns(wantInGroup)+`WHERE u.connection_id = ? AND u.dirty AND u.id > ? ORDER BY u.id LIMIT CAST(? AS BIGINT)`, connectionID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read users to decide: %w", err)
	}
	subjects := make([]DirtySubject, len(found))
	for i, f := range found {
		subjects[i] = DirtySubject{ID: f.ID, Pulled: f.Pulled, Subject: f.subject()}
	}
	return subjects, nil
}

// Decision is what a target should hold for a user.
type Decision struct {
	UserID int64
	// Pulled is the DirtySubject's: a decision about what was there before a
	// push is not stored, as the push's own stands.
	Pulled int64
	directory.DesiredAccount
}

// SaveDecisions stores decided accounts for a target, and the memberships
// that follow from them. A row that changes gets a new version.
func (s *Store) SaveDecisions(ctx context.Context, c Claim, targetID int64, decisions []Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	first, last := decisions[0].UserID, decisions[len(decisions)-1].UserID
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		current, err := notOvertaken(ctx, tx, c.ConnectionID, decisions)
		if err != nil {
			return err
		}
		if err := upsertDesired(ctx, tx, targetID, current); err != nil {
			return err
		}
		// The ids between first and last that are dirty are just those decided here.
		if _, err := tx.exec(ctx, `DELETE FROM desired_memberships WHERE target_id = ? AND user_id BETWEEN ? AND ?
			AND user_id IN (SELECT id FROM users WHERE connection_id = ? AND dirty AND id BETWEEN ? AND ?)
			AND NOT EXISTS (SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id
				WHERE m.group_id = desired_memberships.group_id AND m.user_id = desired_memberships.user_id AND NOT m.absent AND g.presence = 'present')`,
			targetID, first, last, c.ConnectionID, first, last); err != nil {
			return fmt.Errorf("drop desired memberships: %w", err)
		}
		if _, err := tx.exec(ctx, `INSERT INTO desired_memberships (target_id, group_id, user_id)
			SELECT d.target_id, m.group_id, m.user_id
			FROM users u
			JOIN desired_accounts d ON d.user_id = u.id AND d.target_id = ?
			JOIN memberships m ON m.user_id = u.id AND NOT m.absent
			JOIN groups g ON g.id = m.group_id AND g.presence = 'present'
			WHERE u.connection_id = ? AND u.dirty AND u.id BETWEEN ? AND ? AND (d.state = 'active' OR u.presence = 'absent')
			ON CONFLICT DO NOTHING`, targetID, c.ConnectionID, first, last); err != nil {
			return fmt.Errorf("store desired memberships: %w", err)
		}
		return nil
	})
}

// notOvertaken leaves out the decisions about users that a push has changed since.
func notOvertaken(ctx context.Context, tx *Tx, connectionID int64, decisions []Decision) ([]Decision, error) {
	pushed := map[int64]int64{}
	var rows []struct {
		ID     int64 `db:"id"`
		Pulled int64 `db:"pulled"`
	}
	if err := tx.selectAll(ctx, &rows, `SELECT id, pulled FROM users WHERE connection_id = ? AND dirty AND pulled > 0 AND id BETWEEN ? AND ? ORDER BY id`+tx.forShare(),
		connectionID, decisions[0].UserID, decisions[len(decisions)-1].UserID); err != nil {
		return nil, fmt.Errorf("look for pushes: %w", err)
	}
	if len(rows) == 0 {
		return decisions, nil
	}
	for _, r := range rows {
		pushed[r.ID] = r.Pulled
	}
	current := make([]Decision, 0, len(decisions))
	for _, d := range decisions {
		if pushed[d.UserID] == d.Pulled {
			current = append(current, d)
		}
	}
	return current, nil
}

func upsertDesired(ctx context.Context, tx *Tx, targetID int64, decisions []Decision) error {
	for chunk := range chunks(decisions, rowsAtOnce) {
		args := make([]any, 0, 8*len(chunk))
		for _, d := range chunk {
			args = append(args, targetID, d.UserID, string(d.State), d.Email, strings.ToLower(d.Email), d.DisplayName, d.Rule, string(d.Evidence))
		}
		if _, err := tx.exec(ctx, `INSERT INTO desired_accounts (target_id, user_id, state, email, email_key, display_name, rule, evidence)
			VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?)", len(chunk))+`
			ON CONFLICT (target_id, user_id) DO UPDATE SET state = excluded.state, email = excluded.email, email_key = excluded.email_key,
				display_name = excluded.display_name, rule = excluded.rule, evidence = excluded.evidence, version = desired_accounts.version + 1
			WHERE desired_accounts.state <> excluded.state OR desired_accounts.email <> excluded.email OR desired_accounts.evidence <> excluded.evidence
				OR desired_accounts.display_name <> excluded.display_name OR desired_accounts.rule <> excluded.rule`, args...); err != nil {
			return fmt.Errorf("store %d desired accounts: %w", len(chunk), err)
		}
	}
	return nil
}

// DecideGroups stores what a target should hold for each dirty group: a group
// of the same name.
func (s *Store) DecideGroups(ctx context.Context, c Claim, targetID int64) error {
	var dirty int
	if err := s.get(ctx, &dirty, `SELECT COUNT(*) FROM (SELECT 1 FROM groups WHERE connection_id = ? AND dirty LIMIT 1) AS one`, c.ConnectionID); err != nil {
		return fmt.Errorf("look for groups to decide: %w", err)
	}
	if dirty == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM desired_groups WHERE target_id = ?
			AND group_id IN (SELECT id FROM groups WHERE connection_id = ? AND dirty AND presence <> 'present')`, targetID, c.ConnectionID); err != nil {
			return fmt.Errorf("drop desired groups: %w", err)
		}
		_, err := tx.exec(ctx, `INSERT INTO desired_groups (target_id, group_id, name, name_key, rule)
			SELECT CAST(? AS BIGINT), id, name, name_key, 'same name' FROM groups WHERE connection_id = ? AND dirty AND presence = 'present'
			ON CONFLICT (target_id, group_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, rule = excluded.rule, version = desired_groups.version + 1
			WHERE desired_groups.name <> excluded.name OR desired_groups.rule <> excluded.rule`, targetID, c.ConnectionID)
		if err != nil {
			return fmt.Errorf("store desired groups: %w", err)
		}
		return nil
	})
}
