package crowdsim

import (
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// versionHeader is in every answer of the API itself.
const versionHeader = "X-Embedded-Crowd-Version"

// The reasons that Crowd gives.
const (
	illegalArgument    = "ILLEGAL_ARGUMENT"
	invalidUser        = "INVALID_USER"
	invalidEmail       = "INVALID_EMAIL"
	invalidGroup       = "INVALID_GROUP"
	invalidMembership  = "INVALID_MEMBERSHIP"
	userNotFound       = "USER_NOT_FOUND"
	groupNotFound      = "GROUP_NOT_FOUND"
	membershipNotFound = "MEMBERSHIP_NOT_FOUND"
	membershipExists   = "MEMBERSHIP_ALREADY_EXISTS"
	permissionDenied   = "APPLICATION_PERMISSION_DENIED"
	noNestedGroups     = "NESTED_GROUPS_NOT_SUPPORTED"
	operationFailed    = "OPERATION_FAILED"
)

// refuse answers with Crowd's error body.
func refuse(w http.ResponseWriter, status int, reason, message string) {
	standin.Answer(w, status, struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}{reason, message})
}

// problem answers what does not come from the API's own resources: the
// application's authentication and the address filter, which stand before it
// and speak plain text, paths that are not there, and faults.
func (s *Sim) problem(w http.ResponseWriter, _ *http.Request, status int) {
	text := http.StatusText(status)
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `BASIC realm="Crowd REST Service"`)
		text = "Application failed to authenticate"
	case http.StatusForbidden:
		text = "Client with address \"192.0.2.1\" is forbidden from making requests to the application, " + s.opts.Application + "."
	case http.StatusNotFound, http.StatusMethodNotAllowed:
	default:
		refuse(w, status, operationFailed, text)
		return
	}
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a caller that has gone away is its own affair
}

// speaksJSON answers in XML whoever does not ask for JSON, and takes JSON alone.
func (s *Sim) speaksJSON(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		product := "Crowd/"
		if s.opts.Jira {
			product = "JIRA/"
		}
		w.Header().Set(versionHeader, product+s.opts.Version)
		if !strings.Contains(r.Header.Get("Accept"), "application/json") {
			w.Header().Set("Content-Type", "application/xml")
			_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><entity/>`))
			return
		}
		if s.opts.Jira && standin.Forgeable(r) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("XSRF check failed")) // a caller that has gone away is its own affair
			return
		}
		next(w, r)
	}
}

// named is a name as the product keeps it.
func (s *Sim) named(name string) string {
	if s.opts.Jira {
		return strings.ToLower(name)
	}
	return name
}

// body reads a JSON body; it answers and returns false where it does not fit.
func body(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := standin.Decode(r, into, true); err != nil {
		refuse(w, http.StatusBadRequest, illegalArgument, err.Error())
		return false
	}
	return true
}

// user is the user whom a parameter of the query names.
func (s *Sim) user(w http.ResponseWriter, r *http.Request) (roster.Account, bool) {
	name := r.URL.Query().Get("username")
	a, there := s.roster.AccountNamed(name)
	if !there {
		refuse(w, http.StatusNotFound, userNotFound, "User <"+name+"> does not exist")
	}
	return a, there
}

// group is the group that a parameter of the query names.
func (s *Sim) group(w http.ResponseWriter, r *http.Request, parameter string) (roster.Group, bool) {
	name := r.URL.Query().Get(parameter)
	g, there := s.roster.GroupNamed(name)
	if !there {
		refuse(w, http.StatusNotFound, groupNotFound, "Group <"+name+"> does not exist")
	}
	return g, there
}

// external refuses to write what belongs to a read-only directory.
func external(w http.ResponseWriter, is bool) bool {
	if is {
		refuse(w, http.StatusForbidden, permissionDenied, "Not allowed to modify entities in the directory: it is read-only")
	}
	return is
}
