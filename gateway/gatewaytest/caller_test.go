package gatewaytest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/gateway/gatewaytest"
)

// caller sends requests to a gateway.
type caller struct {
	testing.TB
	url    string
	header http.Header
}

func newCaller(t testing.TB, g *gatewaytest.Gateway) *caller {
	return &caller{TB: t, url: g.URL, header: http.Header{"Authorization": {"Bearer " + g.Token}}}
}

// with is the caller with a header more, or instead.
func (c *caller) with(name, value string) *caller {
	other := *c
	other.header = c.header.Clone()
	other.header.Set(name, value)
	return &other
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (c *caller) do(method, path, body string) reply {
	c.Helper()
	r, err := c.try(method, path, body)
	if err != nil {
		c.Fatal(err)
	}
	return r
}

func (c *caller) try(method, path, body string) (reply, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	url := path
	if strings.HasPrefix(path, "/") {
		url = c.url + path
	}
	request, err := http.NewRequest(method, url, content)
	if err != nil {
		return reply{}, err
	}
	request.Header = c.header.Clone()
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: response.StatusCode, header: response.Header, body: string(text)}
	if len(text) > 0 {
		err = json.Unmarshal(text, &r.json)
	}
	return r, err
}

// id is that of a resource just made.
func (r reply) id() string { s, _ := r.json["id"].(string); return s }

// want checks a status, and that a refusal is a SCIM error with words.
func (c *caller) want(r reply, status int) reply {
	c.Helper()
	if r.status != status {
		c.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if status >= 400 {
		if detail, _ := r.json["detail"].(string); detail == "" {
			c.Errorf("a refusal without words: %s", r.body)
		}
		if r.header.Get("Content-Type") != "application/scim+json" {
			c.Errorf("content type %q", r.header.Get("Content-Type"))
		}
	}
	return r
}
