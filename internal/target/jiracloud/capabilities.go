package jiracloud

import (
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
)

// Capabilities says what a Jira Cloud site can do. The API has no call that
// writes an attribute, suspends or deactivates an account, or renames a group;
// accounts are found by their e-mail address alone.
//
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Steps:     []directory.Kind{directory.RemoveMember, directory.DeleteAccount},
		LinkBy:    []string{"email"},
		Creates:   true,
		GroupName: atlassiansite.GroupName,
	}
}
