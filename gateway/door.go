package gateway

import (
	"bytes"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
)

// door is a connection as it is served.
type door struct {
	name     string
	settings config.ConnectionScim
	registry *scim.Registry
	// types are the resource types, in the registry's order.
	types []*resourceType
	// any knows the attributes of all types, for queries at the root.
	any *scim.ResourceType
}

// resourceType is a resource type with what would otherwise be worked out for
// each request.
type resourceType struct {
	*scim.ResourceType
	// segment is the endpoint without its slash.
	segment string
	// one and all are the names of its routes.
	one, all string
	// noun is how the log of requests calls it.
	noun string
	// groups is whether it is shown with the groups that it is in.
	groups bool
	// core is the URN of its schema, quoted; extensions are those of the
	// others, as a document that has them spells the key.
	core       []byte
	extensions []extensionKey
}

type extensionKey struct{ quoted, key []byte }

func newDoor(c *Connection) *door {
	d := &door{name: c.Name, settings: c.Settings, registry: c.Registry}
	for _, t := range c.Registry.Types() {
		d.types = append(d.types, newResourceType(t))
	}
	d.any = union(c.Registry.Types())
	return d
}

func newResourceType(t *scim.ResourceType) *resourceType {
	r := &resourceType{
		ResourceType: t, segment: strings.TrimPrefix(t.Endpoint, "/"), one: t.Endpoint + "/{id}", all: t.Endpoint,
		noun: strings.ToLower(t.Name), groups: t.Name == "User", core: appendString(nil, t.Schema.ID),
	}
	for _, e := range t.Extensions {
		quoted := appendString(nil, e.Schema.ID)
		r.extensions = append(r.extensions, extensionKey{quoted: quoted, key: append(bytes.Clone(quoted), ':')})
	}
	return r
}

// byEndpoint finds a resource type by the path segment, ignoring its case.
func (d *door) byEndpoint(segment string) (*resourceType, bool) {
	for _, t := range d.types {
		if strings.EqualFold(t.segment, segment) {
			return t, true
		}
	}
	return nil, false
}

func (d *door) byName(name string) (*resourceType, bool) {
	for _, t := range d.types {
		if t.Name == name {
			return t, true
		}
	}
	return nil, false
}

// union is a type with the attributes of all: a filter at the root may name
// any of them, and a resource without one has no value there (RFC 7644,
// section 3.4.2.1).
func union(types []*scim.ResourceType) *scim.ResourceType {
	all := &scim.ResourceType{Name: "Resource", Schema: &scim.Schema{Name: "Resource"}}
	attributes, extensions := map[string]bool{}, map[string]bool{}
	for _, t := range types {
		all.Members = all.Members || t.Members
		for _, a := range t.Schema.Attributes {
			if name := strings.ToLower(a.Name); !attributes[name] {
				attributes[name] = true
				all.Schema.Attributes = append(all.Schema.Attributes, a)
			}
		}
		for _, e := range t.Extensions {
			if !extensions[e.Schema.ID] {
				extensions[e.Schema.ID] = true
				all.Extensions = append(all.Extensions, scim.Extension{Schema: e.Schema})
			}
		}
	}
	return all
}
