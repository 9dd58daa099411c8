package confluencedc

import (
	"context"
	"errors"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// groupsAsked is how many groups, or memberships, are asked for at once: the
// default of these lists, of which no maximum is stated.
const groupsAsked = 200

// group is a group as all calls tell it.
type group struct {
	Name string `json:"name"`
}

// Groups reads one page of all groups.
//
// GET /rest/api/group
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-group/#api-rest-api-group-get
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	groups, next, err := t.groupList(ctx, rest.Call{Method: http.MethodGet, Template: "/rest/api/group"}, cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	return directory.TargetGroupPage{Groups: groups, Next: next}, nil
}

// groupList reads one page of a list of groups.
func (t *Target) groupList(ctx context.Context, call rest.Call, cursor string) ([]directory.TargetGroup, string, error) {
	start, err := startOf(call, cursor)
	if err != nil {
		return nil, "", err
	}
	call = paged(call, start, groupsAsked)
	var got page[group]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	some, next, err := listed(got, call, start)
	if err != nil {
		return nil, "", err
	}
	groups := make([]directory.TargetGroup, 0, len(some))
	for _, one := range some {
		if one.Name == "" {
			return nil, "", incomplete(call, "a group without its name")
		}
		groups = append(groups, directory.TargetGroup{ID: groupID(one.Name), Name: one.Name})
	}
	return groups, next, nil
}

// FindGroups looks names up, eight at once.
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	return rest.LookUp(ctx, names, t.group)
}

// group looks one group up.
//
// GET /rest/api/group/{groupName}
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-group/#api-rest-api-group-groupname-get
func (t *Target) group(ctx context.Context, name string) (directory.TargetGroup, error) {
	if groupName(name) != "" {
		// No group has such a name, and its address would be another one's.
		return directory.TargetGroup{}, &directory.NotFoundError{Call: "GET /rest/api/group/{groupName}", What: "group"}
	}
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/group/{groupName}", Args: []string{name}, Object: "group"}
	var got group
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.TargetGroup{}, err
	}
	if groupID(got.Name) != groupID(name) {
		return directory.TargetGroup{}, incomplete(call, "another group")
	}
	return directory.TargetGroup{ID: groupID(got.Name), Name: got.Name}, nil
}

// CreateGroup creates a group; Confluence puts its name in lower case. It has
// no description. A name that exists is a *directory.ConflictError.
//
// POST /rest/api/admin/group
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-group/#api-rest-api-admin-group-post
func (t *Target) CreateGroup(ctx context.Context, wanted directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{Method: http.MethodPost, Template: "/rest/api/admin/group", Object: "group", Body: struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}{"group", wanted.Name}}
	var made group
	err := t.client.Get(ctx, call, &made)
	switch {
	case err == nil && groupID(made.Name) != groupID(wanted.Name):
		return directory.TargetGroup{}, incomplete(call, "a new group of another name")
	case err == nil:
		return directory.TargetGroup{ID: groupID(made.Name), Name: made.Name}, nil
	case !rest.Answered(err):
		return directory.TargetGroup{}, err
	}
	_, readErr := t.group(ctx, wanted.Name)
	var missing *directory.NotFoundError
	switch {
	case readErr == nil:
		return directory.TargetGroup{}, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	case !errors.As(readErr, &missing):
		return directory.TargetGroup{}, rest.Unclear(call, readErr)
	}
	return directory.TargetGroup{}, t.explained(ctx, call, err)
}
