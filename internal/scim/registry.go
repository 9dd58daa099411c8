package scim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Registry is what a connection serves: its resource types and their schemas.
// It does not change and may be used by several goroutines.
type Registry struct {
	types      []*ResourceType
	byEndpoint map[string]*ResourceType
	byName     map[string]*ResourceType
	schemas    []*Schema
}

// reservedEndpoints are the protocol's own (RFC 7644, section 3.2).
var reservedEndpoints = []string{"/serviceproviderconfig", "/resourcetypes", "/schemas", "/bulk", "/me", "/.search"}

// endpointPattern is one path segment that needs no escaping.
var endpointPattern = regexp.MustCompile(`^/[A-Za-z0-9][A-Za-z0-9_-]*$`)

// NewRegistry makes a registry of User and Group, with further extensions of
// them, and of more resource types. The error says what is wrong with a
// declaration: a name that RFC 7643, section 2.1, does not allow, something
// declared twice, characteristics that contradict each other, an endpoint that
// is taken.
func NewRegistry(userExtensions, groupExtensions []Extension, more []*ResourceType) (*Registry, error) {
	user, group := UserType(), GroupType()
	user.Extensions = append(user.Extensions, userExtensions...)
	group.Extensions = append(group.Extensions, groupExtensions...)
	r := &Registry{byEndpoint: map[string]*ResourceType{}, byName: map[string]*ResourceType{}}
	for _, t := range append([]*ResourceType{user, group}, more...) {
		if err := r.add(t); err != nil {
			return nil, err
		}
	}
	r.schemas = append(r.schemas, discoverySchemas()...)
	return r, nil
}

func (r *Registry) add(t *ResourceType) error {
	if t == nil || t.Schema == nil {
		return errors.New("a resource type has no schema")
	}
	endpoint, name := foldName(t.Endpoint), foldName(t.Name)
	switch {
	case !attributeName.MatchString(t.Name):
		return fmt.Errorf("resource type %q: a name is letters, digits, _ and -, beginning with a letter", t.Name)
	case r.byName[name] != nil || slices.Contains([]string{"schema", "resourcetype", "serviceproviderconfig"}, name):
		return fmt.Errorf("resource type %q: the name is taken", t.Name)
	case !endpointPattern.MatchString(t.Endpoint):
		return fmt.Errorf("resource type %q: endpoint %q is not a slash and one word", t.Name, t.Endpoint)
	case r.byEndpoint[endpoint] != nil || slices.Contains(reservedEndpoints, endpoint):
		return fmt.Errorf("resource type %q: endpoint %q is taken", t.Name, t.Endpoint)
	}
	for _, s := range t.schemas() {
		if s == nil {
			return fmt.Errorf("resource type %q: an extension has no schema", t.Name)
		}
		if slices.ContainsFunc(r.schemas, func(other *Schema) bool { return foldName(other.ID) == foldName(s.ID) }) ||
			slices.ContainsFunc(discoverySchemas(), func(other *Schema) bool { return foldName(other.ID) == foldName(s.ID) }) {
			return fmt.Errorf("resource type %q: schema %q is declared already", t.Name, s.ID)
		}
		if err := s.check(s == t.Schema); err != nil {
			return fmt.Errorf("resource type %q: schema %q: %w", t.Name, s.ID, err)
		}
		r.schemas = append(r.schemas, s)
	}
	if err := t.checkUnique(); err != nil {
		return fmt.Errorf("resource type %q: %w", t.Name, err)
	}
	t.lookups()
	r.types = append(r.types, t)
	r.byEndpoint[endpoint], r.byName[name] = t, t
	return nil
}

// checkUnique checks the attribute that tells resources of the type apart, and
// spells it as the schema does.
func (t *ResourceType) checkUnique() error {
	if t.Members && findAttribute(t.Schema.Attributes, "members") == nil {
		return errors.New("it has members, but no attribute \"members\"")
	}
	if t.Unique == "" {
		return nil
	}
	a := findAttribute(t.Schema.Attributes, t.Unique)
	if a == nil || a.Type != String || a.MultiValued || a.Mutability == ReadOnly || a.Mutability == WriteOnly {
		return fmt.Errorf("unique attribute %q is not a string with one value that clients write", t.Unique)
	}
	t.Unique = a.Name
	return nil
}

// schemas are the type's own schema and those of its extensions.
func (t *ResourceType) schemas() []*Schema {
	all := []*Schema{t.Schema}
	for _, e := range t.Extensions {
		all = append(all, e.Schema)
	}
	return all
}

// Types are the resource types in the order of their declaration, User and
// Group first.
func (r *Registry) Types() []*ResourceType { return slices.Clone(r.types) }

// ByEndpoint finds the type served at a path such as /Users, in any case.
func (r *Registry) ByEndpoint(path string) (*ResourceType, bool) {
	t, ok := r.byEndpoint[path]
	if !ok {
		t, ok = r.byEndpoint[foldName(path)]
	}
	return t, ok
}

// ByName finds a type by what meta.resourceType says, in any case.
func (r *Registry) ByName(name string) (*ResourceType, bool) {
	t, ok := r.byName[foldName(name)]
	return t, ok
}

// Schemas are all that /Schemas lists: those of the types and extensions, and
// the three of the discovery documents (RFC 7643, section 8.7.2).
func (r *Registry) Schemas() []*Schema { return slices.Clone(r.schemas) }
