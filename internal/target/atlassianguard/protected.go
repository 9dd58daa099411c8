package atlassianguard

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

// Protected returns who administers the organisation, and the groups that make
// somebody an administrator, as far as they are in the directory. Only an
// organisation key tells: without one nobody is listed, and protected accounts
// and groups have to be configured. A SCIM key has no owner.
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	if t.organisation == nil {
		return directory.Protected{}, ctx.Err()
	}
	groups, err := t.organisation.groups(ctx, search{RoleIDs: administrativeRoles()})
	if err != nil {
		return directory.Protected{}, err
	}
	users, err := t.organisation.users(ctx, search{RoleIDs: administrativeRoles()})
	if err != nil {
		return directory.Protected{}, err
	}
	for some := range slices.Chunk(groups, searchGroupIDs) {
		query := search{}
		for _, group := range some {
			query.GroupIDs = append(query.GroupIDs, group.ID)
		}
		members, err := t.organisation.users(ctx, query)
		if err != nil {
			return directory.Protected{}, err
		}
		users = append(users, members...)
	}
	accountIDs, err := t.accountsOf(ctx, users)
	if err != nil {
		return directory.Protected{}, err
	}
	groupIDs, err := t.groupsOf(ctx, groups)
	if err != nil {
		return directory.Protected{}, err
	}
	return directory.Protected{AccountIDs: accountIDs, GroupIDs: groupIDs}, nil
}

// accountsOf returns the directory's ids of Atlassian accounts. An
// administrator whom the directory does not have is nobody here. Whose address
// is an administrator's is taken for that administrator.
func (t *Target) accountsOf(ctx context.Context, users []organisationUser) ([]string, error) {
	accounts, emails := make(map[string]bool, len(users)), make([]string, 0, len(users))
	for _, user := range users {
		accounts[user.AccountID] = true
		emails = append(emails, user.Email)
	}
	found, err := t.FindAccounts(ctx, emails)
	if err != nil {
		return nil, err
	}
	ids, known := make(map[string]bool), make(map[string]bool)
	for _, account := range found {
		ids[account.ID] = true
		known[account.Attributes[accountID]] = true
	}
	// The address that the organisation shows may be older than the directory's:
	// then only the list tells.
	unknown := func(account string) bool { return account != "" && !known[account] }
	if !t.absent.all(accounts, unknown) {
		if err := t.fromList(ctx, accounts, ids, known); err != nil {
			return nil, err
		}
		t.absent.note(accounts, unknown)
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// fromList adds the directory's ids of Atlassian accounts.
func (t *Target) fromList(ctx context.Context, accounts, ids, known map[string]bool) error {
	first, err := page[wireUser](ctx, t, t.users(), 1)
	if err != nil {
		return err
	}
	return every(ctx, t, t.users(), first, func(user wireUser) {
		if account := user.Atlassian.AccountID; account != "" && accounts[account] {
			ids[user.ID], known[account] = true, true
		}
	})
}

func (t *Target) groupsOf(ctx context.Context, groups []organisationGroup) ([]string, error) {
	names := make([]string, 0, len(groups))
	for _, group := range groups {
		names = append(names, group.Name)
	}
	found, err := t.FindGroups(ctx, names)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, group := range found {
		ids = append(ids, group.ID)
	}
	slices.Sort(ids)
	return ids, nil
}
