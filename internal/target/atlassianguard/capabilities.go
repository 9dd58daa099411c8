package atlassianguard

import "github.com/rollcall-sync/rollcall/internal/directory"

// maxGroupName is the longest name that a group may have, in characters. The
// description states no limit; this is what the products that share the groups
// accept.
const maxGroupName = 255

// Capabilities says what a SCIM directory can do. A group's name is immutable;
// a group cannot be in another.
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-groups/
func Capabilities() directory.Capabilities {
	capabilities := directory.Capabilities{
		Attributes:      []string{userNameAttribute},
		Steps:           []directory.Kind{directory.DeactivateAccount, directory.RemoveMember},
		LinkBy:          []string{"email", userNameAttribute},
		Creates:         true,
		RenamesAccounts: true,
		GroupName:       directory.PlainGroupName(maxGroupName),
	}
	for _, a := range attributes() {
		capabilities.Attributes = append(capabilities.Attributes, a.name)
	}
	return capabilities
}
