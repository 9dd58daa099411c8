package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// projection is what of a resource is shown.
type projection struct {
	*scim.Projection
	parts store.ScimParts
	// asked is whether the request named attributes at all.
	asked bool
}

// project reads attributes and excludedAttributes of a request's query.
func (c *call) project(t *resourceType) (*projection, error) {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return t.projection(q.attributes, q.excluded)
}

func (t *resourceType) projection(attributes, excluded []string) (*projection, error) {
	p, err := t.ParseProjection(attributes, excluded)
	if err != nil {
		return nil, err
	}
	return &projection{
		Projection: p, asked: len(attributes)+len(excluded) > 0,
		// What is not shown is not read: a group may have 100,000 members.
		parts: store.ScimParts{Members: t.Members && p.Wants("members"), Groups: t.groups && p.Wants("groups")},
	}, nil
}

// appendShown appends a resource as JSON. Unless something else is asked for,
// the stored document is copied as it is, without being read.
func (c *call) appendShown(b []byte, baseURL string, t *resourceType, r *store.ScimResource, p *projection) ([]byte, error) {
	if !p.All() {
		return c.appendProjected(b, baseURL, t, r, p)
	}
	document := bytes.TrimSpace(r.Document)
	if len(document) < 2 || document[0] != '{' || document[len(document)-1] != '}' {
		return nil, fmt.Errorf("stored document of resource %d is no JSON object", r.ID)
	}
	b = append(append(b, `{"schemas":[`...), t.core...)
	for _, e := range t.extensions {
		// A key is the only place where this can stand: within a string the
		// quotes would be escaped, and a value is not followed by a colon.
		if bytes.Contains(document, e.key) {
			b = append(append(b, ','), e.quoted...)
		}
	}
	b = append(b, `],"id":`...)
	b = appendString(b, r.ScimID)
	if inner := document[1 : len(document)-1]; len(bytes.TrimSpace(inner)) > 0 {
		b = append(append(b, ','), inner...)
	}
	if p.parts.Members {
		b = c.appendMembers(append(b, `,"members":`...), baseURL, r.Members, false)
	}
	if p.parts.Groups && len(r.Groups) > 0 {
		b = c.appendMembers(append(b, `,"groups":`...), baseURL, r.Groups, true)
	}
	b = append(b, `,"meta":{"resourceType":`...)
	b = appendString(b, t.Name)
	b = append(b, `,"created":"`...)
	b = appendTime(b, r.Created)
	b = append(b, `","lastModified":"`...)
	b = appendTime(b, r.Changed)
	b = append(b, `","location":`...)
	b = appendLocation(b, baseURL, t, r.ScimID)
	b = append(b, `,"version":"W/\"`...)
	b = strconv.AppendInt(b, r.Version, 10)
	return append(b, `\""}}`...), nil
}

// appendMembers appends the values of members or of groups.
func (c *call) appendMembers(b []byte, baseURL string, members []store.ScimMember, direct bool) []byte {
	b = append(b, '[')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"value":`...), m.Value)
		if t, ok := c.door.byName(m.Type); ok {
			b = appendLocation(append(b, `,"$ref":`...), baseURL, t, m.Value)
			if !direct {
				b = appendString(append(b, `,"type":`...), m.Type)
			}
		}
		if m.Display != "" {
			b = appendString(append(b, `,"display":`...), m.Display)
		}
		if direct {
			b = append(b, `,"type":"direct"`...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendProjected appends what of a resource was asked for.
func (c *call) appendProjected(b []byte, baseURL string, t *resourceType, r *store.ScimResource, p *projection) ([]byte, error) {
	document, err := scim.ParseResource(r.Document)
	if err != nil {
		return nil, err
	}
	var schemas []any
	for _, s := range t.SchemasOf(document) {
		schemas = append(schemas, s)
	}
	full := map[string]any(document)
	full["schemas"], full["id"] = schemas, r.ScimID
	full["meta"] = map[string]any{
		"resourceType": t.Name, "created": string(appendTime(nil, r.Created)), "lastModified": string(appendTime(nil, r.Changed)),
		"location": location(baseURL, t, r.ScimID), "version": etag(r.Version),
	}
	if p.parts.Members {
		full["members"] = c.membersOf(baseURL, r.Members, false)
	}
	if p.parts.Groups && len(r.Groups) > 0 {
		full["groups"] = c.membersOf(baseURL, r.Groups, true)
	}
	return appendJSON(b, p.Apply(t.ResourceType, full))
}

func (c *call) membersOf(baseURL string, members []store.ScimMember, direct bool) []any {
	all := make([]any, 0, len(members))
	for _, m := range members {
		one := map[string]any{"value": m.Value}
		if t, ok := c.door.byName(m.Type); ok {
			one["$ref"] = location(baseURL, t, m.Value)
			one["type"] = m.Type
		}
		if m.Display != "" {
			one["display"] = m.Display
		}
		if direct {
			one["type"] = "direct"
		}
		all = append(all, one)
	}
	return all
}

// location is the address of a resource.
func location(baseURL string, t *resourceType, id string) string {
	return baseURL + t.Endpoint + "/" + id
}

func appendLocation(b []byte, baseURL string, t *resourceType, id string) []byte {
	b = append(append(append(append(b, '"'), baseURL...), t.Endpoint...), '/')
	return append(append(b, id...), '"')
}

// appendTime writes as many digits as are kept, so that a filter on
// meta.lastModified may use what was shown, and always as many, so that
// comparing the texts compares the times.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] >= utf8.RuneSelf {
			quoted, err := appendJSON(b, s)
			if err != nil {
				// A string always encodes.
				return strconv.AppendQuoteToASCII(b, strings.ToValidUTF8(s, "\uFFFD"))
			}
			return quoted
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendJSON appends a value as JSON, without the escapes that are for HTML.
func appendJSON(b []byte, v any) ([]byte, error) {
	w := &appender{b: b}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write an answer: %w", err)
	}
	return bytes.TrimSuffix(w.b, []byte("\n")), nil
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
