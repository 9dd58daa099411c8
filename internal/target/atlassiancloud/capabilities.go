package atlassiancloud

import "github.com/rollcall-sync/rollcall/internal/directory"

// maxGroupName is the longest name that a group may have, in characters. The
// organisation API's description states no limit; this is what the products
// that share the groups accept.
const maxGroupName = 255

// Capabilities says what an Atlassian Cloud directory can do. A group cannot
// be renamed (the API has no call for it), nor be in another; accounts are
// found by their e-mail address alone.
//
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-profile/#api-users-account-id-manage-profile-patch
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes: []string{"job_title", "department", "organization", "location", "locale", "time_zone"},
		Steps:      []directory.Kind{directory.SuspendAccount, directory.RemoveMember, directory.DeactivateAccount, directory.DeleteAccount},
		LinkBy:     []string{"email"},
		Creates:    true, CreatesInGroups: true,
		GroupName: directory.PlainGroupName(maxGroupName),
	}
}
