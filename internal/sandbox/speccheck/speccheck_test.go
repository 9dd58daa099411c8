package speccheck_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// quiet is a test that Load may fail without failing this one.
type quiet struct {
	testing.TB
	failed, skipped string
	cleanups        []func()
	errors          []string
}

func (q *quiet) Helper()                   {}
func (q *quiet) Cleanup(f func())          { q.cleanups = append(q.cleanups, f) }
func (q *quiet) Errorf(f string, a ...any) { q.errors = append(q.errors, f) }

func (q *quiet) Fatalf(format string, _ ...any) {
	q.failed = format
	runtime.Goexit()
}

func (q *quiet) Skipf(format string, _ ...any) {
	q.skipped = format
	runtime.Goexit()
}

// present skips or fails as every user of the descriptions does.
func present(t *testing.T) { speccheck.Load(t, speccheck.AtlassianOrganizations) }

func answer(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		if body == "" {
			return
		}
		if _, err := w.Write([]byte(body)); err != nil {
			panic(err)
		}
	})
}

func TestAPlantedViolationIsFound(t *testing.T) {
	t.Parallel()
	present(t)
	const search = "/admin/v2/orgs/o/directories/d/users/search"
	for _, test := range []struct {
		name          string
		spec          string
		method, path  string
		body          string
		next          http.Handler
		allowRefused  bool
		wantViolation string
	}{
		{
			name: "nothing is wrong", spec: speccheck.AtlassianOrganizations, method: http.MethodPost, path: search,
			body: `{"emails":["a@example.com"],"limit":100}`,
			next: answer(http.StatusOK, "application/json", `{"data":[{"status":"active"}],"links":{}}`),
		},
		{
			name: "a request's page is too large", spec: speccheck.AtlassianOrganizations, method: http.MethodPost, path: search,
			body: `{"limit":101}`, next: answer(http.StatusOK, "application/json", `{"data":[]}`),
			wantViolation: "request (answered 200)",
		},
		{
			name: "a wrong request is refused, and that is asked for", spec: speccheck.AtlassianOrganizations,
			method: http.MethodPost, path: search, body: `{"limit":101}`, allowRefused: true,
			next: answer(http.StatusBadRequest, "application/json", `{"errors":[]}`),
		},
		{
			name: "a wrong request succeeds though refusals are asked for", spec: speccheck.AtlassianOrganizations,
			method: http.MethodPost, path: search, body: `{"limit":101}`, allowRefused: true,
			next: answer(http.StatusOK, "application/json", `{"data":[]}`), wantViolation: "request (answered 200)",
		},
		{
			name: "a response lacks what is required", spec: speccheck.AtlassianOrganizations, method: http.MethodPost,
			path: search, body: `{}`, next: answer(http.StatusOK, "application/json", `{"links":{}}`),
			wantViolation: "response 200",
		},
		{
			name: "a response's word is not in the enumeration", spec: speccheck.AtlassianOrganizations,
			method: http.MethodPost, path: search, body: `{}`,
			next:          answer(http.StatusOK, "application/json", `{"data":[{"status":"asleep"}]}`),
			wantViolation: "response 200",
		},
		{
			name: "a status is not described", spec: speccheck.AtlassianOrganizations, method: http.MethodPost,
			path: search, body: `{}`, next: answer(http.StatusConflict, "application/json", `{}`),
			wantViolation: "response 409",
		},
		{
			name: "an outage is nobody's description", spec: speccheck.AtlassianOrganizations, method: http.MethodPost,
			path: search, body: `{}`, next: answer(http.StatusServiceUnavailable, "text/html", `<h1>no</h1>`),
		},
		{
			name: "a body where none is described", spec: speccheck.AtlassianOrganizations, method: http.MethodPost,
			path: "/admin/v2/orgs/o/directories/d/groups", body: `{"name":"g"}`,
			next: answer(http.StatusCreated, "application/json", `{"id":"g"}`), wantViolation: "has a body",
		},
		{
			name: "an operation that does not exist", spec: speccheck.AtlassianOrganizations, method: http.MethodPut,
			path: search, body: `{}`, next: answer(http.StatusOK, "application/json", `{}`),
			wantViolation: "no such operation",
		},
		{
			name: "another API's path", spec: speccheck.AtlassianOrganizations, method: http.MethodPut,
			path: "/users/a/manage/email", body: `{}`, next: answer(http.StatusOK, "application/json", `{}`),
		},
		{
			name: "user management is at the root", spec: speccheck.AtlassianUserManagement, method: http.MethodPut,
			path: "/users/a/manage/email", body: `{}`, next: answer(http.StatusNoContent, "", ""),
			wantViolation: "request (answered 204)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := &quiet{TB: t}
			checker := speccheck.Load(q, test.spec)
			if test.allowRefused {
				checker.AllowRefused()
			}
			request := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			request.Header.Set("Content-Type", "application/json")
			checker.Handler(test.next).ServeHTTP(httptest.NewRecorder(), request)
			found := checker.Violations()
			if test.wantViolation == "" {
				if len(found) > 0 {
					t.Fatalf("violations where none was planted: %q", found)
				}
				return
			}
			if len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), test.wantViolation) {
				t.Fatalf("violations %q, want one with %q", found, test.wantViolation)
			}
			for _, cleanup := range q.cleanups {
				cleanup()
			}
			if len(q.errors) != len(found) {
				t.Errorf("at its end the test had %d errors for %d violations", len(q.errors), len(found))
			}
		})
	}
}

func TestACutConnectionIsNotChecked(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.AtlassianOrganizations)
	cut := checker.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("recovered %v, want the cut connection", err)
			}
		}()
		cut.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/admin/v1/orgs", nil))
	}()
	if len(checker.Checked()) > 0 {
		t.Errorf("checked %v", checker.Checked())
	}
}

// These set the environment, so they are not parallel.

func TestAbsentDescriptionsSkipATestAndFailItInCI(t *testing.T) {
	for _, test := range []struct {
		name, ci         string
		skipped, failed  bool
		createsAnOddFile bool
	}{
		{name: "absent, elsewhere", ci: "", skipped: true},
		{name: "absent, in CI", ci: "true", failed: true},
		{name: "there, but not a description", ci: "", failed: true, createsAnOddFile: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.createsAnOddFile {
				if err := os.Mkdir(filepath.Join(dir, "specs"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "specs", "okta.json"), []byte("["), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("ROLLCALL_SHARED", dir)
			t.Setenv("CI", test.ci)
			q := &quiet{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				speccheck.Load(q, speccheck.Okta)
			}()
			<-done
			if (q.skipped != "") != test.skipped || (q.failed != "") != test.failed {
				t.Errorf("skipped %q, failed %q", q.skipped, q.failed)
			}
		})
	}
}
