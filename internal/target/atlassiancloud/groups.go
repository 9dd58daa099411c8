package atlassiancloud

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireGroup is what is used of the vendor's MultiDirectoryGroup.
type wireGroup struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	ManagedBy        string `json:"managedBy"`
	ExternalSynced   bool   `json:"externalSynced"`
	ManagementAccess *struct {
		Modifiable *bool `json:"modifiable"`
	} `json:"managementAccess"`
}

func (g wireGroup) group() directory.TargetGroup {
	locked := g.ManagementAccess != nil && g.ManagementAccess.Modifiable != nil && !*g.ManagementAccess.Modifiable
	return directory.TargetGroup{
		ID: g.ID, Name: g.Name,
		ReadOnly: g.ExternalSynced || g.ManagedBy == "external" || locked,
	}
}

// Groups reads one page of 100 groups.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search (the GET form
// is deprecated and stops on 2027-06-30)
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
func (t *Target) Groups(ctx context.Context, cursor string) (directory.TargetGroupPage, error) {
	found, next, err := t.searchGroups(ctx, t.directory, groupSearch{Cursor: cursor})
	if err != nil {
		return directory.TargetGroupPage{}, err
	}
	page := directory.TargetGroupPage{Next: next}
	for _, group := range found {
		page.Groups = append(page.Groups, group.group())
	}
	return page, nil
}

// FindGroups looks groups up by name, 100 a call. The vendor compares whole
// names and ignores case.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-search-post
func (t *Target) FindGroups(ctx context.Context, names []string) ([]directory.TargetGroup, error) {
	var found []directory.TargetGroup
	for chunk := range slices.Chunk(folded(names), searchNames) {
		asked := make(map[string]bool, len(chunk))
		for _, name := range chunk {
			asked[name] = true
		}
		seen := make(map[string]bool, len(chunk))
		err := t.everyGroup(ctx, t.directory, groupSearch{GroupNames: chunk}, func(group wireGroup) {
			if asked[foldKey(group.Name)] && !seen[group.ID] {
				seen[group.ID] = true
				found = append(found, group.group())
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// CreateGroup creates a group. The answer has no body, so that the id is
// looked up by name; groups that are created at the same time share the
// look-ups. A group that does not show up within some seconds ends in an
// ambiguous *directory.UnavailableError: it is there and can be found later.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/groups
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-post
func (t *Target) CreateGroup(ctx context.Context, group directory.NewGroup) (directory.TargetGroup, error) {
	call := rest.Call{
		Method: "POST", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups",
		Args: []string{t.organization, t.directory},
		Body: struct {
			Name        string `json:"name"`
			Description string `json:"description,omitempty"`
		}{group.Name, group.Description},
	}
	if err := t.client.Send(ctx, call); err != nil {
		return directory.TargetGroup{}, t.groupNotCreated(ctx, call, group.Name, err)
	}
	var created directory.TargetGroup
	found, err := t.readBack(ctx, len(t.readBackWaits)+1, func() (bool, error) {
		var err error
		var there bool
		created, there, err = t.created.find(ctx, group.Name)
		return there, err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return directory.TargetGroup{}, err
	case err != nil:
		// It exists: what failed is the question for its id.
		return directory.TargetGroup{}, &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusCreated, Ambiguous: true,
			Detail: "created, and its id could not be looked up: " + err.Error() + ": " + directory.DetailOf(err),
		}
	case !found:
		return directory.TargetGroup{}, &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusCreated, Ambiguous: true,
			Detail: "created, and the search does not show it yet",
		}
	}
	return created, nil
}

// groupNotCreated says why a group could not be made: one of the name is looked
// for, because a refusal may be of what was made already.
func (t *Target) groupNotCreated(ctx context.Context, call rest.Call, name string, err error) error {
	if !rest.Answered(err) {
		return err
	}
	looks := membershipLooks
	if directory.ClassOf(err) == directory.ClassConflict {
		looks = 1 // it is said to be there already
	}
	found, readErr := t.readBack(ctx, looks, func() (bool, error) {
		_, there, err := t.created.find(ctx, name)
		return there, err
	})
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case found:
		return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
}

// group looks one group up.
//
// GET /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-groupid-get
func (t *Target) group(ctx context.Context, groupID string) error {
	call := rest.Call{
		Method: "GET", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}",
		Args: []string{t.organization, t.directory, groupID}, Object: "group",
	}
	var got struct {
		Data *wireGroup `json:"data"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return t.reallyMissing(ctx, err)
	}
	if got.Data == nil || got.Data.ID != groupID {
		return &directory.UnavailableError{
			Call: call.Name(), Status: 200, Detail: "the answer is not about the group asked for",
		}
	}
	return nil
}

// readBack looks until the answer is yes, at most so many times, pausing a
// little longer each time.
func (t *Target) readBack(ctx context.Context, looks int, look func() (bool, error)) (bool, error) {
	for i := 0; ; i++ {
		there, err := look()
		if there || err != nil || i == looks-1 {
			return there, err
		}
		wait := time.NewTimer(t.readBackWaits[i])
		select {
		case <-ctx.Done():
			wait.Stop()
			return false, ctx.Err()
		case <-wait.C:
		}
	}
}
