package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// described is an Okta stand-in whose traffic is checked against the vendor's
// description.
type described struct {
	t      *testing.T
	url    string
	engine *fault.Engine
	users  map[string]string
	groups map[string]string
	token  string
}

func describedOkta(t *testing.T) (*described, *speccheck.Checker) {
	t.Helper()
	checker := speccheck.Load(t, speccheck.Okta).AllowRefused()
	engine := fault.New(1)
	const token = "described"
	sim := oktasim.New(oktasim.Options{Token: token, Engine: engine})
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	of := people.Organisation{Groups: []people.Group{
		{Name: "Engineers", Type: people.OktaGroup, Created: at, Assigned: true},
		{Name: "Spare", Type: people.OktaGroup, Created: at},
		{Name: "Imported", Type: people.AppGroup, Created: at},
	}}
	for i, status := range []string{
		people.Active, people.Suspended, people.Deprovisioned, people.Staged, people.Active, people.LockedOut,
	} {
		login := fmt.Sprintf("person%d@acme.example", i)
		of.People = append(of.People, people.Person{
			FirstName: "Åsa", LastName: fmt.Sprintf("O'Neill %d", i), Login: login, Email: login, Status: status,
			Groups: []int{0}, Created: at, LastUpdated: at,
		})
	}
	if err := sim.Load(of); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(checker.Handler(sim.Handler()))
	t.Cleanup(server.Close)
	d := &described{t: t, url: server.URL, engine: engine, users: map[string]string{}, groups: map[string]string{}, token: token}
	for _, u := range sim.State().Users {
		login, _, _ := strings.Cut(u.Login, "@")
		d.users[login] = u.ID
	}
	for _, g := range sim.State().Groups {
		d.groups[g.Name] = g.ID
	}
	return d, checker
}

func (d *described) do(method, path string, body any) (int, string) {
	d.t.Helper()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			d.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, reader)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Authorization", "SSWS "+d.token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() {
		if err := response.Body.Close(); err != nil {
			d.t.Error(err)
		}
	}()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

type object = map[string]any

// TestEveryOktaEndpointAnswersAsDescribed walks through all endpoints that the
// description has; the checker compares each request and answer with it.
func TestEveryOktaEndpointAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	d, checker := describedOkta(t)
	person, suspended, gone, staged, other := d.users["person0"], d.users["person1"], d.users["person2"], d.users["person3"], d.users["person4"]
	engineers, spare := d.groups["Engineers"], d.groups["Spare"]
	app := "/api/v1/apps/" + oktasim.DefaultAppID
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	profile := func(n string) object {
		return object{"profile": object{"firstName": "New", "lastName": n, "login": n + "@acme.example", "email": n + "@acme.example"}}
	}
	for _, step := range []struct {
		status       int
		method, path string
		body         any
		want         string
	}{
		{200, get, "/api/v1/users?limit=2", nil, person},
		{200, get, "/api/v1/users?filter=" + "lastUpdated%20gt%20%222025-01-01T00:00:00.000Z%22", nil, gone},
		{200, get, "/api/v1/users?search=" + "status%20eq%20%22SUSPENDED%22", nil, suspended},
		{200, get, "/api/v1/users/" + person, nil, `"status":"ACTIVE"`},
		{200, get, "/api/v1/users/person1@acme.example", nil, suspended},
		{200, get, "/api/v1/users/" + person + "/groups", nil, engineers},
		{200, post, "/api/v1/users?activate=true", profile("newcomer"), "newcomer@acme.example"},
		{200, post, "/api/v1/users?activate=false", profile("staged"), `"STAGED"`},
		{200, post, "/api/v1/users/" + person, object{"profile": object{"lastName": "Renamed"}}, "Renamed"},
		{200, put, "/api/v1/users/" + other, profile("replaced"), "replaced"},
		{200, post, "/api/v1/users/" + staged + "/lifecycle/activate?sendEmail=false", nil, ""},
		{200, post, "/api/v1/users/" + gone + "/lifecycle/activate?sendEmail=false", nil, ""},
		{200, post, "/api/v1/users/" + gone + "/lifecycle/reactivate?sendEmail=false", nil, ""},
		{200, post, "/api/v1/users/" + d.users["person5"] + "/lifecycle/unlock", nil, ""},
		{200, post, "/api/v1/users/" + person + "/lifecycle/suspend", nil, ""},
		{200, post, "/api/v1/users/" + person + "/lifecycle/unsuspend", nil, ""},
		{200, get, "/api/v1/groups?limit=2", nil, `"type"`},
		{200, get, "/api/v1/groups?filter=" + "lastMembershipUpdated%20gt%20%222025-01-01T00:00:00.000Z%22", nil, engineers},
		{200, post, "/api/v1/groups", object{"profile": object{"name": "Made", "description": "made here"}}, "Made"},
		{200, get, "/api/v1/groups/" + engineers, nil, `"Engineers"`},
		{200, put, "/api/v1/groups/" + spare, object{"profile": object{"name": "Spare 2"}}, "Spare 2"},
		{200, get, "/api/v1/groups/" + engineers + "/users?limit=2", nil, person},
		{204, put, "/api/v1/groups/" + spare + "/users/" + person, nil, ""},
		{204, del, "/api/v1/groups/" + spare + "/users/" + person, nil, ""},
		{204, del, "/api/v1/groups/" + spare, nil, ""},
		{200, get, app + "/users?limit=500", nil, person},
		{200, post, app + "/users", object{"id": other, "scope": "USER"}, other},
		{200, get, app + "/users/" + other, nil, other},
		{204, del, app + "/users/" + other, nil, ""},
		{200, get, app + "/groups?limit=200", nil, engineers},
		{200, get, app + "/groups/" + engineers, nil, engineers},
		{200, put, app + "/groups/" + d.groups["Imported"], object{}, d.groups["Imported"]},
		{204, del, app + "/groups/" + d.groups["Imported"], nil, ""},
		{200, get, "/api/v1/logs?limit=10&sortOrder=ASCENDING", nil, "eventType"},
		{200, post, "/api/v1/users/" + other + "/lifecycle/deactivate", nil, ""},
		{204, del, "/api/v1/users/" + other, nil, ""},

		{404, get, "/api/v1/users/nobody", nil, "E0000007"},
		{404, get, "/api/v1/groups/none", nil, "E0000007"},
		{400, post, "/api/v1/users/" + gone + "/lifecycle/suspend", nil, "errorCode"},
		{400, post, "/api/v1/groups", object{"profile": object{"name": ""}}, "errorCode"},
	} {
		status, body := d.do(step.method, step.path, step.body)
		if status != step.status || !strings.Contains(body, step.want) {
			t.Errorf("%s %s: %d %s, want %d with %q", step.method, step.path, status, body, step.status, step.want)
		}
	}
	if n := len(checker.Checked()); n < 30 {
		t.Errorf("only %d operations and statuses were checked: %v", n, checker.Checked())
	}
}

// TestOktaFailuresHaveTheVendorsBody checks what the fault engine injects.
func TestOktaFailuresHaveTheVendorsBody(t *testing.T) {
	t.Parallel()
	d, _ := describedOkta(t)
	for _, test := range []struct {
		status int
		code   string
	}{{401, "E0000011"}, {403, "E0000006"}, {404, "E0000007"}, {429, "E0000047"}, {500, "E0000009"}, {503, ""}} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			id := d.engine.Add(fault.Rule{API: oktasim.API, Kind: fault.Status, Status: test.status})
			defer d.engine.Remove(id)
			status, body := d.do(http.MethodGet, "/api/v1/users/x", nil)
			if status != test.status || !strings.Contains(body, test.code) {
				t.Errorf("%d %s, want %s", status, body, test.code)
			}
		})
	}
}

// TestTheComparisonReadsTheOktaState checks that the state which the stand-in
// gives is the one that the comparison decodes.
func TestTheComparisonReadsTheOktaState(t *testing.T) {
	t.Parallel()
	sim := oktasim.New(oktasim.Options{Token: "t"})
	if err := sim.Load(people.Organisation{
		Groups: []people.Group{{Name: "Engineers", Type: people.OktaGroup, Assigned: true}},
		People: []people.Person{{
			FirstName: "Åsa", LastName: "Berg", Login: "asa@acme.example", Email: "Asa@acme.example",
			Status: people.Active, Groups: []int{0},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sim.State())
	if err != nil {
		t.Fatal(err)
	}
	var got compare.OktaState
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	got.Groups = slices.DeleteFunc(got.Groups, func(g compare.OktaGroup) bool { return g.Type == "BUILT_IN" })
	if len(got.Users) != 1 || len(got.Groups) != 1 {
		t.Fatalf("decoded %+v", got)
	}
	person, group := got.Users[0].ID, got.Groups[0].ID
	want := compare.OktaState{
		Users: []compare.OktaUser{{
			ID: person, Login: "asa@acme.example", Email: "Asa@acme.example", FirstName: "Åsa", LastName: "Berg", Status: "ACTIVE",
		}},
		Groups: []compare.OktaGroup{{ID: group, Name: "Engineers", Type: "OKTA_GROUP", Members: []string{person}}},
		App:    compare.OktaApp{ID: oktasim.DefaultAppID, Users: []string{person}, Groups: []string{group}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}
