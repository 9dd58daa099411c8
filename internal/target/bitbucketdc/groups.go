package bitbucketdc

import (
	"context"
	"errors"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireGroup is what is used of Bitbucket's RestDetailedGroup.
type wireGroup struct {
	Name string `json:"name"`
}

func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.Name, Name: g.Name}
}

// Groups reads one page of 1,000 groups. Their ids are their names.
//
// GET /rest/api/latest/admin/groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-groups-get
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	start, err := position(cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	groups, next, err := list[wireGroup](ctx, t, "/admin/groups", nil, start)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	page := directory.TargetGroupPage{Next: following(next)}
	for _, group := range groups {
		page.Groups = append(page.Groups, group.group())
	}
	return page, nil
}

// FindGroups looks groups up by name, one a call and eight at once: the filter
// takes one text, for any part of a name, and is followed to the group.
//
// GET /rest/api/latest/admin/groups?filter=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-groups-get
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	return rest.Gather(ctx, distinct(names), func(ctx context.Context, name string) ([]directory.TargetGroup, error) {
		group, err := t.group(ctx, name)
		var missing *directory.NotFoundError
		switch {
		case errors.As(err, &missing):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return []directory.TargetGroup{group.group()}, nil
	})
}

// group looks one group up by name.
func (t *Target) group(ctx context.Context, name string) (wireGroup, error) {
	var found *wireGroup
	err := every(ctx, t, "/admin/groups", filter(name), func(group wireGroup) bool {
		if fold(group.Name) == fold(name) {
			found = &group
		}
		return found == nil
	})
	if err != nil {
		return wireGroup{}, err
	}
	if found == nil {
		return wireGroup{}, &directory.NotFoundError{Call: "GET " + root + "/admin/groups", What: "group"}
	}
	return *found, nil
}

// CreateGroup makes a group. Bitbucket keeps no description of one.
//
// POST /rest/api/latest/admin/groups?name=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-groups-post
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{Method: "POST", Template: root + "/admin/groups", Query: url.Values{"name": {group.Name}}, Object: "group"}
	answer, err := t.client.Do(ctx, call)
	if err == nil {
		var made wireGroup
		if err := t.client.Decode(call, answer, &made); err != nil {
			return directory.TargetGroup{}, err
		}
		if fold(made.Name) != fold(group.Name) {
			return directory.TargetGroup{}, &directory.UnavailableError{
				Call: call.Name(), Status: answer.Status, Ambiguous: true, Detail: "the answer is not about the group asked for",
			}
		}
		return made.group(), nil
	}
	if !rest.Answered(err) {
		return directory.TargetGroup{}, err
	}
	var missing *directory.NotFoundError
	switch _, readErr := t.group(ctx, group.Name); {
	case readErr == nil:
		return directory.TargetGroup{}, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	case errors.As(readErr, &missing):
		return directory.TargetGroup{}, rest.NotPossible(call, err)
	default:
		return directory.TargetGroup{}, rest.Unclear(call, readErr)
	}
}
