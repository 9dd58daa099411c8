package atlassianguard

import (
	"context"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// What one search may carry, from the API's description.
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
const (
	searchLimit    = 100
	searchGroupIDs = 10
)

// organisation asks what only the organisation API tells. It writes nothing.
type organisation struct {
	client *rest.Client
	id     string
}

// search is what is used of a search for groups or users.
type search struct {
	GroupNames []string `json:"groupNames,omitempty"`
	GroupIDs   []string `json:"groupIds,omitempty"`
	RoleIDs    []string `json:"roleIds,omitempty"`
	Limit      int      `json:"limit"`
	Cursor     string   `json:"cursor,omitempty"`
}

type organisationGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type organisationUser struct {
	AccountID string `json:"accountId"`
	Email     string `json:"email"`
}

func (g organisationGroup) identity() string { return g.ID }

func (u organisationUser) identity() string { return u.AccountID }

// groups reads every group that a search finds, in all directories.
//
// POST /v2/orgs/{orgId}/directories/-/groups/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
func (o *organisation) groups(ctx context.Context, query search) ([]organisationGroup, error) {
	return all[organisationGroup](ctx, o, "/admin/v2/orgs/{orgId}/directories/-/groups/search", query)
}

// users reads every user that a search finds, in all directories.
//
// POST /v2/orgs/{orgId}/directories/-/users/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (o *organisation) users(ctx context.Context, query search) ([]organisationUser, error) {
	return all[organisationUser](ctx, o, "/admin/v2/orgs/{orgId}/directories/-/users/search", query)
}

func all[T element](ctx context.Context, o *organisation, template string, query search) ([]T, error) {
	if query.Limit == 0 {
		query.Limit = searchLimit
	}
	var found []T
	// All directories are searched, and somebody may be in several.
	progress := directory.NewProgress(http.MethodPost+" "+template, T.identity).Overlapping()
	for {
		call := rest.Call{Method: http.MethodPost, Template: template, Args: []string{o.id}, Body: query, Read: true}
		var got struct {
			Data  *[]T `json:"data"`
			Links struct {
				Next string `json:"next"`
			} `json:"links"`
		}
		if err := o.client.Get(ctx, call, &got); err != nil {
			return nil, err
		}
		next := got.Links.Next
		if got.Data == nil || next != "" && next == query.Cursor {
			return nil, &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the answer holds no list, or its next page is itself"}
		}
		if err := progress.Page(*got.Data, next == ""); err != nil {
			return nil, err
		}
		found = append(found, *got.Data...)
		if next == "" || query.Limit == 1 {
			return found, nil
		}
		query.Cursor = next
	}
}

// nameIsFree asks whether a site's group has a name. Without an organisation
// key nothing tells.
func (t *Target) nameIsFree(ctx context.Context, call rest.Call, name string) error {
	if t.organisation == nil {
		return nil
	}
	groups, err := t.organisation.groups(ctx, search{GroupNames: []string{name}})
	if err != nil {
		return err
	}
	for _, group := range groups {
		if fold(group.Name) == fold(name) {
			return &directory.ConflictError{Call: call.Name(), Detail: "The organisation has a group of this name already. " +
				"Atlassian would create the directory's group and not bring it to the products. " +
				"Rename or delete the group there, or give this one another name with groups.mapping."}
		}
	}
	return nil
}
