package bitbucketcloudsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketcloudsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

const (
	workspace  = "/2.0/workspaces/acme"
	project    = workspace + "/projects/CORE/permissions-config/groups"
	repository = "/2.0/repositories/acme/core/permissions-config/groups"
	groups     = "/1.0/groups/acme"
	jsonBody   = "application/json"
	formBody   = "application/x-www-form-urlencoded"
)

type caller struct {
	t      *testing.T
	sim    *bitbucketcloudsim.Sim
	engine *fault.Engine
	url    string
	client *http.Client
	// bearer is sent instead of the owner's name and token unless empty.
	bearer string
}

func start(t *testing.T, opts bitbucketcloudsim.Options, around ...*speccheck.Checker) *caller {
	t.Helper()
	opts.Engine = fault.New(1)
	c := &caller{t: t, sim: bitbucketcloudsim.New(opts), engine: opts.Engine}
	server := standintest.Listen(t, c.sim.Handler(), around...)
	c.url, c.client = server.URL, server.Client()
	return c
}

func (c *caller) do(method, path, media, body string) (int, string) {
	c.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http://") {
		address = c.url + path
	}
	request := standintest.Request(c.t, method, address, body)
	if c.bearer != "" {
		request.Header.Set("Authorization", "Bearer "+c.bearer)
	} else {
		request.SetBasicAuth(bitbucketcloudsim.DefaultUser, bitbucketcloudsim.DefaultToken)
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	answer := standintest.Fetch(c.t, c.client, request)
	return answer.Status, answer.Text
}

func (c *caller) member(email string) string {
	c.t.Helper()
	id, err := c.sim.SeedAccount(email, email)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func query(q string, more ...string) string {
	values := url.Values{"q": {q}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return "?" + values.Encode()
}

func emails(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%q", fmt.Sprintf("n%d@example.com", i))
	}
	return "user.email IN (" + strings.Join(list, ",") + ")"
}

func TestWhatTheVendorRefusesIsRefused(t *testing.T) {
	t.Parallel()
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	tests := map[string]struct {
		method, path, media, body string
		status                    int
	}{
		"more than ninety addresses":             {get, workspace + "/members" + query(emails(91)), "", "", 400},
		"a filter by a name":                     {get, workspace + "/members" + query(`user.display_name = "x"`), "", "", 400},
		"a filter without strings":               {get, workspace + "/members" + query(`user.email IN (a@example.com)`), "", "", 400},
		"a page longer than a hundred":           {get, workspace + "/members?pagelen=101", "", "", 400},
		"a page that is no number":               {get, workspace + "/members?page=x", "", "", 400},
		"a filter by another permission":         {get, workspace + "/permissions" + query(`permission="admin"`), "", "", 400},
		"somebody who is no member":              {get, workspace + "/members/%7Bnobody%7D", "", "", 404},
		"another workspace":                      {get, "/2.0/workspaces/other", "", "", 404},
		"another workspace's groups":             {get, "/1.0/groups/other", "", "", 404},
		"a group's name as JSON":                 {post, groups, jsonBody, `{"name":"new"}`, 415},
		"a group without a name":                 {post, groups, formBody, "name=+", 400},
		"a group that exists":                    {post, groups, formBody, "name=Club", 400},
		"a group whose slug exists":              {post, groups, formBody, "name=CLUB", 400},
		"a member who is in it already":          {put, groups + "/club/members/{in}", jsonBody, "{}", 409},
		"a member without a body":                {put, groups + "/club/members/{out}", jsonBody, "", 400},
		"a member with a body of no type":        {put, groups + "/club/members/{out}", "", "{}", 400},
		"a member who is not in the workspace":   {put, groups + "/club/members/%7Bnobody%7D", jsonBody, "{}", 404},
		"a member of no group":                   {put, groups + "/nothing/members/{out}", jsonBody, "{}", 404},
		"the removal of who is not in it":        {del, groups + "/club/members/{out}", "", "", 404},
		"the members of no group":                {get, groups + "/nothing/members", "", "", 404},
		"a permission that projects do not have": {put, project + "/club", jsonBody, `{"permission":"owner"}`, 400},
		"create-repo in a repository":            {put, repository + "/club", jsonBody, `{"permission":"create-repo"}`, 400},
		"no permission":                          {put, repository + "/club", jsonBody, `{}`, 400},
		"a permission of no group":               {put, project + "/nothing", jsonBody, `{"permission":"read"}`, 404},
		"a permission on no project":             {put, workspace + "/projects/NONE/permissions-config/groups/club", jsonBody, `{"permission":"read"}`, 404},
		"the permissions of no repository":       {get, "/2.0/repositories/acme/none/permissions-config/groups", "", "", 404},
		"a path that is not there":               {get, "/2.0/teams", "", "", 404},
		"a method that is not there":             {post, workspace + "/members", jsonBody, "{}", 405},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, bitbucketcloudsim.Options{})
			in, out := c.member("in@example.com"), c.member("out@example.com")
			if err := c.sim.Roster().AddGroup(c.sim.NewGroup("Club")); err != nil {
				t.Fatal(err)
			}
			if _, err := c.sim.Roster().Join("club", in); err != nil {
				t.Fatal(err)
			}
			path := strings.NewReplacer("{in}", url.PathEscape(in), "{out}", url.PathEscape(out)).Replace(test.path)
			status, text := c.do(test.method, path, test.media, test.body)
			if status != test.status {
				t.Errorf("got %d %s, want %d", status, text, test.status)
			}
			// 1.0 answers with plain text, 2.0 with its error object.
			var problem struct {
				Type string `json:"type"`
			}
			err := json.Unmarshal([]byte(text), &problem)
			if old := strings.HasPrefix(path, "/1.0/"); old == (err == nil && problem.Type == "error") {
				t.Errorf("the error is %q", text)
			}
			if applied := c.engine.AppliedKeys(); len(applied) > 0 {
				t.Errorf("it changed something: %v", applied)
			}
		})
	}
}

func TestACredentialIsNeeded(t *testing.T) {
	t.Parallel()
	c := start(t, bitbucketcloudsim.Options{})
	c.bearer = "wrong"
	for _, path := range []string{workspace, groups, "/2.0/user"} {
		if status, _ := c.do(http.MethodGet, path, "", ""); status != http.StatusUnauthorized {
			t.Errorf("%s with another token: %d", path, status)
		}
	}
	c.bearer = bitbucketcloudsim.DefaultAccessToken
	if status, _ := c.do(http.MethodGet, "/2.0/user", "", ""); status != http.StatusForbidden {
		t.Errorf("an access token is somebody's: %d", status)
	}
	if err := c.sim.Roster().AddGroup(c.sim.NewGroup("Club")); err != nil {
		t.Fatal(err)
	}
	if status, _ := c.do(http.MethodPut, project+"/club", jsonBody, `{"permission":"read"}`); status != http.StatusForbidden {
		t.Errorf("an access token changed a permission: %d", status)
	}
	if status, _ := c.do(http.MethodPost, groups, formBody, "name=New"); status != http.StatusOK {
		t.Errorf("an access token made no group: %d", status)
	}
}

func TestAnAddressIsShownToWhoAskedForIt(t *testing.T) {
	t.Parallel()
	c := start(t, bitbucketcloudsim.Options{})
	c.member("ana@example.com")
	filter := `user.email IN ("ANA@example.com","nobody@example.com")`
	for path, want := range map[string]int{
		workspace + "/members": 0, workspace + "/members" + query(filter): 0, workspace + "/members" + query(filter, "fields", "+values.user.email"): 1,
	} {
		_, text := c.do(http.MethodGet, path, "", "")
		if n := strings.Count(text, `"email"`); n != want {
			t.Errorf("%s shows %d addresses: %s", path, n, text)
		}
	}
}

func TestAPageLeadsToTheNextByItsAddress(t *testing.T) {
	t.Parallel()
	c := start(t, bitbucketcloudsim.Options{})
	for i := range 12 {
		c.member(fmt.Sprintf("m%d@example.com", i))
	}
	seen, pages := 0, 0
	for next := workspace + "/members?pagelen=5"; next != ""; pages++ {
		_, text := c.do(http.MethodGet, next, "", "")
		var page struct {
			Values []json.RawMessage `json:"values"`
			Next   string            `json:"next"`
			Size   int               `json:"size"`
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil || page.Size != 13 {
			t.Fatalf("%v: %s", err, text)
		}
		seen, next = seen+len(page.Values), page.Next
	}
	if seen != 13 || pages != 3 {
		t.Errorf("%d members on %d pages, with the administrator there are 13 on 3", seen, pages)
	}
}

func TestASlugIsMadeOfAName(t *testing.T) {
	t.Parallel()
	sim := bitbucketcloudsim.New(bitbucketcloudsim.Options{})
	for name, want := range map[string]string{
		"Viewer Release Management": "viewer-release-management", "Équipe d'été": "equipe-d-ete", " A  & B ": "a-b", "日本": "",
	} {
		if got := sim.NewGroup(name).ID; got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestTheHourlyLimitIsSaidByA429Alone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := start(t, bitbucketcloudsim.Options{CallsPerHour: 2, Now: func() time.Time { return now }})
	for i, want := range []int{200, 200, 429} {
		if status, text := c.do(http.MethodGet, workspace, "", ""); status != want || want == 429 && !strings.Contains(text, "Rate limit for this resource") {
			t.Errorf("call %d: %d %s", i+1, status, text)
		}
	}
}

func TestAListIsWrongAsItsFaultSays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for effect, want := range map[fault.Kind]int{"": 25, fault.Empty: 0, fault.Half: 13, fault.SkipPage: 15, fault.Stale: 0} {
		t.Run(string(effect)+" list", func(t *testing.T) {
			t.Parallel()
			c := start(t, bitbucketcloudsim.Options{Now: func() time.Time { return now }})
			c.do(http.MethodPost, groups, formBody, "name=Club")
			for i := range 25 {
				id := c.member(fmt.Sprintf("m%d@example.com", i))
				c.do(http.MethodPut, groups+"/club/members/"+url.PathEscape(id), jsonBody, "{}")
			}
			if effect != "" {
				c.engine.Add(fault.Rule{API: bitbucketcloudsim.API, Method: http.MethodGet, Kind: effect})
			}
			_, text := c.do(http.MethodGet, groups+"/club/members/", "", "")
			var members []json.RawMessage
			if err := json.Unmarshal([]byte(text), &members); err != nil || len(members) != want {
				t.Errorf("%d members, want %d: %v", len(members), want, err)
			}
		})
	}
}

func TestWhatChangesNothingIsAppliedOnce(t *testing.T) {
	t.Parallel()
	c := start(t, bitbucketcloudsim.Options{})
	id := c.member("ana@example.com")
	for range 2 {
		c.do(http.MethodPost, groups, formBody, "name=Club")
		c.do(http.MethodPut, groups+"/club/members/"+url.PathEscape(id), jsonBody, "{}")
		c.do(http.MethodPut, project+"/club", jsonBody, `{"permission":"write"}`)
	}
	applied := c.engine.AppliedKeys()
	for _, key := range []string{"create-group:club", "add-member:club:" + id, "permit:club:project CORE"} {
		if applied[key] != 1 {
			t.Errorf("%s was applied %d times: %v", key, applied[key], applied)
		}
	}
	if g, _ := c.sim.Roster().GroupNamed("club"); g.Permissions["project CORE"] != "write" {
		t.Errorf("the group is %+v", g)
	}
	if n := len(c.sim.Roster().Accounts(func(a roster.Account) bool { return a.Administrator })); n != 1 {
		t.Errorf("%d administrators", n)
	}
}
