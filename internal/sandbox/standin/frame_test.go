package standin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

func frame(t *testing.T, engine *fault.Engine, authorized func(*http.Request) bool) string {
	t.Helper()
	f := standin.Frame{
		API: "api", Engine: engine, Now: time.Now, Authorized: authorized,
		Problem: func(w http.ResponseWriter, _ *http.Request, status int) {
			standin.Answer(w, status, map[string]int{"problem": status})
		},
		Limits: func(h http.Header, limit, remaining int, _, _ time.Time) {
			h.Set("X-Left", strconv.Itoa(remaining)+" of "+strconv.Itoa(limit))
		},
	}
	server := httptest.NewServer(f.Handler([]standin.Endpoint{
		{Method: "GET", Template: "/group/{name}/member", Serve: func(w http.ResponseWriter, r *http.Request) {
			standin.Answer(w, 200, standin.Var(r, "name"))
		}},
		{Method: "POST", Template: "/group", Serve: func(w http.ResponseWriter, r *http.Request) {
			var body struct{ Name string }
			if err := standin.Decode(r, &body, true); err != nil {
				standin.Answer(w, 400, err.Error())
				return
			}
			fault.Applied(r, "create-group:"+body.Name)
			w.WriteHeader(http.StatusNoContent)
		}},
		{Method: "GET", Template: "/status", Public: true, Serve: func(w http.ResponseWriter, _ *http.Request) { standin.Answer(w, 200, "up") }},
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func ask(t *testing.T, method, address, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

func TestAFrameAdmitsAndRefuses(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	at := frame(t, engine, standin.Bearer("token"))
	const auth, token, kind, json = "Authorization", "Bearer token", "Content-Type", "application/json"
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		answer                   string
	}{
		{"a name with a slash", "GET", "/group/a%2Fb%20c/member", "", []string{auth, token}, 200, `"a/b c"`},
		{"no credential", "GET", "/group/x/member", "", nil, 401, `{"problem":401}`},
		{"a wrong one", "GET", "/group/x/member", "", []string{auth, "Bearer tokenx"}, 401, `{"problem":401}`},
		{"none needed", "GET", "/status", "", nil, 200, `"up"`},
		{"no such path", "GET", "/nothing", "", []string{auth, token}, 404, `{"problem":404}`},
		{"no such method", "DELETE", "/group", "", []string{auth, token}, 405, `{"problem":405}`},
		{"a body", "POST", "/group", `{"name":"x"}`, []string{auth, token, kind, json + "; charset=utf-8"}, 204, ""},
		{"a body of another type", "POST", "/group", `{"name":"x"}`, []string{auth, token, kind, "text/plain"}, 400, `"the Content-Type must be application/json"`},
		{"an unknown field", "POST", "/group", `{"nam":"x"}`, []string{auth, token, kind, json}, 400, `"the body does not fit: json: unknown field \"nam\""`},
		{"two bodies", "POST", "/group", `{} {}`, []string{auth, token, kind, json}, 400, `"there is something after the body"`},
	} {
		status, answer, _ := ask(t, test.method, at+test.path, test.body, test.headers...)
		if status != test.status || answer != test.answer {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, answer, test.status, test.answer)
		}
	}
	if diff := cmp.Diff(map[string]int{"create-group:x": 1}, engine.AppliedKeys()); diff != "" {
		t.Error(diff)
	}
	if n := engine.Counts()["GET /group/{name}/member"]; n != 3 {
		t.Errorf("%d calls are logged under the template: %v", n, engine.Counts())
	}
}

func TestALimitIsCountedAndSaid(t *testing.T) {
	t.Parallel()
	engine := fault.New(1)
	engine.SetLimit("api", standin.BucketAll, fault.Limit{Requests: 2, Window: time.Hour})
	engine.SetLimit("api", "POST /group", fault.Limit{Requests: 1, Window: time.Hour})
	at := frame(t, engine, standin.Basic("ana", "secret"))
	request := func(method, path string) string {
		status, _, header := ask(t, method, at+path, "{}", "Authorization", "Basic YW5hOnNlY3JldA==", "Content-Type", "application/json")
		return strconv.Itoa(status) + " " + header.Get("X-Left")
	}
	got := []string{request("GET", "/group/x/member"), request("POST", "/group"), request("POST", "/group"), request("GET", "/group/x/member"), request("GET", "/group/x/member")}
	if diff := cmp.Diff([]string{"200 1 of 2", "204 0 of 1", "429 0 of 1", "200 0 of 2", "429 0 of 2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAWriteIsForgeableWithoutJSONAndWithoutTheHeaderForIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, contentType, token string
		want                       bool
	}{
		{"GET", "", "", false},
		{"POST", "", "", true},
		{"DELETE", "", "", true},
		{"PUT", "text/plain", "", true},
		{"POST", "application/x-www-form-urlencoded", "nocheck", true},
		{"POST", "application/json; charset=utf-8", "", false},
		{"DELETE", "", "no-check", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, "/", nil)
		r.Header.Set("Content-Type", test.contentType)
		r.Header.Set("X-Atlassian-Token", test.token)
		if got := standin.Forgeable(r); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}
