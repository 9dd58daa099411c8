package guardsim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

const (
	mediaSCIM   = "application/scim+json"
	schemaError = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// scimError is a ScimError; refuse writes one.
type scimError struct {
	Schemas  []string `json:"schemas"`
	Status   string   `json:"status"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail"`
}

// refusal is why a request is refused; its zero value is no reason.
type refusal struct {
	status           int
	scimType, detail string
}

func refuse(status int, scimType, format string, args ...any) *refusal {
	return &refusal{status, scimType, fmt.Sprintf(format, args...)}
}

func (f *refusal) answer(w http.ResponseWriter) { fail(w, f.status, f.scimType, f.detail) }

func fail(w http.ResponseWriter, status int, scimType, detail string) {
	standin.AnswerAs(w, status, mediaSCIM, scimError{[]string{schemaError}, strconv.Itoa(status), scimType, detail})
}

func failOrganization(w http.ResponseWriter, status int, code, title string) {
	standin.Answer(w, status, map[string]any{"errors": []map[string]string{{
		"id": "00000000-0000-4000-8000-000000000001", "status": strconv.Itoa(status), "code": code, "title": title, "detail": title,
	}}})
}

// problem answers for the frame: faults, a wrong key, limits, paths that are
// not there. 401 and 403 have the gateway's own form.
func (s *Sim) problem(w http.ResponseWriter, r *http.Request, status int) {
	switch {
	case ofOrganization(r):
		failOrganization(w, status, fmt.Sprintf("ADMIN-%d-1", status), http.StatusText(status))
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		standin.AnswerAs(w, status, mediaSCIM, map[string]string{"error": http.StatusText(status), "traceId": "5f3c9a2be0d14c77"})
	default:
		fail(w, status, "", http.StatusText(status))
	}
}

// limitHeaders are those of Atlassian Cloud. The vendor publishes no limit of
// this API; a test may put one in force.
// https://developer.atlassian.com/cloud/admin/organization/rest/intro/#rate-limiting
func limitHeaders(header http.Header, limit, remaining int, reset, now time.Time) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	header.Set("X-RateLimit-Reset", reset.UTC().Format(time.RFC3339))
	if remaining == 0 {
		header.Set("Retry-After", strconv.Itoa(max(1, int(reset.Sub(now)/time.Second))))
	}
}
