package store

import (
	"context"
	"fmt"
)

// PushedResource returns one resource as it was pushed; one that is not there
// is ErrNotFound. A deleted one is returned as such.
func (s *Store) PushedResource(ctx context.Context, connection, resourceType, scimID string) (Pushed, error) {
	var p Pushed
	err := s.get(ctx, &p, pushedColumns+`WHERE connection_id = (SELECT id FROM connections WHERE name = ?) AND scim_id = ? AND type = ?`, connection, scimID, resourceType)
	return p, notFound(err)
}

// PushedList returns up to limit resources of a type after one, without those
// that are deleted.
func (s *Store) PushedList(ctx context.Context, connection, resourceType string, after int64, limit int) ([]Pushed, error) {
	var list []Pushed
	err := s.selectAll(ctx, &list, pushedColumns+`WHERE connection_id = (SELECT id FROM connections WHERE name = ?) AND type = ? AND deleted_at = 0 AND id > ? ORDER BY id LIMIT CAST(? AS BIGINT)`,
		connection, resourceType, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list what was pushed: %w", err)
	}
	return list, nil
}

// PushedGroups returns the ids of the groups that a user was pushed to, and of
// those that these are in.
func (s *Store) PushedGroups(ctx context.Context, userID int64) ([]string, error) {
	var ids []string
	query, args, err := in(aboveMembers+` SELECT g.scim_id FROM above a CROSS JOIN scim_resources g WHERE g.id = a.id ORDER BY g.id`, []int64{userID})
	if err != nil {
		return nil, err
	}
	err = s.selectAll(ctx, &ids, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the groups of a pushed user: %w", err)
	}
	return ids, nil
}

// PushedMember is a user who was pushed to a group.
type PushedMember struct {
	ID     int64  `db:"id"`
	ScimID string `db:"scim_id"`
}

// PushedMembers returns up to limit users after one who were pushed to a group,
// or to one that is in it.
func (s *Store) PushedMembers(ctx context.Context, groupID, after int64, limit int) ([]PushedMember, error) {
	var members []PushedMember
	query, args, err := in(belowGroups+` SELECT DISTINCT u.id, u.scim_id FROM below CROSS JOIN scim_members m CROSS JOIN scim_resources u
		WHERE m.group_id = below.id AND u.id = m.member_id AND u.deleted_at = 0 AND u.type = 'User' AND u.id > ? ORDER BY u.id LIMIT CAST(? AS BIGINT)`, []int64{groupID}, after, limit)
	if err != nil {
		return nil, err
	}
	err = s.selectAll(ctx, &members, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the members of a pushed group: %w", err)
	}
	return members, nil
}

// PushedResources returns resources by their own ids.
func (s *Store) PushedResources(ctx context.Context, ids []int64) ([]Pushed, error) {
	query, args, err := in(pushedColumns+`WHERE id IN (?) ORDER BY id`, padded(ids))
	if err != nil {
		return nil, err
	}
	var found []Pushed
	if err := s.selectAll(ctx, &found, query, args...); err != nil {
		return nil, fmt.Errorf("read what was pushed: %w", err)
	}
	return found, nil
}
