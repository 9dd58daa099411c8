package confluencecloud_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/target/targettest"
)

func TestEveryCallIsWhatTheVendorsDescriptionsSay(t *testing.T) {
	t.Parallel()
	jira := speccheck.Load(t, speccheck.JiraCloud)
	one, two := speccheck.Load(t, speccheck.ConfluenceCloudV1), speccheck.Load(t, speccheck.ConfluenceCloudV2)
	t.Cleanup(func() {
		for call, checker := range map[string]*speccheck.Checker{
			"GET /rest/api/3/users/search 200": jira, "GET /rest/api/3/user/search 200": jira,
			"GET /wiki/rest/api/group 200": one, "POST /wiki/rest/api/group 201": one, "POST /wiki/rest/api/group 400": one,
			"GET /wiki/rest/api/group/by-id 200": one, "GET /wiki/rest/api/group/by-id 404": one,
			"GET /wiki/rest/api/group/{groupId}/membersByGroupId 200": one, "GET /wiki/rest/api/group/{groupId}/membersByGroupId 400": one,
			"POST /wiki/rest/api/group/userByGroupId 201": one, "POST /wiki/rest/api/group/userByGroupId 400": one,
			"DELETE /wiki/rest/api/group/userByGroupId 204": one, "DELETE /wiki/rest/api/group/userByGroupId 404": one,
			"GET /wiki/rest/api/user/current 200": one, "GET /wiki/rest/api/user/memberof 200": one,
			"POST /users-bulk 200": two,
		} {
			if checker.Checked()[call] == 0 {
				t.Errorf("the suite never made the call %s: %v", call, checker.Checked())
			}
		}
	})
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		sim := sitesim.New(sitesim.Options{API: sitesim.APIConfluence, Engine: fault.New(1)})
		f := fixtureOf(t, sim, newTarget(t, sim, jira.Handler(one.Handler(two.Handler(sim.Handler())))))
		f.Described = true
		return f
	})
}
