package atlassianguard

import (
	"context"
	"net/http"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// groupPageSize is small because a page of groups may come with all their
// members. The description knows no way to leave them out; that of RFC 7644
// section 3.9 is asked for and not relied on.
const groupPageSize = "20"

// groups is the list of groups.
//
// GET /scim/directory/{directoryId}/Groups
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-groups/#api-scim-directory-directoryid-groups-get
func (t *Target) groups() rest.Call {
	return rest.Call{
		Method: http.MethodGet, Template: "/scim/directory/{directoryId}/Groups", Args: []string{t.directory},
		Query: url.Values{"count": {groupPageSize}, "excludedAttributes": {"members"}},
	}
}

// Groups reads one page of all groups of the directory. Groups of the
// organisation that another system owns are not in it.
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	got, next, err := continued[wireGroup](ctx, t, t.groups(), cursor)
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	out := directory.TargetGroupPage{Groups: make([]directory.TargetGroup, 0, len(got.items)), Next: next}
	for _, group := range got.items {
		out.Groups = append(out.Groups, group.group())
	}
	return out, nil
}

// FindGroups returns the groups of names.
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	byName := lookup[wireGroup]{list: t.groups(), filter: "displayName", key: func(g wireGroup) string { return g.DisplayName }}
	found, err := byName.find(ctx, t, names, false)
	if err != nil {
		return nil, err
	}
	groups := make([]directory.TargetGroup, 0, len(found))
	for _, group := range found {
		groups = append(groups, group.group())
	}
	return groups, nil
}

// CreateGroup creates a group. A name that a group of the directory or, as far
// as an organisation key tells, of a site has is a *directory.ConflictError:
// the vendor would create the latter and never bring it to the products. The
// description is dropped, the API has none.
//
// POST /scim/directory/{directoryId}/Groups
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-groups/#api-scim-directory-directoryid-groups-post
func (t *Target) CreateGroup(ctx context.Context, wanted directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: http.MethodPost, Template: "/scim/directory/{directoryId}/Groups", Args: []string{t.directory},
		Body: map[string]any{"schemas": []string{schemaGroup}, "displayName": wanted.Name},
	}
	if err := t.nameIsFree(ctx, call, wanted.Name); err != nil {
		return directory.TargetGroup{}, err
	}
	var group wireGroup
	if err := t.client.Get(ctx, call, &group); err != nil {
		return directory.TargetGroup{}, t.groupNotCreated(ctx, call, wanted.Name, err)
	}
	if group.ID == "" || group.DisplayName == "" {
		return directory.TargetGroup{}, &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusOK, Ambiguous: true, Detail: "the answer has no id or no name",
		}
	}
	return group.group(), nil
}

// groupNotCreated says why a group could not be made: one of the name is looked
// for, because a refusal may be of what was made already.
func (t *Target) groupNotCreated(ctx context.Context, call rest.Call, name string, err error) error {
	if !rest.Answered(err) {
		return err
	}
	found, readErr := t.FindGroups(ctx, []string{name})
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case len(found) > 0:
		return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
}

// group reads one group with all its members; the API has no pages of them.
//
// GET /scim/directory/{directoryId}/Groups/{id}
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-groups/#api-scim-directory-directoryid-groups-id-get
func (t *Target) group(ctx context.Context, id string) (wireGroup, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/scim/directory/{directoryId}/Groups/{id}", Args: []string{t.directory, id}, Object: "group",
	}
	var group wireGroup
	if err := t.client.Get(ctx, call, &group); err != nil {
		return group, err
	}
	return group, sameID(call, group.ID, id)
}
