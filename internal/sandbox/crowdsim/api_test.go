package crowdsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/crowdsim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
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
	a.server = httptest.NewServer(a.sim.Handler())
	t.Cleanup(a.server.Close)
	return a
}

type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// call makes one request, with headers that change what is otherwise right.
func (a api) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.server.URL+"/rest/usermanagement/1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(a.sim.Application(), a.sim.Password())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := a.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(text, &got.body); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, text)
		}
	}
	return got
}

// seed makes users "ana" and "ben" and groups "red" and "blue", ana in red.
func (a api) seed(t *testing.T) {
	t.Helper()
	for _, step := range []struct{ path, body string }{
		{"/user", user("ana", "ana@example.com")}, {"/user", user("ben", "ben@example.com")},
		{"/group", `{"name":"red","type":"GROUP","active":true}`}, {"/group", `{"name":"blue","type":"GROUP","active":true}`},
		{"/user/group/direct?username=ana", `{"name":"red"}`},
	} {
		if got := a.call(t, "POST", step.path, step.body); got.status != 201 || got.text != "" {
			t.Fatalf("%s %s: %d %s", step.path, step.body, got.status, got.text)
		}
	}
}

func user(name, email string) string {
	return fmt.Sprintf(`{"name":%q,"email":%q,"first-name":"F","last-name":"L","display-name":"F L","active":true,"password":{"value":"pw"}}`, name, email)
}
