package atlassiancloud

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

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
		Creates:    true,
		GroupName:  groupName,
	}
}

// groupName says what is wrong with a group's name; nothing is an empty answer.
func groupName(name string) string {
	switch trimmed := strings.TrimSpace(name); {
	case trimmed == "":
		return "the name is empty"
	case trimmed != name:
		return "the name begins or ends with a blank"
	case !utf8.ValidString(name):
		return "the name is not valid text"
	case utf8.RuneCountInString(name) > maxGroupName:
		return fmt.Sprintf("the name is longer than %d characters", maxGroupName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name holds a control character"
	}
	return ""
}
