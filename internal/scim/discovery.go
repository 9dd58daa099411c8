package scim

import "time"

// Capabilities is what a service provider can do, as it says itself.
type Capabilities struct {
	Patch, Bulk, Filter, ChangePassword, Sort, ETag bool
	// MaxOperations is how many operations a bulk request may have.
	MaxOperations int
	// MaxPayload is how large a bulk request may be, in bytes.
	MaxPayload int
	// MaxResults is how many resources an answer to a filter has at most.
	MaxResults int
	// CursorTimeout is how long a cursor is good for at least; 0 for ever.
	CursorTimeout time.Duration
	// DefaultPageSize and MaxPageSize are in resources.
	DefaultPageSize, MaxPageSize int
	// Basic is whether HTTP Basic authentication is accepted beside bearer tokens.
	Basic bool
	// DocumentationURI is left out when it is empty.
	DocumentationURI string
}

// ServiceProviderConfig is the document of RFC 7643, section 5, with the
// pagination of RFC 9865, section 4; without meta.location, which depends on
// where it is served. It has nothing that those do not define.
func ServiceProviderConfig(c Capabilities) map[string]any {
	supported := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	schemes := []any{map[string]any{
		"type":        "oauthbearertoken",
		"name":        "OAuth Bearer Token",
		"description": "A token in the Authorization header, after the word Bearer",
		"specUri":     "https://www.rfc-editor.org/info/rfc6750",
		"primary":     true,
	}}
	if c.Basic {
		schemes = append(schemes, map[string]any{
			"type":        "httpbasic",
			"name":        "HTTP Basic",
			"description": "The token's name as the user, the token as the password",
			"specUri":     "https://www.rfc-editor.org/info/rfc7617",
		})
	}
	pagination := map[string]any{
		"cursor":                  true,
		"index":                   true,
		"defaultPaginationMethod": "index",
		"defaultPageSize":         c.DefaultPageSize,
		"maxPageSize":             c.MaxPageSize,
	}
	if c.CursorTimeout > 0 {
		pagination["cursorTimeout"] = int(c.CursorTimeout / time.Second)
	}
	document := map[string]any{
		"schemas":               []any{ServiceProviderConfigSchema},
		"patch":                 supported(c.Patch),
		"bulk":                  map[string]any{"supported": c.Bulk, "maxOperations": c.MaxOperations, "maxPayloadSize": c.MaxPayload},
		"filter":                map[string]any{"supported": c.Filter, "maxResults": c.MaxResults},
		"changePassword":        supported(c.ChangePassword),
		"sort":                  supported(c.Sort),
		"etag":                  supported(c.ETag),
		"authenticationSchemes": schemes,
		"pagination":            pagination,
		"meta":                  map[string]any{"resourceType": "ServiceProviderConfig"},
	}
	if c.DocumentationURI != "" {
		document["documentationUri"] = c.DocumentationURI
	}
	return document
}

// Describe is the resource type as /ResourceTypes shows it (RFC 7643, section
// 6), without meta.location.
func (t *ResourceType) Describe() map[string]any {
	document := map[string]any{
		"schemas":  []any{ResourceTypeSchema},
		"id":       t.Name,
		"name":     t.Name,
		"endpoint": t.Endpoint,
		"schema":   t.Schema.ID,
		"meta":     map[string]any{"resourceType": "ResourceType"},
	}
	if t.Description != "" {
		document["description"] = t.Description
	}
	extensions := make([]any, 0, len(t.Extensions))
	for _, e := range t.Extensions {
		extensions = append(extensions, map[string]any{"schema": e.Schema.ID, "required": e.Required})
	}
	document["schemaExtensions"] = extensions
	return document
}

// Describe is the schema as /Schemas shows it (RFC 7643, section 7), without
// meta.location. Every characteristic is spelt out.
func (s *Schema) Describe() map[string]any {
	document := map[string]any{
		"schemas":    []any{SchemaSchema},
		"id":         s.ID,
		"name":       s.Name,
		"attributes": describeAttributes(s.Attributes),
		"meta":       map[string]any{"resourceType": "Schema"},
	}
	if s.Description != "" {
		document["description"] = s.Description
	}
	return document
}

func describeAttributes(attributes []Attribute) []any {
	list := make([]any, 0, len(attributes))
	for i := range attributes {
		list = append(list, attributes[i].describe())
	}
	return list
}

func (a *Attribute) describe() map[string]any {
	document := map[string]any{
		"name":        a.Name,
		"type":        string(a.Type),
		"multiValued": a.MultiValued,
		"description": a.Description,
		"required":    a.Required,
		"caseExact":   a.CaseExact,
		"mutability":  orDefault(string(a.Mutability), string(ReadWrite)),
		"returned":    orDefault(string(a.Returned), string(ReturnedDefault)),
		"uniqueness":  orDefault(string(a.Uniqueness), string(UniqueNone)),
	}
	if a.CanonicalValues != nil {
		document["canonicalValues"] = asValues(a.CanonicalValues)
	}
	if len(a.ReferenceTypes) > 0 {
		document["referenceTypes"] = asValues(a.ReferenceTypes)
	}
	if a.Type == Complex {
		document["subAttributes"] = describeAttributes(a.SubAttributes)
	}
	return document
}

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func asValues(texts []string) []any {
	list := make([]any, len(texts))
	for i, s := range texts {
		list[i] = s
	}
	return list
}
