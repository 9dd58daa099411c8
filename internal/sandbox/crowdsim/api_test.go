package crowdsim_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin/standintest"
)

// api speaks to a stand-in as anybody's program might.
type api struct {
	sim    *crowdsim.Sim
	engine *fault.Engine
	server *httptest.Server
}

func newAPI(t *testing.T, change ...func(*crowdsim.Options)) api {
	t.Helper()
	a := api{engine: fault.New(1)}
	options := crowdsim.Options{Engine: a.engine}
	for _, c := range change {
		c(&options)
	}
	a.sim = crowdsim.New(options)
	a.server = standintest.Listen(t, a.sim.Handler())
	return a
}

// call makes one request, with headers that change what is otherwise right.
func (a api) call(t *testing.T, method, path, body string, headers ...string) standintest.Answer {
	t.Helper()
	request := standintest.Request(t, method, a.server.URL+"/rest/usermanagement/1"+path, body)
	request.SetBasicAuth(a.sim.Application(), a.sim.Password())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return standintest.Fetch(t, a.server.Client(), request)
}

// seed makes users "ana" and "ben" and groups "red" and "blue", ana in red.
func (a api) seed(t *testing.T) {
	t.Helper()
	for _, step := range []struct{ path, body string }{
		{"/user", user("ana", "ana@example.com")}, {"/user", user("ben", "ben@example.com")},
		{"/group", `{"name":"red","type":"GROUP","active":true}`}, {"/group", `{"name":"blue","type":"GROUP","active":true}`},
		{"/user/group/direct?username=ana", `{"name":"red"}`},
	} {
		if got := a.call(t, "POST", step.path, step.body); got.Status != 201 || got.Text != "" {
			t.Fatalf("%s %s: %d %s", step.path, step.body, got.Status, got.Text)
		}
	}
}

func user(name, email string) string {
	return fmt.Sprintf(`{"name":%q,"email":%q,"first-name":"F","last-name":"L","display-name":"F L","active":true,"password":{"value":"pw"}}`, name, email)
}
