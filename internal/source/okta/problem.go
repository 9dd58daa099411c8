package okta

import (
	"encoding/json"
	"strings"
)

// codeNotFound is Okta's code for an object that does not exist;
// developer.okta.com/docs/reference/error-codes.
const codeNotFound = "E0000007"

// problem is Okta's error body.
type problem struct {
	Code    string `json:"errorCode"`
	Summary string `json:"errorSummary"`
	Causes  []struct {
		Summary string `json:"errorSummary"`
	} `json:"errorCauses"`
}

// readProblem reads an error body; one that is not Okta's gives an empty
// problem, and the status has to do.
func readProblem(body []byte) problem {
	var p problem
	if err := json.Unmarshal(body, &p); err != nil {
		return problem{}
	}
	return p
}

// code returns the error code if it has a code's form: it goes where free text
// must not.
func (p problem) code() string {
	digits, ok := strings.CutPrefix(p.Code, "E")
	if !ok || len(digits) != 7 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return p.Code
}

func (p problem) text() string {
	parts := []string{}
	if p.Summary != "" {
		parts = append(parts, p.Summary)
	}
	for _, cause := range p.Causes {
		if cause.Summary != "" {
			parts = append(parts, cause.Summary)
		}
	}
	return strings.Join(parts, ": ")
}
