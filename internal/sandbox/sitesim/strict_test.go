package sitesim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sitesim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

// site is a stand-in behind HTTP.
type site struct {
	t   *testing.T
	sim *sitesim.Sim
	url string
	// ana is in the group staff, which has her alone; bo is in no group but those
	// that everybody is in.
	ana, bo, staff, software string
}

func newSite(t *testing.T, options sitesim.Options, checkers ...*speccheck.Checker) *site {
	t.Helper()
	if options.Engine == nil {
		options.Engine = fault.New(1)
	}
	sim := sitesim.New(options)
	server := standintest.Listen(t, sim.Handler(), checkers...)
	s := &site{t: t, sim: sim, url: server.URL}
	s.ana, s.bo = s.seed("ana@example.com"), s.seed("bo@example.com")
	group := sim.NewGroup("Staff")
	if err := sim.Roster().AddGroup(group); err != nil {
		t.Fatal(err)
	}
	s.staff = group.ID
	if _, err := sim.Roster().Join(s.staff, s.ana); err != nil {
		t.Fatal(err)
	}
	users, _ := sim.Roster().GroupNamed("jira-software-users-example")
	s.software = users.ID
	return s
}

func (s *site) seed(email string) string {
	s.t.Helper()
	id, err := s.sim.SeedAccount(email, "Seeded "+email)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *site) change(id string, how func(*roster.Account)) {
	s.t.Helper()
	if err := s.sim.Roster().ChangeAccount(id, how); err != nil {
		s.t.Fatal(err)
	}
}

// call makes a request and returns the answer's status, its body and headers.
func (s *site) call(method, path, body string) (int, []byte, http.Header) {
	s.t.Helper()
	return s.as(s.sim.User(), s.sim.Token(), method, path, body)
}

func (s *site) as(user, token, method, path, body string) (int, []byte, http.Header) {
	s.t.Helper()
	request := standintest.Request(s.t, method, s.url+path, body)
	if user != "" {
		request.SetBasicAuth(user, token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer := standintest.Fetch(s.t, http.DefaultClient, request)
	return answer.Status, []byte(answer.Text), answer.Header
}

// list makes a request whose answer is a list, bare or in a page, and returns
// the ids or names in it.
func (s *site) list(path string) (ids []string, last bool) {
	s.t.Helper()
	status, body, _ := s.call(http.MethodGet, path, "")
	if status != http.StatusOK {
		s.t.Fatalf("%s: HTTP %d: %s", path, status, body)
	}
	type element struct {
		AccountID string `json:"accountId"`
		GroupID   string `json:"groupId"`
		ID        string `json:"id"`
	}
	var page struct {
		Values  []element `json:"values"`
		Results []element `json:"results"`
		Groups  []element `json:"groups"`
		IsLast  bool      `json:"isLast"`
		Links   struct {
			Next string `json:"next"`
		} `json:"_links"`
	}
	var bare []element
	if json.Unmarshal(body, &bare) != nil {
		if err := json.Unmarshal(body, &page); err != nil {
			s.t.Fatal(err)
		}
		bare = append(append(page.Values, page.Results...), page.Groups...)
	}
	for _, e := range bare {
		ids = append(ids, e.AccountID+e.GroupID+e.ID)
	}
	return ids, page.IsLast || page.Results != nil && page.Links.Next == ""
}

// request is a call with the site's ids in braces, and the status that answers
// it.
type request struct {
	name, method, path, body string
	status                   int
}

func (s *site) make(r request) (int, []byte) {
	s.t.Helper()
	fill := strings.NewReplacer("{staff}", s.staff, "{ana}", s.ana, "{bo}", s.bo, "{software}", s.software)
	status, body, _ := s.call(r.method, fill.Replace(r.path), fill.Replace(r.body))
	return status, body
}

func TestWhatTheVendorRefusesIsRefused(t *testing.T) {
	t.Parallel()
	for _, refused := range refusals() {
		t.Run(refused.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sitesim.Options{})
			if status, body := s.make(refused); status != refused.status {
				t.Errorf("HTTP %d: %s; want %d", status, body, refused.status)
			}
			if keys := s.sim.Engine().AppliedKeys(); len(keys) > 0 {
				t.Errorf("it changed %v", keys)
			}
		})
	}
}

func TestConfluenceTakesWhatIsSoAlready(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	status, _, _ := s.call("POST", "/wiki/rest/api/group/userByGroupId?groupId="+s.staff, `{"accountId":"`+s.ana+`"}`)
	if status != http.StatusCreated {
		t.Errorf("a member added again: HTTP %d", status)
	}
	status, _, _ = s.call("DELETE", "/wiki/rest/api/group/userByGroupId?groupId="+s.staff+"&accountId="+url.QueryEscape(s.bo), "")
	if status != http.StatusNoContent {
		t.Errorf("who is no member taken out: HTTP %d", status)
	}
	if keys := s.sim.Engine().AppliedKeys(); len(keys) > 0 {
		t.Errorf("it changed %v", keys)
	}
}

func TestWhatAnotherSystemProvisionsIsChangedByNeitherProduct(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	if err := s.sim.Roster().ChangeGroup(s.staff, func(g *roster.Group) { g.External = true }); err != nil {
		t.Fatal(err)
	}
	s.change(s.ana, func(a *roster.Account) { a.External = true })
	for _, refused := range []request{
		{"added in Jira", "POST", "/rest/api/3/group/user?groupId={staff}", `{"accountId":"{bo}"}`, 403},
		{"taken out in Jira", "DELETE", "/rest/api/3/group/user?groupId={staff}&accountId={ana}", "", 403},
		{"the group deleted in Jira", "DELETE", "/rest/api/3/group?groupId={staff}", "", 403},
		{"the account removed", "DELETE", "/rest/api/3/user?accountId={ana}", "", 400},
		{"added in Confluence", "POST", "/wiki/rest/api/group/userByGroupId?groupId={staff}", `{"accountId":"{bo}"}`, 403},
		{"taken out in Confluence", "DELETE", "/wiki/rest/api/group/userByGroupId?groupId={staff}&accountId={ana}", "", 403},
		{"the group deleted in Confluence", "DELETE", "/wiki/rest/api/group/by-id?id={staff}", "", 403},
	} {
		if status, body := s.make(refused); status != refused.status {
			t.Errorf("%s: HTTP %d: %s; want %d", refused.name, status, body, refused.status)
		}
	}
	if keys := s.sim.Engine().AppliedKeys(); len(keys) > 0 {
		t.Errorf("it changed %v", keys)
	}
}

func TestAWrongCredentialIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	for _, path := range []string{"/rest/api/3/serverInfo", "/rest/api/3/myself", "/rest/api/3/users/search", "/wiki/rest/api/user/current", "/wiki/rest/api/group"} {
		if status, _, _ := s.as(s.sim.User(), "wrong", "GET", path, ""); status != http.StatusUnauthorized {
			t.Errorf("%s: HTTP %d", path, status)
		}
	}
	if status, _, _ := s.as("", "", "GET", "/rest/api/3/serverInfo", ""); status != http.StatusOK {
		t.Errorf("anybody may ask what the server is: HTTP %d", status)
	}
}

func TestWhoDoesNotAdministerMayNotWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitesim.Options{})
	leave := func(name string) {
		group, _ := s.sim.Roster().GroupNamed(name)
		for _, a := range s.sim.Roster().Members(group.ID) {
			if _, err := s.sim.Roster().Leave(group.ID, a.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave("org-admins")
	if status, _, _ := s.call("POST", "/rest/api/3/user", `{"emailAddress":"new@example.com","products":[]}`); status != http.StatusForbidden {
		t.Errorf("an account by a site administrator: HTTP %d", status)
	}
	if status, _, _ := s.call("POST", "/rest/api/3/group", `{"name":"one"}`); status != http.StatusCreated {
		t.Errorf("a group by a site administrator: HTTP %d", status)
	}
	leave("site-admins")
	for _, call := range [][3]string{
		{"POST", "/rest/api/3/group", `{"name":"two"}`}, {"DELETE", "/rest/api/3/user?accountId=" + url.QueryEscape(s.bo), ""},
		{"POST", "/wiki/rest/api/group", `{"type":"group","name":"two"}`},
		{"DELETE", "/rest/api/3/group/user?groupId=" + s.staff + "&accountId=" + url.QueryEscape(s.ana), ""},
		{"GET", "/rest/api/3/applicationrole", ""},
	} {
		if status, _, _ := s.call(call[0], call[1], call[2]); status != http.StatusForbidden {
			t.Errorf("%s %s: HTTP %d", call[0], call[1], status)
		}
	}
}

func TestALimitIsSaidInTheVendorsHeaders(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	s := newSite(t, sitesim.Options{Engine: engine})
	engine.SetLimit(sitesim.API, "*", fault.Limit{Requests: 2, Window: time.Minute})
	var header http.Header
	for want := 1; want >= 0; want-- {
		var status int
		status, _, header = s.call("GET", "/rest/api/3/myself", "")
		if left := header.Get("X-RateLimit-Remaining"); status != http.StatusOK || left != []string{"0", "1"}[want] {
			t.Errorf("HTTP %d with %s left", status, left)
		}
	}
	if header.Get("X-RateLimit-NearLimit") != "true" || header.Get("X-RateLimit-Limit") != "2" {
		t.Errorf("the headers are %v", header)
	}
	status, _, header := s.call("GET", "/rest/api/3/myself", "")
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || header.Get("RateLimit-Reason") != "jira-burst-based" {
		t.Errorf("HTTP %d, %v", status, header)
	}
}
