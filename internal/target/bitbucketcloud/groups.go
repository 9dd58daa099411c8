package bitbucketcloud

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

type wireGroup struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
	// Permission is what the group may do in new repositories.
	Permission string `json:"permission"`
	// Members is nil where the answer does not have them.
	Members *[]wireUser `json:"members"`
}

func (g wireGroup) group() directory.TargetGroup {
	return directory.TargetGroup{ID: g.Slug, Name: g.Name}
}

// list reads a list of 1.0, which has no pages.
func list[T any](ctx context.Context, t *Target, call rest.Call) ([]T, error) {
	answer, err := t.client.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte("[")) {
		return nil, &directory.UnavailableError{Call: call.Name(), Status: answer.Status, Detail: "the answer holds no list"}
	}
	var items []T
	return items, t.client.Decode(call, answer, &items)
}

// groups reads all groups of the workspace, members and all: there is no page
// and no filter.
//
// GET /1.0/groups/{workspace}
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func (t *Target) groups(ctx context.Context) ([]wireGroup, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/1.0/groups/{workspace}", Args: []string{t.workspace}}
	groups, err := list[wireGroup](ctx, t, call)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		// Whoever administers a workspace does so by a group of it.
		return nil, &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the list of groups is empty, and so without the administrators"}
	}
	for _, group := range groups {
		if group.Slug == "" {
			return nil, &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the list holds a group without a slug"}
		}
		if group.Members == nil {
			continue
		}
		if err := identified(call, *group.Members); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// Groups reads all groups, as one page. The members come along: a call of
// Members within the next minute finds them here.
func (t *Target) Groups(ctx context.Context, _ string) (directory.TargetGroupPage, error) {
	groups, err := t.groups(ctx)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	t.snapshot.fill(groups)
	out := directory.TargetGroupPage{Groups: make([]directory.TargetGroup, 0, len(groups))}
	for _, group := range groups {
		out.Groups = append(out.Groups, group.group())
	}
	return out, nil
}

// FindGroups returns the groups of names, by one call for all.
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	if len(names) == 0 {
		return nil, ctx.Err()
	}
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[strings.ToLower(name)] = true
	}
	groups, err := t.groups(ctx)
	if err != nil {
		return nil, err
	}
	var found []directory.TargetGroup
	for _, group := range groups {
		if asked[strings.ToLower(group.Name)] {
			found = append(found, group.group())
		}
	}
	return found, nil
}

// CreateGroup creates a group, which gets no permission by it. A name of which
// the vendor makes the slug of another group is a *directory.ConflictError; the
// description is dropped, groups have none.
//
// POST /1.0/groups/{workspace}, with the name as a form's field
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func (t *Target) CreateGroup(ctx context.Context, wanted directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: http.MethodPost, Template: "/1.0/groups/{workspace}", Args: []string{t.workspace}, Form: url.Values{"name": {wanted.Name}},
	}
	var group wireGroup
	err := t.client.Get(ctx, call, &group)
	if rest.Answered(err) {
		return directory.TargetGroup{}, t.taken(ctx, call, wanted.Name, err)
	}
	if err != nil {
		return directory.TargetGroup{}, err
	}
	if group.Slug == "" || !strings.EqualFold(group.Name, wanted.Name) {
		return directory.TargetGroup{}, &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusOK, Ambiguous: true, Detail: "the answer is not about the group that was created",
		}
	}
	return group.group(), nil
}

// taken says whether a refusal to create a group is because it is there.
func (t *Target) taken(ctx context.Context, call rest.Call, name string, refusal error) error {
	groups, err := t.groups(ctx)
	if err != nil {
		return rest.Unclear(call, err)
	}
	for _, group := range groups {
		if strings.EqualFold(group.Name, name) || group.Slug == slugOf(name) {
			return &directory.ConflictError{Call: call.Name(), Detail: "The workspace has a group whose name makes the same slug. " + directory.DetailOf(refusal)}
		}
	}
	return refusal
}

// slugOf is what the vendor makes of a plain name: lower case, with dashes for
// blanks. Of letters beyond ASCII it makes what it likes, so that this is good
// for recognising a slug and for nothing else.
func slugOf(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), "-")
}
