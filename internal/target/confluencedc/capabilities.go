package confluencedc

import (
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// maxGroupName is the longest name that a group may have, in characters: the
// width of the column that the embedded directory keeps it in.
const maxGroupName = 255

// Capabilities says what Confluence Data Center can do from 10.0 on. An account
// cannot get another user name, nor a group another name, and which group is in
// which is not in this API.
//
// https://developer.atlassian.com/server/confluence/rest/
func Capabilities() directory.Capabilities {
	return directory.Capabilities{
		Attributes: []string{"user_name"},
		Steps:      []directory.Kind{directory.DeactivateAccount, directory.RemoveMember, directory.DeleteAccount},
		LinkBy:     []string{"user_name"},
		Creates:    true,
		GroupName:  groupName,
	}
}

// groupName says what is wrong with a group's name; nothing is an empty answer.
// A group's name is part of addresses, in which the web server takes no slash.
func groupName(name string) string {
	if problem := directory.PlainGroupName(maxGroupName)(name); problem != "" {
		return problem
	}
	switch {
	case strings.ContainsAny(name, `/\`):
		return "the name holds a slash, which Confluence's addresses cannot carry"
	case name == "." || name == "..":
		return "the name is a step in an address"
	}
	return ""
}
