package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// ScimList reads a page of resources. A Count of 0 gives the total alone. A
// filter that cannot be answered is a *scim.Error.
func (s *Store) ScimList(ctx context.Context, q ScimQuery) (ScimPage, error) {
	q.StartIndex = max(q.StartIndex, 1)
	var page ScimPage
	var err error
	if q.Filter == nil && q.SortBy == nil {
		page, err = s.listAll(ctx, q)
	} else {
		page, err = s.listFiltered(ctx, q)
	}
	if err != nil {
		return ScimPage{}, fmt.Errorf("list resources: %w", err)
	}
	return page, s.readParts(ctx, page.Resources, q.Parts)
}

// listAll pages through everything in the order of ids. How many there are, and
// where a page far into the list begins, is known by blocks.
func (s *Store) listAll(ctx context.Context, q ScimQuery) (ScimPage, error) {
	var page ScimPage
	skip := int64(q.StartIndex - 1)
	firstBlock, before := int64(0), int64(0) // the block that the page begins in, and how many are before it
	found := q.ByCursor
	query, args := `SELECT block, SUM(resources) FROM scim_blocks WHERE connection_id = ? AND type = ? GROUP BY block ORDER BY block`, []any{q.ConnectionID}
	if len(q.Types) == 1 { // as nearly always: the blocks add up where they are
		args = append(args, q.Types[0].Name)
	} else {
		list, err := asJSON(typeNames(q.Types))
		if err != nil {
			return page, err
		}
		query, args = `SELECT b.block, SUM(b.resources) FROM `+s.dialect.list()+` CROSS JOIN scim_blocks b WHERE b.connection_id = ? AND b.type = j.value
			GROUP BY b.block ORDER BY b.block`, []any{list, q.ConnectionID}
	}
	err := s.each(ctx, func(rows *sqlx.Rows) error {
		var block, n int64
		if err := rows.Scan(&block, &n); err != nil {
			return err
		}
		if !found && page.Total+n > skip {
			firstBlock, before, found = block, page.Total, true
		}
		page.Total += n
		return nil
	}, query, args...)
	if err != nil {
		return page, err
	}
	if q.Count <= 0 || page.Total == 0 || !found {
		return page, nil
	}
	l := listing{q: q, from: firstBlock * blockSize, offset: skip - before}
	if q.ByCursor {
		l.from, l.offset = q.After.ID+1, 0
	}
	return page, s.readPage(ctx, l, &page)
}

func typeNames(types []*scim.ResourceType) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	return names
}

// listFiltered pages through what a filter matches, or in another order.
func (s *Store) listFiltered(ctx context.Context, q ScimQuery) (ScimPage, error) {
	var page ScimPage
	l := listing{q: q, offset: int64(q.StartIndex - 1)}
	if q.ByCursor {
		l.offset = 0
		if q.SortBy == nil {
			l.from = q.After.ID + 1
		}
	}
	if q.Count > 0 {
		if err := s.readPage(ctx, l, &page); err != nil {
			return page, err
		}
	}
	// A page that is not full says how many there are.
	n := len(page.Resources)
	if !q.ByCursor && n < q.Count && (n > 0 || l.offset == 0) {
		page.Total = l.offset + int64(n)
		return page, nil
	}
	count, err := (listing{q: q}).branches(s.dialect, false)
	if err != nil {
		return page, err
	}
	return page, s.eachOf(ctx, l.known(), func(rows *sqlx.Rows) error { return rows.Scan(&page.Total) },
		`SELECT COUNT(*) FROM (`+count.text+`) AS u`, count.args...)
}

// listing is a page to be read.
type listing struct {
	q ScimQuery
	// from is the least id.
	from int64
	// offset is how many of those to skip.
	offset int64
}

const listedColumns = `r.id, r.scim_id, r.type, r.version, r.created_at, r.modified_at, r.document`

// readPage reads the resources of a page, and one more to know whether there is another.
func (s *Store) readPage(ctx context.Context, l listing, page *ScimPage) error {
	limit := l.q.Count
	if l.q.ByCursor {
		limit++
	}
	query, err := l.statement(s.dialect, limit)
	if err != nil {
		return err
	}
	var positions []ScimPosition
	page.Resources = make([]ScimResource, 0, min(limit, 256))
	err = s.eachOf(ctx, l.known(), func(rows *sqlx.Rows) error {
		var r ScimResource
		var position ScimPosition
		var created, modified int64
		if err := rows.Scan(&r.ID, &r.ScimID, &r.Type, &r.Version, &created, &modified, &r.Document, &position.Key, &position.Missing); err != nil {
			return err
		}
		r.Created, r.Changed, position.ID = fromMicros(created), fromMicros(modified), r.ID
		page.Resources = append(page.Resources, r)
		positions = append(positions, position)
		return nil
	}, query.text, query.args...)
	if err != nil {
		return err
	}
	if l.q.ByCursor && len(page.Resources) > l.q.Count {
		page.Resources = page.Resources[:l.q.Count]
		page.Next = &positions[l.q.Count-1]
	}
	return nil
}

// statement reads a page: the ids in order first, then what belongs to them, so
// that documents are neither sorted nor skipped.
func (l listing) statement(d dialect, limit int) (sqlPart, error) {
	if len(l.q.Types) == 1 && l.q.SortBy == nil {
		from, direct, err := l.branch(d, l.q.Types[0])
		if err != nil {
			return sqlPart{}, err
		}
		if direct {
			p := part("SELECT " + listedColumns + ", '', 1 = 0 FROM ").and2(from)
			return p.and2(part(" ORDER BY r.id LIMIT CAST(? AS BIGINT) OFFSET CAST(? AS BIGINT)", limit, l.offset)), nil
		}
	}
	branches, err := l.branches(d, true)
	if err != nil {
		return sqlPart{}, err
	}
	after := l.after()
	order := "missing, %[1]s.k, %[1]s.id"
	if l.q.Descending && l.q.SortBy != nil {
		order = "missing DESC, %[1]s.k DESC, %[1]s.id"
	}
	p := part("SELECT " + listedColumns + ", p.k, p.missing = 1 FROM (SELECT u.id, u.k, u.missing FROM (").and2(branches).and2(part(") AS u WHERE ")).and2(after)
	return p.and2(part(" ORDER BY u."+fmt.Sprintf(order, "u")+" LIMIT CAST(? AS BIGINT) OFFSET CAST(? AS BIGINT)) AS p CROSS JOIN scim_resources r WHERE r.id = p.id ORDER BY p."+fmt.Sprintf(order, "p"),
		limit, l.offset)), nil
}

// after is the condition that a row comes after where the last page ended.
func (l listing) after() sqlPart {
	if !l.q.ByCursor || l.q.SortBy == nil || l.q.After.ID == 0 {
		return always
	}
	missing := 0
	if l.q.After.Missing {
		missing = 1
	}
	further := ">"
	if l.q.Descending {
		further = "<"
	}
	return part("(u.missing "+further+" ? OR (u.missing = ? AND (u.k "+further+" ? OR (u.k = ? AND u.id > ?))))",
		missing, missing, storable(l.q.After.Key), storable(l.q.After.Key), l.q.After.ID)
}

// branches gives the ids of all types' matching resources, with sort keys where
// they are wanted.
func (l listing) branches(d dialect, keyed bool) (sqlPart, error) {
	var all sqlPart
	for i, t := range l.q.Types {
		from, _, err := l.branch(d, t)
		if err != nil {
			return sqlPart{}, err
		}
		one := part("SELECT r.id AS id FROM ").and2(from)
		switch {
		case keyed && l.q.SortBy != nil:
			key := sortKeyOf(t, *l.q.SortBy)
			one = part("SELECT b.id AS id, COALESCE(b.k, '') AS k, CASE WHEN b.k IS NULL THEN 1 ELSE 0 END AS missing FROM (SELECT r.id AS id, " + key.text + " AS k FROM ")
			one.args = append(one.args, key.args...)
			one = one.and2(from).and2(part(") AS b"))
		case keyed:
			one = part("SELECT r.id AS id, '' AS k, 0 AS missing FROM ").and2(from)
		}
		if i > 0 {
			all = all.and2(part(" UNION ALL "))
		}
		all = all.and2(one)
	}
	return all, nil
}

// branch is FROM and WHERE of one type's matching resources. It is direct when
// it gives few or, by an index, in the order of ids.
func (l listing) branch(d dialect, t *scim.ResourceType) (from sqlPart, direct bool, err error) {
	where := part("r.connection_id = ? AND r.type = ? AND r.deleted_at = 0", l.q.ConnectionID, t.Name)
	if l.from > 0 {
		where = where.and(part("r.id >= ?", l.from))
	}
	if l.q.Filter == nil {
		return part("scim_resources r WHERE ").and2(where), true, nil
	}
	begin, rest, err := scimFilter{dialect: d, connectionID: l.q.ConnectionID, t: t}.compile(l.q.Filter)
	if err != nil {
		return sqlPart{}, false, err
	}
	if rest.text != always.text {
		where = where.and(rest)
	}
	switch {
	case begin == nil:
		return part("scim_resources r WHERE ").and2(where), false, nil
	case begin.inline:
		return part("scim_resources r WHERE ").and2(where).and(begin.sqlPart), true, nil
	}
	return part("(SELECT DISTINCT z.id FROM (").and2(begin.sqlPart).and2(part(") AS z) AS d CROSS JOIN scim_resources r WHERE r.id = d.id AND ")).and2(where), false, nil
}

// known reports whether the statement is one of the few that most requests
// send, and so worth keeping prepared.
func (l listing) known() bool {
	if len(l.q.Types) > 1 || l.q.SortBy != nil {
		return false
	}
	compare, ok := l.q.Filter.(*scim.Compare)
	return l.q.Filter == nil || ok && compare.Value != nil && compare.Operator == scim.Eq
}

// sortKeyOf is what resources of a type are sorted by: a text whose bytes
// compare as the values do, NULL without one. Of several values the primary one
// counts, else the first (RFC 7644, section 3.4.2.3).
func sortKeyOf(t *scim.ResourceType, by scim.AttributePath) sqlPart {
	a, ok := scimFilter{t: t}.attribute(by)
	if !ok {
		return part("NULL")
	}
	switch a.kind {
	case ofColumn:
		return part("NULLIF(" + a.column + ", '')")
	case ofMeta:
		switch {
		case a.found.Sub == nil:
		case a.found.Sub.Name == "created": // sixteen digits until the year 2286
			return part("CAST(r.created_at AS TEXT)")
		case a.found.Sub.Name == "lastModified":
			return part("CAST(r.modified_at AS TEXT)")
		case a.found.Sub.Name == "resourceType":
			return part("r.type")
		case a.found.Sub.Name == "location":
			return part("r.scim_id")
		}
		return part("NULL")
	case ofSchemas, ofMembers, ofGroups:
		return part("NULL")
	}
	path := a.path
	if a.found.Definition().Type == scim.Complex {
		path = a.sub("value")
	}
	if !a.found.Attribute.MultiValued {
		return part("(SELECT v.value_key FROM scim_values v WHERE v.resource_id = r.id AND v.path = ? AND v.element = 0)", path)
	}
	primary := strings.TrimSuffix(a.path, "."+strings.ToLower(a.found.Path.Sub)) + ".primary"
	return part(`(SELECT v.value_key FROM scim_values v WHERE v.resource_id = r.id AND v.path = ? ORDER BY CASE WHEN EXISTS (
			SELECT 1 FROM scim_values q WHERE q.resource_id = v.resource_id AND q.path = ? AND q.element = v.element AND q.value_key = 'true') THEN 0 ELSE 1 END, v.element LIMIT 1)`,
		path, primary)
}
