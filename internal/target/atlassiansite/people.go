package atlassiansite

import (
	"context"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// PageSize is how many people Jira lists in one answer at most.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
const PageSize = 1000

// Person is what is used of Jira's User.
type Person struct {
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	// Email is empty where the person's privacy settings hide it.
	Email       string `json:"emailAddress"`
	DisplayName string `json:"displayName"`
	// IsActive is nil in an answer that leaves it out, as the description allows.
	IsActive *bool `json:"active"`
}

// Human reports whether an account is a person's on the site, and not an app's
// or a service desk customer's. One of which no type is told is.
func (p Person) Human() bool { return p.AccountType == "" || p.AccountType == "atlassian" }

// Active reports whether an account is not known to be inactive.
func (p Person) Active() bool { return p.IsActive == nil || *p.IsActive }

// Account is a person's account. One that is not active can be restored by an
// administrator of the organisation only.
func (p Person) Account() directory.Account {
	account := directory.Account{ID: p.AccountID, Email: p.Email, DisplayName: p.DisplayName, Status: directory.AccountActive}
	if !p.Active() {
		account.Status = directory.AccountClosed
	}
	return account
}

// People lists one page of a site's people: those who are active. Who was
// removed from the site stays in the vendor's list as inactive, and nothing in
// it tells them from those who were deactivated; a look-up of one account does.
//
// The list ends at an empty array: a page may be short for other reasons.
//
// GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
func People(ctx context.Context, client *rest.Client, cursor string) (directory.AccountPage, error) {
	start, err := Offset(cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	call := rest.Call{
		Method: "GET", Template: "/rest/api/3/users/search",
		Query: url.Values{"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(PageSize)}},
	}
	found, err := people(ctx, client, call)
	if err != nil {
		return directory.AccountPage{}, err
	}
	if start == 0 && len(found) == 0 {
		// Whoever asks is a person of the site.
		return directory.AccountPage{}, Strange(call, 200, "the list of users is empty, and who asked is not in it")
	}
	page := directory.AccountPage{}
	for _, person := range found {
		if person.Active() && person.Human() {
			page.Accounts = append(page.Accounts, person.Account())
		}
	}
	if len(found) > 0 {
		page.Next = strconv.Itoa(start + len(found))
	}
	return page, nil
}

// people makes a call whose answer is a bare array of users.
func people(ctx context.Context, client *rest.Client, call rest.Call) ([]Person, error) {
	var found []Person
	if err := client.Get(ctx, call, &found); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, Strange(call, 200, "the answer holds no list")
	}
	for _, person := range found {
		if person.AccountID == "" {
			return nil, Strange(call, 200, "the list holds somebody without an id")
		}
	}
	return found, nil
}

// Offset reads a cursor that is a place in a list; an empty one is its
// beginning.
func Offset(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	start, err := strconv.Atoi(cursor)
	if err != nil || start < 0 {
		return 0, &directory.RefusedError{Call: "list", Code: "bad-cursor", Detail: "the cursor is not this target's"}
	}
	return start, nil
}
