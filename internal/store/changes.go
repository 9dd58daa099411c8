package store

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/jmoiron/sqlx"
)

// ChangeFilter selects changes of a run.
type ChangeFilter struct {
	// States selects by state; empty is all.
	States []string
	Kind   string
	// Target selects by the target's name; empty is all.
	Target string
	// UserID and GroupID select one subject's changes; 0 is all.
	UserID, GroupID int64
}

// where is the condition of a filter on the changes of a run.
func (f ChangeFilter) where(runID int64) (string, []any) {
	conditions := []string{"ch.run_id = ?"}
	args := []any{runID}
	if len(f.States) > 0 {
		conditions = append(conditions, "ch.state IN (?)")
		args = append(args, f.States)
	}
	for _, c := range []struct {
		column string
		value  any
		set    bool
	}{{"ch.kind", f.Kind, f.Kind != ""}, {"t.name", f.Target, f.Target != ""}, {"ch.user_id", f.UserID, f.UserID != 0}, {"ch.group_id", f.GroupID, f.GroupID != 0}} {
		if c.set {
			conditions = append(conditions, c.column+" = ?")
			args = append(args, c.value)
		}
	}
	return `
			WHERE ` + strings.Join(conditions, " AND "), args
}

// Changes streams the changes of a run in the order in which they are applied.
func (s *Store) Changes(ctx context.Context, runID int64, f ChangeFilter) iter.Seq2[Change, error] {
	where, args := f.where(runID)
	return s.changes(ctx, runID, changeColumns+where+` ORDER BY ch.target_id, ch.stage, ch.ord`, args)
}

func (s *Store) changes(ctx context.Context, runID int64, statement string, args []any) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		query, args, err := in(statement, args...)
		if err != nil {
			yield(Change{}, err)
			return
		}
		for c, err := range stream(ctx, s, fmt.Sprintf("read changes of run %d", runID), scanChange, query, args...) {
			c.Done = fromMicros(c.DoneAt)
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func scanChange(rows *sqlx.Rows, into *Change) error { return rows.StructScan(into) }

// PersonChanges are the changes of one person in all targets.
type PersonChanges struct {
	UserID int64 `json:"user_id"`
	// User is the person's address, or else the login.
	User    string   `json:"user,omitempty"`
	Changes []Change `json:"changes"`
}

// ChangesByUser streams the people whom a run changed something of, each with
// all changes that are selected: by target, and then in the order in which they
// are applied. Changes of groups alone are nobody's. One person is held in
// memory at a time.
func (s *Store) ChangesByUser(ctx context.Context, runID int64, f ChangeFilter) iter.Seq2[PersonChanges, error] {
	where, args := f.where(runID)
	changes := s.changes(ctx, runID, changeColumns+where+` AND ch.user_id <> 0 ORDER BY ch.user_id, t.name, ch.stage, ch.ord`, args)
	return func(yield func(PersonChanges, error) bool) {
		var person PersonChanges
		for c, err := range changes {
			if err != nil {
				yield(PersonChanges{}, err)
				return
			}
			if person.UserID != 0 && person.UserID != c.UserID {
				if !yield(person, nil) {
					return
				}
				person = PersonChanges{}
			}
			person.UserID, person.User = c.UserID, c.User
			person.Changes = append(person.Changes, c)
		}
		if person.UserID != 0 {
			yield(person, nil)
		}
	}
}

// LastChanges returns the changes of somebody in the last run that had any, for
// each target, up to a limit of the newest.
func (s *Store) LastChanges(ctx context.Context, userID int64, limit int) ([]Change, error) {
	var changes []Change
	if err := s.selectAll(ctx, &changes, changeColumns+`JOIN runs r ON r.id = ch.run_id AND NOT r.dry_run
		WHERE ch.user_id = ? AND ch.run_id = (SELECT MAX(l.run_id) FROM changes l JOIN runs lr ON lr.id = l.run_id AND NOT lr.dry_run WHERE l.user_id = ch.user_id AND l.target_id = ch.target_id)
		ORDER BY t.name, ch.stage, ch.ord LIMIT CAST(? AS BIGINT)`, userID, limit); err != nil {
		return nil, fmt.Errorf("read the last changes of user %d: %w", userID, err)
	}
	for i := range changes {
		changes[i].Done = fromMicros(changes[i].DoneAt)
	}
	return changes, nil
}
