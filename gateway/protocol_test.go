package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

type (
	object = map[string]any
	array  = []any
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	bulkURN       = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkReplyURN  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// client calls one connection's door over HTTP, as a client of SCIM would:
// nothing of the gateway is known here but its base URL and a token.
type client struct {
	// base is …/scim/v2/{connection}.
	base string
	// header goes with every request.
	header http.Header
	http   *http.Client
	count  *atomic.Int64
}

// newClient is a client that authenticates with a bearer token.
func newClient(base, token string) *client {
	return &client{
		base: base, http: &http.Client{Timeout: 30 * time.Second}, count: &atomic.Int64{},
		header: http.Header{"Authorization": {"Bearer " + token}, "Accept": {"application/scim+json"}},
	}
}

// with is the same client with other headers: pairs of name and value, an
// empty value takes a header away.
func (c *client) with(header ...string) *client {
	other := *c
	other.header = c.header.Clone()
	setHeader(other.header, header)
	return &other
}

func setHeader(h http.Header, pairs []string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			h.Del(pairs[i])
			continue
		}
		h.Set(pairs[i], pairs[i+1])
	}
}

// do sends a request: the body is nothing, text as it is, or something to
// encode; header are pairs. Whatever the answer, it has to keep the rules that
// hold for all of them (see lawful).
func (c *client) do(t testing.TB, method, path string, body any, header ...string) answer {
	t.Helper()
	a, err := c.send(t, method, path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	lawful(t, a)
	return a
}

func (c *client) send(t testing.TB, method, path string, body any, header ...string) (answer, error) {
	t.Helper()
	var text io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			return answer{}, fmt.Errorf("encode the body: %w", err)
		}
		text = bytes.NewReader(encoded)
	}
	target := path
	if !strings.HasPrefix(path, "http") {
		target = c.base + path
	}
	request, err := http.NewRequestWithContext(t.Context(), method, target, text)
	if err != nil {
		return answer{}, fmt.Errorf("make the request: %w", err)
	}
	request.Header = c.header.Clone()
	if body != nil {
		request.Header.Set("Content-Type", "application/scim+json")
	}
	setHeader(request.Header, header)
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("send the request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{method: method, path: path, status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &a.json); err != nil {
			return a, fmt.Errorf("status %d: the body is no JSON: %w\n%s", a.status, err, a.body)
		}
	}
	return a, nil
}

// unique is a word that no other test of this gateway uses.
func (c *client) unique() string { return fmt.Sprintf("w%dw", c.count.Add(1)) }

// user creates a user with a unique userName and what else is given, and
// returns the answer.
func (c *client) user(t testing.TB, more ...object) answer {
	t.Helper()
	body := object{"schemas": array{userURN}, "userName": c.unique() + "@example.com"}
	for _, m := range more {
		maps.Copy(body, m)
	}
	if body[enterpriseURN] != nil {
		body["schemas"] = array{userURN, enterpriseURN}
	}
	return c.do(t, "POST", "/Users", body).want(t, http.StatusCreated)
}

// group creates a group with a unique name and these members.
func (c *client) group(t testing.TB, members ...string) answer {
	t.Helper()
	values := array{}
	for _, m := range members {
		values = append(values, object{"value": m})
	}
	body := object{"schemas": array{groupURN}, "displayName": "Group " + c.unique(), "members": values}
	return c.do(t, "POST", "/Groups", body).want(t, http.StatusCreated)
}

// patch sends operations to a resource.
func (c *client) patch(t testing.TB, path string, operations ...object) answer {
	t.Helper()
	return c.do(t, "PATCH", path, object{"schemas": array{patchURN}, "Operations": operations})
}

// get reads a path that must be there.
func (c *client) get(t testing.TB, path string) answer {
	t.Helper()
	return c.do(t, "GET", path, nil).want(t, http.StatusOK)
}

// find lists an endpoint with query parameters, given as pairs.
func (c *client) find(t testing.TB, endpoint string, pairs ...string) answer {
	t.Helper()
	return c.do(t, "GET", endpoint+query(pairs...), nil)
}

// query writes pairs as a query string, spaces as %20.
func query(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
	}
	return "?" + strings.Join(parts, "&")
}

func (a answer) id() string { return a.text("id") }

// xsdDateTime is a date and a time with a zone.
var xsdDateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// requirement is a test of something that a text demands of a service
// provider.
type requirement struct {
	section string
	name    string
	// says are words of each normative sentence of that section (or of
	// "section: words") that the test is about.
	says  []string
	check func(t *testing.T, c *client)
}

// run makes each requirement a parallel subtest, named by its section.
func run(t *testing.T, text string, c *client, tables ...[]requirement) {
	t.Helper()
	for _, table := range tables {
		for _, r := range table {
			t.Run(text+" §"+r.section+": "+r.name, func(t *testing.T) {
				t.Parallel()
				r.check(t, c)
			})
		}
	}
}
