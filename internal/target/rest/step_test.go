package rest_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// TestANameThatIsAStepInAnAddressIsNotSent: a DELETE of /group/../member would
// be one of /member.
func TestANameThatIsAStepInAnAddressIsNotSent(t *testing.T) {
	t.Parallel()
	calls := 0
	c := client(t, func(http.ResponseWriter, *http.Request) { calls++ })
	for name, sent := range map[string]bool{"": false, ".": false, "..": false, "...": true, ".git": true, "a/../b": true} {
		before := calls
		_, err := c.Do(t.Context(), rest.Call{Method: "DELETE", Template: "/group/{name}/member", Args: []string{name}, Object: "group"})
		switch {
		case sent && (err != nil || calls == before):
			t.Errorf("%q was not sent: %v", name, err)
		case !sent && (directory.ClassOf(err) != directory.ClassRefused || calls != before):
			t.Errorf("%q: %v", name, err)
		}
	}
}
