package atlassianguard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

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
		GroupName:       groupName,
	}
	for _, a := range attributes() {
		capabilities.Attributes = append(capabilities.Attributes, a.name)
	}
	return capabilities
}

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
