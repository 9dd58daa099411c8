package jiradc

import "github.com/rollcall-sync/rollcall/internal/directory"

// maxGroupName is the longest name that a group may have, in characters: the
// width of the column that Jira keeps it in.
// https://developer.atlassian.com/server/jira/platform/database-schema/
const maxGroupName = 255

// Capabilities says what Jira Data Center can do. An account keeps its key when
// its user name changes; a group cannot be renamed, and which group is in which
// is not in this API.
//
// https://developer.atlassian.com/server/jira/platform/rest/
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes:      []string{"user_name"},
		Steps:           []directory.Kind{directory.DeactivateAccount, directory.RemoveMember, directory.DeleteAccount},
		LinkBy:          []string{"email", "user_name"},
		Creates:         true,
		RenamesAccounts: true,
		GroupName:       directory.PlainGroupName(maxGroupName),
	}
}
