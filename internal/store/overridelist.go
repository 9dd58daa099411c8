package store

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// OverrideFilter chooses what was undone; an empty field is any.
type OverrideFilter struct {
	Connection string
	UserID     int64
	// RunID is the undo's run.
	RunID int64
}

// Override is something that was undone, and stays so until it is released or
// the source says something else.
type Override struct {
	ID         int64  `db:"id" json:"id"`
	Connection string `db:"connection" json:"connection"`
	Target     string `db:"target" json:"target"`
	UserID     int64  `db:"user_id" json:"user_id,omitzero"`
	User       string `db:"label" json:"user,omitzero"`
	GroupID    int64  `db:"group_id" json:"group_id,omitzero"`
	Group      string `db:"group_name" json:"group,omitzero"`
	// Outer is the group that Group goes into or comes out of, Scope what a
	// permission is for: then it is about no user.
	Outer string `db:"outer_name" json:"outer,omitzero"`
	Scope string `db:"scope" json:"scope,omitzero"`
	// What is "state", "attributes", "member", "nesting" or "permission"; Value is a
	// state, a JSON object, "in" or "out", or a level.
	What  string    `db:"what" json:"what"`
	Value string    `db:"value" json:"value"`
	RunID int64     `db:"run_id" json:"run_id"`
	At    time.Time `db:"-" json:"at"`
}

const overridesWhere = ` WHERE (CAST(? AS TEXT) = '' OR target_id IN (SELECT t.id FROM targets t JOIN connections c ON c.id = t.connection_id WHERE c.name = ?))
	AND (CAST(? AS BIGINT) = 0 OR user_id = ?) AND (CAST(? AS BIGINT) = 0 OR run_id = ?)`

func (f OverrideFilter) args() []any {
	return []any{f.Connection, f.Connection, f.UserID, f.UserID, f.RunID, f.RunID}
}

// Overrides returns what was undone and stays so, of people and then of groups,
// the oldest first.
func (s *Store) Overrides(ctx context.Context, f OverrideFilter) iter.Seq2[Override, error] {
	return func(yield func(Override, error) bool) {
		if s.overridesBy(ctx, yield, `SELECT o.id, c.name AS connection, t.name AS target, o.user_id, COALESCE(NULLIF(u.email, ''), NULLIF(u.login, ''), u.source_id) AS label,
				o.group_id, COALESCE(g.name, '') AS group_name, '' AS outer_name, '' AS scope, o.what, o.value, o.run_id, o.created_at
			FROM overrides o JOIN targets t ON t.id = o.target_id JOIN connections c ON c.id = t.connection_id JOIN users u ON u.id = o.user_id
			LEFT JOIN groups g ON g.id = o.group_id`+overridesWhere+` ORDER BY o.id`, f.args()...) && f.UserID == 0 {
			s.overridesBy(ctx, yield, groupOverridesList, f.groupArgs()...)
		}
	}
}

// overridesBy yields what a query finds, and returns whether to go on.
func (s *Store) overridesBy(ctx context.Context, yield func(Override, error) bool, query string, args ...any) bool {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		yield(Override{}, fmt.Errorf("read what was undone: %w", err))
		return false
	}
	defer rows.Close()
	for rows.Next() {
		var row struct {
			Override
			CreatedAt int64 `db:"created_at"`
		}
		err := rows.StructScan(&row)
		row.At = fromMicros(row.CreatedAt)
		if !yield(row.Override, err) || err != nil {
			return false
		}
	}
	if err := rows.Err(); err != nil {
		yield(Override{}, fmt.Errorf("read what was undone: %w", err))
		return false
	}
	return true
}

// ReleaseOverrides lets the rules decide again about what was undone, and
// returns about how much. The users and groups become dirty; users are left out of
// runs that are under way. It is recorded who did that.
func (s *Store) ReleaseOverrides(ctx context.Context, f OverrideFilter, who Who, now time.Time) (int64, error) {
	var released int64
	err := s.write(ctx, func(ctx context.Context, tx *Tx) error {
		var dropped []struct {
			UserID       int64 `db:"user_id"`
			ConnectionID int64 `db:"connection_id"`
		}
		if err := tx.selectAll(ctx, &dropped, `DELETE FROM overrides`+overridesWhere+`
			RETURNING user_id, (SELECT t.connection_id FROM targets t WHERE t.id = overrides.target_id) AS connection_id`, f.args()...); err != nil {
			return fmt.Errorf("release what was undone: %w", err)
		}
		released = int64(len(dropped))
		if f.UserID == 0 {
			groups, err := releaseGroups(ctx, tx, f, who, now)
			if err != nil {
				return err
			}
			released += groups
		}
		users := map[int64]map[int64]bool{}
		for _, d := range dropped {
			if users[d.ConnectionID] == nil {
				users[d.ConnectionID] = map[int64]bool{}
			}
			users[d.ConnectionID][d.UserID] = true
		}
		for _, id := range slices.Sorted(maps.Keys(users)) {
			if err := recordAction(ctx, tx, Action{ConnectionID: id, What: "undo.release", RunID: f.RunID, UserID: f.UserID, Text: fmt.Sprintf("people: %d", len(users[id]))}.by(who), now); err != nil {
				return err
			}
			for _, userID := range sortedKeys(users[id]) {
				// A run that is under way has decided already: it is not to go by that.
				if err := leaveOutOfRuns(ctx, tx, id, userID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return released, err
}
