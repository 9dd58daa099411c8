package confluencecloud

import (
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
)

// Capabilities says what a Confluence Cloud site can do: groups are created and
// accounts put in and taken out of them. Accounts are found by their e-mail
// address alone.
//
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Steps:     []directory.Kind{directory.RemoveMember},
		LinkBy:    []string{"email"},
		GroupName: atlassiansite.GroupName,
	}
}
