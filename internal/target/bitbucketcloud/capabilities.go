package bitbucketcloud

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// maxGroupName is the longest name that the vendor's own form takes for a
// group, in characters.
const maxGroupName = 255

// Capabilities says what a workspace can do: groups, their members and their
// permissions. A group that is renamed gets another slug, by which it is known
// everywhere, so that groups are not renamed.
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Steps:     []directory.Kind{directory.RemoveMember},
		LinkBy:    []string{"email"},
		Permits:   true,
		GroupName: groupName,
	}
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
	case !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return "the name holds no letter and no digit, and Bitbucket can make no slug of it"
	}
	return ""
}
