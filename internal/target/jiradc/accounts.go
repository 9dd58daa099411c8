package jiradc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// accountsAsked is how many accounts are asked for at once: what the search
// gives at most, and half of what the list would.
const accountsAsked = 1000

const (
	fromList   = "list"
	fromSearch = "search"
)

// Accounts reads one page of accounts: from the list where this version has it,
// else from the search for everything.
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	from, at, _ := strings.Cut(cursor, ":")
	if from == fromSearch {
		start, err := strconv.Atoi(at)
		if err != nil {
			return directory.AccountPage{}, &directory.RefusedError{Call: "GET " + searchPath, Code: "cursor"}
		}
		return t.searchedPage(ctx, start)
	}
	page, err := t.listedPage(ctx, at)
	if from == "" && lacksCall(err) {
		return t.searchedPage(ctx, 0)
	}
	return page, err
}

// lacksCall reports whether an answer means that this version has no such call.
func lacksCall(err error) bool {
	var missing *directory.NotFoundError
	var refused *directory.RefusedError
	return errors.As(err, &missing) || errors.As(err, &refused) && refused.Status == http.StatusMethodNotAllowed
}

// listedPage reads one page of the list, in which nobody is twice.
//
// GET /rest/api/2/user/list
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-list-get
func (t *Target) listedPage(ctx context.Context, at string) (directory.AccountPage, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/rest/api/2/user/list", Object: objectList,
		Query: url.Values{"maxResults": {strconv.Itoa(accountsAsked)}},
	}
	if at != "" {
		call.Query.Set("cursor", at)
	}
	var got struct {
		Values *[]wireUser     `json:"values"`
		Next   json.RawMessage `json:"nextCursor"`
		IsLast *bool           `json:"isLast"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.AccountPage{}, err
	}
	if got.Values == nil || got.IsLast == nil {
		return directory.AccountPage{}, incomplete(call, "a list without its users or its end")
	}
	page, err := accountPage(call, *got.Values)
	if err != nil {
		return directory.AccountPage{}, err
	}
	if *got.IsLast {
		if at == "" && len(*got.Values) == 0 {
			return directory.AccountPage{}, incomplete(call, "nobody, where the one who asks must be")
		}
		return page, nil
	}
	next := strings.Trim(string(got.Next), `"`)
	if next == "" || next == "null" || next == at {
		return directory.AccountPage{}, incomplete(call, "a list that goes on without saying where")
	}
	page.Next = fromList + ":" + next
	return page, nil
}

// searchedPage reads one page of the search for everything. The end is the page
// with nobody. Some versions end after 1,000 people however many there are, so
// that an end there is none.
func (t *Target) searchedPage(ctx context.Context, start int) (directory.AccountPage, error) {
	if err := t.canSearch(ctx); err != nil {
		return directory.AccountPage{}, err
	}
	users, call, err := t.search(ctx, ".", start)
	if err != nil {
		return directory.AccountPage{}, err
	}
	page, err := accountPage(call, users)
	switch {
	case err != nil:
		return directory.AccountPage{}, err
	case len(users) > 0:
		page.Next = fromSearch + ":" + strconv.Itoa(start+len(users))
	case start == 0:
		return directory.AccountPage{}, incomplete(call, "nobody, where the one who asks must be")
	case start == accountsAsked:
		return directory.AccountPage{}, incomplete(call, "the search ends at 1,000 people, as it does in some versions however many there are")
	}
	return page, nil
}

func accountPage(call rest.Call, users []wireUser) (directory.AccountPage, error) {
	page := directory.AccountPage{Accounts: make([]directory.Account, 0, len(users))}
	for _, user := range users {
		if user.Deleted {
			continue
		}
		account, err := user.account(call)
		if err != nil {
			return directory.AccountPage{}, err
		}
		page.Accounts = append(page.Accounts, account)
	}
	return page, nil
}

const searchPath = "/rest/api/2/user/search"

// search returns up to 1,000 users whose user name, name or address has a text
// in it.
//
// GET /rest/api/2/user/search
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-search-get
func (t *Target) search(ctx context.Context, text string, start int) ([]wireUser, rest.Call, error) {
	call := rest.Call{Method: http.MethodGet, Template: searchPath, Query: url.Values{
		"username": {text}, "includeInactive": {"true"},
		"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(accountsAsked)},
	}}
	var got *[]wireUser
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, call, err
	}
	if got == nil {
		return nil, call, incomplete(call, "no list")
	}
	return *got, call, nil
}

// Account looks an account up by its user key.
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	user, err := t.user(ctx, url.Values{"key": {accountID}})
	if err != nil {
		return directory.Account{}, err
	}
	return user.account(userCall(nil))
}

func userCall(query url.Values) rest.Call {
	return rest.Call{Method: http.MethodGet, Template: "/rest/api/2/user", Query: query, Object: "account"}
}

// user looks a user up by "key" or "username" and remembers the name.
//
// GET /rest/api/2/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-get
func (t *Target) user(ctx context.Context, query url.Values) (wireUser, error) {
	call := userCall(query)
	var got wireUser
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireUser{}, err
	}
	switch {
	case got.Key == "" || got.Name == "" || got.Active == nil:
		return wireUser{}, incomplete(call, "a user without its key, name or status")
	case query.Has("key") && got.Key != query.Get("key"),
		query.Has("username") && !strings.EqualFold(got.Name, query.Get("username")):
		return wireUser{}, incomplete(call, "somebody else")
	case got.Deleted:
		return wireUser{}, &directory.NotFoundError{Call: call.Name(), What: call.Object}
	}
	t.names.learn(t.now(), got.Key, got.Name)
	return got, nil
}
