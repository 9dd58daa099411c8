package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// list answers GET /Users (RFC 7644, section 3.4.2).
func (c *call) list() (answer, error) {
	t, err := c.target("")
	if err != nil {
		return answer{}, err
	}
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	return c.answerQuery([]*resourceType{t}, t.ResourceType, q)
}

// search answers POST /Users/.search (RFC 7644, section 3.4.3).
func (c *call) search() (answer, error) {
	t, err := c.target("/.search")
	if err != nil {
		return answer{}, err
	}
	q, err := c.readSearch()
	if err != nil {
		return answer{}, err
	}
	return c.answerQuery([]*resourceType{t}, t.ResourceType, q)
}

// listAll answers a query at the root, over all types (RFC 7644, section
// 3.4.2.1).
func (c *call) listAll() (answer, error) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	return c.answerQuery(c.door.types, c.door.any, q)
}

// searchAll answers POST /.search.
func (c *call) searchAll() (answer, error) {
	q, err := c.readSearch()
	if err != nil {
		return answer{}, err
	}
	return c.answerQuery(c.door.types, c.door.any, q)
}

func (c *call) readSearch() (query, error) {
	body, err := c.readBody()
	if err != nil {
		return query{}, err
	}
	return parseSearch(body)
}

// answerQuery answers a query over some types. known is the type that knows
// the attributes of all of them.
func (c *call) answerQuery(types []*resourceType, known *scim.ResourceType, q query) (answer, error) {
	c.summary = "list"
	if len(types) == 1 {
		c.summary = "list " + types[0].noun + "s"
	}
	if q.filter != "" {
		// The filter itself holds addresses.
		c.summary += " by a filter"
	}
	projections := make(map[string]*projection, len(types))
	s := store.ScimQuery{ConnectionID: c.caller.ConnectionID, ByCursor: q.byCursor}
	for _, t := range types {
		p, err := t.projection(q.attributes, q.excluded)
		if err != nil {
			return answer{}, err
		}
		projections[t.Name] = p
		s.Parts.Members = s.Parts.Members || p.parts.Members
		s.Parts.Groups = s.Parts.Groups || p.parts.Groups
		s.Types = append(s.Types, t.ResourceType)
	}
	var err error
	if s.Filter, s.Types, err = c.filter(q.filter, known, s.Types); err != nil {
		return answer{}, err
	}
	if s.SortBy, s.Descending, err = sorting(q, known); err != nil {
		return answer{}, err
	}
	if s.StartIndex, s.Count, err = q.page(); err != nil {
		return answer{}, err
	}
	if q.cursor != "" {
		if s.After, err = c.openCursor(q, types); err != nil {
			return answer{}, err
		}
	}
	page, err := c.g.store.ScimList(c.r.Context(), s)
	if err != nil {
		return answer{}, err
	}
	return c.appendPage(page, s, q, types, projections)
}

// filter parses a filter, and settles which types it is about: one that only
// some of the types understand is about those.
func (c *call) filter(text string, known *scim.ResourceType, types []*scim.ResourceType) (scim.Filter, []*scim.ResourceType, error) {
	if text == "" {
		return nil, types, nil
	}
	parse := scim.ParseFilter
	if c.entra() {
		parse = scim.ParseFilterLenient
	}
	f, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	checked, err := known.CheckFilter(f)
	if err == nil || len(types) == 1 {
		return checked, types, err
	}
	for _, t := range types {
		if checked, ownErr := t.CheckFilter(f); ownErr == nil {
			return checked, []*scim.ResourceType{t}, nil
		}
	}
	return nil, nil, err
}

// sorting reads sortBy and sortOrder (RFC 7644, section 3.4.2.3). Of a complex
// attribute it is the value that is sorted by.
func sorting(q query, known *scim.ResourceType) (by *scim.AttributePath, descending bool, err error) {
	switch strings.ToLower(q.sortOrder) {
	case "", "ascending":
	case "descending":
		descending = true
	default:
		return nil, false, &scim.Error{Status: 400, ScimType: scim.InvalidValue, Detail: "sortOrder must be ascending or descending"}
	}
	if q.sortBy == "" {
		return nil, false, nil
	}
	path, err := scim.ParseAttributePath(strings.TrimSpace(q.sortBy))
	if err != nil {
		return nil, false, err
	}
	found, err := known.Lookup(path)
	if err != nil {
		return nil, false, err
	}
	refused := &scim.Error{Status: 400, ScimType: scim.InvalidPath, Detail: "sortBy: " + found.Path.String() + " cannot be sorted by"}
	a := found.Definition()
	if a.Type == scim.Complex {
		value, err := known.Lookup(scim.AttributePath{URN: found.Path.URN, Name: found.Path.Name, Sub: "value"})
		if found.Sub != nil || err != nil {
			return nil, false, refused
		}
		found, a = value, value.Sub
	}
	if a.Returned == scim.ReturnedNever || found.Attribute.Returned == scim.ReturnedNever || a.Type == scim.Binary ||
		found.Attribute.Name == "members" || found.Attribute.Name == "groups" || found.Attribute.Name == "schemas" {
		return nil, false, refused
	}
	return &found.Path, descending, nil
}

// appendPage writes a ListResponse. itemsPerPage is how many there are on this
// page.
func (c *call) appendPage(page store.ScimPage, s store.ScimQuery, q query, types []*resourceType, projections map[string]*projection) (answer, error) {
	a := answer{status: http.StatusOK, body: c.g.buffers.get()}
	b := append(a.body.b, `{"schemas":["`+scim.ListResponseSchema+`"],"totalResults":`...)
	b = strconv.AppendInt(b, page.Total, 10)
	if !q.byCursor {
		b = strconv.AppendInt(append(b, `,"startIndex":`...), int64(s.StartIndex), 10)
	}
	b = strconv.AppendInt(append(b, `,"itemsPerPage":`...), int64(len(page.Resources)), 10)
	if page.Next != nil && q.byCursor {
		next, err := c.sealCursor(q, types, *page.Next)
		if err != nil {
			return answer{}, err
		}
		b = appendString(append(b, `,"nextCursor":`...), next)
	}
	if s.Count > 0 {
		baseURL := c.baseURL()
		b = append(b, `,"Resources":[`...)
		for i := range page.Resources {
			r := &page.Resources[i]
			if i > 0 {
				b = append(b, ',')
			}
			t, ok := c.door.byName(r.Type)
			if !ok {
				t = types[0]
			}
			p := projections[t.Name]
			if p == nil {
				p = projections[types[0].Name]
			}
			var err error
			if b, err = c.appendShown(b, baseURL, t, r, p); err != nil {
				return answer{}, err
			}
		}
		b = append(b, ']')
	}
	a.body.b = append(b, '}')
	return a, nil
}
