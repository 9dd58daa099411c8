package store

import (
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// existsMember is the condition that r has a member, or is in a group, of which
// a condition on m (the membership) and x (the other end) holds.
func (c scimFilter) existsMember(a attributeSQL, condition sqlPart) sqlPart {
	if a.kind == ofMembers {
		return part("EXISTS (SELECT 1 FROM scim_members m LEFT JOIN scim_resources x ON x.id = m.member_id WHERE m.group_id = r.id AND ").and2(condition).close()
	}
	return part("EXISTS (SELECT 1 FROM scim_members m JOIN scim_resources x ON x.id = m.group_id WHERE m.member_id = r.id AND ").and2(condition).close()
}

// memberColumn is a sub-attribute of members or groups, folded, and empty where
// there is none.
func (c scimFilter) memberColumn(a attributeSQL, name string) string {
	switch name {
	case "display":
		return "COALESCE(x.display_key, '')"
	case "type":
		if a.kind == ofGroups {
			return "'direct'"
		}
		return "LOWER(COALESCE(x.type, ''))"
	}
	if a.kind == ofGroups {
		return "x.scim_id"
	}
	return "LOWER(m.member)"
}

// compareMember is the condition of a comparison of a sub-attribute of members or groups.
func (c scimFilter) compareMember(a attributeSQL, sub *scim.Attribute, f *scim.Compare) (sqlPart, error) {
	if sub == nil {
		sub = subAttribute(a.found.Attribute, "value")
	}
	text, ok := f.Value.(string)
	if !ok || sub == nil {
		return never, nil
	}
	switch {
	case sub.Name == "value" && f.Operator == scim.Eq:
		return c.isMember(a, text), nil
	case sub.Name == "$ref" && f.Operator == scim.Eq:
		return c.isMember(a, lastSegment(text)), nil
	case sub.Name == "$ref":
		return sqlPart{}, cannotFilter(a.found.Path.Name + ".$ref " + string(f.Operator))
	}
	column, key := c.memberColumn(a, sub.Name), textKey(text)
	return part(column + " <> ''").and(c.holds(column, f.Operator, key)), nil
}

// isMember is the condition that the other end is known by a value. Ids are in
// lower case; what nobody knows is as it was pushed.
func (c scimFilter) isMember(a attributeSQL, value string) sqlPart {
	if a.kind == ofGroups {
		return part("x.scim_id IN (?, ?)", exactKey(value), textKey(value))
	}
	return part("m.member IN (?, ?)", exactKey(value), textKey(value))
}

// drive returns the statement that gives what matches a filter, if an index has it.
func (c scimFilter) drive(f scim.Filter) (drive, bool, error) {
	switch f := f.(type) {
	case *scim.And:
		var best drive
		found := false
		for _, term := range conjuncts(f, nil) {
			d, ok, err := c.drive(term)
			if err != nil {
				return drive{}, false, err
			}
			if ok && (!found || d.rank < best.rank) {
				best, found = d, true
			}
		}
		best.exact = false
		return best, found, nil
	case *scim.Or:
		left, ok, err := c.drive(f.Left)
		if err != nil || !ok {
			return drive{}, false, err
		}
		right, ok, err := c.drive(f.Right)
		if err != nil || !ok {
			return drive{}, false, err
		}
		left, right = c.asStatement(left), c.asStatement(right)
		union := part(left.text + " UNION ").and2(right.sqlPart)
		union.args = append(append([]any{}, left.args...), right.args...)
		return drive{sqlPart: union, rank: max(left.rank, right.rank, rankEqual), exact: left.exact && right.exact}, true, nil
	case *scim.Present:
		if a, ok := c.attribute(f.Path); ok && a.kind == ofValues {
			return drive{sqlPart: c.fromValues().and(a.paths("v")).and(part("v.value_key <> ''")), rank: rankMany, exact: true}, true, nil
		}
	case *scim.Compare:
		return c.driveCompare(f)
	case *scim.ValueFilter:
		return c.driveValueFilter(f)
	}
	return drive{}, false, nil
}

func (c scimFilter) fromValues() sqlPart {
	return part("SELECT v.resource_id AS id FROM scim_values v WHERE v.connection_id = ? AND v.type = ?", c.connectionID, c.t.Name)
}

// asStatement makes a statement of a condition on r.
func (c scimFilter) asStatement(d drive) drive {
	if d.inline {
		d.sqlPart = part("SELECT r.id AS id FROM scim_resources r WHERE r.connection_id = ? AND r.type = ?", c.connectionID, c.t.Name).and(d.sqlPart)
		d.inline = false
	}
	return d
}

func (c scimFilter) driveCompare(f *scim.Compare) (drive, bool, error) {
	a, ok := c.attribute(f.Path)
	if !ok || f.Operator == scim.Ne || f.Value == nil {
		return drive{}, false, nil
	}
	switch a.kind {
	case ofMeta:
		if a.found.Sub == nil || a.found.Sub.Name != "lastModified" {
			return drive{}, false, nil
		}
		condition, err := c.compareMeta(a, f)
		return c.asStatement(drive{sqlPart: part("r.deleted_at = 0").and(condition), rank: rankRange, inline: true, exact: true}), err == nil, err
	case ofSchemas:
		return drive{}, false, nil
	case ofMembers, ofGroups:
		return c.driveMember(a, a.found.Sub, f)
	}
	key, err := keyOfValue(a.found.Definition(), f.Value)
	if err != nil {
		return drive{}, false, err
	}
	rank := rankRange
	switch f.Operator {
	case scim.Eq:
		rank = rankEqual
	case scim.Co, scim.Ew:
		rank = rankSearch
	}
	if a.kind == ofColumn {
		d := drive{sqlPart: c.holds(a.column, f.Operator, key).guarded(a), rank: rank, inline: true, exact: true}
		if rank == rankEqual {
			d.rank = rankKey
			return d, true, nil
		}
		return c.asStatement(d), rank == rankRange && a.column != "r.scim_id", nil
	}
	if a.found.Definition().Type == scim.Boolean {
		rank = rankMany
	}
	return drive{sqlPart: c.fromValues().and(part("v.path = ?", a.path)).and(c.holds("v.value_key", f.Operator, key)), rank: rank, exact: true}, true, nil
}

// driveMember gives the groups that a resource is in, or the members of a group.
func (c scimFilter) driveMember(a attributeSQL, sub *scim.Attribute, f *scim.Compare) (drive, bool, error) {
	text, ok := f.Value.(string)
	if !ok || f.Operator != scim.Eq {
		return drive{}, false, nil
	}
	name := "value"
	if sub != nil {
		name = sub.Name
	}
	if name == "$ref" {
		name, text = "value", lastSegment(text)
	}
	exact, folded := exactKey(text), textKey(text)
	switch {
	case name == "value" && a.kind == ofMembers:
		return drive{sqlPart: part(`SELECT m.group_id AS id FROM scim_resources x CROSS JOIN scim_members m WHERE x.connection_id = ? AND x.scim_id IN (?, ?) AND m.member_id = x.id
			UNION SELECT m.group_id FROM scim_members m WHERE m.member IN (?, ?) AND m.member_id = 0`, c.connectionID, exact, folded, exact, folded), rank: rankEqual, exact: true}, true, nil
	case name == "value":
		return drive{sqlPart: part(`SELECT m.member_id AS id FROM scim_resources x CROSS JOIN scim_members m WHERE x.connection_id = ? AND x.scim_id IN (?, ?) AND m.group_id = x.id`,
			c.connectionID, exact, folded), rank: rankEqual, exact: true}, true, nil
	case name == "display" && a.kind == ofGroups:
		return drive{sqlPart: part(`SELECT m.member_id AS id FROM scim_resources x CROSS JOIN scim_members m WHERE x.connection_id = ? AND x.type = 'Group' AND x.name_key = ? AND m.group_id = x.id`,
			c.connectionID, folded), rank: rankEqual, exact: true}, true, nil
	}
	return drive{}, false, nil
}

// driveValueFilter begins with the best of the comparisons that a value must
// pass all of.
func (c scimFilter) driveValueFilter(f *scim.ValueFilter) (drive, bool, error) {
	var best drive
	found := false
	for _, term := range conjuncts(f.Filter, nil) {
		compare, ok := term.(*scim.Compare)
		if !ok {
			continue
		}
		path := f.Path
		path.Sub = compare.Path.Name
		d, ok, err := c.driveCompare(&scim.Compare{Path: path, Operator: compare.Operator, Value: compare.Value})
		if err != nil {
			return drive{}, false, err
		}
		// A type or a flag is what nearly every value has.
		if ok && (strings.EqualFold(path.Sub, "type") || strings.EqualFold(path.Sub, "primary")) {
			d.rank = rankMany
		}
		if ok && (!found || d.rank < best.rank) {
			best, found = d, true
		}
	}
	best.exact = false
	return best, found, nil
}
