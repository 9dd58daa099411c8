package confluencedcsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/confluencedcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

// server is a stand-in, called without a client of ours.
type server = standintest.Caller[*confluencedcsim.Sim]

func serve(options confluencedcsim.Options) server {
	sim := confluencedcsim.New(options)
	return server{
		Sim: sim, Handler: sim.Handler(), Root: "/rest", Token: confluencedcsim.DefaultToken,
		Header: http.Header{"Accept": {"application/json"}, "X-Atlassian-Token": {"no-check"}},
	}
}

// refusal is a call and the status that it is refused with.
type refusal struct {
	name, call, body string
	want             int
}

// refusals are calls and what they are answered with, on a stand-in that has
// the user ana (in the group staff), the external ldap and the external group
// ldap-staff.
func refusals() []refusal {
	all := []refusal{
		{"a user of a name that exists", "POST /api/admin/user", `{"userName":"ana","fullName":"A","email":"a@example.com","password":"p"}`, 409},
		{"an address that is none", "POST /api/admin/user", `{"userName":"a","fullName":"A","email":"a","password":"p"}`, 400},
		{"no display name", "POST /api/admin/user", `{"userName":"a","fullName":" ","email":"a@example.com","password":"p"}`, 400},
		{"an angle in the display name", "POST /api/admin/user", `{"userName":"a","fullName":"<A>","email":"a@example.com","password":"p"}`, 400},
		{"no password", "POST /api/admin/user", `{"userName":"a","fullName":"A","email":"a@example.com"}`, 400},
		{"a password and an e-mail", "POST /api/admin/user", `{"userName":"a","fullName":"A","email":"a@example.com","password":"p","notifyViaEmail":true}`, 400},
		{"somebody unknown", "GET /api/user?username=nobody", "", 404},
		{"an update of the name alone", "PUT /api/admin/user/ana", `{"fullName":"A"}`, 400},
		{"an update of the address alone", "PUT /api/admin/user/ana", `{"email":"a@example.com"}`, 400},
		{"an update of somebody unknown", "PUT /api/admin/user/nobody", `{"fullName":"A","email":"a@example.com"}`, 400},
		{"an update in a read-only directory", "PUT /api/admin/user/ldap", `{"fullName":"A","email":"a@example.com"}`, 403},
		{"to disable somebody unknown", "PUT /api/admin/user/nobody/disable", "", 404},
		{"to disable oneself", "PUT /api/admin/user/rollcall/disable", "", 403},
		{"to enable in a read-only directory", "PUT /api/admin/user/ldap/enable", "", 403},
		{"to delete somebody unknown", "DELETE /api/admin/user/nobody", "", 404},
		{"a group of a name that exists, in another case", "POST /api/admin/group", `{"type":"group","name":"STAFF"}`, 409},
		{"a group without a name", "POST /api/admin/group", `{"type":"group","name":""}`, 400},
		{"a group that is not there", "GET /api/group/none", "", 404},
		{"members of a group that is not there", "GET /api/group/none/member", "", 404},
		{"to delete a group that is not there", "DELETE /api/admin/group/none", "", 404},
		{"to delete the administrators' group", "DELETE /api/admin/group/confluence-administrators", "", 400},
		{"a member who is not there", "PUT /api/user/nobody/group/staff", "", 404},
		{"a member of a group that is not there", "PUT /api/user/ana/group/none", "", 404},
		{"to take out of a group that is not there", "DELETE /api/user/ana/group/none", "", 404},
		{"a member of a read-only directory's group", "PUT /api/user/ana/group/ldap-staff", "", 403},
	}
	for _, name := range []string{"", "Upper", "with blank", "anonymous", "a+b", "a,b", "a<b", "a'b", `a\\b`} {
		all = append(all, refusal{
			"the user name " + name, "POST /api/admin/user", `{"userName":"` + name + `","fullName":"A","email":"a@example.com","password":"p"}`, 400,
		})
	}
	return all
}

// populated is the stand-in that refusals are about.
func populated(t *testing.T, options confluencedcsim.Options) server {
	t.Helper()
	s := serve(options)
	s.Populate(t)
	return s
}

func TestWhatConfluenceRefusesIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, test := range refusals() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := standintest.WantRefused(t, populated(t, confluencedcsim.Options{}), test.call, test.body, test.want)
			if body["statusCode"] != float64(test.want) || body["message"] == "" {
				t.Errorf("the body is not Confluence's: %v", body)
			}
		})
	}
}

func TestASlashInANameReachesNothing(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{})
	s.SeedGroup(t, "a/b")
	for _, call := range []string{"GET /api/group/a%2Fb", "PUT /api/user/ana/group/a%2fb", "GET /api/group/a%5Cb"} {
		if status, body := s.Ask(t, call, ""); status != 400 || body != nil {
			t.Errorf("%s: %d %v, want the web server's 400", call, status, body)
		}
	}
}

func TestNobodysAddressIsShown(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{})
	for _, call := range []string{
		"GET /api/user?username=ana&expand=status", "GET /api/user/list?expand=status", "GET /api/group/staff/member", "GET /api/user/current",
		"GET /api/admin/users/list/active",
	} {
		status, body := s.Ask(t, call, "")
		if text := fmt.Sprint(body); status != 200 || strings.Contains(text, "@") {
			t.Errorf("%s: %d %s", call, status, text)
		}
	}
}

func TestTheStatusIsToldToWhoAsksForIt(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{})
	if _, body := s.Ask(t, "GET /api/user?username=ana", ""); body["status"] != nil {
		t.Errorf("it is told unasked: %v", body)
	}
	for _, step := range []struct{ call, want string }{{"disable", "deactivated"}, {"disable", "deactivated"}, {"enable", "current"}, {"enable", "current"}} {
		if status, _ := s.Ask(t, "PUT /api/admin/user/ana/"+step.call, ""); status != 204 {
			t.Errorf("%s: %d", step.call, status)
		}
		if _, body := s.Ask(t, "GET /api/user?username=ana&expand=status", ""); body["status"] != step.want {
			t.Errorf("after %s: %v", step.call, body["status"])
		}
	}
}

func TestAWriteWithoutTheHeaderIsTakenForForged(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{})
	s.Header.Del("X-Atlassian-Token")
	for _, call := range []string{
		"PUT /api/user/ana/group/confluence-users", "DELETE /api/user/ana/group/staff", "PUT /api/admin/user/ana/disable", "DELETE /api/admin/user/ana",
	} {
		if status, _ := s.Ask(t, call, ""); status != 403 {
			t.Errorf("%s: %d, want 403", call, status)
		}
	}
	if status, _ := s.Ask(t, "GET /api/group/staff", ""); status != 200 {
		t.Errorf("a read: %d", status)
	}
}

func TestWithoutTheRightCredentialNothingIsAnswered(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{})
	for _, token := range []string{"", "wrong"} {
		s.Token = token
		if status, _ := s.Ask(t, "GET /api/user/current", ""); status != 401 {
			t.Errorf("with %q: %d, want 401", token, status)
		}
		if status, body := s.Ask(t, "GET /applinks/1.0/manifest", ""); status != 200 || body["version"] != confluencedcsim.DefaultVersion {
			t.Errorf("the manifest, with %q: %d %v", token, status, body)
		}
	}
}

func TestVersionsDifferInWhatTheyHave(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]map[string]bool{
		"8.1.0":  {},
		"8.2.0":  {"disable": true, "delete": true},
		"8.3.4":  {"disable": true, "delete": true},
		"8.4.0":  {"disable": true, "delete": true, "create": true, "list": true},
		"9.5.4":  {"disable": true, "delete": true, "create": true, "list": true},
		"10.0.3": {"disable": true, "delete": true, "create": true, "list": true, "update": true},
	} {
		s := populated(t, confluencedcsim.Options{Version: version})
		got := map[string]bool{}
		for _, call := range []struct{ what, call, body string }{
			{"list", "GET /api/user/list", ""},
			{"create", "POST /api/admin/user", `{"userName":"new","fullName":"New","email":"new@example.com","password":"p"}`},
			{"update", "PUT /api/admin/user/ana", `{"fullName":"Ana","email":"ana@example.com"}`},
			{"disable", "PUT /api/admin/user/ana/disable", ""},
			{"delete", "DELETE /api/admin/user/ana", ""},
		} {
			switch status, _ := s.Ask(t, call.call, call.body); {
			case status < 300:
				got[call.what] = true
			case status != 404 && status != 405:
				t.Errorf("%s: %s: %d", version, call.what, status)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", version, diff)
		}
	}
}

func TestADeletionIsATask(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{TaskPolls: 2})
	status, task := s.Ask(t, "DELETE /api/admin/user/ana", "")
	path, _ := task["statusPath"].(string)
	if status != 202 || !strings.HasPrefix(path, "/rest/api/longtask/") {
		t.Fatalf("got %d %v", status, task)
	}
	for look, over := range []bool{false, true} {
		_, state := s.Ask(t, "GET "+strings.TrimPrefix(path, "/rest"), "")
		if (state["percentageComplete"] == 100.0) != over {
			t.Errorf("look %d: %v", look, state)
		}
		if _, there := s.Sim.Roster().Account("ana"); there == over {
			t.Errorf("look %d: the account is there: %t", look, there)
		}
	}
}

func TestALicenceHasAnEnd(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{SeatLimit: 1})
	for i, want := range []int{201, 402} {
		body := fmt.Sprintf(`{"userName":"new%d","fullName":"New","email":"new@example.com","password":"p"}`, i)
		if got, _ := s.Ask(t, "POST /api/admin/user", body); got != want {
			t.Errorf("user %d: %d, want %d", i, got, want)
		}
	}
}

func TestPagesSayWhereTheNextOneIs(t *testing.T) {
	t.Parallel()
	s := populated(t, confluencedcsim.Options{PageLimit: 4})
	for i := range 9 {
		s.SeedGroup(t, fmt.Sprintf("team %d", i))
	}
	var names []string
	for call := "GET /api/group?limit=1000"; ; {
		status, body := s.Ask(t, call, "")
		if status != 200 || body["limit"] != 4.0 {
			t.Fatalf("%s: %d %v", call, status, body)
		}
		for _, one := range body["results"].([]any) {
			names = append(names, one.(map[string]any)["name"].(string))
		}
		next, more := body["_links"].(map[string]any)["next"].(string)
		if !more {
			break
		}
		call = "GET " + strings.TrimPrefix(next, "/rest")
	}
	if len(names) != 13 {
		t.Errorf("there are %d groups: %v", len(names), names)
	}
}

func TestATokenIsTakenSince79(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"7.8.3": 401, "7.9.0": 200} {
		s := serve(confluencedcsim.Options{Version: version})
		if status, _ := s.Ask(t, "GET /api/user/current", ""); status != want {
			t.Errorf("%s: %d, want %d", version, status, want)
		}
	}
}
