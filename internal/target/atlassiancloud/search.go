package atlassiancloud

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// What one search may carry, from the API's description.
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
const (
	searchLimit    = 100
	searchEmails   = 100
	searchNames    = 100
	searchGroupIDs = 10
)

// allDirectories widens a read to every directory that the key may see.
const allDirectories = "-"

// userSearch is the body of a search for accounts.
type userSearch struct {
	AccountIDs  []string `json:"accountIds,omitempty"`
	ClaimStatus string   `json:"claimStatus,omitempty"`
	Emails      []string `json:"emails,omitempty"`
	GroupIDs    []string `json:"groupIds,omitempty"`
	RoleIDs     []string `json:"roleIds,omitempty"`
	Limit       int      `json:"limit,omitempty"`
	Cursor      string   `json:"cursor,omitempty"`
}

// groupSearch is the body of a search for groups.
type groupSearch struct {
	GroupNames []string `json:"groupNames,omitempty"`
	RoleIDs    []string `json:"roleIds,omitempty"`
	Limit      int      `json:"limit,omitempty"`
	Cursor     string   `json:"cursor,omitempty"`
}

// page is one page of any list of the organisation API. Its next link is a
// cursor and not an address; the last page has none.
type page[T any] struct {
	// Data is nil only if the answer has no such list, which is not the same
	// as an empty one.
	Data  *[]T `json:"data"`
	Links struct {
		Next string `json:"next"`
	} `json:"links"`
}

// listed returns a page's elements and the cursor of the next page, or an
// error if the answer is no page, or its next page is itself: following that
// would never end.
func listed[T any](call rest.Call, got page[T], cursor string) ([]T, string, error) {
	if got.Data == nil {
		return nil, "", &directory.UnavailableError{
			Call: call.Name(), Status: 200, Detail: "the answer holds no list",
		}
	}
	if got.Links.Next != "" && got.Links.Next == cursor {
		return nil, "", &directory.UnavailableError{
			Call: call.Name(), Status: 200, Detail: "the next page is the same page again",
		}
	}
	return *got.Data, got.Links.Next, nil
}

// searchUsers reads one page of accounts.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (t *Target) searchUsers(ctx context.Context, directoryID string, query userSearch) ([]wireAccount, string, error) {
	if query.Limit == 0 {
		query.Limit = searchLimit
	}
	call := rest.Call{
		Method: "POST", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/search",
		Args: []string{t.organization, directoryID}, Body: query, Read: true,
	}
	var got page[wireAccount]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	return listed(call, got, query.Cursor)
}

// everyUser follows the cursor of a search to its end. Every page is asked
// with the whole query, since the description does not say that the cursor
// remembers it.
func (t *Target) everyUser(ctx context.Context, directoryID string, query userSearch, visit func(wireAccount)) error {
	progress := directory.NewProgress("search users", func(a wireAccount) string { return a.AccountID })
	if directoryID == allDirectories {
		progress = progress.Overlapping()
	}
	for {
		accounts, next, err := t.searchUsers(ctx, directoryID, query)
		if err == nil {
			err = progress.Page(accounts, next == "")
		}
		if err != nil {
			return err
		}
		for _, account := range accounts {
			visit(account)
		}
		if next == "" {
			return nil
		}
		query.Cursor = next
	}
}

// searchGroups reads one page of groups.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
func (t *Target) searchGroups(ctx context.Context, directoryID string, query groupSearch) ([]wireGroup, string, error) {
	if query.Limit == 0 {
		query.Limit = searchLimit
	}
	call := rest.Call{
		Method: "POST", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups/search",
		Args: []string{t.organization, directoryID}, Body: query, Read: true,
	}
	var got page[wireGroup]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	return listed(call, got, query.Cursor)
}

func (t *Target) everyGroup(ctx context.Context, directoryID string, query groupSearch, visit func(wireGroup)) error {
	progress := directory.NewProgress("search groups", func(g wireGroup) string { return g.ID })
	if directoryID == allDirectories {
		progress = progress.Overlapping()
	}
	for {
		groups, next, err := t.searchGroups(ctx, directoryID, query)
		if err == nil {
			err = progress.Page(groups, next == "")
		}
		if err != nil {
			return err
		}
		for _, group := range groups {
			visit(group)
		}
		if next == "" {
			return nil
		}
		query.Cursor = next
	}
}

// foldKey is what two e-mail addresses or group names have in common when
// they differ in case only.
func foldKey(s string) string { return strings.ToLower(s) }

// folded returns the distinct fold keys of what is given, in its order, without
// empty ones.
func folded(given []string) []string {
	seen := make(map[string]bool, len(given))
	keys := make([]string, 0, len(given))
	for _, s := range given {
		if key := foldKey(s); key != "" && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}
