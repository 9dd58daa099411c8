package directory

// DesiredGroup is what the rules make of a source group in a target.
type DesiredGroup struct {
	// Name is the target group's; empty when the group has no counterpart there.
	Name string
	// Rule names what decided: "same name", "prefix", "table", "pattern 2", …
	Rule string
	// Merge is whether all source groups with this Name share one target group.
	// Otherwise two that want one name are a conflict, which is reported.
	Merge bool
	// Problem, when set, is why the group cannot be made: ClassBadName.
	Problem Class
	// Detail says what is wrong, in words.
	Detail string
}

// GroupMode says which memberships of a linked group may be removed.
type GroupMode string

// The modes of a connection's groups.
const (
	// Additive removes only memberships that Rollcall made.
	Additive GroupMode = "additive"
	// Authoritative makes a group hold exactly the source's members.
	Authoritative GroupMode = "authoritative"
)
