package confluencecloud

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
// them but who is suspended, and the owner of the API token. Whoever administers
// the organisation by a role of their own, and not by a group, is not told by
// this API.
//
// GET /wiki/rest/api/group with accessType, GET
// /wiki/rest/api/group/{groupId}/membersByGroupId, GET
// /wiki/rest/api/user/current
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-get
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	me, err := t.current(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	ids := make(map[string]bool)
	for _, level := range []string{"site-admin", "admin"} {
		if err := t.everyGroup(ctx, level, func(group wireGroup) { ids[group.ID] = true }); err != nil {
			return directory.Protected{}, err
		}
	}
	err = t.everyGroup(ctx, "", func(group wireGroup) {
		if atlassiansite.Administrative(group.Name) {
			ids[group.ID] = true
		}
	})
	if err != nil {
		return directory.Protected{}, err
	}
	groups := slices.Sorted(maps.Keys(ids))
	accounts := map[string]bool{me.AccountID: true}
	for _, group := range groups {
		progress := directory.NewProgress("list members", func(m wireMember) string { return m.AccountID })
		for start := 0; ; {
			members, next, err := t.members(ctx, group, start)
			if directory.ClassOf(err) == directory.ClassNotFound {
				break // deleted since it was listed
			}
			if err == nil {
				err = progress.Page(members, next == 0)
			}
			if err != nil {
				return directory.Protected{}, err
			}
			for _, member := range members {
				accounts[member.AccountID] = true
			}
			if next == 0 {
				break
			}
			start = next
		}
	}
	return directory.Protected{AccountIDs: slices.Sorted(maps.Keys(accounts)), GroupIDs: groups}, nil
}

// current returns the owner of the API token.
//
// GET /wiki/rest/api/user/current
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users/#api-wiki-rest-api-user-current-get
func (t *Target) current(ctx context.Context) (wireMember, error) {
	call := rest.Call{Method: "GET", Template: "/wiki/rest/api/user/current", Query: url.Values{}}
	var got wireMember
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireMember{}, err
	}
	if got.AccountID == "" {
		return wireMember{}, atlassiansite.Strange(call, 200, "the answer does not say who asks")
	}
	return got, nil
}
