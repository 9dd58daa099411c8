package atlassianguard

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// readProblem reads a ScimError (RFC 7644 section 3.12), the vendor's Failure
// of 401 and 403, or the BadRequestException that a PUT may get. What has the
// form of none is of a gateway before the API.
func readProblem(body []byte) rest.Said {
	var problem struct {
		Schemas  []string `json:"schemas"`
		ScimType string   `json:"scimType"`
		Detail   string   `json:"detail"`
		Error    string   `json:"error"`
		Message  string   `json:"message"`
	}
	// What is of another type than the description's is left out.
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &problem); err != nil && !errors.As(err, &mistyped) {
		return rest.Said{Outside: true}
	}
	said := rest.Said{Code: problem.ScimType, Outside: len(problem.Schemas) == 0 && problem.Detail == ""}
	for _, text := range []string{problem.Detail, problem.Error, problem.Message} {
		if said.Detail == "" {
			said.Detail = text
		}
	}
	return said
}

// typeProblem types what the vendor means otherwise than its status says: a 403
// is about the key, whatever the call was about, and a gateway's 404 says of no
// user or group that it is gone.
func typeProblem(call rest.Call, status int, said rest.Said) error {
	switch {
	case status == http.StatusForbidden:
		return &directory.AuthError{Call: call.Name(), Status: status, Code: said.Code, Detail: said.Detail}
	case status == http.StatusNotFound && said.Outside && call.Object != "":
		return &directory.UnavailableError{
			Call: call.Name(), Status: status, Ambiguous: call.Method != http.MethodGet, Detail: said.Detail,
		}
	}
	return nil
}

// readOrganisationProblem reads the organisation API's errors.
// https://developer.atlassian.com/cloud/admin/organization/rest/intro/
func readOrganisationProblem(body []byte) rest.Said {
	var problem struct {
		Errors []struct {
			Code   string `json:"code"`
			Title  string `json:"title"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &problem) != nil || len(problem.Errors) == 0 {
		return rest.Said{}
	}
	first := problem.Errors[0]
	detail := first.Title
	if first.Detail != "" {
		detail += ": " + first.Detail
	}
	return rest.Said{Code: first.Code, Detail: detail}
}
