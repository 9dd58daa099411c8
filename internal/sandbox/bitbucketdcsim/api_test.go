package bitbucketdcsim_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/bitbucketdcsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

// api speaks to a stand-in as anybody's program might. Whatever it is answered
// is held to the vendor's description.
type api struct {
	sim    *bitbucketdcsim.Sim
	engine *fault.Engine
	server *httptest.Server
}

func newAPI(t *testing.T, change ...func(*bitbucketdcsim.Options)) api {
	t.Helper()
	return checkedBy(t, described(t), change...)
}

// described is the vendor's description; what is refused may be wrong.
func described(t *testing.T) *speccheck.Checker {
	t.Helper()
	return speccheck.Load(t, speccheck.BitbucketDataCenter).AllowRefused()
}

func checkedBy(t *testing.T, checker *speccheck.Checker, change ...func(*bitbucketdcsim.Options)) api {
	t.Helper()
	a := api{engine: fault.New(1)}
	options := bitbucketdcsim.Options{Engine: a.engine}
	for _, c := range change {
		c(&options)
	}
	a.sim = bitbucketdcsim.New(options)
	a.server = standintest.Listen(t, a.sim.Handler(), checker)
	return a
}

type answer struct{ standintest.Answer }

// exception is the class that the first error names.
func (a answer) exception() string {
	errors, _ := a.Body["errors"].([]any)
	if len(errors) == 0 {
		return ""
	}
	name, _ := errors[0].(map[string]any)["exceptionName"].(string)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// values are the names in a page.
func (a answer) values() []string {
	names := []string{}
	list, _ := a.Body["values"].([]any)
	for _, one := range list {
		switch one := one.(type) {
		case string:
			names = append(names, one)
		case map[string]any:
			names = append(names, one["name"].(string))
		}
	}
	return names
}

// call makes one request, with headers that change what is otherwise right.
func (a api) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	request := standintest.Request(t, method, a.server.URL+"/rest/api/latest"+path, body)
	request.Header.Set("Authorization", "Bearer "+a.sim.Token())
	request.Header.Set("X-Atlassian-Token", "no-check")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return answer{standintest.Fetch(t, a.server.Client(), request)}
}

func newUser(name, email string) string {
	return "/admin/users?name=" + name + "&displayName=Some+Body&emailAddress=" + email + "&password=pw&addToDefaultGroup=false"
}

// seed makes users "ana" and "ben" and groups "red" and "blue", ana in red.
func (a api) seed(t *testing.T) {
	t.Helper()
	for _, step := range []struct {
		path, body string
		status     int
	}{
		{newUser("ana", "ana@example.com"), "", 204}, {newUser("ben", "ben@example.com"), "", 204},
		{"/admin/groups?name=red", "", 200}, {"/admin/groups?name=blue", "", 200},
		{"/admin/groups/add-users", `{"group":"red","users":["ana"]}`, 200},
	} {
		if got := a.call(t, "POST", step.path, step.body); got.Status != step.status {
			t.Fatalf("%s %s: %d %s", step.path, step.body, got.Status, got.Text)
		}
	}
}
