package scim

// badge is a resource type that a configuration declares, with every
// characteristic that User and Group do not have.
func badge() *ResourceType {
	return &ResourceType{
		Name:     "Badge",
		Endpoint: "/Badges",
		Schema: &Schema{ID: "urn:example:scim:Badge", Name: "Badge", Attributes: []Attribute{
			{Name: "serial", Type: String, Required: true, Uniqueness: UniqueServer, Mutability: Immutable},
			{Name: "label", Type: String, CaseExact: true, Returned: ReturnedAlways},
			{Name: "level", Type: Integer},
			{Name: "weight", Type: Decimal},
			{Name: "issued", Type: DateTime, Mutability: Immutable},
			{Name: "colours", Type: String, MultiValued: true},
			{Name: "secretNote", Type: String, Returned: ReturnedNever},
			{Name: "history", Type: String, Returned: ReturnedRequest},
			{Name: "pin", Type: String, Mutability: WriteOnly, Returned: ReturnedNever},
			{Name: "tag", Type: String, Uniqueness: UniqueServer},
			{Name: "doors", Type: Complex, MultiValued: true, SubAttributes: []Attribute{
				{Name: "value", Type: String, Required: true},
				{Name: "since", Type: DateTime, Mutability: Immutable},
				{Name: "note", Type: String, Returned: ReturnedRequest},
			}},
			{Name: "holder", Type: Complex, SubAttributes: []Attribute{
				{Name: "value", Type: String, Mutability: Immutable},
				{Name: "kind", Type: String, Returned: ReturnedAlways},
			}},
		}},
		Extensions: []Extension{{Required: true, Schema: &Schema{ID: "urn:example:scim:Site:1.0", Name: "Site", Attributes: []Attribute{
			{Name: "building", Type: String, Required: true},
			{Name: "floor", Type: Integer, Mutability: Immutable},
		}}}},
		Unique: "serial",
	}
}

const site = "urn:example:scim:Site:1.0"
