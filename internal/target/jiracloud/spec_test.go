package jiracloud_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

func TestEveryCallIsWhatTheVendorsDescriptionSays(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.JiraCloud)
	t.Cleanup(func() {
		for _, call := range []string{
			"GET /rest/api/3/users/search 200", "GET /rest/api/3/user/search 200", "GET /rest/api/3/user 200", "GET /rest/api/3/user 404",
			"POST /rest/api/3/user 201", "POST /rest/api/3/user 400", "DELETE /rest/api/3/user 204", "GET /rest/api/3/group/bulk 200",
			"POST /rest/api/3/group 201", "POST /rest/api/3/group 400", "GET /rest/api/3/group/member 200", "GET /rest/api/3/group/member 404",
			"POST /rest/api/3/group/user 201", "POST /rest/api/3/group/user 400", "DELETE /rest/api/3/group/user 200",
			"DELETE /rest/api/3/group/user 400", "GET /rest/api/3/user/groups 200", "GET /rest/api/3/applicationrole 200",
			"GET /rest/api/3/myself 200", "GET /rest/api/3/serverInfo 200",
		} {
			if checker.Checked()[call] == 0 {
				t.Errorf("the suite never made the call %s", call)
			}
		}
	})
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		sim := sitesim.New(sitesim.Options{Engine: fault.New(1)})
		f := fixtureOf(t, sim, newTarget(t, sim, checker.Handler(sim.Handler())))
		f.PageSize, f.Described = 51, true
		return f
	})
}
