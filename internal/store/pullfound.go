package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// FoundUser is what a direct look-up at the source said of a user that a push named.
type FoundUser struct {
	// ResourceID is the resource that named the user.
	ResourceID int64
	directory.User
	// Gone is set when the source does not know the user any more.
	Gone bool
	// GroupIDs are the source ids of all groups of the user.
	GroupIDs []string
}

// PullFound stores users as the source described them when it was asked
// directly, with their memberships in the groups that are known, and returns
// their surrogate ids by resource. Users that changed are to be decided.
func (s *Store) PullFound(ctx context.Context, c Claim, found []FoundUser, now time.Time) (map[int64]int64, error) {
	var ids map[int64]int64
	if len(found) == 0 {
		return ids, nil
	}
	found = slices.SortedFunc(slices.Values(found), func(a, b FoundUser) int { return strings.Compare(a.SourceID, b.SourceID) })
	err := s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		ids = make(map[int64]int64, len(found))
		p := pulling{tx: tx, connectionID: c.ConnectionID, now: now}
		groups, err := p.groupsBySource(ctx, found)
		if err != nil {
			return err
		}
		changed, want := map[int64]bool{}, map[int64]map[int64]belonging{}
		for _, f := range found {
			id, err := p.found(ctx, f, changed)
			if err != nil {
				return err
			}
			if id == 0 {
				continue
			}
			ids[f.ResourceID] = id
			if f.Gone {
				continue // a leaver keeps memberships
			}
			want[id] = map[int64]belonging{}
			for _, g := range f.GroupIDs {
				if groups[g] != 0 {
					want[id][groups[g]] = inItself
				}
			}
		}
		if len(want) > 0 {
			regrouped, err := setMemberships(ctx, tx, slices.Sorted(maps.Keys(want)), want, changed)
			if err != nil {
				return err
			}
			// A list of the members that is again what it was before this is none that
			// is stored already.
			if err := eachChunk(ctx, tx, sortedKeys(regrouped), `UPDATE groups SET members_digest = '' WHERE id IN (?) AND members_digest <> ''`); err != nil {
				return fmt.Errorf("mark groups whose members are others: %w", err)
			}
		}
		return markPulled(ctx, tx, sortedKeys(changed))
	})
	return ids, err
}

// found stores one user and returns the surrogate id, 0 for somebody who is
// gone and was never known.
func (p pulling) found(ctx context.Context, f FoundUser, changed map[int64]bool) (int64, error) {
	var known []storedUser
	if err := p.tx.selectAll(ctx, &known, `SELECT id, source_id, fingerprint, presence, read_at, last_updated FROM users WHERE connection_id = ? AND source_id = ?`+p.tx.forNoKeyUpdate(), p.connectionID, f.SourceID); err != nil {
		return 0, fmt.Errorf("read known user: %w", err)
	}
	if f.Gone {
		if len(known) == 0 {
			return 0, nil
		}
		if known[0].Presence != string(directory.Gone) {
			changed[known[0].ID] = true
		}
		_, err := p.tx.exec(ctx, `UPDATE users SET presence = 'gone', read_at = ? WHERE id = ?`, micros(p.now), known[0].ID)
		return known[0].ID, err
	}
	if len(known) == 1 && known[0].Fingerprint == userFingerprint(f.User) && known[0].Presence == string(directory.Present) {
		// A page that was asked for earlier must not undo what has just been confirmed.
		_, err := p.tx.exec(ctx, `UPDATE users SET read_at = ?, last_updated = ? WHERE id = ?`, micros(p.now), max(known[0].LastUpdated, micros(f.LastUpdated)), known[0].ID)
		return known[0].ID, err
	}
	id, err := p.storeUser(ctx, f.User)
	changed[id] = true
	return id, err
}

func (p pulling) groupsBySource(ctx context.Context, found []FoundUser) (map[string]int64, error) {
	var ids []string
	for _, f := range found {
		ids = append(ids, f.GroupIDs...)
	}
	slices.Sort(ids)
	groups := map[string]int64{}
	for chunk := range chunks(slices.Compact(ids), 1000) {
		query, args, err := in(`SELECT id, source_id FROM groups WHERE connection_id = ? AND source_id IN (?)`, p.connectionID, chunk)
		if err != nil {
			return nil, err
		}
		var rows []struct {
			ID       int64  `db:"id"`
			SourceID string `db:"source_id"`
		}
		if err := p.tx.selectAll(ctx, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("read known groups: %w", err)
		}
		for _, r := range rows {
			groups[r.SourceID] = r.ID
		}
	}
	return groups, nil
}

// GroupsNamed returns the groups of a connection that the source still has
// under a name, ignoring case, to have their members read.
func (s *Store) GroupsNamed(ctx context.Context, connectionID int64, name string) ([]GroupRef, error) {
	var refs []GroupRef
	err := s.selectAll(ctx, &refs, `SELECT id, source_id, members_digest FROM groups WHERE connection_id = ? AND name_key = ? AND presence = 'present' ORDER BY id`, connectionID, nameKey(name))
	if err != nil {
		return nil, fmt.Errorf("find group: %w", err)
	}
	return refs, nil
}

// MarkMembersDue makes groups be read again by the next run, should reading
// them now not succeed.
func (s *Store) MarkMembersDue(ctx context.Context, c Claim, groupIDs []int64) error {
	return s.writeAs(ctx, c, func(ctx context.Context, tx *Tx) error {
		return eachChunk(ctx, tx, groupIDs, `UPDATE groups SET members_due = TRUE WHERE id IN (?)`)
	})
}
