package bitbucketdc

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// administrator is the lesser of the global permissions that administer; the
// other one holds it.
const administrator = "ADMIN"

// The global permissions that administer.
func administers(permission string) bool {
	return permission == administrator || permission == "SYS_ADMIN"
}

// permitted is a user or a group that holds a global permission.
type permitted struct {
	Group struct {
		Name string `json:"name"`
	} `json:"group"`
	User struct {
		Name string `json:"name"`
	} `json:"user"`
	Permission string `json:"permission"`
}

// permittedGroups returns the groups that hold a global permission, each with
// the highest that it holds.
//
// GET /rest/api/latest/admin/permissions/groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-permissions-groups-get
func (t *Target) permittedGroups(ctx context.Context) ([]permitted, error) {
	return t.permitted(ctx, "/admin/permissions/groups", func(p permitted) string { return p.Group.Name })
}

// permittedUsers returns the users who hold a global permission of their own.
//
// GET /rest/api/latest/admin/permissions/users
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-permissions-users-get
func (t *Target) permittedUsers(ctx context.Context) ([]permitted, error) {
	return t.permitted(ctx, "/admin/permissions/users", func(p permitted) string { return p.User.Name })
}

func (t *Target) permitted(ctx context.Context, template string, name func(permitted) string) ([]permitted, error) {
	var all []permitted
	nameless := false
	err := every(ctx, t, template, nil, func(p permitted) bool {
		nameless = nameless || name(p) == "" || p.Permission == ""
		all = append(all, p)
		return true
	})
	if err == nil && nameless {
		err = &directory.UnavailableError{Call: "GET " + root + template, Status: 200, Detail: "an element of the list has no name or no permission"}
	}
	return all, err
}

// AccessGroups returns the groups that hold a global permission: whoever is
// suspended is in none of them any more.
//
// GET /rest/api/latest/admin/permissions/groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-permissions-groups-get
func (t *Target) AccessGroups(ctx context.Context) ([]string, error) {
	groups, err := t.permittedGroups(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, group := range groups {
		if !slices.Contains(ids, group.Group.Name) {
			ids = append(ids, group.Group.Name)
		}
	}
	return ids, nil
}

// refusedToJoin tells the two meanings of a 403 about a membership apart: that
// the licence is full, and that the group holds more than the credential may
// give. The first can only be where the group makes licensed users.
func (t *Target) refusedToJoin(ctx context.Context, call rest.Call, groups []string, err error) error {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Status != 403 {
		return err
	}
	held, readErr := t.permittedGroups(ctx)
	if readErr != nil {
		return rest.Unclear(call, readErr)
	}
	gives := false
	for _, p := range held {
		if !slices.ContainsFunc(groups, func(name string) bool { return fold(name) == fold(p.Group.Name) }) {
			continue
		}
		if administers(p.Permission) {
			return err
		}
		gives = true
	}
	if !gives {
		return err
	}
	return &directory.SeatError{Call: call.Name(), Detail: refused.Detail}
}

// owner is the credential's own user, whom Bitbucket names in a header of every
// answer [K]; empty where it does not. It is an administrator, or no call here
// would be answered, and so among the protected by what it holds as well.
func (t *Target) owner(ctx context.Context) (string, error) {
	answer, err := t.client.Do(ctx, rest.Call{Method: "GET", Template: root + "/application-properties"})
	if err != nil {
		return "", err
	}
	escaped := answer.Header.Get("X-AUSERNAME")
	if name, err := url.QueryUnescape(escaped); err == nil {
		return name, nil
	}
	return escaped, nil
}

// Protected returns who administers Bitbucket: users and groups with the
// permission ADMIN or SYS_ADMIN, everybody in those groups or in groups within
// them, and the credential's user.
//
// GET /rest/api/latest/admin/permissions/users, GET /rest/api/latest/admin/permissions/groups,
// GET /rest/api/latest/users?permission=ADMIN
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	users, err := t.permittedUsers(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	groups, err := t.permittedGroups(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	var protected directory.Protected
	owner, err := t.owner(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	if owner != "" {
		protected.AccountIDs = append(protected.AccountIDs, owner)
	}
	for _, p := range users {
		if administers(p.Permission) {
			protected.AccountIDs = append(protected.AccountIDs, p.User.Name)
		}
	}
	for _, p := range groups {
		if !administers(p.Permission) {
			continue
		}
		protected.GroupIDs = append(protected.GroupIDs, p.Group.Name)
		err := every(ctx, t, "/admin/groups/more-members", within(p.Group.Name), func(user wireUser) bool {
			protected.AccountIDs = append(protected.AccountIDs, user.Name)
			return true
		})
		if err != nil {
			return directory.Protected{}, err
		}
	}
	// Who is in a group within one of those is in no list of its members.
	err = every(ctx, t, "/users", url.Values{"permission": {administrator}}, func(user wireUser) bool {
		protected.AccountIDs = append(protected.AccountIDs, user.Name)
		return true
	})
	if err != nil {
		return directory.Protected{}, err
	}
	slices.Sort(protected.AccountIDs)
	protected.AccountIDs = slices.Compact(protected.AccountIDs)
	return protected, nil
}
