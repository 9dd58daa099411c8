package guardsim_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// TestEveryEndpointAnswersAsDescribed walks through all endpoints; the checkers
// compare each request and answer with the vendor's descriptions.
func TestEveryEndpointAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	directories := speccheck.Load(t, speccheck.AtlassianSCIM).AllowRefused()
	organisations := speccheck.Load(t, speccheck.AtlassianOrganizations).AllowRefused()
	c := start(t, guardsim.Options{}, directories, organisations)
	id, club := c.made(users, newUser("one")), c.made(groups, newGroup("club"))
	for _, step := range []struct {
		status             int
		method, path, body string
	}{
		{200, http.MethodGet, users, ""},
		{200, http.MethodGet, users + "?filter=userName+eq+%22ONE%40example.com%22&attributes=userName,emails", ""},
		{200, http.MethodGet, users + "?startIndex=2&count=1&excludedAttributes=groups", ""},
		{200, http.MethodGet, users + "/" + id, ""},
		{200, http.MethodPatch, users + "/" + id, patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Rail"},{"op":"add","path":"name.givenName","value":"One"},{"op":"add","path":"phoneNumbers","value":[{"value":"+41","type":"work","primary":true}]}`)},
		{200, http.MethodPatch, users + "/" + id, patch(`{"op":"remove","path":"name.givenName"}`)},
		{200, http.MethodPut, users + "/" + id, newUser("one")},
		{400, http.MethodPatch, users + "/" + id, patch(`{"op":"replace","path":"active","value":"no"}`)},
		{409, http.MethodPost, users, newUser("one")},
		{404, http.MethodGet, users + "/nobody", ""},
		{200, http.MethodPatch, groups + "/" + club, patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, id))},
		{200, http.MethodGet, groups, ""},
		{200, http.MethodGet, groups + "?filter=displayName+eq+%22Club%22", ""},
		{200, http.MethodGet, groups + "/" + club, ""},
		{200, http.MethodPut, groups + "/" + club, newGroup("club")},
		{409, http.MethodPost, groups, newGroup("club")},
		{200, http.MethodPost, search, `{"groupNames":["CLUB"],"limit":100}`},
		{200, http.MethodPost, search, `{"roleIds":["atlassian/site-admin"]}`},
		{200, http.MethodPost, "/admin/v2/orgs/" + guardsim.DefaultOrganization + "/directories/-/users/search", `{"roleIds":["atlassian/org-admin"],"limit":1}`},
		{400, http.MethodPost, search, `{"limit":0}`},
		{204, http.MethodDelete, groups + "/" + club, ""},
		{404, http.MethodDelete, groups + "/" + club, ""},
		{204, http.MethodDelete, users + "/" + id, ""},
	} {
		if status, text := c.do(step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s: %d %s, want %d", step.method, step.path, status, text, step.status)
		}
	}
	if checked := directories.Checked(); len(checked) < 17 {
		t.Errorf("only %d answers were checked: %v", len(checked), checked)
	}
}
