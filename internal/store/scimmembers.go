package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// changeMembers takes the steps of a request about a resource's members, each
// as row operations, and reports whether that changed any row.
func (e *scimEdit) changeMembers(ctx context.Context, groupID int64, steps []scim.MemberChange) (changed bool, err error) {
	if len(steps) > 0 && !e.w.Type.Members {
		return false, fmt.Errorf("resources of type %s have no members", e.w.Type.Name)
	}
	for _, step := range steps {
		if step.RemoveWhere != nil {
			matching, err := e.membersWhere(ctx, groupID, step.RemoveWhere)
			if err != nil {
				return false, err
			}
			step.Remove = append(slices.Clone(step.Remove), matching...)
		}
		for _, part := range []func(ctx context.Context, groupID int64, step scim.MemberChange) (bool, error){e.keepMembers, e.removeMembers, e.addMembers} {
			did, err := part(ctx, groupID, step)
			if err != nil {
				return false, err
			}
			changed = changed || did
		}
	}
	return changed, nil
}

// keepMembers removes all members but those that the same step adds, so that
// who stays is not touched.
func (e *scimEdit) keepMembers(ctx context.Context, groupID int64, step scim.MemberChange) (bool, error) {
	if !step.Clear {
		return false, nil
	}
	found, err := e.resolve(ctx, valuesOf(step.Add))
	if err != nil {
		return false, err
	}
	if err := e.refuse(found.unknown); err != nil {
		return false, err
	}
	keep := slices.Clone(found.unknown)
	for _, r := range found.known {
		keep = append(keep, r.scimID)
	}
	list, err := asJSON(keep)
	if err != nil {
		return false, err
	}
	return e.removed(ctx, `DELETE FROM scim_members WHERE group_id = ? AND member NOT IN (SELECT j.value FROM `+e.tx.dialect.list()+`) RETURNING member_id`, groupID, list)
}

// removeMembers removes members by value.
func (e *scimEdit) removeMembers(ctx context.Context, groupID int64, step scim.MemberChange) (bool, error) {
	if len(step.Remove) == 0 {
		return false, nil
	}
	const remove = `DELETE FROM scim_members WHERE group_id = ? AND member IN (SELECT j.value FROM `
	values := valuesOf(step.Remove)
	list, err := asJSON(values)
	if err != nil {
		return false, err
	}
	before := len(e.affected)
	changed, err := e.removed(ctx, remove+e.tx.dialect.list()+`) RETURNING member_id`, groupID, list)
	if err != nil || len(e.affected)-before == len(values) {
		return changed, err
	}
	// Some may have been named by externalId or userName.
	others, err := e.byOtherNames(ctx, values)
	if err != nil || len(others) == 0 {
		return changed, err
	}
	ids := make([]string, 0, len(others))
	for _, r := range others {
		ids = append(ids, r.scimID)
	}
	if list, err = asJSON(ids); err != nil {
		return false, err
	}
	more, err := e.removed(ctx, remove+e.tx.dialect.list()+`) RETURNING member_id`, groupID, list)
	return changed || more, err
}

// removed runs a statement that returns the resources it took out of a group,
// with 0 for each member that nobody knew.
func (e *scimEdit) removed(ctx context.Context, query string, args ...any) (bool, error) {
	any := false
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		any = true
		if id != 0 {
			e.affected[id] = true
		}
		return nil
	}, query, args...)
	if err != nil {
		return false, fmt.Errorf("remove members: %w", err)
	}
	return any, nil
}

// addMembers adds members by value, and keeps as they are the values that
// nobody knows. Most are ids: those are added in one statement, without
// reading who they are.
func (e *scimEdit) addMembers(ctx context.Context, groupID int64, step scim.MemberChange) (bool, error) {
	if len(step.Add) == 0 {
		return false, nil
	}
	values := valuesOf(step.Add)
	list, err := asJSON(values)
	if err != nil {
		return false, err
	}
	added, err := e.ids(ctx, `INSERT INTO scim_members (group_id, member, member_id)
		SELECT CAST(? AS BIGINT), r.scim_id, r.id FROM `+e.tx.dialect.list()+` CROSS JOIN scim_resources r
		WHERE r.connection_id = ? AND r.scim_id = j.value AND r.deleted_at = 0 ORDER BY r.id`+e.tx.dialect.forKeyShare("r")+`
		ON CONFLICT (group_id, member) DO NOTHING RETURNING member_id`, groupID, list, e.w.ConnectionID)
	if err != nil {
		return false, fmt.Errorf("add members: %w", err)
	}
	e.affect(added)
	if len(added) == len(values) {
		return true, nil
	}
	found, err := e.resolveRest(ctx, values)
	if err != nil {
		return false, err
	}
	if err := e.refuse(found.unknown); err != nil {
		return false, err
	}
	more, err := e.addResolved(ctx, groupID, found)
	return len(added) > 0 || more, err
}

// addResolved adds members that were not named by their ids, and those that
// nobody knows.
func (e *scimEdit) addResolved(ctx context.Context, groupID int64, found resolved) (bool, error) {
	if len(found.known) == 0 && len(found.unknown) == 0 {
		return false, nil
	}
	fields := make([][]any, 0, len(found.known)+len(found.unknown))
	for _, r := range found.known {
		fields = append(fields, []any{r.scimID, r.id})
	}
	for _, value := range found.unknown {
		fields = append(fields, []any{value, 0})
	}
	list, err := asJSON(fields)
	if err != nil {
		return false, err
	}
	return e.removed(ctx, `INSERT INTO scim_members (group_id, member, member_id)
		SELECT CAST(? AS BIGINT), j.value ->> 0, CAST(j.value ->> 1 AS BIGINT) FROM `+e.tx.dialect.table()+` WHERE TRUE
		ON CONFLICT (group_id, member) DO NOTHING RETURNING member_id`, groupID, list)
}

// membersWhere reads a group's members and returns those that a filter matches.
func (e *scimEdit) membersWhere(ctx context.Context, groupID int64, f scim.Filter) ([]scim.Member, error) {
	var matching []scim.Member
	err := e.tx.each(ctx, func(rows *sqlx.Rows) error {
		var m ScimMember
		if err := rows.Scan(&m.Value, &m.Display, &m.Type); err != nil {
			return err
		}
		shown := map[string]any{"value": m.Value}
		if m.Type != "" {
			shown["type"], shown["display"], shown["$ref"] = m.Type, m.Display, "../"+m.Type+"s/"+m.Value
		}
		if scim.MatchesMember(f, shown) {
			matching = append(matching, scim.Member{Value: m.Value})
		}
		return nil
	}, `SELECT m.member, COALESCE(r.display, ''), COALESCE(r.type, '') FROM scim_members m LEFT JOIN scim_resources r ON r.id = m.member_id WHERE m.group_id = ?`, groupID)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return matching, nil
}

// refuse fails a strict write for members that nobody knows.
func (e *scimEdit) refuse(unknown []string) error {
	if e.w.Strict && len(unknown) > 0 {
		return &ScimUnknownMembersError{Values: unknown}
	}
	return nil
}

// valuesOf are the values of members as they are stored, each once.
func valuesOf(members []scim.Member) []string {
	values := make([]string, 0, len(members))
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if value := exactKey(m.Value); !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	return values
}
