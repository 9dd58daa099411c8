package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// The rows of a read: the resource, its members, and the groups it is in.
const (
	readResource = 0
	readMember   = 1
	readGroup    = 2
)

const (
	oneResource = `SELECT 0 AS part, r.id, r.version, r.created_at, r.modified_at, r.document, '', '', ''
		FROM scim_resources r WHERE r.connection_id = ? AND r.scim_id = ? AND r.type = ? AND r.deleted_at = 0`
	membersOfOne = ` UNION ALL SELECT 1, 0, 0, 0, 0, '', m.member, COALESCE(u.display, ''), COALESCE(u.type, '')
		FROM scim_resources r CROSS JOIN scim_members m LEFT JOIN scim_resources u ON u.id = m.member_id
		WHERE r.connection_id = ? AND r.scim_id = ? AND r.type = ? AND r.deleted_at = 0 AND m.group_id = r.id`
	groupsOfOne = ` UNION ALL SELECT 2, 0, 0, 0, 0, '', g.scim_id, g.display, g.type
		FROM scim_resources r CROSS JOIN scim_members m CROSS JOIN scim_resources g
		WHERE r.connection_id = ? AND r.scim_id = ? AND r.type = ? AND r.deleted_at = 0 AND m.member_id = r.id AND g.id = m.group_id`
)

// ScimResource reads a resource, with its members and the groups it is in where
// they are asked for, in one statement. ErrNotFound when there is none.
func (s *Store) ScimResource(ctx context.Context, connectionID int64, t *scim.ResourceType, scimID string, parts ScimParts) (ScimResource, error) {
	scimID = storable(scimID)
	query, args := oneResource, []any{connectionID, scimID, t.Name}
	r := ScimResource{ScimID: scimID, Type: t.Name}
	if parts.Members {
		query += membersOfOne
		args = append(args, connectionID, scimID, t.Name)
		r.Members = []ScimMember{}
	}
	if parts.Groups {
		query += groupsOfOne
		args = append(args, connectionID, scimID, t.Name)
		r.Groups = []ScimMember{}
	}
	var part int
	var id, version, created, modified int64
	var document []byte
	var m ScimMember
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		if err := rows.Scan(&part, &id, &version, &created, &modified, &document, &m.Value, &m.Display, &m.Type); err != nil {
			return err
		}
		switch part {
		case readResource:
			r.ID, r.Version, r.Created, r.Changed, r.Document = id, version, fromMicros(created), fromMicros(modified), document
		case readMember:
			r.Members = append(r.Members, m)
		case readGroup:
			r.Groups = append(r.Groups, m)
		}
		return nil
	}, query, args...)
	if err != nil {
		return ScimResource{}, fmt.Errorf("read resource: %w", err)
	}
	if r.ID == 0 {
		return ScimResource{}, ErrNotFound
	}
	sortMembers(r.Members)
	sortMembers(r.Groups)
	return r, nil
}

func sortMembers(members []ScimMember) {
	byValue := func(a, b ScimMember) int { return cmp.Compare(a.Value, b.Value) }
	if !slices.IsSortedFunc(members, byValue) {
		slices.SortFunc(members, byValue)
	}
}

// readParts reads the members and groups of a page of resources.
func (s *Store) readParts(ctx context.Context, resources []ScimResource, parts ScimParts) error {
	if len(resources) == 0 || !parts.Members && !parts.Groups {
		return nil
	}
	ids := make([]int64, len(resources))
	byID := make(map[int64]*ScimResource, len(resources))
	for i := range resources {
		ids[i] = resources[i].ID
		byID[resources[i].ID] = &resources[i]
	}
	list, err := asJSON(ids)
	if err != nil {
		return err
	}
	read := func(part func(r *ScimResource) *[]ScimMember, query string) error {
		for i := range resources {
			*part(&resources[i]) = []ScimMember{}
		}
		var id int64
		var m ScimMember
		err := s.each(ctx, func(rows *sqlx.Rows) error {
			if err := rows.Scan(&id, &m.Value, &m.Display, &m.Type); err != nil {
				return err
			}
			members := part(byID[id])
			*members = append(*members, m)
			return nil
		}, query, list)
		if err != nil {
			return fmt.Errorf("read memberships: %w", err)
		}
		for i := range resources {
			sortMembers(*part(&resources[i]))
		}
		return nil
	}
	if parts.Members {
		if err := read(func(r *ScimResource) *[]ScimMember { return &r.Members },
			`SELECT m.group_id, m.member, COALESCE(u.display, ''), COALESCE(u.type, '') FROM `+s.dialect.list()+` CROSS JOIN scim_members m
				LEFT JOIN scim_resources u ON u.id = m.member_id WHERE m.group_id = CAST(j.value AS BIGINT)`); err != nil {
			return err
		}
	}
	if parts.Groups {
		return read(func(r *ScimResource) *[]ScimMember { return &r.Groups },
			`SELECT m.member_id, g.scim_id, g.display, g.type FROM `+s.dialect.list()+` CROSS JOIN scim_members m CROSS JOIN scim_resources g
				WHERE m.member_id = CAST(j.value AS BIGINT) AND g.id = m.group_id`)
	}
	return nil
}
