package crowd

import "github.com/rollcall-sync/rollcall/internal/directory"

// maxGroupName is the longest name that a group may have, in characters: the
// width of the column in Crowd's database.
const maxGroupName = 255

// attributes are ours that Crowd keeps as attributes of a user, under the same
// names.
func attributes() []string {
	return []string{"job_title", "department", "organization", "location"}
}

// Capabilities says what a Crowd can do. Users and groups are known by their
// names, so that neither can be renamed without becoming another one.
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes: append([]string{"user_name"}, attributes()...),
		Steps:      []directory.Kind{directory.DeactivateAccount, directory.RemoveMember, directory.DeleteAccount},
		LinkBy:     []string{"email", "user_name"},
		Creates:    true,
		Nests:      true,
		GroupName:  directory.PlainGroupName(maxGroupName),
	}
}
