package store

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// groups stores pushed groups and returns their surrogate ids by resource.
func (p pulling) groups(ctx context.Context, resources []Pushed) (map[int64]int64, error) {
	ids := make(map[int64]int64, len(resources))
	if len(resources) == 0 {
		return ids, nil
	}
	query, args, err := in(`SELECT id, source_id, name, fingerprint, presence, members_updated, read_at FROM groups WHERE connection_id = ? AND source_id IN (?) ORDER BY id`+p.tx.forNoKeyUpdate(),
		p.connectionID, scimIDs(resources))
	if err != nil {
		return nil, err
	}
	var found []storedGroup
	if err := p.tx.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read known groups: %w", err)
	}
	known := make(map[string]storedGroup, len(found))
	for _, g := range found {
		known[g.SourceID] = g
	}
	for _, r := range resources {
		k, ok := known[r.ScimID]
		switch {
		case r.Deleted() && !ok:
			continue
		case r.Deleted():
			ids[r.ID] = k.ID
			if k.Presence == string(directory.Gone) {
				continue
			}
			if err := p.deleteGroup(ctx, k.ID); err != nil {
				return nil, err
			}
			continue
		}
		g, err := p.mapping.Group(r)
		if err != nil {
			return nil, fmt.Errorf("read pushed group %d: %w", r.ID, err)
		}
		if ok && k.Fingerprint == groupFingerprint(g) && k.Presence == string(directory.Present) {
			ids[r.ID] = k.ID
			continue
		}
		if ids[r.ID], err = p.storeGroup(ctx, g, !ok); err != nil {
			return nil, err
		}
		if ok && k.Name != g.Name {
			// A rule may look at the names of somebody's groups.
			if err := p.markMembersPulled(ctx, k.ID); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

func (p pulling) storeGroup(ctx context.Context, g directory.Group, isNew bool) (int64, error) {
	if isNew {
		if err := p.comeBack(ctx, "groups", "name_key", g.SourceID, nameKey(g.Name)); err != nil {
			return 0, err
		}
	}
	var id int64
	err := p.tx.get(ctx, &id, `INSERT INTO groups (connection_id, source_id, name, name_key, description, type, fingerprint, members_updated, members_due, read_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, FALSE, ?)
		ON CONFLICT (connection_id, source_id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, description = excluded.description,
			type = excluded.type, fingerprint = excluded.fingerprint, presence = 'present', read_at = excluded.read_at, dirty = TRUE
		RETURNING id`, p.connectionID, g.SourceID, g.Name, nameKey(g.Name), g.Description, g.Type, groupFingerprint(g), micros(p.now))
	if err != nil {
		return 0, fmt.Errorf("store a pushed group: %w", err)
	}
	return id, nil
}

// deleteGroup marks a group as deleted. Its members have lost a membership.
func (p pulling) deleteGroup(ctx context.Context, id int64) error {
	if err := p.markMembersPulled(ctx, id); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM memberships WHERE group_id = ?`,
		`UPDATE groups SET presence = 'gone', dirty = TRUE WHERE id = ?`,
	} {
		if _, err := p.tx.exec(ctx, statement, id); err != nil {
			return fmt.Errorf("mark group %d as deleted: %w", id, err)
		}
	}
	return p.unnest(ctx, id)
}

// markMembersPulled is markPulled for the members of a group.
func (p pulling) markMembersPulled(ctx context.Context, id int64) error {
	if _, err := p.tx.exec(ctx, `UPDATE users SET dirty = TRUE, pulled = pulled + 1 WHERE id IN (SELECT user_id FROM memberships WHERE group_id = ?)`, id); err != nil {
		return fmt.Errorf("mark members of group %d to be decided: %w", id, err)
	}
	return nil
}
