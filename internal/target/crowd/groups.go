package crowd

import (
	"context"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireGroup is what is used of Crowd's GroupEntity.
type wireGroup struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Active      bool   `json:"active"`
}

func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.Name, Name: g.Name}
}

func (t *Target) searchGroups(ctx context.Context, restriction, cursor string) ([]directory.TargetGroup, string, error) {
	start, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	call := search("group", restriction, start)
	var got struct {
		Groups []wireGroup `json:"groups"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	if got.Groups == nil || slices.ContainsFunc(got.Groups, func(g wireGroup) bool { return g.Name == "" }) {
		return nil, "", noList(call)
	}
	found := make([]directory.TargetGroup, len(got.Groups))
	for i, g := range got.Groups {
		found[i] = g.group()
	}
	if restriction != "" {
		return found, following(start, len(found)), nil
	}
	next, err := t.further(ctx, call, "groups", start, len(found), func() string { return found[0].ID })
	return found, next, err
}

// Groups reads one page of 1,000 groups. Their ids are their names.
//
// GET /search?entity-type=group
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#search-resource
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	found, next, err := t.searchGroups(ctx, "", cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	return directory.TargetGroupPage{Groups: found, Next: next}, nil
}

// FindGroups looks groups up by name, 20 a call.
//
// GET /search?entity-type=group&restriction=name="…" or name="…"
// https://developer.atlassian.com/server/crowd/crowd-query-language/
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[fold(name)] = true
	}
	return searched(ctx, "name", names, func(ctx context.Context, restriction string) ([]directory.TargetGroup, error) {
		found, err := everything(ctx, func(g directory.TargetGroup) string { return g.ID }, func(ctx context.Context, cursor string) ([]directory.TargetGroup, string, error) {
			return t.searchGroups(ctx, restriction, cursor)
		})
		return slices.DeleteFunc(found, func(g directory.TargetGroup) bool { return !asked[fold(g.Name)] }), err
	})
}

// CreateGroup makes a group. One of that name is a *directory.ConflictError:
// Crowd answers 400 INVALID_GROUP [P], and the name is looked up.
//
// POST /group
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: "POST", Template: root + "/group",
		Body: wireGroup{Name: group.Name, Type: "GROUP", Description: group.Description, Active: true},
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		if err != nil {
			return directory.TargetGroup{}, err
		}
		return t.madeGroup(ctx, call, group.Name)
	}
	switch _, readErr := t.group(ctx, group.Name); {
	case readErr == nil:
		return directory.TargetGroup{}, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	case missing(readErr):
		return directory.TargetGroup{}, err
	default:
		return directory.TargetGroup{}, rest.Unclear(call, readErr)
	}
}

// madeGroup is the outcome of a creation that succeeded; a name with capitals is
// read back, as a user's is (see made).
func (t *Target) madeGroup(ctx context.Context, call rest.Call, name string) (directory.TargetGroup, error) {
	if name == fold(name) {
		return directory.TargetGroup{ID: name, Name: name}, nil
	}
	told, err := t.group(ctx, name)
	if err != nil {
		return directory.TargetGroup{}, rest.Unclear(call, err)
	}
	return told.group(), nil
}

// group looks one group up.
//
// GET /group?groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) group(ctx context.Context, name string) (wireGroup, error) {
	call := rest.Call{Method: "GET", Template: root + "/group", Query: url.Values{"groupname": {name}}, Object: "group"}
	var group wireGroup
	if err := t.client.Get(ctx, call, &group); err != nil {
		return wireGroup{}, err
	}
	if fold(group.Name) != fold(name) {
		return wireGroup{}, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer is not about the group asked for"}
	}
	return group, nil
}
