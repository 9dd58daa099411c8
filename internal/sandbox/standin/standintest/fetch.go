package standintest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
)

// Listen serves a stand-in until the test ends. What it answers is held to the
// checkers' descriptions.
func Listen(t *testing.T, handler http.Handler, checkers ...*speccheck.Checker) *httptest.Server {
	t.Helper()
	for _, checker := range checkers {
		handler = checker.Handler(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// Request returns a request that ends with the test; the body may be empty.
func Request(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Answer is what a stand-in answered with.
type Answer struct {
	Status int
	Header http.Header
	Text   string
	// Body is the object in an answer of the type application/json.
	Body map[string]any
}

// Fetch makes a request. An answer that says that it is JSON has to be.
func Fetch(t *testing.T, client *http.Client, request *http.Request) Answer {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := Answer{Status: response.StatusCode, Header: response.Header, Text: string(text)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatalf("%s %s: %v in %q", request.Method, request.URL.Path, err, text)
		}
		answer.Body, _ = value.(map[string]any)
	}
	return answer
}
