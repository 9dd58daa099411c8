package oktasim

import (
	"errors"
	"fmt"
	"net/http"
)

// Problem is a refusal as Okta words it.
type Problem struct {
	// Status is the HTTP status.
	Status int
	// Code is Okta's error code, such as E0000007.
	Code string
	// Summary is Okta's text.
	Summary string
	// Causes say what is wrong with which field.
	Causes []string
}

func (p *Problem) Error() string {
	return fmt.Sprintf("HTTP %d %s: %s", p.Status, p.Code, p.Summary)
}

// The refusals of developer.okta.com/docs/reference/error-codes.

func invalid(what string, causes ...string) error {
	return &Problem{http.StatusBadRequest, "E0000001", "Api validation failed: " + what, causes}
}

func malformed() error {
	return &Problem{http.StatusBadRequest, "E0000003", "The request body was not well-formed.", nil}
}

func wrongContentType() error {
	return &Problem{http.StatusBadRequest, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match supported values.", nil}
}

func badFilter(why string) error {
	return &Problem{http.StatusBadRequest, "E0000031", "Invalid search criteria.", []string{why}}
}

func forbidden() error {
	return &Problem{http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action", nil}
}

func wrongStatus() error {
	return &Problem{http.StatusForbidden, "E0000038", "This operation is not allowed in the user's current status.", nil}
}

func notFound(kind, id string) error {
	return &Problem{http.StatusNotFound, "E0000007", fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind), nil}
}

// vendorCodes are what a status is called when a fault or a limit causes it.
var vendorCodes = map[int]struct{ code, summary string }{
	http.StatusBadRequest:          {"E0000001", "Api validation failed"},
	http.StatusUnauthorized:        {"E0000011", "Invalid token provided"},
	http.StatusForbidden:           {"E0000006", "You do not have permission to perform the requested action"},
	http.StatusNotFound:            {"E0000007", "Not found: Resource not found"},
	http.StatusMethodNotAllowed:    {"E0000022", "The endpoint does not support the provided HTTP method"},
	http.StatusTooManyRequests:     {"E0000047", "API call exceeded rate limit due to too many requests."},
	http.StatusInternalServerError: {"E0000009", "Internal Server Error"},
	http.StatusServiceUnavailable:  {"E0000010", "Service is in read only mode"},
}

// writeStatus writes the vendor's body for a status, as after a fault.
func writeStatus(w http.ResponseWriter, _ *http.Request, status int) {
	vendor, ok := vendorCodes[status]
	if !ok {
		vendor.code, vendor.summary = "E0000009", http.StatusText(status)
	}
	writeProblem(w, &Problem{status, vendor.code, vendor.summary, nil})
}

// fail writes a refusal; an error that is not a *Problem is a mistake of the
// stand-in's own.
func fail(w http.ResponseWriter, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{http.StatusInternalServerError, "E0000009", err.Error(), nil}
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	causes := make([]map[string]string, 0, len(p.Causes))
	for _, cause := range p.Causes {
		causes = append(causes, map[string]string{"errorSummary": cause})
	}
	writeBody(w, p.Status, encode(map[string]any{
		"errorCode": p.Code, "errorSummary": p.Summary, "errorLink": p.Code,
		"errorId": "oae1sbx0000000000err", "errorCauses": causes,
	}))
}
