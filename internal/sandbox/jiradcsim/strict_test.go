package jiradcsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// server is a stand-in, called without a client of ours.
type server struct {
	sim     *jiradcsim.Sim
	handler http.Handler
	token   string
}

func serve(options jiradcsim.Options) server {
	sim := jiradcsim.New(options)
	return server{sim, sim.Handler(), jiradcsim.DefaultToken}
}

// ask makes a call ("GET /user?username=ana") and returns status and body.
func (s server) ask(t *testing.T, call, body string) (int, map[string]any) {
	t.Helper()
	status, text := s.raw(t, call, body)
	var decoded map[string]any
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &decoded); err != nil {
			t.Fatalf("%s: %v in %s", call, err, text)
		}
	}
	return status, decoded
}

func (s server) raw(t *testing.T, call, body string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	request := httptest.NewRequestWithContext(t.Context(), method, "/rest/api/2"+path, strings.NewReader(body))
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func (s server) seed(t *testing.T, name string) roster.Account {
	t.Helper()
	a := s.sim.NewAccount(name, name+"@example.com", "Person "+name)
	if err := s.sim.Roster().AddAccount(a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (s server) seedGroup(t *testing.T, name string) roster.Group {
	t.Helper()
	g := s.sim.NewGroup(name)
	if err := s.sim.Roster().AddGroup(g); err != nil {
		t.Fatal(err)
	}
	return g
}

// refusals are calls and what they are answered with, in order, on a stand-in
// that has the users ana (in the group staff), off (inactive), the external ldap
// and the external group ldap-staff.
func refusals() []struct {
	name, call, body string
	want             int
} {
	return []struct {
		name, call, body string
		want             int
	}{
		{"a user of a name that exists, in another case", "POST /user", `{"name":"ANA","emailAddress":"a@example.com","displayName":"A"}`, 400},
		{"a user without a name", "POST /user", `{"emailAddress":"a@example.com","displayName":"A"}`, 400},
		{"a user without an address", "POST /user", `{"name":"a","displayName":"A"}`, 400},
		{"a user without a display name", "POST /user", `{"name":"a","emailAddress":"a@example.com"}`, 400},
		{"an address that is none", "POST /user", `{"name":"a","emailAddress":"a","displayName":"A"}`, 400},
		{"an application that is not there", "POST /user", `{"name":"a","emailAddress":"a@example.com","displayName":"A","applicationKeys":["none"]}`, 400},
		{"somebody unknown", "GET /user?username=nobody", "", 404},
		{"nobody asked for", "GET /user", "", 404},
		{"an update that changes nothing", "PUT /user?username=ana", `{"displayName":"Person ana"}`, 400},
		{"an update without anything", "PUT /user?username=ana", `{}`, 400},
		{"a user name that somebody has", "PUT /user?username=ana", `{"name":"OFF"}`, 400},
		{"an update of somebody unknown", "PUT /user?username=nobody", `{"displayName":"A"}`, 404},
		{"an update in a read-only directory", "PUT /user?username=ldap", `{"displayName":"A"}`, 403},
		{"to be active who is", "PUT /user?username=ana", `{"active":true}`, 400},
		{"to block oneself", "PUT /user?username=rollcall", `{"active":false}`, 400},
		{"to delete oneself", "DELETE /user?username=rollcall", "", 400},
		{"to delete somebody unknown", "DELETE /user?username=nobody", "", 404},
		{"to delete in a read-only directory", "DELETE /user?username=ldap", "", 403},
		{"a group of a name that exists, in another case", "POST /group", `{"name":"STAFF"}`, 400},
		{"a group without a name", "POST /group", `{"name":" "}`, 400},
		{"a member who is one", "POST /group/user?groupname=STAFF", `{"name":"ANA"}`, 400},
		{"a member of a group that is not there", "POST /group/user?groupname=none", `{"name":"ana"}`, 404},
		{"a member who is not there", "POST /group/user?groupname=staff", `{"name":"nobody"}`, 404},
		{"a member of no group", "POST /group/user?groupname=", `{"name":"ana"}`, 400},
		{"a member of a read-only directory's group", "POST /group/user?groupname=ldap-staff", `{"name":"ana"}`, 403},
		{"to take out who is not in it", "DELETE /group/user?groupname=staff&username=off", "", 400},
		{"to take out of a group that is not there", "DELETE /group/user?groupname=none&username=ana", "", 404},
		{"to take out who is not there", "DELETE /group/user?groupname=staff&username=nobody", "", 404},
		{"members of a group that is not there", "GET /group/member?groupname=none", "", 404},
		{"members of no group", "GET /group/member?groupname=", "", 400},
		{"to delete a group that is not there", "DELETE /group?groupname=none", "", 404},
		{"to delete the administrators' group", "DELETE /group?groupname=jira-administrators", "", 400},
		{"a search for nothing", "GET /user/search", "", 400},
		{"access to an application that is not there", "POST /user/application?username=ana&applicationKey=none", "", 400},
		{"an application that is not there", "GET /applicationrole/none", "", 404},
	}
}

// populated is the stand-in that refusals are about.
func populated(t *testing.T, options jiradcsim.Options) server {
	t.Helper()
	s := serve(options)
	ana, off := s.seed(t, "ana"), s.seed(t, "off")
	staff := s.seedGroup(t, "staff")
	ldap, external := s.sim.NewAccount("ldap", "ldap@example.com", "L"), s.sim.NewGroup("ldap-staff")
	ldap.External, external.External = true, true
	for _, err := range []error{
		s.sim.Roster().AddAccount(ldap), s.sim.Roster().AddGroup(external),
		s.sim.Roster().ChangeAccount(off.ID, func(a *roster.Account) { a.Active = false }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.sim.Roster().Join(staff.ID, ana.ID); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatJiraRefusesIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, test := range refusals() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := populated(t, jiradcsim.Options{})
			before := s.sim.Roster().State()
			status, body := s.ask(t, test.call, test.body)
			if status != test.want {
				t.Errorf("got %d %v, want %d", status, body, test.want)
			}
			if _, told := body["errorMessages"]; !told {
				t.Errorf("the body is not Jira's: %v", body)
			}
			if diff := cmp.Diff(before, s.sim.Roster().State()); diff != "" {
				t.Errorf("something changed (-before +after)\n%s", diff)
			}
		})
	}
}

func TestWithoutTheRightCredentialNothingIsAnswered(t *testing.T) {
	t.Parallel()
	s := serve(jiradcsim.Options{})
	for token, open := range map[string]int{"": 200, "wrong": 401} {
		s.token = token
		if status, _ := s.ask(t, "GET /serverInfo", ""); status != open {
			t.Errorf("the version, with %q: %d, want %d", token, status, open)
		}
		if status, _ := s.ask(t, "GET /myself", ""); status != 401 {
			t.Errorf("oneself, with %q: %d, want 401", token, status)
		}
	}
}

func TestWithoutBeingAnAdministratorNothingIsWritten(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{Lacks: []string{"ADMINISTER"}})
	for _, call := range []string{
		"POST /user", "PUT /user?username=ana", "DELETE /user?username=ana", "POST /group", "DELETE /group?groupname=staff",
		"GET /group/member?groupname=staff", "POST /group/user?groupname=staff", "DELETE /group/user?groupname=staff&username=ana",
		"GET /applicationrole", "POST /user/application?username=ana&applicationKey=jira-software", "GET /user/list",
	} {
		if status, _ := s.ask(t, call, ""); status != 403 {
			t.Errorf("%s: %d, want 403", call, status)
		}
	}
}

func TestWithoutBrowsingUsersSearchesFindNobodyAndSayNothing(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{Lacks: []string{"USER_PICKER"}})
	if status, text := s.raw(t, "GET /user/search?username=ana", ""); status != 200 || text != "[]" {
		t.Errorf("the search: %d %s", status, text)
	}
	if status, body := s.ask(t, "GET /groups/picker?query=staff", ""); status != 200 || body["total"] != 0.0 {
		t.Errorf("the picker: %d %v", status, body)
	}
}

func TestALeadIsNeitherBlockedNorDeleted(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	ana, _ := s.sim.Roster().AccountNamed("ana")
	admin, _ := s.sim.Roster().AccountNamed("admin")
	if err := s.sim.SeedProject("ABC", "Alphabet", admin.ID); err != nil {
		t.Fatal(err)
	}
	component, err := s.sim.SeedComponent("ABC", "letters", ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	blocked := func(want int) {
		t.Helper()
		if status, body := s.ask(t, "DELETE /user?username=ana", ""); status != want && want == 400 {
			t.Errorf("delete: %d %v, want %d", status, body, want)
		}
		if status, body := s.ask(t, "PUT /user?username=ana", `{"active":false}`); status != want {
			t.Errorf("block: %d %v, want %d", status, body, want)
		}
	}
	blocked(400)
	for _, lead := range []string{"nobody", "off"} {
		if status, _ := s.ask(t, "PUT /component/"+component, `{"leadUserName":"`+lead+`"}`); status != 400 {
			t.Errorf("%s leads: %d, want 400", lead, status)
		}
	}
	if status, _ := s.ask(t, "PUT /component/"+component, `{"leadUserName":"admin"}`); status != 200 {
		t.Errorf("hand over: %d", status)
	}
	if got := s.sim.Lead("component " + component); got != admin.ID {
		t.Errorf("%s leads", got)
	}
	if status, body := s.ask(t, "PUT /user?username=ana", `{"active":false}`); status != 200 || body["active"] != false {
		t.Errorf("block: %d %v", status, body)
	}
}

func TestVersionsDifferInWhatTheyHave(t *testing.T) {
	t.Parallel()
	for version, test := range map[string]struct{ list, block int }{
		"8.2.0": {404, 400}, "8.3.0": {404, 200}, "9.17.0": {404, 200}, "10.0.0": {200, 200},
	} {
		s := populated(t, jiradcsim.Options{Version: version})
		if status, _ := s.ask(t, "GET /user/list", ""); status != test.list {
			t.Errorf("%s: the list is answered with %d, want %d", version, status, test.list)
		}
		if status, _ := s.ask(t, "PUT /user?username=ana", `{"active":false}`); status != test.block {
			t.Errorf("%s: to block is answered with %d, want %d", version, status, test.block)
		}
	}
}

func TestPagesAndPickersAreCapped(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{ListLimit: 40})
	staff, _ := s.sim.Roster().GroupNamed("staff")
	for i := range 60 {
		a := s.seed(t, fmt.Sprintf("many%d", i))
		if _, err := s.sim.Roster().Join(staff.ID, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		s.seedGroup(t, fmt.Sprintf("team %d", i))
	}
	_, members := s.ask(t, "GET /group/member?groupname=staff&maxResults=500", "")
	if got := members["values"].([]any); len(got) != 50 || members["total"] != 61.0 || members["isLast"] != false {
		t.Errorf("%d members of %v, last %v", len(got), members["total"], members["isLast"])
	}
	_, picked := s.ask(t, "GET /groups/picker?query=team&maxResults=500", "")
	if got := picked["groups"].([]any); len(got) != 20 || picked["total"] != 30.0 || picked["header"] != "Showing 20 of 30 matching groups" {
		t.Errorf("%d groups of %v: %v", len(got), picked["total"], picked["header"])
	}
	_, left := s.ask(t, "GET /groups/picker?query=team+1&exclude=team+1&exclude=team+10", "")
	if got := left["groups"].([]any); len(got) != 9 {
		t.Errorf("%d groups are left of eleven", len(got))
	}
	_, listed := s.ask(t, "GET /user/list?maxResults=1000", "")
	if got := listed["values"].([]any); len(got) != 40 || listed["isLast"] != false || listed["nextCursor"] != 40.0 {
		t.Errorf("%d users, last %v, next %v", len(got), listed["isLast"], listed["nextCursor"])
	}
}

func TestASearchIsForAPieceOfTextAndForActiveUsersAlone(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	count := func(query string) int {
		t.Helper()
		_, text := s.raw(t, "GET /user/search?"+query, "")
		var found []any
		if err := json.Unmarshal([]byte(text), &found); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return len(found)
	}
	for query, want := range map[string]int{
		"username=PERSON": 1, "username=person&includeInactive=true": 2, "username=ana@example": 1, "username=.": 4,
		"username=.&includeInactive=true": 5, "username=.&includeInactive=true&includeActive=false": 1, "username=.&maxResults=2": 2,
		"username=.&startAt=3": 1,
	} {
		if got := count(query); got != want {
			t.Errorf("%s finds %d, want %d", query, got, want)
		}
	}
}

func TestAddressesAreShownAsTheSettingSays(t *testing.T) {
	t.Parallel()
	for shown, want := range map[string]any{
		jiradcsim.AddressesShown: "ana@example.com", jiradcsim.AddressesMasked: "ana at example dot com", jiradcsim.AddressesHidden: nil,
	} {
		s := populated(t, jiradcsim.Options{Addresses: shown})
		if _, body := s.ask(t, "GET /user?username=ana", ""); body["emailAddress"] != want {
			t.Errorf("%q: %v, want %v", shown, body["emailAddress"], want)
		}
	}
}

func TestANewGroupIsInLowerCase(t *testing.T) {
	t.Parallel()
	s := serve(jiradcsim.Options{})
	if status, body := s.ask(t, "POST /group", `{"name":"Größe"}`); status != 201 || body["name"] != "größe" {
		t.Errorf("got %d %v", status, body)
	}
}
