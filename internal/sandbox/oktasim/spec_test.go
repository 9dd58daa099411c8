package oktasim_test

import (
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

func TestTrafficIsAsTheVendorDescribesIt(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.Okta).AllowRefused()
	o := newOrg(t, people.People(120, 20, 1, people.Options{}))
	o.server = httptest.NewServer(checker.Handler(o.sim.Handler()))
	t.Cleanup(o.server.Close)
	state := o.sim.State()
	var suspended, staged string
	for _, u := range state.Users {
		switch u.Status {
		case people.Suspended:
			suspended = u.ID
		case people.Staged:
			staged = u.ID
		}
	}
	app := "/api/v1/apps/" + oktasim.DefaultAppID
	group, member := "", ""
	for _, g := range state.Groups {
		if g.Type == people.OktaGroup && len(g.Members) > 0 {
			group, member = g.ID, g.Members[0]
		}
	}
	for _, list := range []string{
		"/api/v1/users", "/api/v1/users?limit=50", "/api/v1/users?search=status+pr&sortBy=profile.lastName",
		"/api/v1/users?filter=lastUpdated+gt+%222020-01-01T00:00:00.000Z%22", "/api/v1/users?q=a",
		"/api/v1/groups?limit=7", "/api/v1/groups?expand=stats", "/api/v1/groups?filter=type+eq+%22APP_GROUP%22",
		"/api/v1/groups/" + group + "/users?limit=20", "/api/v1/users/" + member + "/groups",
		app + "/users?limit=100&expand=user", app + "/groups?limit=20&expand=group",
	} {
		if all, _ := o.list(list); len(all) == 0 {
			t.Errorf("%s is empty, and nothing was checked", list)
		}
	}
	created := decode[object](t, o.must(200, "POST", "/api/v1/users?activate=false",
		`{"profile":{"login":"new@acme.example","email":"new@acme.example","firstName":"New","lastName":"One"}}`)).ID
	club := decode[object](t, o.must(200, "POST", "/api/v1/groups", `{"profile":{"name":"Club","description":"New"}}`)).ID
	for _, call := range []struct {
		status             int
		method, path, body string
	}{
		{200, "GET", "/api/v1/users/" + created, ""},
		{200, "POST", "/api/v1/users/" + created, `{"profile":{"lastName":"Two"}}`},
		{200, "PUT", "/api/v1/users/" + created, `{"profile":{"login":"new@acme.example","email":"new@acme.example","firstName":"N","lastName":"O"}}`},
		{204, "PUT", "/api/v1/groups/" + club + "/users/" + created, ""},
		{204, "DELETE", "/api/v1/groups/" + club + "/users/" + created, ""},
		{200, "GET", "/api/v1/groups/" + club, ""},
		{200, "PUT", "/api/v1/groups/" + club, `{"profile":{"name":"Society"}}`},
		{200, "PUT", app + "/groups/" + club, `{"priority":1}`},
		{200, "GET", app + "/groups/" + club + "?expand=group", ""},
		{204, "DELETE", app + "/groups/" + club, ""},
		{200, "POST", app + "/users", `{"id":"` + created + `","scope":"USER"}`},
		{200, "GET", app + "/users/" + created, ""},
		{204, "DELETE", app + "/users/" + created, ""},
		{200, "POST", "/api/v1/users/" + staged + "/lifecycle/activate?sendEmail=false", ""},
		{200, "POST", "/api/v1/users/" + staged + "/lifecycle/deactivate", ""},
		{200, "POST", "/api/v1/users/" + suspended + "/lifecycle/unsuspend", ""},
		{200, "POST", "/api/v1/users/" + suspended + "/lifecycle/suspend", ""},
		{204, "DELETE", "/api/v1/users/" + created, ""},
		{204, "DELETE", "/api/v1/users/" + created, ""},
		{204, "DELETE", "/api/v1/groups/" + club, ""},
		{200, "GET", "/api/v1/logs?limit=1000", ""},
		{404, "GET", "/api/v1/users/" + created, ""},
		{404, "GET", "/api/v1/groups/" + club, ""},
		{404, "GET", app + "/users/" + created, ""},
		{400, "POST", "/api/v1/users/" + suspended + "/lifecycle/suspend", ""},
		{403, "POST", "/api/v1/users/" + suspended + "/lifecycle/activate", ""},
		{400, "POST", "/api/v1/groups", `{"profile":{"name":""}}`},
		{400, "GET", "/api/v1/logs?limit=5000", ""},
	} {
		o.must(call.status, call.method, call.path, call.body)
	}
	if n := len(checker.Checked()); n < 30 {
		t.Errorf("only %d kinds of answers were checked: %v", n, checker.Checked())
	}
}
