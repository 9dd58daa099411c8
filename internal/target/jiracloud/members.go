package jiracloud

import (
	"context"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Members reads one page of 50 account ids in a group, inactive ones too.
//
// GET /rest/api/3/group/member
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-member-get
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	start, err := atlassiansite.Offset(cursor)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	call := rest.Call{
		Method: "GET", Template: "/rest/api/3/group/member", Object: "group",
		Query: url.Values{"groupId": {groupID}, "includeInactiveUsers": {"true"}},
	}
	found, next, err := list[atlassiansite.Person](ctx, t, call, start)
	if err != nil {
		return directory.AccountIDPage{}, t.groupGone(ctx, groupID, err)
	}
	page := directory.AccountIDPage{Next: next}
	for _, person := range found {
		if person.AccountID == "" {
			return directory.AccountIDPage{}, atlassiansite.Strange(call, 200, "the list holds somebody without an id")
		}
		page.AccountIDs = append(page.AccountIDs, person.AccountID)
	}
	return page, nil
}

// AddMember puts an account in a group. The vendor refuses a member, a full
// licence and much else with the same status: what is there tells them apart.
//
// POST /rest/api/3/group/user
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-user-post
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: "/rest/api/3/group/user", Object: "group", Query: url.Values{"groupId": {groupID}},
		Body: struct {
			AccountID string `json:"accountId"`
		}{accountID},
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) && !atlassiansite.Bare(err) {
		return err
	}
	groups, readErr := t.groupsOf(ctx, accountID)
	if readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if slices.Contains(groups, groupID) {
		return nil
	}
	// Somebody who was removed from the site may still be told as in no group.
	if _, readErr := t.user(ctx, accountID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if readErr := t.group(ctx, groupID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if directory.ClassOf(err) == directory.ClassNotFound || atlassiansite.Bare(err) {
		// Both are there; an account that just came to the site may not be known
		// to its groups yet.
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: directory.DetailOf(err)}
	}
	full, readErr := t.fullBehind(ctx, groupID)
	if readErr != nil {
		return rest.Unclear(call, readErr)
	}
	if full {
		return &directory.SeatError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
}

// groupsOf returns the ids of the groups that an account is in. An account that
// is not there is a *directory.NotFoundError.
//
// GET /rest/api/3/user/groups
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-groups-get
func (t *Target) groupsOf(ctx context.Context, accountID string) ([]string, error) {
	call := rest.Call{
		Method: "GET", Template: "/rest/api/3/user/groups", Object: "account", Query: url.Values{"accountId": {accountID}},
	}
	var got []wireGroup
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, t.accountGone(ctx, accountID, err)
	}
	if got == nil {
		return nil, atlassiansite.Strange(call, 200, "the answer holds no list")
	}
	ids := make([]string, len(got))
	for i, group := range got {
		if group.ID == "" {
			return nil, atlassiansite.Strange(call, 200, "the list holds a group without an id")
		}
		ids[i] = group.ID
	}
	return ids, nil
}

// group looks one group up; one that is gone is a *directory.NotFoundError.
//
// GET /rest/api/3/group/bulk with groupId
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-bulk-get
func (t *Target) group(ctx context.Context, groupID string) error {
	there := false
	err := t.everyGroup(ctx, url.Values{"groupId": {groupID}}, func(group wireGroup) { there = there || group.ID == groupID })
	if err == nil && !there {
		return &directory.NotFoundError{Call: "GET /rest/api/3/group/bulk", What: "group"}
	}
	return err
}

// RemoveMember takes an account out of a group. A refusal is success once the
// membership is seen to be gone.
//
// DELETE /rest/api/3/group/user
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-groups/#api-rest-api-3-group-user-delete
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: "/rest/api/3/group/user", Object: "group",
		Query: url.Values{"groupId": {groupID}, "accountId": {accountID}},
	}
	return atlassiansite.Removed(call, t.client.Send(ctx, call), func() (bool, error) {
		groups, err := t.groupsOf(ctx, accountID)
		return slices.Contains(groups, groupID), err
	})
}
