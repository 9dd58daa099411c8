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
		Read: said,
		// A proxy's 404 while Jira starts, or that of a path that is none, says nothing
		// about an account or a group.
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

// noResource is the field of what Jira's REST framework says of a path that it has
// nothing at, {"message":"null for uri: …","status-code":404}: nobody is missing
// because of that. [K]
const noResource = "status-code"

// said reads an error body. It is Jira's by the fields that it has; what is in
// them is for people.
func said(body []byte) rest.Said {
	var told map[string]json.RawMessage
	if json.Unmarshal(body, &told) != nil || told[noResource] != nil {
		return rest.Said{Outside: true}
	}
	outside := true
	var lines []string
	for _, field := range []string{"errorMessages", "errors", "message"} {
		content, there := told[field]
		if !there {
			continue
		}
		outside = false
		lines = append(lines, texts(content)...)
	}
	return rest.Said{Outside: outside, Detail: strings.Join(lines, "; ")}
}

// texts are the texts in a part of an error body: itself, those of a list, or those
// of an object behind the fields that they are about.
func texts(part json.RawMessage) []string {
	var one string
	var several []json.RawMessage
	var fields map[string]json.RawMessage
	var found []string
	switch {
	case json.Unmarshal(part, &one) == nil && one != "":
		return []string{one}
	case json.Unmarshal(part, &several) == nil:
		for _, element := range several {
			found = append(found, texts(element)...)
		}
	case json.Unmarshal(part, &fields) == nil:
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			for _, text := range texts(fields[name]) {
				found = append(found, name+": "+text)
			}
		}
	}
	return found
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
