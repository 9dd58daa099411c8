package guardsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/guardsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

const (
	users  = "/scim/directory/" + guardsim.DefaultDirectory + "/Users"
	groups = "/scim/directory/" + guardsim.DefaultDirectory + "/Groups"
	search = "/admin/v2/orgs/" + guardsim.DefaultOrganization + "/directories/-/groups/search"
)

// caller makes plain requests, checked against the descriptions where they are
// there.
type caller struct {
	t      *testing.T
	sim    *guardsim.Sim
	engine *fault.Engine
	url    string
	client *http.Client
}

func start(t *testing.T, opts guardsim.Options, around ...*speccheck.Checker) *caller {
	t.Helper()
	opts.Engine = fault.New(1)
	c := &caller{t: t, sim: guardsim.New(opts), engine: opts.Engine}
	server := standintest.Listen(t, c.sim.Handler(), around...)
	c.url, c.client = server.URL, server.Client()
	return c
}

// do sends a request and returns the status and the body.
func (c *caller) do(method, path, body string) (int, string) {
	c.t.Helper()
	key := guardsim.DefaultKey
	if strings.HasPrefix(path, "/admin/") {
		key = guardsim.DefaultOrganizationKey
	}
	return c.with(key, "application/scim+json", method, path, body)
}

func (c *caller) with(key, media, method, path, body string) (int, string) {
	c.t.Helper()
	request := standintest.Request(c.t, method, c.url+path, body)
	if strings.HasPrefix(path, "/admin/") && media == "application/scim+json" {
		media = "application/json"
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		request.Header.Set("Content-Type", media)
	}
	answer := standintest.Fetch(c.t, c.client, request)
	return answer.Status, answer.Text
}

// made creates something and returns its id.
func (c *caller) made(path, body string) string {
	c.t.Helper()
	status, text := c.do(http.MethodPost, path, body)
	var resource struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(text), &resource); err != nil || status != http.StatusCreated || resource.ID == "" {
		c.t.Fatalf("create: %d %s", status, text)
	}
	return resource.ID
}

func newUser(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s@example.com","emails":[{"value":"%s@example.com","primary":true}],"displayName":"%s"}`, name, name, name)
}

func newGroup(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q}`, name)
}

func patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

func TestWhatTheVendorRefusesIsRefused(t *testing.T) {
	t.Parallel()
	const get, post, put, change = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch
	tests := map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"a filter by an address":                 {get, users + "?filter=emails+eq+%22a%40example.com%22", "", 400, "invalidFilter"},
		"a filter that is no exact match":        {get, users + "?filter=userName+sw+%22a%22", "", 400, "invalidFilter"},
		"two filters":                            {get, users + "?filter=userName+eq+%22a%22+or+userName+eq+%22b%22", "", 400, "invalidFilter"},
		"a filter of groups by id":               {get, groups + "?filter=id+eq+%22a%22", "", 400, "invalidFilter"},
		"sorting":                                {get, users + "?sortBy=userName", "", 400, "sorting"},
		"a count that is no number":              {get, users + "?count=many", "", 400, "count"},
		"attributes and excluded ones at once":   {get, users + "?attributes=userName&excludedAttributes=groups", "", 400, "exclude each other"},
		"a user without a schema":                {post, users, strings.Replace(newUser("new"), "User\"]", "Person\"]", 1), 400, "schemas"},
		"a user without a name":                  {post, users, strings.Replace(newUser("new"), `"userName":"new@example.com",`, "", 1), 400, "userName"},
		"a user without a primary address":       {post, users, strings.Replace(newUser("new"), "true", "false", 1), 400, "primary"},
		"a user without addresses":               {post, users, strings.Replace(newUser("new"), `{"value":"new@example.com","primary":true}`, "", 1), 400, "primary"},
		"an address outside the domains":         {post, users, strings.ReplaceAll(newUser("new"), "example.com", "elsewhere.net"), 400, "not verified"},
		"an attribute that nobody knows":         {post, users, strings.Replace(newUser("new"), "displayName", "shoeSize", 1), 400, "shoeSize"},
		"a user who exists":                      {post, users, newUser("there"), 409, "uniqueness"},
		"a user name that differs in case alone": {post, users, strings.Replace(newUser("THERE"), `"value":"THERE`, `"value":"other`, 1), 409, "uniqueness"},
		"an address that another user has":       {post, users, strings.Replace(newUser("other"), `"value":"other`, `"value":"There`, 1), 409, "uniqueness"},
		"somebody who does not exist":            {get, users + "/nobody", "", 404, "no such user"},
		"a patch without its schema":             {change, users + "/{there}", `{"schemas":[],"Operations":[{"op":"replace","path":"active","value":false}]}`, 400, "PatchOp"},
		"a patch with small operations":          {change, users + "/{there}", strings.Replace(patch(`{"op":"remove","path":"title"}`), "Operations", "operation", 1), 400, "invalidSyntax"},
		"active as a text":                       {change, users + "/{there}", patch(`{"op":"replace","path":"active","value":"False"}`), 400, "true or false"},
		"an unknown operation":                   {change, users + "/{there}", patch(`{"op":"set","path":"active","value":false}`), 400, "operation"},
		"an unknown path":                        {change, users + "/{there}", patch(`{"op":"replace","path":"shoeSize","value":"44"}`), 400, "invalidPath"},
		"a filter in a user's path":              {change, users + "/{there}", patch(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`), 400, "invalidPath"},
		"the id":                                 {change, users + "/{there}", patch(`{"op":"replace","path":"id","value":"x"}`), 400, "mutability"},
		"the Atlassian account":                  {change, users + "/{there}", patch(`{"op":"replace","path":"urn:scim:schemas:extension:atlassian-external:1.0","value":{"atlassianAccountId":"x"}}`), 400, "mutability"},
		"no user name":                           {change, users + "/{there}", patch(`{"op":"remove","path":"userName"}`), 400, "mutability"},
		"somebody else's user name":              {change, users + "/{there}", patch(`{"op":"replace","path":"userName","value":"Second@example.com"}`), 400, "uniqueness"},
		"a group without a name":                 {post, groups, newGroup(" "), 400, "displayName"},
		"a group that exists":                    {post, groups, newGroup("CLUB"), 409, "uniqueness"},
		"a group with a stranger":                {post, groups, strings.Replace(newGroup("new"), "}", `,"members":[{"value":"nobody"}]}`, 1), 400, "no user"},
		"another name of a group by patch":       {change, groups + "/{club}", patch(`{"op":"replace","path":"displayName","value":"Other"}`), 400, "mutability"},
		"another name of a group by put":         {put, groups + "/{club}", newGroup("Other"), 400, "mutability"},
		"a stranger in a group":                  {change, groups + "/{club}", patch(`{"op":"add","path":"members","value":[{"value":"nobody"}]}`), 404, "no user"},
		"a removal that names nobody":            {change, groups + "/{club}", patch(`{"op":"remove","path":"members","value":[{"value":"x"}]}`), 400, "members[value eq"},
		"a group that does not exist":            {change, groups + "/nothing", patch(`{"op":"add","path":"members","value":[]}`), 404, "no such group"},
		"a directory that is not the key's":      {get, "/scim/directory/other/Users", "", 404, "directory"},
		"an organisation that is not the key's":  {post, "/admin/v2/orgs/other/directories/-/groups/search", "{}", 404, "ADMIN-404-2"},
		"a search by ids and by names":           {post, search, `{"groupIds":["a"],"groupNames":["b"]}`, 400, "ADMIN-400-24"},
		"a search for no names":                  {post, search, `{"groupNames":[]}`, 400, "ADMIN-400-24"},
		"a search for eleven roles":              {post, search, `{"roleIds":["1","2","3","4","5","6","7","8","9","10","11"]}`, 400, "ADMIN-400-24"},
		"a search for too many groups":           {post, search, `{"limit":101}`, 400, "ADMIN-400-24"},
		"a path that is not there":               {get, "/scim/directory/" + guardsim.DefaultDirectory + "/Persons", "", 404, "Not Found"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, guardsim.Options{})
			there, club := c.made(users, newUser("there")), c.made(groups, newGroup("Club"))
			c.made(users, newUser("second"))
			before := c.sim.Roster().State()
			path := strings.NewReplacer("{there}", there, "{club}", club).Replace(test.path)
			status, text := c.do(test.method, path, test.body)
			if status != test.status || !strings.Contains(text, test.says) {
				t.Errorf("got %d %s, want %d with %q", status, text, test.status, test.says)
			}
			if after := c.sim.Roster().State(); len(after.Accounts) != len(before.Accounts) || len(after.Groups) != len(before.Groups) {
				t.Errorf("it changed something: %+v", after)
			}
		})
	}
}

func TestEachKeyOpensItsOwnAPIAlone(t *testing.T) {
	t.Parallel()
	c := start(t, guardsim.Options{})
	for _, attempt := range []struct{ key, path, method string }{
		{guardsim.DefaultOrganizationKey, users, http.MethodGet}, {"wrong", groups, http.MethodGet}, {guardsim.DefaultKey, search, http.MethodPost},
	} {
		if status, _ := c.with(attempt.key, "application/json", attempt.method, attempt.path, ""); status != http.StatusUnauthorized {
			t.Errorf("%s with another key: %d", attempt.path, status)
		}
	}
	if status, text := c.with(guardsim.DefaultKey, "text/plain", http.MethodPost, users, newUser("new")); status != http.StatusBadRequest {
		t.Errorf("text for JSON: %d %s", status, text)
	}
}

func TestTheDirectorysOwnTraps(t *testing.T) {
	t.Parallel()
	t.Run("a deleted user is deactivated and known no longer", func(t *testing.T) {
		t.Parallel()
		c := start(t, guardsim.Options{})
		id := c.made(users, newUser("gone"))
		for i, want := range []int{http.StatusNoContent, http.StatusNotFound} {
			if status, _ := c.do(http.MethodDelete, users+"/"+id, ""); status != want {
				t.Errorf("deletion %d: %d", i+1, status)
			}
		}
		if status, _ := c.do(http.MethodPatch, users+"/"+id, patch(`{"op":"replace","path":"active","value":true}`)); status != http.StatusNotFound {
			t.Errorf("a change afterwards: %d", status)
		}
		if a, there := c.sim.Roster().Account(id); !there || a.Active {
			t.Errorf("the account is %+v, %t", a, there)
		}
		if again := c.made(users, newUser("gone")); again == id {
			t.Error("who comes back has the old id")
		}
	})
	t.Run("a put clears what it does not name, a patch does not", func(t *testing.T) {
		t.Parallel()
		c := start(t, guardsim.Options{})
		id := c.made(users, newUser("titled"))
		for _, change := range []struct{ method, body, title string }{
			{http.MethodPatch, patch(`{"op":"add","path":"title","value":"Clerk"}`), "Clerk"},
			{http.MethodPatch, patch(`{"op":"replace","value":{"nickName":"T"}}`), "Clerk"},
			{http.MethodPut, newUser("titled"), ""},
		} {
			if status, text := c.do(change.method, users+"/"+id, change.body); status != http.StatusOK {
				t.Fatalf("%s: %d %s", change.method, status, text)
			}
			if a, _ := c.sim.Roster().Account(id); a.Attributes["title"] != change.title {
				t.Errorf("after %s %s the title is %q", change.method, change.body, a.Attributes["title"])
			}
		}
	})
	t.Run("removing members without a filter removes all", func(t *testing.T) {
		t.Parallel()
		c := start(t, guardsim.Options{})
		one, two, club := c.made(users, newUser("one")), c.made(users, newUser("two")), c.made(groups, newGroup("club"))
		c.do(http.MethodPatch, groups+"/"+club, patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q},{"value":%q}]}`, one, two)))
		for _, step := range []struct {
			path string
			left int
		}{{`members[value eq \"` + one + `\"]`, 1}, {`members[value eq \"` + one + `\"]`, 1}, {"members", 0}} {
			if status, text := c.do(http.MethodPatch, groups+"/"+club, patch(`{"op":"remove","path":"`+step.path+`"}`)); status != http.StatusOK {
				t.Fatalf("remove %s: %d %s", step.path, status, text)
			}
			if left := len(c.sim.Roster().Members(club)); left != step.left {
				t.Errorf("after %s there are %d", step.path, left)
			}
		}
	})
	t.Run("a page is never longer than the vendor's", func(t *testing.T) {
		t.Parallel()
		c := start(t, guardsim.Options{Page: 3})
		for i := range 7 {
			c.made(users, newUser(fmt.Sprintf("u%d", i)))
		}
		seen := 0
		for first := 1; ; {
			_, text := c.do(http.MethodGet, fmt.Sprintf("%s?startIndex=%d&count=1000", users, first), "")
			var list struct {
				Total     int               `json:"totalResults"`
				Resources []json.RawMessage `json:"Resources"`
			}
			if err := json.Unmarshal([]byte(text), &list); err != nil || list.Total != 8 || len(list.Resources) > 3 {
				t.Fatalf("page from %d: %s", first, text)
			}
			if len(list.Resources) == 0 {
				break
			}
			seen, first = seen+len(list.Resources), first+len(list.Resources)
		}
		if seen != 8 {
			t.Errorf("%d were seen, with the administrator there are 8", seen)
		}
	})
	t.Run("a full directory takes nobody", func(t *testing.T) {
		t.Parallel()
		// The administrator is one of them.
		c := start(t, guardsim.Options{SeatLimit: 2})
		c.made(users, newUser("last"))
		if status, text := c.do(http.MethodPost, users, newUser("late")); status != http.StatusBadRequest || !strings.Contains(text, "tooMany") {
			t.Errorf("got %d %s", status, text)
		}
	})
	t.Run("what changes nothing is applied once", func(t *testing.T) {
		t.Parallel()
		c := start(t, guardsim.Options{})
		id, club := c.made(users, newUser("one")), c.made(groups, newGroup("club"))
		for range 2 {
			c.do(http.MethodPatch, users+"/"+id, patch(`{"op":"replace","path":"active","value":false},{"op":"replace","path":"title","value":"x"}`))
			c.do(http.MethodPatch, groups+"/"+club, patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, id)))
		}
		applied := c.engine.AppliedKeys()
		for _, key := range []string{"create-account:one@example.com", "create-group:club", "deactivate-account:" + id, "update-account:" + id, "add-member:" + club + ":" + id} {
			if applied[key] != 1 {
				t.Errorf("%s was applied %d times: %v", key, applied[key], applied)
			}
		}
	})
}
