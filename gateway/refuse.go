package gateway

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// refusal is an answer that says no, with what HTTP wants beside the SCIM
// error.
type refusal struct {
	status   int
	scimType string
	detail   string
	// retryAfter is in seconds; 0 for none.
	retryAfter int
	// allow is the methods of a 405.
	allow string
	// authenticate asks for credentials; basic is whether those may be a
	// name and a password.
	authenticate, basic bool
	// cause is for the log.
	cause error
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.detail) }

func (r *refusal) Unwrap() error { return r.cause }

func (r *refusal) body() []byte {
	return (&scim.Error{Status: r.status, ScimType: r.scimType, Detail: r.detail}).Body()
}

// busy refuses what is beyond scim.concurrency.
func busy() *refusal {
	return &refusal{status: http.StatusTooManyRequests, detail: "too many requests at a time; send it again", retryAfter: 1}
}

// clientGone is the status that proxies count clients with that did not wait.
const clientGone = 499

// outageRetry is how many seconds a client is asked to wait while the database
// is away; Okta waits twice that at its second attempt, and so on.
const outageRetry = 5

// refusalOf decides what a client is told about an error. It is the one place
// that does.
func refusalOf(err error) *refusal {
	var refused *refusal
	var protocol *scim.Error
	var conflict *store.ScimConflictError
	var unknown *store.ScimUnknownMembersError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &protocol):
		r := &refusal{status: protocol.Status, scimType: protocol.ScimType, detail: protocol.Detail}
		if r.detail == "" {
			r.detail = http.StatusText(r.status)
		}
		return r
	case errors.As(err, &conflict):
		r := &refusal{status: http.StatusConflict, scimType: scim.UniqueViolated, detail: fmt.Sprintf("another resource has this %s already", conflict.Attribute)}
		if conflict.ScimID != "" {
			r.detail += "; its id is " + conflict.ScimID
		}
		return r
	case errors.As(err, &unknown):
		return &refusal{status: http.StatusBadRequest, scimType: scim.InvalidValue,
			detail: fmt.Sprintf("members: %d of them are not known; push the users first, or switch strict_members off for this connection", len(unknown.Values))}
	case errors.Is(err, store.ErrNotFound):
		return &refusal{status: http.StatusNotFound, detail: "there is no resource with this id at this endpoint"}
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.Is(err, context.Canceled):
		// Nobody reads this answer; the number is for the metrics.
		return &refusal{status: clientGone, detail: "the client went away before it was answered"}
	case errors.Is(err, context.DeadlineExceeded):
		return &refusal{status: http.StatusServiceUnavailable, detail: "the database did not answer in time; send it again", retryAfter: outageRetry, cause: err}
	case isDefect(err):
		return &refusal{status: http.StatusInternalServerError, detail: "this request met a defect of the gateway; its log says more under the id of the request", cause: err}
	}
	return &refusal{status: http.StatusServiceUnavailable, detail: "the database is not available at the moment; send it again", retryAfter: outageRetry, cause: err}
}

func tooLarge(limit int64) *refusal {
	return &refusal{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is longer than %d bytes (maxPayloadSize)", limit)}
}

// isDefect reports whether the database refused a statement itself, which
// waiting does not mend. Everything else that a database says is an outage:
// unreachable, shutting down, full, locked, out of connections.
func isDefect(err error) bool {
	var state interface{ SQLState() string } // PostgreSQL
	if errors.As(err, &state) {
		switch class := state.SQLState(); {
		// Data exception, constraint, feature, syntax or missing table.
		// https://www.postgresql.org/docs/current/errcodes-appendix.html
		case strings.HasPrefix(class, "22"), strings.HasPrefix(class, "23"), strings.HasPrefix(class, "0A"), strings.HasPrefix(class, "42"):
			return true
		}
		return false
	}
	var code interface{ Code() int } // SQLite
	if errors.As(err, &code) {
		switch code.Code() & 0xff {
		// ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE.
		// https://www.sqlite.org/rescode.html
		case 1, 18, 19, 20, 21, 25:
			return true
		}
		return false
	}
	return errors.Is(err, sql.ErrNoRows)
}
