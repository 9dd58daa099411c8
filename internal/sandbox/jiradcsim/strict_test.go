package jiradcsim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/jiradcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

// server is a stand-in, called without a client of ours.
type server = standintest.Caller[*jiradcsim.Sim]

func serve(options jiradcsim.Options) server {
	sim := jiradcsim.New(options)
	return server{Sim: sim, Handler: sim.Handler(), Root: "/rest/api/2", Token: jiradcsim.DefaultToken, Header: http.Header{"X-Atlassian-Token": {"no-check"}}}
}

// refusal is a call and the status that it is refused with.
type refusal struct {
	name, call, body string
	want             int
}

// refusals are calls and what they are answered with, in order, on a stand-in
// that has the users ana (in the group staff), off (inactive), the external ldap
// and the external group ldap-staff.
func refusals() []refusal {
	return []refusal{
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
	s.Populate(t)
	off := s.Seed(t, "off")
	if err := s.Sim.Roster().ChangeAccount(off.ID, func(a *roster.Account) { a.Active = false }); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatJiraRefusesIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, test := range refusals() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := standintest.WantRefused(t, populated(t, jiradcsim.Options{}), test.call, test.body, test.want)
			if _, told := body["errorMessages"]; !told {
				t.Errorf("the body is not Jira's: %v", body)
			}
		})
	}
}

func TestWithoutTheRightCredentialNothingIsAnswered(t *testing.T) {
	t.Parallel()
	s := serve(jiradcsim.Options{})
	for token, open := range map[string]int{"": 200, "wrong": 401} {
		s.Token = token
		if status, _ := s.Ask(t, "GET /serverInfo", ""); status != open {
			t.Errorf("the version, with %q: %d, want %d", token, status, open)
		}
		if status, _ := s.Ask(t, "GET /myself", ""); status != 401 {
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
		if status, _ := s.Ask(t, call, ""); status != 403 {
			t.Errorf("%s: %d, want 403", call, status)
		}
	}
}

func TestWithoutBrowsingUsersSearchesFindNobodyAndSayNothing(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{Lacks: []string{"USER_PICKER"}})
	if status, text := s.Raw(t, "GET /user/search?username=ana", ""); status != 200 || text != "[]" {
		t.Errorf("the search: %d %s", status, text)
	}
	if status, body := s.Ask(t, "GET /groups/picker?query=staff", ""); status != 200 || body["total"] != 0.0 {
		t.Errorf("the picker: %d %v", status, body)
	}
}

func TestALeadIsNeitherBlockedNorDeleted(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	ana, _ := s.Sim.Roster().AccountNamed("ana")
	admin, _ := s.Sim.Roster().AccountNamed("admin")
	if err := s.Sim.SeedProject("ABC", "Alphabet", admin.ID); err != nil {
		t.Fatal(err)
	}
	component, err := s.Sim.SeedComponent("ABC", "letters", ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	blocked := func(want int) {
		t.Helper()
		if status, body := s.Ask(t, "DELETE /user?username=ana", ""); status != want && want == 400 {
			t.Errorf("delete: %d %v, want %d", status, body, want)
		}
		if status, body := s.Ask(t, "PUT /user?username=ana", `{"active":false}`); status != want {
			t.Errorf("block: %d %v, want %d", status, body, want)
		}
	}
	blocked(400)
	for _, lead := range []string{"nobody", "off"} {
		if status, _ := s.Ask(t, "PUT /component/"+component, `{"leadUserName":"`+lead+`"}`); status != 400 {
			t.Errorf("%s leads: %d, want 400", lead, status)
		}
	}
	if status, _ := s.Ask(t, "PUT /component/"+component, `{"leadUserName":"admin"}`); status != 200 {
		t.Errorf("hand over: %d", status)
	}
	if got := s.Sim.Lead("component " + component); got != admin.ID {
		t.Errorf("%s leads", got)
	}
	if status, body := s.Ask(t, "PUT /user?username=ana", `{"active":false}`); status != 200 || body["active"] != false {
		t.Errorf("block: %d %v", status, body)
	}
}

func TestVersionsDifferInWhatTheyHave(t *testing.T) {
	t.Parallel()
	for version, test := range map[string]struct{ list, block int }{
		"8.2.0": {404, 400}, "8.3.0": {404, 200}, "9.17.0": {404, 200}, "10.0.0": {200, 200},
	} {
		s := populated(t, jiradcsim.Options{Version: version})
		s.Token = ""
		s.Header.Set("Authorization", basic())
		if status, _ := s.Ask(t, "GET /user/list", ""); status != test.list {
			t.Errorf("%s: the list is answered with %d, want %d", version, status, test.list)
		}
		if status, _ := s.Ask(t, "PUT /user?username=ana", `{"active":false}`); status != test.block {
			t.Errorf("%s: to block is answered with %d, want %d", version, status, test.block)
		}
	}
}

// basic is what the owner's name and password are sent as.
func basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(jiradcsim.DefaultUser+":"+jiradcsim.DefaultPassword))
}

func TestATokenIsTakenSince814(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"8.13.9": 401, "8.14.0": 200} {
		s := serve(jiradcsim.Options{Version: version})
		if status, _ := s.Ask(t, "GET /myself", ""); status != want {
			t.Errorf("%s: %d, want %d", version, status, want)
		}
	}
}

func TestPagesAndPickersAreCapped(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{ListLimit: 40})
	staff, _ := s.Sim.Roster().GroupNamed("staff")
	for i := range 60 {
		a := s.Seed(t, fmt.Sprintf("many%d", i))
		if _, err := s.Sim.Roster().Join(staff.ID, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		s.SeedGroup(t, fmt.Sprintf("team %d", i))
	}
	_, members := s.Ask(t, "GET /group/member?groupname=staff&maxResults=500", "")
	if got := members["values"].([]any); len(got) != 50 || members["total"] != 61.0 || members["isLast"] != false {
		t.Errorf("%d members of %v, last %v", len(got), members["total"], members["isLast"])
	}
	_, picked := s.Ask(t, "GET /groups/picker?query=team&maxResults=500", "")
	if got := picked["groups"].([]any); len(got) != 20 || picked["total"] != 30.0 || picked["header"] != "Showing 20 of 30 matching groups" {
		t.Errorf("%d groups of %v: %v", len(got), picked["total"], picked["header"])
	}
	_, left := s.Ask(t, "GET /groups/picker?query=team+1&exclude=team+1&exclude=team+10", "")
	if got := left["groups"].([]any); len(got) != 9 {
		t.Errorf("%d groups are left of eleven", len(got))
	}
	_, listed := s.Ask(t, "GET /user/list?maxResults=1000", "")
	if got := listed["values"].([]any); len(got) != 40 || listed["isLast"] != false || listed["nextCursor"] != 40.0 {
		t.Errorf("%d users, last %v, next %v", len(got), listed["isLast"], listed["nextCursor"])
	}
}

func TestASearchIsForAPieceOfTextAndForActiveUsersAlone(t *testing.T) {
	t.Parallel()
	s := populated(t, jiradcsim.Options{})
	count := func(query string) int {
		t.Helper()
		_, text := s.Raw(t, "GET /user/search?"+query, "")
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
		if _, body := s.Ask(t, "GET /user?username=ana", ""); body["emailAddress"] != want {
			t.Errorf("%q: %v, want %v", shown, body["emailAddress"], want)
		}
		found := map[bool]string{true: "[]", false: "ana"}[shown == jiradcsim.AddressesHidden]
		if _, text := s.Raw(t, "GET /user/search?username=ana@example", ""); !strings.Contains(text, found) {
			t.Errorf("%q: a search for the address finds %s, want %s", shown, text, found)
		}
	}
}

func TestANewGroupIsInLowerCase(t *testing.T) {
	t.Parallel()
	s := serve(jiradcsim.Options{})
	if status, body := s.Ask(t, "POST /group", `{"name":"Größe"}`); status != 201 || body["name"] != "größe" {
		t.Errorf("got %d %v", status, body)
	}
}
