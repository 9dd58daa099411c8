package oktaspec

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// example is an export in small: every comparison, a variable that a later
// step uses, a pause, and a request to another host.
const example = `{"name": "example", "steps": [
 {"step_type": "request", "note": "elsewhere", "method": "GET", "url": "http://elsewhere.example/?nat=us", "assertions": [{"source": "response_status", "comparison": "equal_number", "value": 200}]},
 {"step_type": "request", "note": "create", "method": "POST", "url": "{{SCIMBaseURL}}/Users", "body": "{\"userName\": \"{{randomUsername}}\"}",
  "headers": {"Authorization": ["{{auth}}"], "Content-Type": "application/json"},
  "assertions": [
   {"source": "response_status", "comparison": "equal_number", "value": "201"},
   {"source": "response_json", "comparison": "equal", "property": "userName", "value": "{{randomUsername}}"},
   {"source": "response_json", "comparison": "equal", "property": "active", "value": "true"},
   {"source": "response_json", "comparison": "not_empty", "property": "emails[0].value", "value": null},
   {"source": "response_json", "comparison": "has_value", "property": "schemas", "value": "urn:b"},
   {"source": "response_json", "comparison": "contains", "property": "schemas", "value": "urn:a"},
   {"source": "response_json", "comparison": "is_a_number", "property": "count", "value": null},
   {"source": "response_time", "comparison": "is_less_than", "value": "60000"}],
  "variables": [{"name": "created", "source": "response_json", "property": "id"}]},
 {"step_type": "pause", "duration": 3600},
 {"step_type": "request", "note": "read", "method": "GET", "url": "{{SCIMBaseURL}}/Users/{{created}}?filter=userName eq \"x y\"",
  "assertions": [{"source": "response_status", "comparison": "equal_number", "value": "200"}]}
]}`

// provider answers the example as it wants to be answered, but for what spoil
// does to the answer to the first request.
func provider(t *testing.T, spoil func(answer map[string]any) (status int)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			if r.URL.Path != "/scim/Users/u1" || r.URL.Query().Get("filter") != `userName eq "x y"` {
				w.WriteHeader(http.StatusNotFound)
			}
			return
		}
		var body map[string]any
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := map[string]any{
			"id": "u1", "userName": body["userName"], "active": true, "count": 1,
			"emails": []any{map[string]any{"value": "a@example.com"}}, "schemas": []any{"urn:a", "urn:b"},
		}
		status := spoil(answer)
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Errorf("answer: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func readExample(t *testing.T, export string) Export {
	t.Helper()
	path := filepath.Join(t.TempDir(), "example.json")
	if err := os.WriteFile(path, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestRun(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		spoil  func(map[string]any) int
		failed int
		says   string
	}{
		{"a provider that answers as asserted passes", func(map[string]any) int { return 201 }, 0, ""},
		{"a wrong status fails", func(map[string]any) int { return 200 }, 1, "equal_number 201, got 200"},
		{"a changed value fails", func(a map[string]any) int { a["userName"] = "lower"; return 201 }, 1, "userName equal"},
		{"a boolean turned round fails", func(a map[string]any) int { a["active"] = false; return 201 }, 1, "active equal true, got false"},
		{"a property that is missing fails", func(a map[string]any) int { delete(a, "active"); return 201 }, 1, "active equal true"},
		{"a value that is empty fails", func(a map[string]any) int { a["emails"] = []any{}; return 201 }, 1, "emails[0].value not_empty"},
		{"a list without the value fails twice", func(a map[string]any) int { a["schemas"] = []any{}; return 201 }, 2, "schemas has_value urn:b"},
		{"a number in quotes fails", func(a map[string]any) int { a["count"] = "1"; return 201 }, 1, "count is_a_number"},
		{"an id that cannot be used fails the step that uses it", func(a map[string]any) int { a["id"] = "u2"; return 201 }, 1, "read (GET"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := provider(t, tc.spoil)
			result, err := Run(t.Context(), readExample(t, example), Target{BaseURL: server.URL + "/scim", Authorization: "Bearer secret", Client: server.Client()})
			if err != nil {
				t.Fatal(err)
			}
			want := Result{Requests: 2, Elsewhere: 1, Passed: 9 - tc.failed, Failed: tc.failed, Failures: result.Failures}
			if diff := cmp.Diff(want, result); diff != "" {
				t.Errorf("result (-want +got):\n%s\n%s", diff, strings.Join(result.Failures, "\n"))
			}
			if len(result.Failures) != tc.failed {
				t.Errorf("%d lines for %d failed assertions", len(result.Failures), tc.failed)
			}
			if all := strings.Join(result.Failures, "\n"); !strings.Contains(all, tc.says) {
				t.Errorf("the failures do not say %q:\n%s", tc.says, all)
			}
		})
	}
}

func TestAnAnswerThatTakesTooLongFailsUnlessTheMachineIsBusy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		busy   time.Duration
		failed int
	}{"it is quiet": {0, 1}, "it is busy": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := provider(t, func(map[string]any) int { return 201 })
			export := readExample(t, strings.Replace(example, `"60000"`, `"0.000001"`, 1))
			result, err := Run(t.Context(), export, Target{BaseURL: server.URL + "/scim", Authorization: "Bearer secret", Client: server.Client(), Busy: tc.busy})
			if err != nil {
				t.Fatal(err)
			}
			if result.Failed != tc.failed || tc.failed > 0 && !strings.Contains(result.Failures[0], "response_time") {
				t.Errorf("result %+v, want %d failures", result, tc.failed)
			}
		})
	}
}

func TestRunRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, word := range map[string]string{"an unknown comparison": `"comparison": "has_value"`, "an unknown source": `"source": "response_time"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, _, _ := strings.Cut(word, ":")
			server := provider(t, func(map[string]any) int { return 201 })
			export := readExample(t, strings.Replace(example, word, key+`: "new"`, 1))
			_, err := Run(t.Context(), export, Target{BaseURL: server.URL + "/scim", Authorization: "Bearer secret", Client: server.Client()})
			if err == nil || !strings.Contains(err.Error(), `"new"`) {
				t.Errorf("error %v, want one that names what is not known", err)
			}
		})
	}
}
