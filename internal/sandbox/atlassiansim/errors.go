package atlassiansim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// occurrence numbers errors.
type occurrence struct{ n atomic.Int64 }

func (o *occurrence) next() string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", o.n.Add(1)) }

type apiError struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

type apiErrors struct {
	Errors []apiError `json:"errors"`
}

// gatewayError is what the gateway in front of the APIs answers.
type gatewayError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// keyed is the form of user management's errors.
type keyed struct {
	Key     string `json:"key"`
	Context any    `json:"context,omitempty"`
}

// titles are the words of the codes' list in the description.
var titles = map[string]string{
	"ADMIN-400-1": "Invalid page cursor", "ADMIN-400-4": "Invalid resource", "ADMIN-400-24": "Invalid request body",
	"ADMIN-400-32": "Too many license breaches", "ADMIN-401-2": "Not authenticated",
	"ADMIN-403-3": "Not allowed to manage the org", "ADMIN-403-5": "Not allowed to manage the group",
	"ADMIN-403-6": "Not allowed to delete group with default-role attribute",
	"ADMIN-403-7": "Not allowed to delete group which grants admin access to a product or org",
	"ADMIN-404-1": "Unknown resource", "ADMIN-404-2": "Organization not found", "ADMIN-404-8": "User not found",
	"ADMIN-404-10": "Group not found", "ADMIN-405-1": "Method not supported", "ADMIN-409-3": "License limit exceeded",
	"ADMIN-409-28": "Conflict", "ADMIN-429-1": "Rate limit exceeded", "ADMIN-500-1": "Internal error",
	"ADMIN-UAM-400-1": "Bad Request", "ADMIN-UAM-400-2": "Inactive user", "ADMIN-UAM-400-3": "Invalid Role for Resource",
	"ADMIN-UAM-401-1": "Unauthenticated", "ADMIN-UAM-402-1": "Payment Required", "ADMIN-UAM-403-1": "Forbidden",
	"ADMIN-UAM-404-1": "Unknown Resource", "ADMIN-UAM-404-2": "Organization not found", "ADMIN-UAM-404-3": "Group Not Found",
	"ADMIN-UAM-409-2": "Resource Conflicts", "ADMIN-UAM-409-3": "Product License Limit Exceeded",
	"ADMIN-UAM-500-1": "Internal Error",
}

// fail answers in the organizations API's form. Details name people and
// groups, as the vendor's do: callers must not let them leak.
func (s *Sim) fail(w http.ResponseWriter, _ *http.Request, status int, code, detail string, args ...any) {
	title := titles[code]
	if title == "" {
		title = http.StatusText(status)
	}
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	write(w, status, apiErrors{Errors: []apiError{{
		ID: s.errors.next(), Status: strconv.Itoa(status), Code: code, Title: title, Detail: detail,
	}}})
}

var uamPath = regexp.MustCompile(`^/admin/v2/orgs/[^/]+/users/invite$|^/admin/v1/orgs/[^/]+/users/[^/]+/roles/`)

// uam says whether a path belongs to the part of the API whose codes start
// with ADMIN-UAM.
func uam(path string) bool { return uamPath.MatchString(path) }

// renderFault answers with a status, in the form that this endpoint documents
// for it. Where the description lets the gateway answer, the gateway does.
func (s *Sim) renderFault(w http.ResponseWriter, r *http.Request, status int) {
	path := r.URL.Path
	gateway := gatewayError{Code: status, Message: http.StatusText(status)}
	switch {
	case !strings.HasPrefix(path, orgPrefix+"/"):
		switch status {
		case http.StatusUnauthorized:
			write(w, status, keyed{Key: "unauthorized"})
		case http.StatusForbidden:
			write(w, status, keyed{Key: "forbidden"})
		case http.StatusNotFound:
			write(w, status, keyed{Key: "accountNotFound"})
		case http.StatusBadRequest:
			write(w, status, keyed{Key: "bodyParseFailure"})
		default:
			write(w, status, gateway)
		}
	case status > http.StatusInternalServerError:
		write(w, status, gateway)
	case uam(path):
		if status == http.StatusTooManyRequests && strings.HasPrefix(path, orgPrefix+"/v1/") {
			write(w, status, gateway)
			return
		}
		s.fail(w, r, status, fmt.Sprintf("ADMIN-UAM-%d-1", status), "%s", http.StatusText(status))
	case (status == http.StatusUnauthorized || status == http.StatusTooManyRequests) &&
		(strings.HasPrefix(path, orgPrefix+"/v1/") || strings.HasSuffix(path, "/workspaces")):
		write(w, status, gateway)
	default:
		code, known := faultCodes[status]
		if !known {
			code = fmt.Sprintf("ADMIN-%d-1", status)
		}
		s.fail(w, r, status, code, "%s", http.StatusText(status))
	}
}

var faultCodes = map[int]string{
	http.StatusBadRequest: "ADMIN-400-24", http.StatusUnauthorized: "ADMIN-401-2", http.StatusForbidden: "ADMIN-403-3",
	http.StatusConflict: "ADMIN-409-28",
}

// write answers with JSON. The values are this package's own and always
// encode; a caller that has gone away is not an error of the stand-in's.
func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Errorf("encode an answer: %w", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		return
	}
}
