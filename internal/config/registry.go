package config

import "github.com/rollcall-sync/rollcall/internal/scim"

// Registry returns the schemas and resource types of a connection: the
// standard's own and those that it declares. A Config that Load returned gives
// no error.
func (c ConnectionScim) Registry() (*scim.Registry, error) {
	var users, groups []scim.Extension
	for _, e := range c.Extensions {
		extension := scim.Extension{Schema: schema(e.URN, e.Name, e.Description, e.Attributes), Required: e.Required}
		if e.On == "Group" {
			groups = append(groups, extension)
			continue
		}
		users = append(users, extension)
	}
	var more []*scim.ResourceType
	for _, one := range c.ResourceTypes {
		more = append(more, &scim.ResourceType{
			Name: one.Name, Endpoint: one.Endpoint, Description: one.Description, Unique: one.Unique,
			Schema: schema(one.URN, one.Name, one.Description, one.Attributes),
		})
	}
	return scim.NewRegistry(users, groups, more)
}

func schema(urn, name, description string, attributes []ScimAttribute) *scim.Schema {
	return &scim.Schema{ID: urn, Name: name, Description: description, Attributes: definitions(attributes)}
}

func definitions(attributes []ScimAttribute) []scim.Attribute {
	var all []scim.Attribute
	for _, a := range attributes {
		definition := scim.Attribute{
			Name: a.Name, Type: scim.Type(a.Type), MultiValued: a.Multi, Description: a.Description,
			Required: a.Required, CaseExact: a.CaseExact,
			Mutability: scim.Mutability(a.Mutability), Returned: scim.Returned(a.Returned), Uniqueness: scim.Uniqueness(a.Uniqueness),
			CanonicalValues: a.Canonical, ReferenceTypes: a.References, SubAttributes: definitions(a.Sub),
		}
		if definition.Mutability == scim.WriteOnly {
			definition.Returned = scim.ReturnedNever
		}
		if definition.Type == scim.Reference && len(definition.ReferenceTypes) == 0 {
			definition.ReferenceTypes = []string{"external"}
		}
		all = append(all, definition)
	}
	return all
}
