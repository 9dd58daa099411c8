package directory_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestTheGentlestStepThatCanBeTakenBackUndoesACreation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps []directory.Kind
		want  directory.Kind
	}{
		"suspend before all":               {[]directory.Kind{directory.DeleteAccount, directory.DeactivateAccount, directory.SuspendAccount}, directory.SuspendAccount},
		"deactivate where nobody suspends": {[]directory.Kind{directory.RemoveMember, directory.DeactivateAccount, directory.DeleteAccount}, directory.DeactivateAccount},
		"never delete":                     {[]directory.Kind{directory.RemoveMember, directory.DeleteAccount}, ""},
		"nothing":                          {nil, ""},
	} {
		if got := (directory.Capabilities{Steps: test.steps}).UndoBy(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestATargetTellsAddressesUnlessItLinksByOthersAlone(t *testing.T) {
	t.Parallel()
	for want, linkBys := range map[bool][][]string{true: {nil, {"email"}, {"user_name", "email"}}, false: {{"user_name"}}} {
		for _, linkBy := range linkBys {
			if got := (directory.Capabilities{LinkBy: linkBy}).TellsAddress(); got != want {
				t.Errorf("%v: got %t", linkBy, got)
			}
		}
	}
}
