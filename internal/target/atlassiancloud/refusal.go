package atlassiancloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
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

func readRefusal(body []byte) rest.Said {
	var e vendorError
	if json.Unmarshal(body, &e) != nil {
		return rest.Said{}
	}
	return rest.Said{Code: e.code(), Detail: e.detail(), Outside: e.fromGateway()}
}

// code is the vendor's own code, empty if it gave none.
func (e vendorError) code() string {
	switch {
	case len(e.Errors) > 0:
		return e.Errors[0].Code
	case e.Key != "":
		return e.Key
	}
	return strings.Trim(string(e.Code), `"`)
}

// fromGateway says that the request never reached the API behind it, so that
// the answer is about the credential and not about an object.
func (e vendorError) fromGateway() bool {
	return len(e.Errors) == 0 && e.Key == "" && (len(e.Code) > 0 || len(e.Error) > 0)
}

// detail is the vendor's text, for the administrator.
func (e vendorError) detail() string {
	var parts []string
	for _, e := range e.Errors {
		text := e.Detail
		if text == "" {
			text = e.Title
		}
		parts = append(parts, strings.TrimSpace(e.Code+" "+text))
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case e.Key != "" && len(e.Context) > 0:
		return e.Key + " " + string(e.Context)
	}
	return e.Message
}

// typeRefusal types what this vendor's codes, rather than the status, decide.
func typeRefusal(call rest.Call, status int, said rest.Said) error {
	auth := &directory.AuthError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	switch {
	case slices.Contains(organisationCodes(), said.Code):
		return auth
	case status == http.StatusForbidden:
		// Without an object it is about what the key may do at all.
		if said.Outside || call.Object == "" && !strings.HasPrefix(said.Code, "ADMIN-403-") {
			return auth
		}
		return &directory.RefusedError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	case status == http.StatusNotFound && (said.Code == codeUserNotFound || said.Code == "accountNotFound"):
		return &directory.NotFoundError{Call: call.Name(), What: "account", Detail: said.Detail}
	case status == http.StatusNotFound && (said.Code == codeGroupNotFound || said.Code == codeGroupNotFound2):
		return &directory.NotFoundError{Call: call.Name(), What: "group", Detail: said.Detail}
	case status == http.StatusConflict && slices.Contains(licenceCodes(), said.Code):
		return &directory.SeatError{Call: call.Name(), Detail: said.Detail}
	}
	return nil
}
