package jiradc

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// objectList marks a call to the list of accounts, which older versions do not
// have: what they answer then is not an answer of the API.
const objectList = "list"

// dialect reads Jira's error bodies: {"errorMessages":[],"errors":{}}.
// https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/
func dialect() rest.Dialect {
	return rest.Dialect{
		Read: func(body []byte) rest.Said {
			var told struct {
				Messages *[]string          `json:"errorMessages"`
				Errors   *map[string]string `json:"errors"`
				Message  string             `json:"message"`
			}
			if json.Unmarshal(body, &told) != nil || told.Messages == nil && told.Errors == nil && told.Message == "" {
				return rest.Said{Outside: true}
			}
			var lines []string
			if told.Messages != nil {
				lines = append(lines, *told.Messages...)
			}
			if told.Errors != nil {
				for _, field := range slices.Sorted(maps.Keys(*told.Errors)) {
					lines = append(lines, field+": "+(*told.Errors)[field])
				}
			}
			if told.Message != "" {
				lines = append(lines, told.Message)
			}
			return rest.Said{Detail: strings.Join(lines, "; ")}
		},
		// A proxy's 404 while Jira starts says nothing about an account or a group.
		Type: func(call rest.Call, status int, said rest.Said) error {
			if status != http.StatusNotFound || !said.Outside || call.Object == "" || call.Object == objectList {
				return nil
			}
			return &directory.UnavailableError{
				Call: call.Name(), Status: status, Ambiguous: call.Method != http.MethodGet, Detail: said.Detail,
			}
		},
	}
}

// wireUser is a user as all calls tell it.
type wireUser struct {
	Key              string     `json:"key"`
	Name             string     `json:"name"`
	EmailAddress     string     `json:"emailAddress"`
	DisplayName      string     `json:"displayName"`
	Active           *bool      `json:"active"`
	Deleted          bool       `json:"deleted"`
	Groups           *wireNames `json:"groups"`
	ApplicationRoles *wireNames `json:"applicationRoles"`
}

// wireNames is a list within a user.
type wireNames struct {
	Size  int `json:"size"`
	Items []struct {
		Key  string `json:"key"`
		Name string `json:"name"`
	} `json:"items"`
}

// account turns a user into an account; an answer that lacks what says who and
// whether active is none.
func (u wireUser) account(call rest.Call) (directory.Account, error) {
	if u.Key == "" || u.Name == "" || u.Active == nil {
		return directory.Account{}, incomplete(call, "a user without its key, name or status")
	}
	account := directory.Account{
		ID: u.Key, UserName: u.Name, Email: address(u.EmailAddress), DisplayName: u.DisplayName,
		Status: directory.AccountActive, Managed: true,
	}
	if !*u.Active {
		account.Status = directory.AccountDeactivated
	}
	return account, nil
}

// address is an e-mail address as far as it is one: with the masking that an
// administrator can choose, Jira tells "ana at example dot com".
func address(told string) string {
	if strings.Contains(told, "@") {
		return told
	}
	return ""
}

// incomplete is an answer that lacks what it must have.
func incomplete(call rest.Call, what string) error {
	return &directory.UnavailableError{
		Call: call.Name(), Status: http.StatusOK, Ambiguous: call.Method != http.MethodGet,
		Detail: "the answer is not what was asked for: " + what,
	}
}

// groupID is the id of a group: Jira folds names.
func groupID(name string) string { return strings.ToLower(name) }
