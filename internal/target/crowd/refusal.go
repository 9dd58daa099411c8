package crowd

import (
	"encoding/json"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// The reasons that Crowd gives and that decide something. [P]
// https://developer.atlassian.com/server/crowd/using-the-crowd-rest-apis/
const (
	userNotFound     = "USER_NOT_FOUND"
	groupNotFound    = "GROUP_NOT_FOUND"
	permissionDenied = "APPLICATION_PERMISSION_DENIED"
	// operationDenied is the same of some versions. [K]
	operationDenied = "PERMISSION_DENIED"
)

func dialect() rest.Dialect { return rest.Dialect{Read: said, Type: typed} }

// said reads Crowd's error body, {"reason": "USER_NOT_FOUND", "message": "…"}.
// What Tomcat or a proxy says in its place has no code.
func said(body []byte) rest.Said {
	var problem struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &problem) != nil {
		return rest.Said{}
	}
	return rest.Said{Code: problem.Reason, Detail: problem.Message}
}

// typed types what the status alone does not tell.
//
// A 404 without one of Crowd's own reasons is a page of something else, most
// likely because the address lacks its context path: no account is missing
// because of that. A 403 is an address that is not on the application's list,
// or a user whose application may not use it; with the reason that the
// directory does not allow the operation (read-only, or without that permission
// for the application) it is about the one object that the call is about, since
// an application may see several directories.
func typed(call rest.Call, status int, said rest.Said) error {
	switch status {
	case http.StatusNotFound:
		switch said.Code {
		case userNotFound:
			return &directory.NotFoundError{Call: call.Name(), What: "account", Detail: said.Detail}
		case groupNotFound:
			return &directory.NotFoundError{Call: call.Name(), What: "group", Detail: said.Detail}
		case "":
			return &directory.AuthError{Call: call.Name(), Status: status, Detail: said.Detail}
		}
	case http.StatusForbidden:
		if call.Object != "" && (said.Code == permissionDenied || said.Code == operationDenied) {
			return &directory.UnmanagedError{Call: call.Name(), Detail: said.Detail}
		}
		return &directory.AuthError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	}
	return nil
}
