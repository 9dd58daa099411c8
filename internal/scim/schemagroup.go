package scim

// GroupType is a new resource type Group (RFC 7643, section 4.2).
func GroupType() *ResourceType {
	return &ResourceType{
		Name:        "Group",
		Endpoint:    "/Groups",
		Description: "A group of users and groups",
		Schema:      groupSchema(),
		Unique:      "displayName",
		Members:     true,
	}
}

// groupSchema is that of RFC 7643, section 8.7.1, but that it says of displayName
// what is so: section 4.2 requires one, and it is unique here, because clients
// find a group by it. members.display is added for what clients show.
func groupSchema() *Schema {
	return &Schema{
		ID:          GroupSchema,
		Name:        "Group",
		Description: "A group of users and groups",
		Attributes: []Attribute{
			{Name: "displayName", Type: String, Required: true, Uniqueness: UniqueServer, Description: "The group's name, unique among groups"},
			{Name: "members", Type: Complex, MultiValued: true, Description: "Who is in the group", SubAttributes: []Attribute{
				{Name: "value", Type: String, Mutability: Immutable, Description: "The member's id"},
				{Name: "$ref", Type: Reference, ReferenceTypes: []string{"User", "Group"}, Mutability: Immutable, Description: "The member's URI"},
				{Name: "type", Type: String, CanonicalValues: []string{"User", "Group"}, Mutability: Immutable, Description: "What the member is"},
				{Name: "display", Type: String, Mutability: ReadOnly, Description: "The member's name"},
			}},
		},
	}
}

// commonAttributes are those of every resource (RFC 7643, sections 3 and 3.1).
func commonAttributes() []Attribute {
	return []Attribute{
		{Name: "schemas", Type: Reference, ReferenceTypes: []string{"uri"}, MultiValued: true, CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways},
		{Name: "id", Type: String, CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: UniqueServer},
		{Name: "externalId", Type: String, CaseExact: true},
		{Name: "meta", Type: Complex, Mutability: ReadOnly, SubAttributes: []Attribute{
			{Name: "resourceType", Type: String, CaseExact: true, Mutability: ReadOnly},
			{Name: "created", Type: DateTime, Mutability: ReadOnly},
			{Name: "lastModified", Type: DateTime, Mutability: ReadOnly},
			{Name: "location", Type: Reference, ReferenceTypes: []string{"uri"}, CaseExact: true, Mutability: ReadOnly},
			{Name: "version", Type: String, CaseExact: true, Mutability: ReadOnly},
		}},
	}
}
