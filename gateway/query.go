package gateway

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// query is what a request asks of a list (RFC 7644, section 3.4.2, and RFC
// 9865, section 2).
type query struct {
	filter, sortBy, sortOrder string
	attributes, excluded      []string
	// startIndex and count are as sent; empty when they were not.
	startIndex, count string
	// byCursor is whether there was a cursor, if an empty one.
	byCursor bool
	cursor   string
}

// parseQuery reads the query of a URL. Unknown parameters are ignored, and a
// semicolon is no separator: it may stand in a filter.
func parseQuery(raw string) (query, error) {
	var q query
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		if err := q.set(name, value); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func (q *query) set(name, escaped string) error {
	into := q.parameter(name)
	list := into == nil && (strings.EqualFold(name, "attributes") || strings.EqualFold(name, "excludedAttributes"))
	if into == nil && !list {
		return nil
	}
	value, err := url.QueryUnescape(escaped)
	if err != nil {
		return &scim.Error{Status: 400, ScimType: scim.InvalidValue, Detail: "the parameter " + name + " is not percent-encoded: a % stands for itself only as %25"}
	}
	switch {
	case into != nil:
		if *into == "" {
			*into = value
		}
		q.byCursor = q.byCursor || into == &q.cursor
	case strings.EqualFold(name, "attributes"):
		q.attributes = appendNames(q.attributes, value)
	default:
		q.excluded = appendNames(q.excluded, value)
	}
	return nil
}

// parameter is where the value of a parameter belongs, nil for an unknown one.
func (q *query) parameter(name string) *string {
	switch {
	case strings.EqualFold(name, "filter"):
		return &q.filter
	case strings.EqualFold(name, "sortBy"):
		return &q.sortBy
	case strings.EqualFold(name, "sortOrder"):
		return &q.sortOrder
	case strings.EqualFold(name, "startIndex"):
		return &q.startIndex
	case strings.EqualFold(name, "count"):
		return &q.count
	case strings.EqualFold(name, "cursor"):
		return &q.cursor
	}
	return nil
}

// appendNames appends the names of a list with commas between.
func appendNames(names []string, list string) []string {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// hasParameter reports whether a query has a parameter, with a value or not.
func hasParameter(raw, name string) bool {
	for pair := range strings.SplitSeq(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.Trim(key, "/?"), name) {
			return true
		}
	}
	return false
}

// parseSearch reads the body of a POST to .search (RFC 7644, section 3.4.3).
func parseSearch(body []byte) (query, error) {
	var s struct {
		Schemas                   []string
		Attributes                []string
		ExcludedAttributes        []string
		Filter, SortBy, SortOrder *string
		StartIndex, Count         json.RawMessage
		Cursor                    *string
	}
	if err := json.Unmarshal(body, &s); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return query{}, &scim.Error{Status: 400, ScimType: scim.InvalidValue, Detail: kind.Field + " has the wrong type"}
		}
		return query{}, &scim.Error{Status: 400, ScimType: scim.InvalidSyntax, Detail: "the body is no JSON object"}
	}
	if len(s.Schemas) > 0 && !containsFold(s.Schemas, scim.SearchRequestSchema) {
		return query{}, &scim.Error{Status: 400, ScimType: scim.InvalidSyntax, Detail: "schemas must name " + scim.SearchRequestSchema}
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	q := query{filter: text(s.Filter), sortBy: text(s.SortBy), sortOrder: text(s.SortOrder), cursor: text(s.Cursor), byCursor: s.Cursor != nil,
		startIndex: number(s.StartIndex), count: number(s.Count)}
	for _, a := range s.Attributes {
		q.attributes = appendNames(q.attributes, a)
	}
	for _, a := range s.ExcludedAttributes {
		q.excluded = appendNames(q.excluded, a)
	}
	return q, nil
}

// number is a JSON number, also one in quotes, as a query has it.
func number(raw json.RawMessage) string {
	s := strings.Trim(string(raw), `"`)
	if s == "null" {
		return ""
	}
	return s
}

func containsFold(list []string, one string) bool {
	for _, s := range list {
		if strings.EqualFold(s, one) {
			return true
		}
	}
	return false
}

const (
	// defaultCount is how many resources a page has when nothing is said, as
	// many as Okta asks for.
	defaultCount = 100
	// maxCount is the most of a page, published as maxResults.
	maxCount = 1000
)

// page returns where a page begins and how long it is. Numbers out of range
// are brought into it (RFC 7644, section 3.4.2.4).
func (q query) page() (startIndex, count int, err error) {
	startIndex, err = integer(q.startIndex, 1)
	if err != nil {
		return 0, 0, &scim.Error{Status: 400, ScimType: scim.InvalidValue, Detail: "startIndex must be an integer"}
	}
	count, err = integer(q.count, defaultCount)
	if err != nil {
		scimType := scim.InvalidValue
		if q.byCursor {
			scimType = scim.InvalidCount
		}
		return 0, 0, &scim.Error{Status: 400, ScimType: scimType, Detail: "count must be an integer"}
	}
	return max(startIndex, 1), min(max(count, 0), maxCount), nil
}

// integer reads a number; one that is too large is the largest.
func integer(s string, otherwise int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if errors.Is(err, strconv.ErrRange) {
		return n, nil
	}
	return n, err
}
