package confluencedc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/confluencedc"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

// TestAnotherServersWayOfAnsweringIsReadTheSame: below a context path, and with
// other details of form.
func TestAnotherServersWayOfAnsweringIsReadTheSame(t *testing.T) {
	t.Parallel()
	otherwise := func(next http.Handler) http.Handler {
		return http.StripPrefix("/confluence", standintest.Otherwise(next, "next", "totalCount", "userKey", "type", "reason", "data", "messages"))
	}
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(newVendor(t, confluencedcsim.Options{PageLimit: pageSize, ManifestXML: true},
			func(c *confluencedc.Config) { c.BaseURL += "/confluence/" }, otherwise))
	})
}
