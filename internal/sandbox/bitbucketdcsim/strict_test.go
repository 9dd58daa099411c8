package bitbucketdcsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

func TestRefusalsAreBitbuckets(t *testing.T) {
	t.Parallel()
	checker := described(t)
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		exception                string
	}{
		{"a user name that is taken", "POST", newUser("ANA", "x@example.com"), "", 409, "IntegrityException"},
		{"an address that is taken", "POST", newUser("cat", "ANA@example.com"), "", 409, "IntegrityException"},
		{"a user without a password", "POST", "/admin/users?name=cat&displayName=Cat&emailAddress=cat@example.com", "", 400, "BadRequestException"},
		{"a user in the body", "POST", "/admin/users", `{"name":"cat"}`, 400, "BadRequestException"},
		{"an active flag", "PUT", "/admin/users", `{"name":"ana","displayName":"A","email":"ana@example.com","active":false}`, 400, "BadRequestException"},
		{"an update to an address that is taken", "PUT", "/admin/users", `{"name":"ana","displayName":"A","email":"ben@example.com"}`, 400, "BadRequestException"},
		{"an update of somebody who is not there", "PUT", "/admin/users", `{"name":"cat","displayName":"A","email":"a@example.com"}`, 404, "NoSuchUserException"},
		{"a removal of somebody who is not there", "DELETE", "/admin/users?name=cat", "", 404, "NoSuchUserException"},
		{"a removal of oneself", "DELETE", "/admin/users?name=admin", "", 409, "ForbiddenException"},
		{"a group that exists", "POST", "/admin/groups?name=RED", "", 409, "IntegrityException"},
		{"a group without a name", "POST", "/admin/groups?name=", "", 400, "BadRequestException"},
		{"a removal of a group that is not there", "DELETE", "/admin/groups?name=green", "", 404, "NoSuchGroupException"},
		{"a member of a group that is not there", "POST", "/admin/groups/add-users", `{"group":"green","users":["ana"]}`, 404, "NoSuchGroupException"},
		{"several members, one of whom is not there", "POST", "/admin/groups/add-users", `{"group":"blue","users":["ana","cat"]}`, 404, "NoSuchUserException"},
		{"several groups, one of which is not there", "POST", "/admin/users/add-groups", `{"user":"ben","groups":["red","green"]}`, 404, "NoSuchGroupException"},
		{"a removal from a group that is not there", "POST", "/admin/users/remove-group", `{"context":"ana","itemName":"green"}`, 404, "NoSuchGroupException"},
		{"a user whom no path knows", "GET", "/users/cat", "", 404, "NoSuchUserException"},
		{"a permission that there is not", "GET", "/users?permission=SHOES", "", 400, "BadRequestException"},
		{"taking one's own permission", "DELETE", "/admin/permissions/users?name=admin", "", 409, "ForbiddenException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := checkedBy(t, checker)
			a.seed(t)
			before := a.sim.Roster().State()
			got := a.call(t, test.method, test.path, test.body)
			if got.Status != test.status || got.exception() != test.exception {
				t.Errorf("%d %s, want %d %s", got.Status, got.Text, test.status, test.exception)
			}
			if diff := cmp.Diff(before, a.sim.Roster().State()); diff != "" {
				t.Errorf("a refusal changed something\n%s", diff)
			}
		})
	}
}

func TestWhatIsSoAlreadyIsNoMatter(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	a.engine.ResetCalls()
	for _, step := range []struct{ path, body string }{
		{"/admin/groups/add-users", `{"group":"red","users":["ana"]}`},
		{"/admin/users/add-groups", `{"user":"ana","groups":["red"]}`},
		{"/admin/users/remove-group", `{"context":"ben","itemName":"red"}`},
	} {
		if got := a.call(t, "POST", step.path, step.body); got.Status != 200 || got.Text != "" {
			t.Errorf("%s %s: %d %s", step.path, step.body, got.Status, got.Text)
		}
	}
	if keys := a.engine.AppliedKeys(); len(keys) != 0 {
		t.Errorf("something changed: %v", keys)
	}
}

func TestWhoIsNotAllowedIsNotServed(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	if got := a.call(t, "GET", "/admin/users", "", "Authorization", "Bearer nothing"); got.Status != 401 {
		t.Errorf("a wrong token: %d %s", got.Status, got.Text)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", a.server.URL+"/rest/api/latest/admin/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(bitbucketdcsim.DefaultUser, bitbucketdcsim.DefaultPassword)
	response, err := a.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.Body.Close(); response.StatusCode != 200 || response.Header.Get("X-AUSERNAME") != bitbucketdcsim.DefaultUser {
		t.Errorf("a password: %d for %q", response.StatusCode, response.Header.Get("X-AUSERNAME"))
	}
	if got := a.call(t, "GET", "/application-properties", "", "Authorization", ""); got.Status != 200 || got.Body["version"] != bitbucketdcsim.DefaultVersion {
		t.Errorf("the version, to anybody: %d %s", got.Status, got.Text)
	}
	// A browser that was tricked into it sends no such header. The description
	// has no 403 here, so this stand-in is asked without it.
	bare := httptest.NewServer(a.sim.Handler())
	t.Cleanup(bare.Close)
	a.server = bare
	if got := a.call(t, "POST", newUser("cat", "cat@example.com"), "", "X-Atlassian-Token", ""); got.Status != 403 || got.Text != "XSRF check failed" {
		t.Errorf("without X-Atlassian-Token: %d %s", got.Status, got.Text)
	}
}

func TestADirectoryThatCannotBeWrittenIsNotWritten(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *bitbucketdcsim.Options) { o.ReadOnly = true })
	a.seed(t)
	if err := a.sim.Roster().ChangeAccount("ana", func(one *roster.Account) { one.External = true }); err != nil {
		t.Fatal(err)
	}
	got := a.call(t, "GET", "/admin/users?filter=ana", "").Body["values"].([]any)[0].(map[string]any)
	for _, field := range []string{"mutableDetails", "mutableGroups", "deletable"} {
		if got[field] != false {
			t.Errorf("%s is %v", field, got[field])
		}
	}
	before := a.sim.Roster().State()
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/admin/users", `{"name":"ana","displayName":"A","email":"ana@example.com"}`, 400},
		{"POST", "/admin/groups/add-users", `{"group":"blue","users":["ana"]}`, 403},
		{"POST", "/admin/users/remove-group", `{"context":"ana","itemName":"red"}`, 403},
		{"DELETE", "/admin/users?name=ana", "", 403},
	} {
		if got := a.call(t, step.method, step.path, step.body); got.Status != step.status {
			t.Errorf("%s %s: %d %s", step.method, step.path, got.Status, got.Text)
		}
	}
	if diff := cmp.Diff(before, a.sim.Roster().State()); diff != "" {
		t.Errorf("something changed\n%s", diff)
	}
	if types := a.call(t, "GET", "/admin/user-directories", "").Text; !strings.Contains(types, `"LDAP"`) {
		t.Errorf("the directories are %s", types)
	}
}

func TestARenamedUserIsAnotherToWhoKeepsTheName(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.seed(t)
	if got := a.call(t, "POST", "/admin/users/rename", `{"name":"ana","newName":"ana.lopez"}`); got.Status != 200 || got.Body["slug"] != "ana.lopez" {
		t.Fatalf("%d %s", got.Status, got.Text)
	}
	if got := a.call(t, "GET", "/admin/groups/more-members?context=red", "").values(); cmp.Diff([]string{"ana.lopez"}, got) != "" {
		t.Errorf("members %v", got)
	}
	if got := a.call(t, "DELETE", "/admin/users?name=ana", ""); got.Status != 404 {
		t.Errorf("the old name: %d", got.Status)
	}
}
