package bitbucketcloud

import (
	"strings"
	"unicode"

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

// groupName says what is wrong with a group's name; nothing is an empty answer.
func groupName(name string) string {
	if problem := directory.PlainGroupName(maxGroupName)(name); problem != "" {
		return problem
	}
	if !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "the name holds no letter and no digit, and Bitbucket can make no slug of it"
	}
	return ""
}
