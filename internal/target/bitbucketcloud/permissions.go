package bitbucketcloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// scope is a project or a repository.
type scope struct{ kind, name string }

func scopeOf(text string) (scope, error) {
	kind, name, _ := strings.Cut(text, " ")
	if kind != "project" && kind != "repository" || name == "" {
		return scope{}, fmt.Errorf("permission: %q is neither \"project KEY\" nor \"repository slug\"", text)
	}
	return scope{kind, name}, nil
}

func (s scope) template() string {
	if s.kind == "project" {
		return "/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups"
	}
	return "/2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups"
}

type wirePermission struct {
	Permission string `json:"permission"`
}

// Permissions returns what a group holds of scopes, one call each.
//
// GET /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-projects/#api-workspaces-workspace-projects-project-key-permissions-config-groups-group-slug-get
// GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups/{group_slug}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-permissions-config-groups-group-slug-get
func (t *Target) Permissions(ctx context.Context, groupID string, scopes []string) ([]directory.Permission, error) {
	if len(scopes) == 0 {
		return nil, ctx.Err()
	}
	return rest.Gather(ctx, scopes, func(ctx context.Context, text string) ([]directory.Permission, error) {
		s, err := scopeOf(text)
		if err != nil {
			return nil, err
		}
		level, err := t.level(ctx, s, groupID)
		if err != nil || level == "" || level == "none" {
			return nil, err
		}
		return []directory.Permission{{Scope: text, Level: level}}, nil
	})
}

// level reads what a group holds; "" is nothing. A 404 may mean the scope, the
// group, or that there is nothing: the list of the scope's permissions tells
// whether the scope is there.
func (t *Target) level(ctx context.Context, s scope, groupID string) (string, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: s.template() + "/{group_slug}", Args: []string{t.workspace, s.name, groupID}, Object: s.kind,
	}
	var held wirePermission
	err := t.client.Get(ctx, call, &held)
	if directory.ClassOf(err) == directory.ClassNotFound {
		return "", t.exists(ctx, s)
	}
	if err == nil && held.Permission == "" {
		// Taken for nothing, it would be written over with less.
		return "", &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the answer does not say what the group may do"}
	}
	return held.Permission, err
}

// exists is a *directory.NotFoundError for a project or repository that is not
// there.
//
// GET /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-projects/#api-workspaces-workspace-projects-project-key-permissions-config-groups-get
// GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-permissions-config-groups-get
func (t *Target) exists(ctx context.Context, s scope) error {
	_, _, err := page[wirePermission](ctx, t, rest.Call{
		Method: http.MethodGet, Template: s.template(), Args: []string{t.workspace, s.name}, Query: url.Values{"pagelen": {"1"}}, Object: s.kind,
	}, "")
	return err
}

// forbidden reports whether an error is Bitbucket's own 403 about one project or
// repository.
func forbidden(err error) bool {
	var refused *directory.RefusedError
	return errors.As(err, &refused) && refused.Status == http.StatusForbidden
}

// Permit gives a group a permission, in place of the one that it has there.
//
// PUT /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-projects/#api-workspaces-workspace-projects-project-key-permissions-config-groups-group-slug-put
// PUT /2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups/{group_slug}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-permissions-config-groups-group-slug-put
func (t *Target) Permit(ctx context.Context, groupID string, p directory.Permission) error {
	s, err := scopeOf(p.Scope)
	if err != nil {
		return err
	}
	call := rest.Call{
		Method: http.MethodPut, Template: s.template() + "/{group_slug}", Args: []string{t.workspace, s.name, groupID},
		Body: wirePermission{p.Level}, Object: s.kind,
	}
	err = t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	level, lookErr := t.level(ctx, s, groupID)
	switch {
	case forbidden(err) && forbidden(lookErr):
		// Whoever may not even look may not write: the one project is not the
		// credential's, and nothing was done in it.
		return err
	case lookErr != nil:
		return rest.UnclearUnlessGone(call, lookErr)
	case level == p.Level:
		return nil
	case directory.ClassOf(err) == directory.ClassNotFound:
		// The project or repository is there: it is the group that is missing.
		return &directory.NotFoundError{Call: call.Name(), What: "group", Detail: directory.DetailOf(err)}
	}
	return err
}
