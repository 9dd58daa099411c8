package oktaspec

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Target is the service provider under test.
type Target struct {
	// BaseURL is where /Users is appended.
	BaseURL string
	// Authorization is the header's value: "Bearer …".
	Authorization string
	Client        *http.Client
	// Busy is taken off the time of each answer before response times are
	// judged: what a machine that does other things besides may add to it.
	Busy time.Duration
}

// Result counts what a run came to.
type Result struct {
	// Requests were made; Elsewhere were not, as they go to other hosts.
	Requests, Elsewhere int
	// Passed and Failed count assertions.
	Passed, Failed int
	// Failures has a line for each failed assertion.
	Failures []string
}

// Run makes the requests of an export one after the other and checks what it
// asserts. Steps that go to another host than the target (one fetches a made-up
// person) are passed over: the variables that they would set are there from the
// start. An error means that the run could not be made; a failed assertion is
// in the result.
func Run(ctx context.Context, export Export, target Target) (Result, error) {
	r := run{target: target, variables: variables(target)}
	for i, step := range export.Steps {
		if step.Type != "request" || step.Skipped {
			continue
		}
		if err := r.step(ctx, step); err != nil {
			return r.result, fmt.Errorf("step %d (%s): %w", i+1, step.Note, err)
		}
	}
	return r.result, nil
}

type run struct {
	target    Target
	variables map[string]string
	result    Result
}

// variables are what an export expects to be set: the target, and a person
// that nobody has created before.
func variables(target Target) map[string]string {
	given, family := "Runscope"+random(3, "0123456789"), random(1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")+random(11, "abcdefghijklmnopqrstuvwxyz")
	email := given + family + "@atko.example"
	missing := random(30, "01")
	return map[string]string{
		"SCIMBaseURL": target.BaseURL, "SCIM Base URL": target.BaseURL,
		"auth":            target.Authorization,
		"randomGivenName": given, "randomFamilyName": family, "randomEmail": email,
		"randomUsername": email, "randomUsernameCaps": strings.ToUpper(email),
		"InvalidUserEmail":       "abcdefgh@atko.example",
		"UserIdThatDoesNotExist": missing, "userIdThatDoesNotExist": missing,
	}
}

func random(n int, letters string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return string(b)
}

func (r *run) step(ctx context.Context, step Step) error {
	url := r.fill(step.URL)
	if !strings.HasPrefix(url, r.target.BaseURL) {
		r.result.Elsewhere++
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, step.Method, escape(url), strings.NewReader(r.fill(step.Body)))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	for name, values := range step.Headers {
		for _, value := range values {
			request.Header.Add(name, r.fill(value))
		}
	}
	if request.Header.Get("Authorization") == "" {
		request.Header.Set("Authorization", r.target.Authorization)
	}
	began := time.Now()
	response, err := r.target.Client.Do(request)
	if err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	took := time.Since(began)
	r.result.Requests++
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		// An answer that is no JSON has no properties: what is asserted about
		// them fails below.
		document = nil
	}
	for _, a := range step.Assertions {
		actual, present := any(nil), true
		switch a.Source {
		case "response_status":
			actual = float64(response.StatusCode)
		case "response_time":
			actual = float64(max(0, took-r.target.Busy).Microseconds()) / 1000
		case "response_json":
			actual, present = property(document, a.Property)
		default:
			return fmt.Errorf("the source %q of an assertion is not known", a.Source)
		}
		expected := r.fill(text(a.Value))
		ok, err := holds(a.Comparison, actual, present, expected)
		if err != nil {
			return err
		}
		if ok {
			r.result.Passed++
			continue
		}
		r.result.Failed++
		r.result.Failures = append(r.result.Failures, fmt.Sprintf("%s (%s %s, status %d): %s %s %s %s, got %v",
			step.Note, step.Method, step.URL, response.StatusCode, a.Source, a.Property, a.Comparison, expected, actual))
	}
	for _, v := range step.Variables {
		if value, ok := property(document, v.Property); ok && v.Name != "" {
			r.variables[v.Name] = text(value)
		}
	}
	return nil
}

// fill puts the variables in; a name that is not known stays as it is.
func (r *run) fill(s string) string {
	return regexp.MustCompile(`\{\{[^{}]+\}\}`).ReplaceAllStringFunc(s, func(name string) string {
		if value, ok := r.variables[strings.Trim(name, "{}")]; ok {
			return value
		}
		return name
	})
}

// escape percent-encodes what a URL cannot have and leaves what has a meaning
// in one, as JavaScript's encodeURI does.
func escape(url string) string {
	var b strings.Builder
	for _, c := range []byte(url) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>\\^`{|}", rune(c)) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
