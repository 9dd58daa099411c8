package atlassiansite

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Dialect is how Jira and Confluence write errors: Jira in words alone,
// Confluence in words or, in its second API, with a code.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes
// https://developer.atlassian.com/cloud/confluence/rest/v2/intro/
func Dialect() rest.Dialect { return rest.Dialect{Read: readProblem, Type: typeProblem} }

func readProblem(body []byte) rest.Said {
	var jira struct {
		Messages []string          `json:"errorMessages"`
		Fields   map[string]string `json:"errors"`
	}
	if err := json.Unmarshal(body, &jira); err == nil && (jira.Messages != nil || jira.Fields != nil) {
		words := jira.Messages
		for _, field := range slices.Sorted(maps.Keys(jira.Fields)) {
			words = append(words, field+": "+jira.Fields[field])
		}
		return rest.Said{Detail: strings.Join(words, "; ")}
	}
	var confluence struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &confluence); err == nil && confluence.Message != "" {
		return rest.Said{Detail: confluence.Message}
	}
	var second struct {
		Errors []struct {
			Code  string `json:"code"`
			Title string `json:"title"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &second); err == nil && len(second.Errors) > 0 {
		return rest.Said{Code: second.Errors[0].Code, Detail: second.Errors[0].Title}
	}
	return rest.Said{Outside: len(bytes.TrimSpace(body)) > 0}
}

// nothing is the detail of an answer without a body.
const nothing = `""`

// typeProblem knows the statuses that mean something else here. A question that
// took the vendor more than ten seconds is answered with 409. A 404 in other
// words than the API's or in none, such as the page of a site that is being moved,
// says nothing about an account or a group: nobody is gone because of it.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
func typeProblem(call rest.Call, status int, said rest.Said) error {
	switch reads := call.Read || call.Method == http.MethodGet; {
	case status == http.StatusConflict && reads:
		return &directory.UnavailableError{Call: call.Name(), Status: status, Detail: said.Detail}
	case status == http.StatusNotFound && (said.Outside || said.Detail == nothing) && call.Object != "":
		return &directory.UnavailableError{Call: call.Name(), Status: status, Detail: said.Detail, Ambiguous: !reads}
	}
	return nil
}

// Strange is an answer with a status of success that is not what was asked for.
func Strange(call rest.Call, status int, why string) error {
	return &directory.UnavailableError{Call: call.Name(), Status: status, Detail: why}
}
