package scim

// Resource is a resource's attributes as JSON has them: strings, bools,
// json.Number, []any, and map[string]any for complex attributes and, under its
// URN, for each extension. Names are spelt as the schema spells them. It never
// has id, meta, members, groups or a password: those are kept elsewhere, or
// nowhere.
type Resource map[string]any

// Member is a value of a group's members as a client named it.
type Member struct {
	// Value is the member's id.
	Value string
	// Type is "User" or "Group" where the client said so.
	Type string
}

// MemberChange is one step of what a request does to members. The steps of a
// request are taken in their order, each as row operations.
type MemberChange struct {
	// Clear removes every member first.
	Clear bool
	// Remove and Add name members by value.
	Remove, Add []Member
	// RemoveWhere, when set, removes the members that a filter over their
	// sub-attributes (value, type, display, $ref) matches.
	RemoveWhere Filter
}
