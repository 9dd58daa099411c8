package scim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// The words of scimType (RFC 7644, section 3.12, and RFC 9865, section 2.3).
const (
	InvalidFilter      = "invalidFilter"
	TooMany            = "tooMany"
	UniqueViolated     = "uniqueness"
	MutabilityViolated = "mutability"
	InvalidSyntax      = "invalidSyntax"
	InvalidPath        = "invalidPath"
	NoTarget           = "noTarget"
	InvalidValue       = "invalidValue"
	InvalidVersion     = "invalidVers"
	Sensitive          = "sensitive"
	InvalidCursor      = "invalidCursor"
	ExpiredCursor      = "expiredCursor"
	InvalidCount       = "invalidCount"
)

// Error is a refusal as a client sees it.
type Error struct {
	// Status is the HTTP status, such as 400.
	Status int
	// ScimType is one of the words above, or empty.
	ScimType string
	// Detail says in words what is wrong, where, and what to do. It repeats
	// names of attributes, and values only where they are no personal data.
	Detail string
}

// Error is for the log: it holds no value of a resource.
func (e *Error) Error() string {
	if e.ScimType == "" {
		return fmt.Sprintf("scim %d: %s", e.Status, e.Detail)
	}
	return fmt.Sprintf("scim %d %s: %s", e.Status, e.ScimType, e.Detail)
}

// refusal makes a 400 with a scimType.
func refusal(scimType, format string, args ...any) *Error {
	return &Error{Status: 400, ScimType: scimType, Detail: fmt.Sprintf(format, args...)}
}

// Body is the error as JSON (RFC 7644, section 3.12); the status is a string there.
func (e *Error) Body() []byte {
	body, err := json.Marshal(struct {
		Schemas  []string `json:"schemas"`
		Status   string   `json:"status"`
		ScimType string   `json:"scimType,omitempty"`
		Detail   string   `json:"detail,omitempty"`
	}{[]string{ErrorSchema}, strconv.Itoa(e.Status), e.ScimType, e.Detail})
	if err != nil {
		// Strings always marshal; should that change, the status still tells.
		return []byte(`{"schemas":["` + ErrorSchema + `"],"status":"` + strconv.Itoa(e.Status) + `"}`)
	}
	return body
}
