package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Want says what a subject is to carry beside what is stored of the user: each
// costs a look at the memberships.
type Want struct {
	// InGroup fills in whether the user is in a selected group, Groups the names
	// of those.
	InGroup, Groups bool
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
	Attributes  string `db:"attributes"`
	LastUpdated int64  `db:"last_updated"`
	Pulled      int64  `db:"pulled"`
	InGroup     bool   `db:"in_group"`
}

func (r subjectRow) subject() (DirtySubject, error) {
	attributes, err := readSourceAttributes(r.Attributes)
	if err != nil {
		return DirtySubject{}, fmt.Errorf("user %d: %w", r.ID, err)
	}
	return DirtySubject{ID: r.ID, Pulled: r.Pulled, Subject: directory.Subject{
		User: directory.User{SourceID: r.SourceID, Status: directory.Status(r.Status), Assigned: r.Assigned, Login: r.Login, Email: r.Email,
			FirstName: r.FirstName, LastName: r.LastName, DisplayName: r.DisplayName, Attributes: attributes, LastUpdated: fromMicros(r.LastUpdated)},
		Presence: directory.Presence(r.Presence), InGroup: r.InGroup, Unread: r.Attributes == unread,
	}}, nil
}

// subjectColumns reads subjectRows.
func subjectColumns(want Want) string {
	inGroup := `FALSE`
	if want.InGroup {
		inGroup = `EXISTS (SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user_id = u.id AND NOT m.absent AND g.presence = 'present')`
	}
	return `SELECT u.id, u.source_id, u.status, u.assigned, u.presence, u.login, u.email, u.first_name, u.last_name, u.display_name, u.attributes, u.last_updated, u.pulled, ` + inGroup + ` AS in_group
		FROM users u `
}

// DirtyUsers returns up to limit users after the given id that must be
// decided.
func (s *Store) DirtyUsers(ctx context.Context, connectionID, after int64, limit int, want Want) ([]DirtySubject, error) {
	var found []subjectRow
	err := s.selectAll(ctx, &found, subjectColumns(want)+`WHERE u.connection_id = ? AND u.dirty AND u.id > ? ORDER BY u.id LIMIT CAST(? AS BIGINT)`, connectionID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read users to decide: %w", err)
	}
	return subjectsOf(ctx, s.selectAll, found, want)
}

// selecting is how rows are read: in a transaction, or not.
type selecting func(ctx context.Context, into any, query string, args ...any) error

// subjectsOf turns rows into subjects, with the names of their groups where
// those are wanted.
func subjectsOf(ctx context.Context, selectAll selecting, found []subjectRow, want Want) ([]DirtySubject, error) {
	subjects := make([]DirtySubject, len(found))
	at := make(map[int64]int, len(found))
	ids := make([]int64, len(found))
	for i, f := range found {
		var err error
		if subjects[i], err = f.subject(); err != nil {
			return nil, err
		}
		at[f.ID], ids[i] = i, f.ID
	}
	if !want.Groups {
		return subjects, nil
	}
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT m.user_id, g.name FROM memberships m JOIN groups g ON g.id = m.group_id WHERE m.user_id IN (?) AND NOT m.absent AND g.presence = 'present'`, padded(chunk))
		if err != nil {
			return nil, err
		}
		var in []struct {
			UserID int64  `db:"user_id"`
			Name   string `db:"name"`
		}
		if err := selectAll(ctx, &in, query, args...); err != nil {
			return nil, fmt.Errorf("read the groups of users to decide: %w", err)
		}
		for _, m := range in {
			i := at[m.UserID]
			subjects[i].Groups = append(subjects[i].Groups, m.Name)
		}
	}
	for i := range subjects {
		slices.Sort(subjects[i].Groups)
	}
	return subjects, nil
}
