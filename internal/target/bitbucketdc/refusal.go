package bitbucketdc

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

func dialect() rest.Dialect { return rest.Dialect{Read: said, Type: typed} }

// unnamed is the code of an error of Bitbucket's own that names no exception, or
// none that could be a code.
const unnamed = "unnamed"

// said reads Bitbucket's error body, {"errors": [{"context", "message",
// "exceptionName"}]}. The code is the exception's name without its package. Any
// other body is a proxy's, or the web server's.
func said(body []byte) rest.Said {
	var problem struct {
		Errors []struct {
			Message   string `json:"message"`
			Exception string `json:"exceptionName"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &problem) != nil || len(problem.Errors) == 0 {
		return rest.Said{Outside: true}
	}
	messages := make([]string, len(problem.Errors))
	for i, one := range problem.Errors {
		messages[i] = one.Message
	}
	exception := problem.Errors[0].Exception
	code := rest.CodeWord(exception[strings.LastIndexByte(exception, '.')+1:])
	if code == "" {
		code = unnamed
	}
	return rest.Said{Code: code, Detail: strings.Join(messages, "; ")}
}

// typed types what the status alone does not tell. A 404 without Bitbucket's
// own error body is a page of something else, most likely because the address
// lacks its context path: nobody is missing because of that. A 401 is the
// credential, or that its user is no administrator: Bitbucket says both so.
func typed(call rest.Call, status int, said rest.Said) error {
	if status == http.StatusNotFound && said.Outside {
		return &directory.AuthError{Call: call.Name(), Status: status, Detail: said.Detail}
	}
	return nil
}
