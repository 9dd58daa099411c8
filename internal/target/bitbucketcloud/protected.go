package bitbucketcloud

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// administrators is the slug of the group that comes with every workspace and
// administers it.
const administrators = "administrators"

// Protected returns the workspace's owners, the credential's own user, and the
// groups that administer.
func (t *Target) Protected(ctx context.Context) (directory.Protected, error) {
	ids := make(map[string]bool)
	owners, err := t.owners(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	for _, owner := range owners {
		ids[owner.User.UUID] = true
	}
	own, err := t.self(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	if own != "" {
		ids[own] = true
	}
	groups, err := t.groups(ctx)
	if err != nil {
		return directory.Protected{}, err
	}
	var groupIDs []string
	for _, group := range groups {
		if group.Slug == administrators || group.Permission == "admin" {
			groupIDs = append(groupIDs, group.Slug)
		}
	}
	return directory.Protected{AccountIDs: slices.Sorted(maps.Keys(ids)), GroupIDs: groupIDs}, nil
}

// owners reads who administers the workspace.
//
// GET /2.0/workspaces/{workspace}/permissions
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-permissions-get
func (t *Target) owners(ctx context.Context) ([]wireMember, error) {
	members, err := every[wireMember](ctx, t, rest.Call{
		Method: http.MethodGet, Template: "/2.0/workspaces/{workspace}/permissions", Args: []string{t.workspace},
		Query: url.Values{"q": {`permission="owner"`}, "pagelen": {pageLength}},
	})
	// Whoever ignores the filter must not make an owner of everybody.
	return slices.DeleteFunc(members, func(m wireMember) bool { return m.Permission != "owner" }), err
}

// self is the id of the credential's user; "" where the credential is nobody's,
// as a workspace access token is.
//
// GET /2.0/user
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/#api-user-get
func (t *Target) self(ctx context.Context) (string, error) {
	var user wireUser
	err := t.client.Get(ctx, rest.Call{Method: http.MethodGet, Template: "/2.0/user"}, &user)
	var auth *directory.AuthError
	if errors.As(err, &auth) && auth.Status != http.StatusUnauthorized {
		return "", nil
	}
	return user.UUID, err
}
