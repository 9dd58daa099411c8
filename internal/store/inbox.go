package store

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// InboxItem is an object that was pushed and is not applied in every target yet.
type InboxItem struct {
	ResourceID int64 `db:"resource_id"`
	// Version is that of the newest push; what is acknowledged is a version.
	Version int64 `db:"version"`
	// Type is the resource type, "User" or "Group".
	Type string `db:"type"`
	// Urgent is whether somebody is to lose access.
	Urgent   bool   `db:"urgent"`
	Attempts int    `db:"attempts"`
	Class    string `db:"class"`
}

const inboxColumns = `SELECT i.resource_id, i.version, r.type, i.urgent, i.attempts, i.class FROM inbox i JOIN scim_resources r ON r.id = i.resource_id `

// DueInbox returns up to limit objects of a shard that are due, those first
// that have waited longest. While somebody is to lose access it returns such
// objects alone: they do not wait for the work on others.
func (s *Store) DueInbox(ctx context.Context, connectionID int64, shard, limit int, now time.Time) ([]InboxItem, error) {
	for _, urgent := range []bool{true, false} {
		var due []InboxItem
		err := s.selectAll(ctx, &due, inboxColumns+`WHERE i.connection_id = ? AND i.shard = ? AND i.urgent = ? AND NOT i.waiting AND i.due_at <= ?
			ORDER BY i.due_at, i.resource_id LIMIT CAST(? AS BIGINT)`, connectionID, shard, urgent, micros(now), limit)
		if err != nil {
			return nil, fmt.Errorf("read what was pushed: %w", err)
		}
		if len(due) > 0 {
			return due, nil
		}
	}
	return nil, nil
}

// PendingInbox returns up to limit objects of a connection after a resource,
// due or not, in their order: for a run that takes over all of them.
func (s *Store) PendingInbox(ctx context.Context, connectionID, after int64, limit int) ([]InboxItem, error) {
	var pending []InboxItem
	err := s.selectAll(ctx, &pending, inboxColumns+`WHERE i.connection_id = ? AND i.resource_id > ? ORDER BY i.resource_id LIMIT CAST(? AS BIGINT)`, connectionID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read what was pushed: %w", err)
	}
	return pending, nil
}

// NextDue returns when the next object of a shard is due, zero for never, and
// how many there are that are not waiting for something else.
func (s *Store) NextDue(ctx context.Context, connectionID int64, shard int) (time.Time, int64, error) {
	var next struct {
		Due  int64 `db:"due"`
		Left int64 `db:"items"`
	}
	err := s.get(ctx, &next, `SELECT COALESCE(MIN(due_at), 0) AS due, COUNT(*) AS items FROM inbox WHERE connection_id = ? AND shard = ? AND urgent IN (TRUE, FALSE) AND NOT waiting`, connectionID, shard)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("look for what is due next: %w", err)
	}
	return fromMicros(next.Due), next.Left, nil
}

// PendingShard is a shard that has something due.
type PendingShard struct {
	Connection string `db:"name"`
	Shard      int    `db:"shard"`
}

// PendingShards returns the shards of all connections that have something due.
func (s *Store) PendingShards(ctx context.Context, now time.Time) ([]PendingShard, error) {
	var pending []PendingShard
	// One look into the index for each shard, however much waits in it.
	err := s.selectAll(ctx, &pending, `SELECT c.name, s.shard FROM connections c
		CROSS JOIN (SELECT 0 AS shard UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7) s
		WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.connection_id = c.id AND i.shard = s.shard AND i.urgent = TRUE AND i.due_at <= ? AND NOT i.waiting)
			OR EXISTS (SELECT 1 FROM inbox i WHERE i.connection_id = c.id AND i.shard = s.shard AND i.urgent = FALSE AND i.due_at <= ? AND NOT i.waiting)
		ORDER BY c.name, s.shard`, micros(now), micros(now))
	if err != nil {
		return nil, fmt.Errorf("look for shards that have something to do: %w", err)
	}
	return pending, nil
}

// DueShards returns the shards of a connection that have something due.
func (s *Store) DueShards(ctx context.Context, connectionID int64, now time.Time) ([]int, error) {
	var due []int
	err := s.selectAll(ctx, &due, `SELECT s.shard FROM (SELECT 0 AS shard UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7) s
		WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.connection_id = ? AND i.shard = s.shard AND i.urgent = TRUE AND i.due_at <= ? AND NOT i.waiting)
			OR EXISTS (SELECT 1 FROM inbox i WHERE i.connection_id = ? AND i.shard = s.shard AND i.urgent = FALSE AND i.due_at <= ? AND NOT i.waiting)
		ORDER BY s.shard`, connectionID, micros(now), connectionID, micros(now))
	if err != nil {
		return nil, fmt.Errorf("look for shards that have something to do: %w", err)
	}
	return due, nil
}

// Disposal is what becomes of an object's row in the inbox.
type Disposal struct {
	InboxItem
	// RunID is the run that applied it; 0 when nothing had to be done.
	RunID int64
	// Class says why the object is put off.
	Class directory.Class
	// After is how long it is put off; 0 leaves that to the number of attempts.
	After time.Duration
	// UserID is who waits.
	UserID int64
}

// ack takes objects out of the inbox that came to their end in every target,
// and records which run did it. A newer push of an object stays.
func ack(ctx context.Context, tx *Tx, done []Disposal, now time.Time) error {
	for chunk := range chunks(done, rowsAtOnce) {
		args := make([]any, 0, 3*len(chunk))
		runs := make(map[int64]Disposal, len(chunk))
		for _, d := range chunk {
			args = append(args, d.ResourceID, d.Version)
			runs[d.ResourceID] = d
		}
		var acked []int64
		if err := tx.selectAll(ctx, &acked, `WITH v (resource_id, version) AS (VALUES `+rows("(CAST(? AS BIGINT), CAST(? AS BIGINT))", len(chunk))+`)
			DELETE FROM inbox WHERE (resource_id, version) IN (SELECT resource_id, version FROM v) RETURNING resource_id`, args...); err != nil {
			return fmt.Errorf("take out of the inbox: %w", err)
		}
		if len(acked) == 0 {
			continue
		}
		args = args[:0]
		for _, id := range acked {
			args = append(args, id, runs[id].Version, runs[id].RunID, micros(now))
		}
		if _, err := tx.exec(ctx, `INSERT INTO scim_acks (resource_id, version, run_id, acked_at) VALUES `+rows("(?, ?, ?, ?)", len(acked))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return fmt.Errorf("record what was applied: %w", err)
		}
	}
	return nil
}

const (
	// An object that failed is tried again after a second, then after twice as
	// long each time, up to a minute: soon enough after an outage, seldom enough during one.
	firstPutOff = time.Second
	mostPutOff  = time.Minute
)

// putOff makes objects due again later, each with the reason. A newer push of
// an object is due at once, and is left alone.
func putOff(ctx context.Context, tx *Tx, later []Disposal, now time.Time) error {
	for _, d := range later {
		wait, counted := d.After, 0
		if wait == 0 {
			wait, counted = min(mostPutOff, firstPutOff<<min(d.Attempts, 10)), 1
		}
		if _, err := tx.exec(ctx, `UPDATE inbox SET due_at = ?, attempts = attempts + ?, class = ?, waiting = FALSE WHERE resource_id = ? AND version = ?`,
			micros(now.Add(wait)), counted, string(d.Class), d.ResourceID, d.Version); err != nil {
			return fmt.Errorf("put off: %w", err)
		}
	}
	return nil
}

// wait leaves objects in the inbox until a group that a membership of theirs
// is for has its link. One whose group was linked meanwhile, or who is to be in
// others instead of it, is due at once.
func wait(ctx context.Context, tx *Tx, c Claim, waiting []Disposal, now time.Time) error {
	for _, d := range waiting {
		// Whoever links one of these groups waits, or is waited for: then either
		// finds what the other has done.
		var groups []int64
		if err := tx.selectAll(ctx, &groups, `SELECT g.id FROM groups g WHERE g.id IN (
				SELECT group_id FROM changes WHERE user_id = ? AND +run_id = ? AND state = 'blocked' AND class = 'waits-for-link') ORDER BY g.id`+tx.forShare(), d.UserID, c.RunID); err != nil {
			return fmt.Errorf("look at the groups that are waited for: %w", err)
		}
		var linked int
		if err := tx.get(ctx, &linked, `SELECT COUNT(*) FROM changes ch JOIN target_groups tg ON tg.target_id = ch.target_id AND tg.group_id = ch.group_id
			WHERE ch.user_id = ? AND +ch.run_id = ? AND ch.state = 'blocked' AND ch.class = 'waits-for-link'`, d.UserID, c.RunID); err != nil {
			return fmt.Errorf("look for links: %w", err)
		}
		moved, err := movedMeanwhile(ctx, tx, d.UserID, c.RunID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE inbox SET waiting = ?, user_id = ?, due_at = ?, class = 'waits-for-link' WHERE resource_id = ? AND version = ?`,
			linked+moved == 0, d.UserID, micros(now), d.ResourceID, d.Version); err != nil {
			return fmt.Errorf("wait: %w", err)
		}
	}
	return nil
}

// wakeMembers makes the objects due that wait for a group which has just got
// its link.
func wakeMembers(ctx context.Context, tx *Tx, groupID int64, now time.Time) error {
	var locked []int64
	if err := tx.selectAll(ctx, &locked, `SELECT id FROM groups WHERE id = ?`+tx.forNoKeyUpdate(), groupID); err != nil {
		return fmt.Errorf("lock group %d: %w", groupID, err)
	}
	// The members of a group that the rules make are in the groups that lead to it.
	if _, err := tx.exec(ctx, `UPDATE inbox SET waiting = FALSE, due_at = ? WHERE waiting AND user_id IN (SELECT user_id FROM memberships WHERE group_id = ?
			UNION SELECT dm.user_id FROM groups g JOIN targets t ON t.connection_id = g.connection_id JOIN desired_memberships dm ON dm.target_id = t.id AND dm.group_id = g.id WHERE g.id = ?)`,
		micros(now), groupID, groupID); err != nil {
		return fmt.Errorf("wake the members of group %d: %w", groupID, err)
	}
	return nil
}

// Settlement is what becomes of the objects of a pass.
type Settlement struct{ Ack, PutOff, Wait []Disposal }

// SettleInbox acknowledges objects, puts them off and makes them wait, and
// gives leases back, in one transaction.
func (s *Store) SettleInbox(ctx context.Context, c Claim, settled Settlement, leases map[int64]Leased, now time.Time) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		for targetID, leased := range leases {
			if err := release(ctx, tx, c, targetID, leased); err != nil {
				return err
			}
		}
		if err := ack(ctx, tx, settled.Ack, now); err != nil {
			return err
		}
		if err := putOff(ctx, tx, settled.PutOff, now); err != nil {
			return err
		}
		return wait(ctx, tx, c, settled.Wait, now)
	})
}
