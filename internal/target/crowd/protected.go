package crowd

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// administrators are the groups that administer Crowd and the products that
// share it, as they are called where nobody has called them otherwise. The API
// tells no group's rights, and the credential has no user.
// https://confluence.atlassian.com/crowd/
func administrators() []string {
	return []string{
		"crowd-administrators", "jira-administrators", "jira-system-administrators",
		"confluence-administrators", "bitbucket-administrators", "bamboo-admin",
	}
}

// Protected returns the administrators' groups that exist, those within them,
// and everybody in them.
//
// GET /search?entity-type=group, GET /group/user/nested, GET /group/child-group/nested
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	groups, err := t.FindGroups(ctx, administrators())
	if err != nil {
		return directory.Protected{}, err
	}
	var protected directory.Protected
	for _, group := range groups {
		members, err := t.allWithin(ctx, group.ID, "user/nested", "users")
		if err != nil {
			return directory.Protected{}, err
		}
		inner, err := t.allWithin(ctx, group.ID, "child-group/nested", "groups")
		if err != nil {
			return directory.Protected{}, err
		}
		protected.GroupIDs = append(append(protected.GroupIDs, group.ID), inner...)
		protected.AccountIDs = append(protected.AccountIDs, members...)
	}
	return protected, nil
}

// allWithin reads everything in a group; in one that has just been deleted
// there is nothing.
func (t *Target) allWithin(ctx context.Context, groupID, path, list string) ([]string, error) {
	all, err := everything(ctx, func(name string) string { return name }, func(ctx context.Context, cursor string) ([]string, string, error) {
		return t.within(ctx, groupID, path, list, cursor)
	})
	if missing(err) {
		return nil, nil
	}
	return all, err
}
