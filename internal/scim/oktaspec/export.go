// Package oktaspec runs the SCIM tests that Okta publishes: exports of
// Runscope (BlazeMeter API Monitoring), a list of HTTP requests with
// assertions about their answers and variables taken from them. The exports
// themselves are not part of this repository.
package oktaspec

import (
	"encoding/json"
	"fmt"
	"os"
)

// Export is a published test.
type Export struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
}

// Step is a request with what is asserted about its answer, or a pause between
// requests, which is a courtesy to slow servers.
type Step struct {
	// Type is "request" or "pause".
	Type    string `json:"step_type"`
	Skipped bool   `json:"skipped"`
	// Note says in words what the step is for.
	Note   string `json:"note"`
	Method string `json:"method"`
	// URL, Body and the values of Headers hold {{variables}}.
	URL        string            `json:"url"`
	Headers    map[string]Header `json:"headers"`
	Body       string            `json:"body"`
	Assertions []Assertion       `json:"assertions"`
	Variables  []Variable        `json:"variables"`
}

// Header is the values of a header; the export has one value or a list.
type Header []string

// UnmarshalJSON reads one value or a list of them.
func (h *Header) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*h = Header{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(text, &many); err != nil {
		return fmt.Errorf("read a header's values: %w", err)
	}
	*h = many
	return nil
}

// Assertion is one thing asserted about an answer.
type Assertion struct {
	// Source is response_status, response_json or response_time (milliseconds).
	Source string `json:"source"`
	// Property is a path into the JSON, such as Resources[0].name.familyName;
	// empty for the whole.
	Property   string `json:"property"`
	Comparison string `json:"comparison"`
	// Value is what is compared with: a string, a number or nothing.
	Value any `json:"value"`
}

// Variable keeps a property of an answer for later steps.
type Variable struct {
	Name     string `json:"name"`
	Source   string `json:"source"`
	Property string `json:"property"`
}

// Read reads an export from a file. Its errors wrap those of the file system.
func Read(path string) (Export, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Export{}, fmt.Errorf("read the export: %w", err)
	}
	var export Export
	if err := json.Unmarshal(text, &export); err != nil {
		return Export{}, fmt.Errorf("read the export %s: %w", path, err)
	}
	return export, nil
}
