package jiradc

import (
	"context"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// administratorsGroups are the groups that Jira administrators are in unless
// somebody arranged it otherwise.
// https://confluence.atlassian.com/adminjiraserver/managing-global-permissions-938847142.html
func administratorsGroups() []string {
	return []string{"jira-administrators", "jira-system-administrators"}
}

// Protected returns the owner of the credential, the groups that the picker
// labels as administrators', those that are by default, and everybody in them.
// Jira gives global permissions to groups alone.
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	owner, err := t.myself(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	groups, err := t.allGroups(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	accounts := map[string]bool{owner.Key: true}
	var protected directory.Protected
	for _, group := range groups {
		if !group.admin && !slices.Contains(administratorsGroups(), group.id) {
			continue
		}
		protected.GroupIDs = append(protected.GroupIDs, group.id)
		for id, err := range directory.AccountsIn(ctx, t, group.id) {
			if err != nil {
				return directory.Protected{}, err
			}
			accounts[id] = true
		}
	}
	protected.AccountIDs = slices.Sorted(maps.Keys(accounts))
	return protected, nil
}
