package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// SaveGroups stores a page of groups; those that are new or whose members may
// have changed become due to have their members read. Groups that did not
// change are not written, and none that is known from a later question than
// the page's is overwritten. The members of a group that comes back, or has
// another name, become dirty.
func (s *Store) SaveGroups(ctx context.Context, c Claim, groups []directory.Group, askedAt time.Time) (PageSaved, error) {
	if len(groups) == 0 {
		return PageSaved{}, nil
	}
	groups = lastOfEach(groups, func(g directory.Group) string { return g.SourceID })
	known, err := s.groupsBySource(ctx, c.ConnectionID, groups)
	if err != nil {
		return PageSaved{}, err
	}
	var saved PageSaved
	var changed []directory.Group
	var back []int64
	for _, g := range groups {
		k, ok := known[g.SourceID]
		same := k.Fingerprint == groupFingerprint(g) && k.Presence == string(directory.Present) && k.MembersUpdated == micros(g.LastMembershipUpdated)
		if ok && (same || overtaken(k.ReadAt, askedAt)) {
			saved.IDs = append(saved.IDs, k.ID)
			continue
		}
		changed = append(changed, g)
		if !ok {
			saved.New++
		} else {
			saved.Changed++
			saved.IDs = append(saved.IDs, k.ID)
			if k.Presence != string(directory.Present) || k.Name != g.Name {
				back = append(back, k.ID) // a rule may look at the names of somebody's groups
			}
		}
	}
	if len(changed) == 0 {
		return saved, nil
	}
	args := make([]any, 0, len(changed)*9)
	for _, g := range changed {
		args = append(args, c.ConnectionID, g.SourceID, g.Name, nameKey(g.Name), g.Description, g.Type, groupFingerprint(g),
			micros(g.LastMembershipUpdated), micros(askedAt))
	}
	err = s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO groups (connection_id, source_id, name, name_key, description, type, fingerprint, members_updated, read_at)
			VALUES `+rows("(?, ?, ?, ?, ?, ?, ?, ?, ?)", len(changed))+`
			ON CONFLICT (connection_id, source_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
				description = excluded.description, type = excluded.type, members_updated = excluded.members_updated,
				read_at = CASE WHEN groups.read_at > excluded.read_at THEN groups.read_at ELSE excluded.read_at END,
				dirty = groups.dirty OR groups.presence <> 'present' OR groups.fingerprint <> excluded.fingerprint,
				members_due = groups.members_due OR groups.presence <> 'present' OR groups.members_updated <> excluded.members_updated,
				members_digest = CASE WHEN groups.presence <> 'present' THEN '' ELSE groups.members_digest END,
				presence = 'present', fingerprint = excluded.fingerprint
			WHERE groups.read_at <= excluded.read_at + CAST(? AS BIGINT)`, append(args, clockGrain.Microseconds())...)
		if err != nil {
			return fmt.Errorf("store %d groups: %w", len(changed), err)
		}
		return markMembersDirty(ctx, tx, back)
	})
	if err != nil || saved.New == 0 {
		return saved, err
	}
	stored, err := s.groupsBySource(ctx, c.ConnectionID, changed)
	if err != nil {
		return PageSaved{}, err
	}
	for sourceID, g := range stored {
		if _, ok := known[sourceID]; !ok {
			saved.IDs = append(saved.IDs, g.ID)
		}
	}
	return saved, nil
}

type storedGroup struct {
	ID             int64  `db:"id"`
	SourceID       string `db:"source_id"`
	Name           string `db:"name"`
	Fingerprint    string `db:"fingerprint"`
	Presence       string `db:"presence"`
	MembersUpdated int64  `db:"members_updated"`
	ReadAt         int64  `db:"read_at"`
}

func (s *Store) groupsBySource(ctx context.Context, connectionID int64, groups []directory.Group) (map[string]storedGroup, error) {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.SourceID
	}
	known := make(map[string]storedGroup, len(ids))
	for chunk := range chunks(ids, 1000) {
		query, args, err := in(`SELECT id, source_id, name, fingerprint, presence, members_updated, read_at FROM groups WHERE connection_id = ? AND source_id IN (?)`, connectionID, chunk)
		if err != nil {
			return nil, err
		}
		var found []storedGroup
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return nil, fmt.Errorf("read known groups: %w", err)
		}
		for _, g := range found {
			known[g.SourceID] = g
		}
	}
	return known, nil
}

func groupFingerprint(g directory.Group) string { return fingerprint(g.Name, g.Description, g.Type) }

// nameKey is how names are compared where a target folds case.
func nameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// MarkAbsentGroups marks the groups that a complete list, seen by this run,
// did not have, and returns how many this run has marked, also when asked
// again. Their members become dirty.
func (s *Store) MarkAbsentGroups(ctx context.Context, c Claim) (int, error) {
	missing, err := s.notSeen(ctx, c, "groups", `SELECT id FROM groups WHERE connection_id = ? AND presence = 'present' ORDER BY id`)
	if err != nil {
		return 0, err
	}
	return s.markMissing(ctx, c, "groups", missing, func(ctx context.Context, tx *Tx) error {
		if err := eachChunk(ctx, tx, missing, `UPDATE groups SET presence = 'absent', dirty = TRUE WHERE id IN (?)`); err != nil {
			return fmt.Errorf("mark absent groups: %w", err)
		}
		return markMembersDirty(ctx, tx, missing)
	})
}

// markMembersDirty makes the members of groups be decided again.
func markMembersDirty(ctx context.Context, tx *Tx, groupIDs []int64) error {
	if err := eachChunk(ctx, tx, groupIDs, `UPDATE users SET dirty = TRUE WHERE NOT dirty AND id IN (SELECT user_id FROM memberships WHERE group_id IN (?))`); err != nil {
		return fmt.Errorf("mark members dirty: %w", err)
	}
	return nil
}

// ForgetDigests makes groups that have members which were not known be read
// again, since users have been added that may be among them.
func (s *Store) ForgetDigests(ctx context.Context, c Claim) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE groups SET members_digest = '', members_due = TRUE WHERE connection_id = ? AND members_unknown > 0`, c.ConnectionID)
		return err
	})
}

// GroupRef is a group whose members are to be read.
type GroupRef struct {
	ID       int64  `db:"id"`
	SourceID string `db:"source_id"`
	Digest   string `db:"members_digest"`
}

// GroupsToRead returns up to limit groups after the given id whose members a
// run must read: all when it reads in full, those that are due otherwise.
func (s *Store) GroupsToRead(ctx context.Context, connectionID int64, full bool, after int64, limit int) ([]GroupRef, error) {
	query := `SELECT id, source_id, members_digest FROM groups WHERE connection_id = ? AND presence = 'present' AND members_due AND id > ? ORDER BY id LIMIT CAST(? AS BIGINT)`
	if full {
		query = `SELECT id, source_id, members_digest FROM groups WHERE connection_id = ? AND presence = 'present' AND id > ? ORDER BY id LIMIT CAST(? AS BIGINT)`
	}
	var refs []GroupRef
	if err := s.selectAll(ctx, &refs, query, connectionID, after, limit); err != nil {
		return nil, fmt.Errorf("read groups that are due: %w", err)
	}
	return refs, nil
}

// MarkUnselected marks stored groups that the source still has and the
// configuration does not select any more; their members become dirty.
func (s *Store) MarkUnselected(ctx context.Context, c Claim, sourceIDs []string) error {
	var ids []int64
	for chunk := range chunks(sourceIDs, 1000) {
		query, args, err := in(`SELECT id FROM groups WHERE connection_id = ? AND source_id IN (?) AND presence <> 'unselected'`, c.ConnectionID, chunk)
		if err != nil {
			return err
		}
		var found []int64
		if err := s.selectAll(ctx, &found, query, args...); err != nil {
			return fmt.Errorf("read groups that are not selected: %w", err)
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return nil
	}
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		if err := eachChunk(ctx, tx, ids, `UPDATE groups SET presence = 'unselected', dirty = TRUE WHERE id IN (?)`); err != nil {
			return fmt.Errorf("mark groups that are not selected: %w", err)
		}
		return markMembersDirty(ctx, tx, ids)
	})
}
