package bitbucketcloud

import (
	"context"
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
	if len(owners) == 0 {
		return directory.Protected{}, &directory.UnavailableError{
			Call: "GET /2.0/workspaces/{workspace}/permissions", Status: http.StatusOK, Detail: "the list of owners is empty, and a workspace has one",
		}
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
	members, err := everyMember(ctx, t, rest.Call{
		Method: http.MethodGet, Template: "/2.0/workspaces/{workspace}/permissions", Args: []string{t.workspace},
		Query: url.Values{"q": {`permission="owner"`}, "pagelen": {pageLength}},
	})
	// Whoever ignores the filter must not make an owner of everybody.
	return slices.DeleteFunc(members, func(m wireMember) bool { return m.Permission != "owner" }), err
}

// self is the id of the credential's user; "" where the credential is nobody's,
// as a workspace access token is. What that is answered with is not described, so
// that any refusal is taken for it, also one that a wrong credential gets: callers
// have asked for the owners before.
//
// GET /2.0/user
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/#api-user-get
func (t *Target) self(ctx context.Context) (string, error) {
	var user wireUser
	call := rest.Call{Method: http.MethodGet, Template: "/2.0/user"}
	err := t.client.Get(ctx, call, &user)
	switch {
	case directory.ClassOf(err) == directory.ClassAuth, rest.Answered(err):
		return "", nil
	case err == nil && user.UUID == "":
		return "", &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the answer does not say who asks"}
	}
	return user.UUID, err
}
