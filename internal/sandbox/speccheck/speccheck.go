// Package speccheck checks, in tests, that requests and responses are what the
// vendors' API descriptions say, both ways.
//
// The descriptions are not part of this repository: they are looked for in the
// folder shared beside it, or in the one that ROLLCALL_SHARED names. What they
// do not model (rate-limit headers, Link headers, statuses without a schema)
// has to be asserted by hand.
package speccheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gorilla/mux"
)

// The descriptions that Load knows, by the name of their file.
const (
	Okta                    = "okta"
	AtlassianOrganizations  = "atlassian-org"
	AtlassianUserManagement = "atlassian-user-mgmt"
	AtlassianSCIM           = "atlassian-scim"
	JiraCloud               = "jira-cloud"
	ConfluenceCloudV1       = "confluence-cloud-v1"
	ConfluenceCloudV2       = "confluence-cloud-v2"
	BitbucketCloud          = "bitbucket-cloud"
	JiraDataCenter          = "jira-dc"
	ConfluenceDataCenter    = "confluence-dc"
	BitbucketDataCenter     = "bitbucket-dc"
)

// prefixes are where an API is mounted below the vendor's host, for those not
// at its root. The descriptions of the servers that people run themselves are
// taken without a context path: their stand-ins are mounted at the root, or
// behind http.StripPrefix within the checker's handler.
var prefixes = map[string]string{
	AtlassianOrganizations: "/admin",
	ConfluenceCloudV2:      "/wiki/api/v2",
	BitbucketCloud:         "/2.0",
	JiraDataCenter:         "/rest",
	BitbucketDataCenter:    "/rest",
}

// Checker checks traffic against one API description. It is safe for
// concurrent use.
type Checker struct {
	name   string
	router routers.Router
	// roots are the beginnings of the paths that the description is about;
	// others pass unchecked, so that several checkers can stand in a row.
	roots   []string
	lenient bool
	// except are operations beside the description (see Except).
	except *mux.Router
	// answers are statuses beside the description (see ExceptAnswer).
	answers map[string]bool

	mu         sync.Mutex
	violations []string
	checked    map[string]int
}

// Load reads the description called name, and makes the test fail at its end
// if there were violations. Where the folder of descriptions is absent the
// test is skipped, unless CI=true, where it fails.
func Load(t testing.TB, name string) *Checker {
	t.Helper()
	path, err := find(name)
	if errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the API descriptions are absent, and CI=true requires them: %v", err)
		}
		t.Skipf("skipped: the vendors' API descriptions are absent: %v", err)
	}
	if err != nil {
		t.Fatalf("find the API description: %v", err)
	}
	c, err := newChecker(name, path)
	if err != nil {
		t.Fatalf("read the API description %s: %v", name, err)
	}
	t.Cleanup(func() {
		for _, violation := range c.Violations() {
			t.Errorf("against the API description %s", violation)
		}
	})
	return c
}

// find returns the path of a description's file.
func find(name string) (string, error) {
	shared := os.Getenv("ROLLCALL_SHARED")
	if shared == "" {
		dir, err := os.Getwd()
		if err != nil {
			return "", fmt.Errorf("find the working directory: %w", err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
				break
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				return "", fmt.Errorf("go.work is in no folder above: %w", fs.ErrNotExist)
			}
			dir = parent
		}
		shared = filepath.Join(filepath.Dir(dir), "shared")
	}
	path := filepath.Join(shared, "specs", name+".json")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("look for the description: %w", err)
	}
	return path, nil
}

func newChecker(name, path string) (*Checker, error) {
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	prefix := prefixes[name]
	// A server without a host: the stand-ins listen wherever there is a port.
	document.Servers = openapi3.Servers{{URL: prefix + "/"}}
	if prefix != "" {
		document.Servers[0].URL = prefix
	}
	registerMediaTypes(document)
	// User management tells two objects apart by a boolean, which is no
	// discriminator (OpenAPI 3.0 wants a string); the objects' enumerations
	// tell them apart as well.
	for _, schema := range document.Components.Schemas {
		if d := schema.Value.Discriminator; d != nil && d.Mapping["true"].Ref != "" {
			schema.Value.Discriminator = nil
		}
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, fmt.Errorf("make a router: %w", err)
	}
	c := &Checker{name: name, router: router, checked: map[string]int{}, except: mux.NewRouter()}
	for _, root := range rootsOf(slices.Collect(maps.Keys(document.Paths.Map()))) {
		c.roots = append(c.roots, prefix+root)
	}
	return c, nil
}

// AllowRefused lets requests be wrong if they are answered with a status of
// 400 to 499: for the tests of a stand-in's own refusals. A wrong request that
// succeeds is still a violation, and so is a wrong answer.
func (c *Checker) AllowRefused() *Checker {
	c.lenient = true
	return c
}

// Violations returns what has not been as described so far.
func (c *Checker) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Checked counts the checked calls by operation and status, such as
// "GET /v1/orgs 200": what a test has covered.
func (c *Checker) Checked() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make(map[string]int, len(c.checked))
	for operation, n := range c.checked {
		counts[operation] = n
	}
	return counts
}

func (c *Checker) violate(r *http.Request, format string, args ...any) {
	c.fault(r.Method+" "+r.URL.Path, format, args...)
}

func (c *Checker) fault(operation, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.violations = append(c.violations, c.name+": "+operation+": "+fmt.Sprintf(format, args...))
}

func (c *Checker) covers(path string) bool {
	return slices.ContainsFunc(c.roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

// Handler passes every request on to next and checks it and its answer.
func (c *Checker) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.covers(r.URL.Path) || c.except.Match(r, &mux.RouteMatch{}) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			c.violate(r, "the request's body cannot be read: %v", err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		tee := &tee{ResponseWriter: w}
		// A cut connection unwinds through here, and nothing is checked: there
		// was no answer.
		next.ServeHTTP(tee, r)
		c.check(r, body, tee)
	})
}

func (c *Checker) check(r *http.Request, body []byte, answer *tee) {
	ctx := r.Context()
	request := r.Clone(ctx)
	request.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		request.Body = http.NoBody
	}
	route, params, err := c.router.FindRoute(request)
	if err != nil {
		c.violate(r, "there is no such operation: %v", err)
		return
	}
	status := answer.status
	if status == 0 {
		status = http.StatusOK
	}
	c.mu.Lock()
	operation := fmt.Sprintf("%s %s %d", route.Method, route.Path, status)
	c.checked[operation]++
	beside := c.answers[operation]
	c.mu.Unlock()
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
		},
	}
	refused := status >= 400 && status < 500
	wrong := openapi3filter.ValidateRequest(ctx, input)
	excused := wrong != nil && c.lenient && refused
	if wrong != nil && !excused {
		c.violate(r, "request (answered %d): %v", status, wrong)
	}
	documented := route.Operation.Responses.Status(status)
	if documented == nil && (excused || beside || undocumented(status)) {
		return
	}
	// Okta answers some calls that have no described body with {}.
	empty := answer.body.Len() == 0 || answer.body.String() == "{}"
	if documented != nil && len(documented.Value.Content) == 0 && status < 300 && !empty {
		c.violate(r, "response %d has a body where none is described", status)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: answer.Header(),
		Body: io.NopCloser(bytes.NewReader(answer.body.Bytes())), Options: input.Options,
	})
	if err != nil {
		c.violate(r, "response %d: %v", status, err)
	}
}

// undocumented says whether any operation may give a status though its
// description does not list it: gateways refuse and fail on every vendor's
// behalf.
func undocumented(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusTooManyRequests || status >= 500
}
