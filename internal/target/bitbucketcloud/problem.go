package bitbucketcloud

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// readProblem reads the errors of 2.0. Those of 1.0 are plain text, which is
// kept as it is. A page, and JSON of another form, is of something before the API.
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#standardized-error-responses
func readProblem(body []byte) rest.Said {
	var problem struct {
		Error struct {
			Message string `json:"message"`
			Detail  string `json:"detail"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &problem) != nil {
		return rest.Said{Outside: bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))}
	}
	if problem.Error.Message == "" {
		return rest.Said{Outside: true}
	}
	detail := problem.Error.Message
	if problem.Error.Detail != "" {
		detail += ": " + problem.Error.Detail
	}
	return rest.Said{Detail: detail}
}

// typeProblem types what the vendor means otherwise than the status says. 402
// is a plan without a free seat. A 403 is about one project or repository where
// permissions are concerned, and else about the credential: every other right
// is the whole workspace's. Such a page's 404 says of nobody that they are gone.
func typeProblem(call rest.Call, status int, said rest.Said) error {
	switch {
	case status == http.StatusPaymentRequired:
		return &directory.SeatError{Call: call.Name(), Detail: said.Detail}
	case status == http.StatusForbidden && !strings.Contains(call.Template, "/permissions-config/"):
		return &directory.AuthError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	case status == http.StatusNotFound && said.Outside && call.Object != "":
		return &directory.UnavailableError{
			Call: call.Name(), Status: status, Ambiguous: call.Method != http.MethodGet, Detail: said.Detail,
		}
	}
	return nil
}
