package atlassiansite

import (
	"bytes"
	"encoding/json"
	"errors"
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
	if fits(json.Unmarshal(body, &jira)) && (jira.Messages != nil || jira.Fields != nil) {
		words := jira.Messages
		for _, field := range slices.Sorted(maps.Keys(jira.Fields)) {
			words = append(words, field+": "+jira.Fields[field])
		}
		return rest.Said{Detail: strings.Join(words, "; ")}
	}
	var confluence struct {
		Message string `json:"message"`
	}
	if fits(json.Unmarshal(body, &confluence)) && confluence.Message != "" {
		return rest.Said{Detail: confluence.Message}
	}
	var second struct {
		Errors []struct {
			Code  string `json:"code"`
			Title string `json:"title"`
		} `json:"errors"`
	}
	if fits(json.Unmarshal(body, &second)) && len(second.Errors) > 0 {
		return rest.Said{Code: second.Errors[0].Code, Detail: second.Errors[0].Title}
	}
	return rest.Said{Outside: len(bytes.TrimSpace(body)) > 0}
}

// fits reports whether a body is JSON: what is of another type in it than was
// expected is left out, and the rest is read all the same.
func fits(err error) bool {
	var mistyped *json.UnmarshalTypeError
	return err == nil || errors.As(err, &mistyped)
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

// Bare reports whether an error is a 404 without a word. The descriptions have no
// body for most of these, so that it may be the vendor's about an account or a
// group that is gone, or anything else's about anything: another question has to
// tell.
func Bare(err error) bool {
	var unavailable *directory.UnavailableError
	return errors.As(err, &unavailable) && unavailable.Status == http.StatusNotFound && unavailable.Detail == nothing
}

// Strange is an answer with a status of success that is not what was asked for.
func Strange(call rest.Call, status int, why string) error {
	return &directory.UnavailableError{Call: call.Name(), Status: status, Detail: why}
}
