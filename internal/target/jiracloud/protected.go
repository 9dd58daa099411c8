package jiracloud

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Protected returns every group that the vendor says administers the site or a
// product, those with a name that Atlassian gives to such groups, everybody in
// them, and the owner of the API token. Whoever administers the organisation by
// a role of their own, and not by a group, is not told by this API.
//
// GET /rest/api/3/group/bulk with accessType and with groupName, GET
// /rest/api/3/group/member, GET /rest/api/3/myself
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-bulk-get
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	me, err := t.myself(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	groups, err := t.protectedGroups(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	accounts := map[string]bool{me.AccountID: true}
	for _, group := range groups {
		for id, err := range directory.AccountsIn(ctx, t, group) {
			if directory.ClassOf(err) == directory.ClassNotFound {
				break // deleted since it was listed
			}
			if err != nil {
				return directory.Protected{}, err
			}
			accounts[id] = true
		}
	}
	return directory.Protected{AccountIDs: slices.Sorted(maps.Keys(accounts)), GroupIDs: groups}, nil
}

// protectedGroups returns the ids of the groups that administer, sorted.
func (t *Target) protectedGroups(ctx context.Context) ([]string, error) {
	ids := make(map[string]bool)
	for _, about := range []url.Values{
		{"accessType": {"site-admin"}}, {"accessType": {"admin"}}, {"groupName": atlassiansite.AdministrativeGroups()},
	} {
		if err := t.everyGroup(ctx, about, func(group wireGroup) { ids[group.ID] = true }); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// myself returns the owner of the API token.
//
// GET /rest/api/3/myself
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/#api-rest-api-3-myself-get
func (t *Target) myself(ctx context.Context) (wireUser, error) {
	call := rest.Call{Method: "GET", Template: "/rest/api/3/myself"}
	var got wireUser
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireUser{}, err
	}
	if got.AccountID == "" {
		return wireUser{}, atlassiansite.Strange(call, 200, "the answer does not say who asks")
	}
	return got, nil
}
