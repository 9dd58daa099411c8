package confluencedc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// noResource is the field of what the REST framework says of a path that it has
// nothing at, {"message":"null for uri: …","status-code":404}: nobody is missing
// because of that. [K]
const noResource = "status-code"

// dialect reads Confluence's error bodies:
// {"statusCode":404,"data":{…},"message":"…","reason":"…"}.
// https://developer.atlassian.com/server/confluence/rest/
func dialect() rest.Dialect {
	return rest.Dialect{
		Read: func(body []byte) rest.Said {
			var told map[string]json.RawMessage
			if json.Unmarshal(body, &told) != nil || told[noResource] != nil || told["statusCode"] == nil && told["message"] == nil {
				return rest.Said{Outside: true}
			}
			var message string
			if json.Unmarshal(told["message"], &message) != nil {
				return rest.Said{} // the whole body is the detail
			}
			return rest.Said{Detail: message}
		},
		Type: func(call rest.Call, status int, said rest.Said) error {
			switch {
			case status == http.StatusPaymentRequired:
				return &directory.SeatError{Call: call.Name(), Detail: said.Detail}
			case status == http.StatusNotFound && said.Outside && call.Object != "" && call.Method == http.MethodGet:
				// A proxy's 404 while Confluence starts says nothing about an account or
				// a group. That of a write is followed by a look.
				return &directory.UnavailableError{Call: call.Name(), Status: status, Detail: said.Detail}
			}
			return nil
		},
	}
}

// person is a user as all calls tell it.
type person struct {
	Type        string `json:"type"`
	UserName    string `json:"username"`
	Key         string `json:"userKey"`
	DisplayName string `json:"displayName"`
	Status      string `json:"status"`
}

// account turns a person into an account. A version that does not tell the
// status leaves it active: to deactivate somebody twice does no harm.
func (t *Target) account(call rest.Call, p person) (directory.Account, error) {
	if p.UserName == "" {
		return directory.Account{}, incomplete(call, "somebody without a user name")
	}
	account := directory.Account{
		ID: p.UserName, UserName: p.UserName, DisplayName: p.DisplayName,
		Status: directory.AccountActive, Managed: !t.fixed.Load(),
	}
	switch strings.ReplaceAll(strings.ToLower(p.Status), "_", "-") {
	case "deactivated", "disabled", "inactive":
		account.Status = directory.AccountDeactivated
	case "external-deleted", "externally-deleted", "deleted":
		account.Status = directory.AccountClosed
	}
	return account, nil
}

// incomplete is an answer that lacks what it must have.
func incomplete(call rest.Call, what string) error {
	return &directory.UnavailableError{
		Call: call.Name(), Status: http.StatusOK, Ambiguous: call.Method != http.MethodGet,
		Detail: "the answer is not what was asked for: " + what,
	}
}

// page is one page of a list.
type page[T any] struct {
	Results *[]T `json:"results"`
	Start   int  `json:"start"`
	Limit   int  `json:"limit"`
	Size    int  `json:"size"`
	// Total is how many elements there are, where that is told.
	Total *int `json:"totalCount"`
	Links struct {
		Next string `json:"next"`
	} `json:"_links"`
}

// listed reads the page of a list that a cursor is of, and the next one's
// cursor. A page is the last only if it names no next one and is shorter than
// what the answer says that a page holds, or, where it does not say, than what was
// asked for: a full page without a successor is followed by another question. An
// end before all elements that the answer counts is none.
func listed[T any](got page[T], call rest.Call, start int) ([]T, string, error) {
	if got.Results == nil {
		return nil, "", incomplete(call, "a list without its elements")
	}
	end := start + len(*got.Results)
	if got.Links.Next == "" {
		holds := got.Limit
		if asked, err := strconv.Atoi(call.Query.Get("limit")); err == nil && holds <= 0 {
			holds = asked
		}
		switch {
		case len(*got.Results) > 0 && len(*got.Results) >= holds:
			return *got.Results, strconv.Itoa(end), nil
		case got.Total != nil && end < *got.Total:
			return nil, "", incomplete(call, "an end before all elements that it counts")
		}
		return *got.Results, "", nil
	}
	next, err := url.Parse(got.Links.Next)
	if err == nil {
		// Elements that the credential may not see are counted and left out, so that
		// the next page may begin behind the last element of this one.
		if stated, err := strconv.Atoi(next.Query().Get("start")); err == nil {
			end = stated
		}
	}
	if end <= start {
		return nil, "", incomplete(call, "a next page that is not after this one")
	}
	return *got.Results, strconv.Itoa(end), nil
}

// startOf reads a cursor.
func startOf(call rest.Call, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	start, err := strconv.Atoi(cursor)
	if err != nil || start < 0 {
		return 0, &directory.RefusedError{Call: call.Name(), Code: "cursor"}
	}
	return start, nil
}

// paged adds the place in a list to a call.
func paged(call rest.Call, start, limit int) rest.Call {
	query := url.Values{"start": {strconv.Itoa(start)}, "limit": {strconv.Itoa(limit)}}
	for name, values := range call.Query {
		query[name] = values
	}
	call.Query = query
	return call
}

// groupID is the id of a group: Confluence folds names.
func groupID(name string) string { return strings.ToLower(name) }
