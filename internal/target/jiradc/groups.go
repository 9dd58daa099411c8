package jiradc

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Groups returns all groups as one page: what the picker shows of them has no
// pages (see allGroups).
func (t *Target) Groups(ctx context.Context, _ string) (directory.TargetGroupPage, error) {
	groups, err := t.allGroups(ctx)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	page := directory.TargetGroupPage{Groups: make([]directory.TargetGroup, 0, len(groups))}
	for _, group := range groups {
		page.Groups = append(page.Groups, directory.TargetGroup{ID: group.id, Name: group.name})
	}
	return page, nil
}

// FindGroups asks the picker for each name, eight at once, and compares
// exactly. Where an answer is capped and lacks the name, the group is asked for
// directly.
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	names = rest.Distinct(names)
	if len(names) == 0 {
		return nil, nil
	}
	if err := t.canSearch(ctx); err != nil {
		return nil, err
	}
	return rest.Gather(ctx, names, func(ctx context.Context, name string) ([]directory.TargetGroup, error) {
		found, total, err := t.pick(ctx, name, nil)
		if err != nil {
			return nil, err
		}
		for _, group := range found {
			if group.id == groupID(name) {
				return []directory.TargetGroup{{ID: group.id, Name: group.name}}, nil
			}
		}
		if total <= len(found) {
			return nil, nil
		}
		switch there, err := t.groupExists(ctx, name); {
		case err != nil || !there:
			return nil, err
		}
		return []directory.TargetGroup{{ID: groupID(name), Name: name}}, nil
	})
}

// groupExists asks for one member of a group: what is not there is a 404.
func (t *Target) groupExists(ctx context.Context, name string) (bool, error) {
	_, err := t.memberPage(ctx, name, 0, 1)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// CreateGroup creates a group; Jira puts its name in lower case. It has no
// description. A name that exists is a *directory.ConflictError; Jira answers
// 400 to it, as to all it refuses, so that the name is looked up.
//
// POST /rest/api/2/group
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-group/#api-api-2-group-post
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{Method: http.MethodPost, Template: "/rest/api/2/group", Object: "group", Body: struct {
		Name string `json:"name"`
	}{group.Name}}
	var made struct {
		Name string `json:"name"`
	}
	err := t.client.Get(ctx, call, &made)
	switch {
	case err == nil && groupID(made.Name) != groupID(group.Name):
		return directory.TargetGroup{}, incomplete(call, "a new group of another name")
	case err == nil:
		return directory.TargetGroup{ID: groupID(made.Name), Name: made.Name}, nil
	case !rest.Answered(err):
		return directory.TargetGroup{}, err
	}
	switch there, readErr := t.groupExists(ctx, group.Name); {
	case readErr != nil:
		return directory.TargetGroup{}, rest.Unclear(call, readErr)
	case there:
		return directory.TargetGroup{}, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return directory.TargetGroup{}, t.explained(ctx, call, err)
}

func groupQuery(name string) url.Values { return url.Values{"groupname": {name}} }
