package gateway

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
)

// documentation is where the setup is explained.
const documentation = "https://github.com/rollcall-sync/rollcall/blob/main/docs/scim.md"

// serviceProviderConfig answers GET /ServiceProviderConfig (RFC 7643, section
// 5). It publishes what is so. A filter is ignored (RFC 7644, section 4).
func (c *call) serviceProviderConfig() (answer, error) {
	c.summary = "read the capabilities"
	s := c.g.settings
	return c.described(scim.ServiceProviderConfig(scim.Capabilities{
		Patch: true, Bulk: true, Filter: true, Sort: true, ETag: true,
		MaxOperations: s.BulkOperations, MaxPayload: int(s.MaxBody), MaxResults: maxCount,
		CursorTimeout: cursorTimeout, DefaultPageSize: defaultCount, MaxPageSize: maxCount,
		Basic: c.door.settings.Basic, DocumentationURI: documentation,
	}), "ServiceProviderConfig", "/ServiceProviderConfig")
}

// resourceTypes answers GET /ResourceTypes (RFC 7643, section 6).
func (c *call) resourceTypes() (answer, error) {
	if err := c.unfiltered(); err != nil {
		return answer{}, err
	}
	c.summary = "list the resource types"
	var all []any
	for _, t := range c.door.types {
		all = append(all, c.withMeta(t.Describe(), "ResourceType", "/ResourceTypes/"+t.Name))
	}
	return c.listOf(all)
}

// resourceType answers GET /ResourceTypes/{name}.
func (c *call) resourceType() (answer, error) {
	if err := c.unfiltered(); err != nil {
		return answer{}, err
	}
	c.summary = "read a resource type"
	for _, t := range c.door.types {
		if strings.EqualFold(t.Name, c.variable("id")) {
			return c.described(t.Describe(), "ResourceType", "/ResourceTypes/"+t.Name)
		}
	}
	return answer{}, &refusal{status: http.StatusNotFound, detail: "there is no resource type of this name"}
}

// schemas answers GET /Schemas (RFC 7643, section 7).
func (c *call) schemas() (answer, error) {
	if err := c.unfiltered(); err != nil {
		return answer{}, err
	}
	c.summary = "list the schemas"
	var all []any
	for _, s := range c.door.registry.Schemas() {
		all = append(all, c.withMeta(s.Describe(), "Schema", "/Schemas/"+s.ID))
	}
	return c.listOf(all)
}

// schema answers GET /Schemas/{urn}.
func (c *call) schema() (answer, error) {
	if err := c.unfiltered(); err != nil {
		return answer{}, err
	}
	c.summary = "read a schema"
	for _, s := range c.door.registry.Schemas() {
		if strings.EqualFold(s.ID, c.variable("id")) {
			return c.described(s.Describe(), "Schema", "/Schemas/"+s.ID)
		}
	}
	return answer{}, &refusal{status: http.StatusNotFound, detail: "there is no schema of this URI"}
}

// unfiltered refuses a filter where RFC 7644, section 4, has none.
func (c *call) unfiltered() error {
	if hasParameter(c.r.URL.RawQuery, "filter") {
		return &refusal{status: http.StatusForbidden, detail: "schemas and resource types cannot be filtered (RFC 7644, section 4)"}
	}
	return nil
}

func (c *call) withMeta(document map[string]any, kind, path string) map[string]any {
	meta, _ := document["meta"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["resourceType"], meta["location"] = kind, c.baseURL()+path
	document["meta"] = meta
	return document
}

func (c *call) described(document map[string]any, kind, path string) (answer, error) {
	return c.answerJSON(c.withMeta(document, kind, path))
}

func (c *call) listOf(all []any) (answer, error) {
	return c.answerJSON(map[string]any{
		"schemas": []string{scim.ListResponseSchema}, "totalResults": len(all), "itemsPerPage": len(all), "startIndex": 1, "Resources": all,
	})
}

func (c *call) answerJSON(v any) (answer, error) {
	a := answer{status: http.StatusOK, body: c.g.buffers.get()}
	var err error
	a.body.b, err = appendJSON(a.body.b, v)
	return a, err
}
