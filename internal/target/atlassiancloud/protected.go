package atlassiancloud

import (
	"context"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// administrativeRoles are the roles with which somebody can change what others
// may do.
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func administrativeRoles() []string {
	return []string{"atlassian/org-admin", "atlassian/site-admin", "atlassian/admin", "atlassian/user-access-admin"}
}

// Protected returns everybody and every group with an administrative role, and
// the members of such groups, in all directories that the key can see. The API
// cannot tell who owns the key; since only an organisation administrator can
// make one, its owner is among them for as long as the role is held.
//
// POST /v2/orgs/{orgId}/directories/-/users/search and groups/search with
// roleIds, then users/search with groupIds
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	accounts, groups := make(map[string]bool), make(map[string]bool)
	protect := func(account wireAccount) { accounts[account.AccountID] = true }

	err := t.everyUser(ctx, allDirectories, userSearch{RoleIDs: administrativeRoles()}, protect)
	if err != nil {
		return directory.Protected{}, err
	}
	err = t.everyGroup(ctx, allDirectories, groupSearch{RoleIDs: administrativeRoles()}, func(group wireGroup) {
		groups[group.ID] = true
	})
	if err != nil {
		return directory.Protected{}, err
	}
	groupIDs := slices.Sorted(maps.Keys(groups))
	for chunk := range slices.Chunk(groupIDs, searchGroupIDs) {
		if err := t.everyUser(ctx, allDirectories, userSearch{GroupIDs: chunk}, protect); err != nil {
			return directory.Protected{}, err
		}
	}
	return directory.Protected{AccountIDs: slices.Sorted(maps.Keys(accounts)), GroupIDs: groupIDs}, nil
}
