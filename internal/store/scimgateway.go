package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// ScimMembersExceed reports whether a group has more members than a limit. It
// counts no further, so that a large group costs no more than a small one.
func (s *Store) ScimMembersExceed(ctx context.Context, groupID int64, limit int) (bool, error) {
	var found int
	err := s.each(ctx, func(rows *sqlx.Rows) error { return rows.Scan(&found) },
		`SELECT COUNT(*) FROM (SELECT 1 AS one FROM scim_members WHERE group_id = ? LIMIT CAST(? AS BIGINT)) AS few`, groupID, limit+1)
	if err != nil {
		return false, fmt.Errorf("count members: %w", err)
	}
	return found > limit, nil
}

// ScimBacklog is what was pushed to a connection and is still to be applied.
type ScimBacklog struct {
	Connection string
	Objects    int64
	// Oldest is the time of the oldest of these pushes.
	Oldest time.Time
}

// ScimBacklogs returns the backlogs of all connections that have one. It reads
// the whole inbox, which holds what was pushed within the last seconds.
func (s *Store) ScimBacklogs(ctx context.Context) ([]ScimBacklog, error) {
	var all []ScimBacklog
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var b ScimBacklog
		var oldest int64
		if err := rows.Scan(&b.Connection, &b.Objects, &oldest); err != nil {
			return err
		}
		b.Oldest = fromMicros(oldest)
		all = append(all, b)
		return nil
	}, `SELECT c.name, COUNT(*), MIN(i.first_at) FROM inbox i JOIN connections c ON c.id = i.connection_id GROUP BY c.name ORDER BY c.name`)
	if err != nil {
		return nil, fmt.Errorf("measure what waits: %w", err)
	}
	return all, nil
}
