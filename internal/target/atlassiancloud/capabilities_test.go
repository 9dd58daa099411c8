package atlassiancloud_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiancloud"
)

func TestCapabilitiesAreThoseOfTheTarget(t *testing.T) {
	t.Parallel()
	var target any = (*atlassiancloud.Target)(nil)
	can := atlassiancloud.Capabilities()
	_, renames := target.(directory.GroupRenamer)
	_, finds := target.(directory.AccountFinder)
	_, deactivates := target.(directory.Deactivator)
	_, deletes := target.(directory.AccountDeleter)
	if renames != can.Renames || finds != (len(can.LinkBy) > 1) {
		t.Errorf("renames %t, finds %t; said %+v", renames, finds, can)
	}
	steps := map[directory.Kind]bool{directory.SuspendAccount: true, directory.RemoveMember: true, directory.DeactivateAccount: deactivates, directory.DeleteAccount: deletes}
	for _, step := range can.Steps {
		if !steps[step] {
			t.Errorf("it cannot %s", step)
		}
		delete(steps, step)
	}
	for step, able := range steps {
		if able {
			t.Errorf("it can %s, and does not say so", step)
		}
	}
}

func TestGroupNamesThatWouldBeRefusedAreKnownBeforehand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, group string
		wrong       bool
	}{
		{"an ordinary name", "Équipe d'été (EU)", false},
		{"the longest name", strings.Repeat("ä", 255), false},
		{"one character more", strings.Repeat("ä", 256), true},
		{"an empty name", "", true},
		{"blanks alone", "  ", true},
		{"a blank at the end", "Sales ", true},
		{"a line break", "Sa\nles", true},
		{"bytes that are no text", "Sa\xffles", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if why := atlassiancloud.Capabilities().GroupName(test.group); (why != "") != test.wrong {
				t.Errorf("the answer is %q", why)
			}
		})
	}
}
