package bitbucketdc

import "github.com/rollcall-sync/rollcall/internal/directory"

// maxGroupName is the longest name that a group may have, in characters: the
// width of the column in Bitbucket's database.
const maxGroupName = 255

// Capabilities says what a Bitbucket can do. Users and groups are known by
// their names, so that neither can be renamed without becoming another one; an
// account cannot be blocked as such.
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes: []string{"user_name"},
		Steps:      []directory.Kind{directory.SuspendAccount, directory.RemoveMember, directory.DeleteAccount},
		LinkBy:     []string{"email", "user_name"},
		Creates:    true, CreatesInGroups: true,
		GroupName: groupName,
	}
}

// groupName says what is wrong with a group's name; nothing is an empty answer.
func groupName(name string) string { return directory.PlainGroupName(maxGroupName)(name) }
