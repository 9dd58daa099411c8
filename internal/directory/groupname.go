package directory

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlainGroupName returns a Capabilities.GroupName for a target that takes any
// text of at most limit characters: the text must be valid, neither empty nor
// with blanks around it, and hold no control character. A target with further
// rules of its own asks it first.
func PlainGroupName(limit int) func(name string) string {
	return func(name string) string {
		switch trimmed := strings.TrimSpace(name); {
		case trimmed == "":
			return "the name is empty"
		case trimmed != name:
			return "the name begins or ends with a blank"
		case !utf8.ValidString(name):
			return "the name is not valid text"
		case utf8.RuneCountInString(name) > limit:
			return fmt.Sprintf("the name is longer than %d characters", limit)
		case strings.ContainsFunc(name, unicode.IsControl):
			return "the name holds a control character"
		}
		return ""
	}
}
