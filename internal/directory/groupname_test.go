package directory_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAPlainGroupName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ group, want string }{
		"may hold blanks, letters and signs":              {"Löhne & Gehälter / 東京", ""},
		"may be as long as the limit, in characters":      {strings.Repeat("é", 24), ""},
		"is no longer than that":                          {strings.Repeat("é", 25), "the name is longer than 24 characters"},
		"is not empty":                                    {"", "the name is empty"},
		"is not made of blanks":                           {" \t", "the name is empty"},
		"does not begin with a blank":                     {" staff", "the name begins or ends with a blank"},
		"does not end with a line break":                  {"staff\n", "the name begins or ends with a blank"},
		"is valid text":                                   {"staff\xff", "the name is not valid text"},
		"holds no control character":                      {"sta\x00ff", "the name holds a control character"},
		"is measured before its characters are looked at": {strings.Repeat("x", 24) + "\x00x", "the name is longer than 24 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := directory.PlainGroupName(24)(c.group); got != c.want {
				t.Errorf("%q: got %q, want %q", c.group, got, c.want)
			}
		})
	}
}
