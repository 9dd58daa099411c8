package directory

// GroupPermission is a permission that a group of a target is to hold, as the
// configuration states it.
type GroupPermission struct {
	// Group is the target group's name; case does not matter.
	Group string
	Permission
}

// unknownRank is that of levels which only the target knows: they are never
// taken for less than what the configuration asks for.
const unknownRank = 100

// Rank orders levels: whoever has the greater may all that the lesser may. That
// of no permission is 0; one that is not known counts as the greatest, so that
// nobody is given less in its place.
func (p Permission) Rank() int {
	switch p.Level {
	case "":
		return 0
	case "read":
		return 1
	case "write":
		return 2
	case "create-repo":
		return 3
	case "admin":
		return 4
	}
	return unknownRank
}
