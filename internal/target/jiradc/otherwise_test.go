package jiradc_test

import (
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
	"github.com/rollcall-sync/rollcall/internal/target/jiradc"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

// TestAnotherServersWayOfAnsweringIsReadTheSame: below a context path, and with
// other details of form.
func TestAnotherServersWayOfAnsweringIsReadTheSame(t *testing.T) {
	t.Parallel()
	otherwise := func(next http.Handler) http.Handler {
		return http.StripPrefix("/jira", standintest.Otherwise(next, "nextPage", "nextCursor", "deleted", "emailAddress", "lead", "labels", "message", "remainingSeats"))
	}
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixtureOf(newVendor(t, jiradcsim.Options{ListLimit: pageSize},
			func(c *jiradc.Config) { c.BaseURL += "/jira/" }, otherwise))
	})
}
