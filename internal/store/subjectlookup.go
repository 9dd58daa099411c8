package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// SourceIDs returns the source's ids of users.
func (s *Store) SourceIDs(ctx context.Context, users []int64) (map[int64]string, error) {
	ids := make(map[int64]string, len(users))
	for chunk := range chunks(users, 1000) {
		query, args, err := in(`SELECT id, source_id FROM users WHERE id IN (?)`, padded(chunk))
		if err != nil {
			return nil, err
		}
		var found []struct {
			ID       int64  `db:"id"`
			SourceID string `db:"source_id"`
		}
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read source ids: %w", err)
		}
		for _, f := range found {
			ids[f.ID] = f.SourceID
		}
	}
	return ids, nil
}

// UnknownUsers returns those of the source's ids under which a connection has
// no user yet.
func (s *Store) UnknownUsers(ctx context.Context, connectionID int64, sourceIDs []string) ([]string, error) {
	var unknown []string
	for chunk := range chunks(sourceIDs, 1000) {
		known, err := s.usersBySource(ctx, connectionID, chunk)
		if err != nil {
			return nil, err
		}
		have := make(map[string]bool, len(known))
		for _, u := range known {
			have[u.SourceID] = true
		}
		for _, id := range chunk {
			if !have[id] {
				unknown = append(unknown, id)
			}
		}
	}
	return unknown, nil
}

// GroupRefs returns groups of the source by their ids, to have their members
// read; those that Rollcall has made up itself are not among them.
func (s *Store) GroupRefs(ctx context.Context, ids []int64) ([]GroupRef, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := in(`SELECT id, source_id, members_digest FROM groups WHERE presence = 'present' AND id IN (?) ORDER BY id`, padded(ids))
	if err != nil {
		return nil, err
	}
	var refs []GroupRef
	if err := s.selectAll(ctx, &refs, query, args...); err != nil {
		return nil, fmt.Errorf("find groups: %w", err)
	}
	return refs, nil
}

// MembersAfter returns up to limit users who are in a group of the source, or
// were when it was last read but one, after a user.
func (s *Store) MembersAfter(ctx context.Context, groupIDs []int64, after int64, limit int) ([]int64, error) {
	if len(groupIDs) == 0 {
		return nil, nil
	}
	query, args, err := in(`SELECT DISTINCT user_id FROM memberships WHERE group_id IN (?) AND user_id > ? ORDER BY user_id LIMIT CAST(? AS BIGINT)`, padded(groupIDs), after, limit)
	if err != nil {
		return nil, err
	}
	var users []int64
	if err := s.selectAll(ctx, &users, query, args...); err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return users, nil
}

// UnlinkedGroups returns the groups that some users are to be in and that have
// no counterpart in a target yet.
func (s *Store) UnlinkedGroups(ctx context.Context, targetID int64, users []int64) ([]int64, error) {
	if len(users) == 0 {
		return nil, nil
	}
	query, args, err := in(`SELECT DISTINCT m.group_id FROM desired_memberships m
		WHERE m.target_id = ? AND m.user_id IN (?) AND NOT EXISTS (SELECT 1 FROM target_groups t WHERE t.target_id = m.target_id AND t.group_id = m.group_id)
		ORDER BY m.group_id`, targetID, padded(users))
	if err != nil {
		return nil, err
	}
	var groups []int64
	if err := s.selectAll(ctx, &groups, query, args...); err != nil {
		return nil, fmt.Errorf("look for groups without a counterpart: %w", err)
	}
	return groups, nil
}

// LastRun says when runs of a connection came to a good end.
type LastRun struct {
	// Ended is when the last did; zero when none ever has.
	Ended time.Time
	// First is when the first of all runs began; zero when there was none.
	First time.Time
}

// LastGood returns when a connection was last in step, as far as its runs say.
func (s *Store) LastGood(ctx context.Context, connection string) (LastRun, error) {
	var last struct {
		Ended int64 `db:"ended"`
		First int64 `db:"first"`
	}
	err := s.get(ctx, &last, `SELECT COALESCE(MAX(CASE WHEN r.outcome IN ('done', 'partial', 'held') AND NOT r.dry_run THEN r.ended_at ELSE 0 END), 0) AS ended, COALESCE(MIN(r.started_at), 0) AS first
		FROM runs r JOIN connections c ON c.id = r.connection_id WHERE c.name = ?`, connection)
	if err != nil {
		return LastRun{}, fmt.Errorf("read when %s was last in step: %w", connection, err)
	}
	return LastRun{fromMicros(last.Ended), fromMicros(last.First)}, nil
}

// joinFor is how long after a request was made others may join it.
const joinFor = 10 * time.Second

// JoinRequest adds people to a request of the same kind and name that has not
// begun, or makes one: those who come together are carried out together, and
// what the guard holds of them is one plan. It returns the request's id.
func (s *Store) JoinRequest(ctx context.Context, r Request, now time.Time) (int64, error) {
	var id int64
	err := s.write(ctx, func(ctx context.Context, tx *Tx) (err error) {
		id, err = joinRequest(ctx, tx, r, now)
		return err
	})
	return id, err
}

func joinRequest(ctx context.Context, tx *Tx, r Request, now time.Time) (int64, error) {
	var open []struct {
		ID    int64  `db:"id"`
		Users string `db:"users"`
	}
	if err := tx.selectAll(ctx, &open, `SELECT id, users FROM requests WHERE ended_at = 0 AND created_at > ? AND run_id = 0 AND connection_id = ? AND kind = ? AND name = ? ORDER BY id DESC LIMIT 1`+tx.forUpdate(),
		micros(now.Add(-joinFor)), r.ConnectionID, string(r.Kind), r.Name); err != nil {
		return 0, fmt.Errorf("look for a request to join: %w", err)
	}
	if len(open) == 0 {
		return addRequest(ctx, tx, r, now)
	}
	id := open[0].ID
	users, err := idsOf(open[0].Users)
	if err != nil {
		return 0, err
	}
	users = append(users, r.Users...)
	slices.Sort(users)
	text, err := idList(slices.Compact(users))
	if err != nil {
		return 0, err
	}
	if _, err := tx.exec(ctx, `UPDATE requests SET users = ? WHERE id = ?`, text, id); err != nil {
		return 0, fmt.Errorf("join request %d: %w", id, err)
	}
	return id, nil
}
