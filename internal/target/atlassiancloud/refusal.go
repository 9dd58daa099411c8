package atlassiancloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The codes that decide something. The organisation API documents them under
// ApplicationError and ApiError in its description; both families are in use.
const (
	codeUserNotFound   = "ADMIN-404-8"
	codeGroupNotFound  = "ADMIN-404-10"
	codeGroupNotFound2 = "ADMIN-UAM-404-3"
)

// licenceCodes mean that no seat is free.
func licenceCodes() []string { return []string{"ADMIN-409-3", "ADMIN-UAM-409-3", "ADMIN-400-32"} }

// organisationCodes mean that the organisation itself is missing, or not this
// key's to manage: nothing will succeed until the configuration or the key is
// changed.
func organisationCodes() []string {
	return []string{"ADMIN-404-2", "ADMIN-UAM-404-2", "ADMIN-403-3", "ADMIN-UAM-403-2"}
}

// vendorError is the union of the error bodies of both APIs and their gateway:
// {"errors":[{code,title,detail}]}, {"code":429,"message":…},
// {"key":…,"context":{…}} and {"error":…,"message":…,"status":403}.
type vendorError struct {
	Errors []struct {
		Code   string `json:"code"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
	} `json:"errors"`
	// Code is a number from the gateway, where its presence is what tells.
	Code    json.RawMessage `json:"code"`
	Message string          `json:"message"`
	Error   json.RawMessage `json:"error"`
	Key     string          `json:"key"`
	Context json.RawMessage `json:"context"`
}

// code is the vendor's own code, empty if it gave none.
func (e vendorError) code() string {
	switch {
	case len(e.Errors) > 0:
		return codeWord(e.Errors[0].Code)
	case e.Key != "":
		return codeWord(e.Key)
	}
	return codeWord(strings.Trim(string(e.Code), `"`))
}

// codeWord lets only what looks like a code through: it goes to places where
// free text must not.
func codeWord(code string) string {
	if len(code) > 64 {
		return ""
	}
	for _, r := range code {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' && r != '_' {
			return ""
		}
	}
	return code
}

// fromGateway says that the request never reached the API behind it, so that
// the answer is about the credential and not about an object.
func (e vendorError) fromGateway() bool {
	return len(e.Errors) == 0 && e.Key == "" && (len(e.Code) > 0 || len(e.Error) > 0)
}

// refusal turns an answer other than 2xx into a typed error.
func (c *client) refusal(call call, response *http.Response, body []byte) error {
	var said vendorError
	if json.Unmarshal(body, &said) != nil {
		said = vendorError{}
	}
	code, status := said.code(), response.StatusCode
	detail := c.detail(said, body)
	auth := &directory.AuthError{Call: call.name(), Status: status, Code: code, Detail: detail}
	refused := &directory.RefusedError{Call: call.name(), Status: status, Code: code, Detail: detail}

	switch {
	case status == http.StatusTooManyRequests:
		return &directory.RateLimitError{Call: call.name(), RetryAfter: retryAfter(response.Header, c.now())}
	case status >= 500, status == http.StatusRequestTimeout, status < 400:
		return &directory.UnavailableError{
			Call: call.name(), Status: status, Detail: detail, Ambiguous: !call.read,
			RetryAfter: retryAfter(response.Header, c.now()),
		}
	case status == http.StatusUnauthorized, slices.Contains(organisationCodes(), code):
		return auth
	case status == http.StatusForbidden:
		// Without an object it is about what the key may do at all.
		if said.fromGateway() || call.object == "" && !strings.HasPrefix(code, "ADMIN-403-") {
			return auth
		}
		return refused
	case status == http.StatusNotFound:
		switch {
		case code == codeUserNotFound || code == "accountNotFound":
			return &directory.NotFoundError{Call: call.name(), What: "account", Detail: detail}
		case code == codeGroupNotFound || code == codeGroupNotFound2:
			return &directory.NotFoundError{Call: call.name(), What: "group", Detail: detail}
		case call.object != "":
			return &directory.NotFoundError{Call: call.name(), What: call.object, Detail: detail}
		}
		// Lists and searches answer 404 only when the organisation or the
		// directory is not there.
		return auth
	case status == http.StatusConflict && slices.Contains(licenceCodes(), code):
		return &directory.SeatError{Call: call.name(), Detail: detail}
	case status == http.StatusConflict:
		return &directory.ConflictError{Call: call.name(), Detail: detail}
	}
	return refused
}

// detail is the vendor's text, for the administrator.
func (c *client) detail(said vendorError, body []byte) string {
	var parts []string
	for _, e := range said.Errors {
		text := e.Detail
		if text == "" {
			text = e.Title
		}
		parts = append(parts, strings.TrimSpace(e.Code+" "+text))
	}
	switch {
	case len(parts) > 0:
	case said.Key != "" && len(said.Context) > 0:
		parts = append(parts, said.Key+" "+string(said.Context))
	case said.Message != "":
		parts = append(parts, said.Message)
	default:
		parts = append(parts, strconv.Quote(strings.ToValidUTF8(string(body), "")))
	}
	return c.scrub(strings.Join(parts, "; "))
}
