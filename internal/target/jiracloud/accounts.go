package jiracloud

import (
	"context"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireUser is what is used of the vendor's User with its groups and application
// roles.
type wireUser struct {
	atlassiansite.Person
	// Groups and Roles are nil in an answer without them.
	Groups *wireList[wireGroup] `json:"groups"`
	Roles  *wireList[wireRole]  `json:"applicationRoles"`
}

// wireList is the vendor's SimpleListWrapper.
type wireList[T any] struct {
	Size  int `json:"size"`
	Items []T `json:"items"`
}

// in reports whether somebody is in a group, directly or not.
func (u wireUser) in(groupID string) bool {
	return u.Groups != nil && slices.ContainsFunc(u.Groups.Items, func(g wireGroup) bool { return g.ID == groupID })
}

func (u wireUser) has(product string) bool {
	return u.Roles != nil && slices.ContainsFunc(u.Roles.Items, func(r wireRole) bool { return r.Key == product })
}

// Accounts reads one page of 1,000 active people (see atlassiansite.People).
//
// GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-users-search-get
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	return atlassiansite.People(ctx, t.client, cursor)
}

// Account looks one account up. The vendor goes on knowing, as inactive,
// somebody who was removed from the site: who is inactive and in no group is a
// *directory.NotFoundError.
//
// GET /rest/api/3/user
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-get
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	user, err := t.user(ctx, accountID)
	if err != nil {
		return directory.Account{}, err
	}
	return user.Account(), nil
}

func (t *Target) user(ctx context.Context, accountID string) (wireUser, error) {
	call := rest.Call{
		Method: "GET", Template: "/rest/api/3/user", Object: "account",
		Query: url.Values{"accountId": {accountID}, "expand": {"groups,applicationRoles"}},
	}
	var got wireUser
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireUser{}, t.accountGone(ctx, accountID, err)
	}
	if got.AccountID != accountID {
		return wireUser{}, atlassiansite.Strange(call, 200, "the answer is not about the account asked for")
	}
	if got.Groups == nil {
		// They were asked for; there is another call for them alone.
		groups, err := t.groupsOf(ctx, accountID)
		if err != nil {
			return wireUser{}, err
		}
		got.Groups = &wireList[wireGroup]{Size: len(groups)}
		for _, id := range groups {
			got.Groups.Items = append(got.Groups.Items, wireGroup{ID: id})
		}
	}
	if !got.Active() && got.Groups.Size == 0 && len(got.Groups.Items) == 0 {
		return wireUser{}, &directory.NotFoundError{Call: call.Name(), What: "account", Detail: "inactive and in no group: not on this site"}
	}
	return got, nil
}

// FindAccounts looks active people up by e-mail address: one call each, or the
// list of everybody where that is fewer calls (see atlassiansite.Find). Somebody
// whose privacy settings hide the address is not found.
//
// GET /rest/api/3/user/search, GET /rest/api/3/users/search
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/#api-rest-api-3-user-search-get
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	return t.people.Find(ctx, emails)
}

// DeleteAccount removes an account from the site, with its groups and products.
// The person's Atlassian account itself stays.
//
// DELETE /rest/api/3/user
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-delete
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: "/rest/api/3/user", Object: "account", Query: url.Values{"accountId": {accountID}},
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) && !atlassiansite.Bare(err) {
		return err
	}
	_, readErr := t.user(ctx, accountID)
	switch {
	case directory.ClassOf(readErr) == directory.ClassNotFound:
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case directory.ClassOf(err) == directory.ClassNotFound:
		// It is there, and the removal says that it is not: ask again.
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: directory.DetailOf(err)}
	}
	return err
}
