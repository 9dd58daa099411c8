package atlassiancloud

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// membershipLooks is how often a membership is looked for before it counts as
// absent. The search lags by moments; with a full licence every look is a call
// for nothing.
const membershipLooks = 3

// Members reads one page of 100 account ids in a group. A group that is gone
// is a *directory.NotFoundError: the search answers with nobody for it, so an
// empty group is looked up.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/search with groupIds
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	found, next, err := t.searchUsers(ctx, t.directory, userSearch{GroupIDs: []string{groupID}, Cursor: cursor})
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	page := directory.AccountIDPage{Next: next}
	for _, account := range found {
		page.AccountIDs = append(page.AccountIDs, account.AccountID)
	}
	if len(found) == 0 && cursor == "" && next == "" {
		return page, t.group(ctx, groupID)
	}
	return page, nil
}

// AddMember puts an account in a group. The vendor answers 409 both for a
// member and for a full licence; reading back tells them apart.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-groupid-memberships-post
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships",
		Args: []string{t.organization, t.directory, groupID},
		Body: struct {
			AccountID string `json:"accountId"`
		}{accountID},
		Object: "group",
	}
	err := t.client.Send(ctx, call)
	var (
		conflict *directory.ConflictError
		seat     *directory.SeatError
		missing  *directory.NotFoundError
		refused  *directory.RefusedError
	)
	switch {
	case errors.As(err, &seat), errors.As(err, &refused):
		// The code says licence, or that it is not allowed; it may be said of
		// a member all the same. One look is enough.
		if member, readErr := t.isMember(ctx, groupID, accountID); readErr != nil || member {
			return rest.Unclear(call, readErr)
		}
		return err
	case errors.As(err, &conflict):
		member, readErr := t.readBack(ctx, membershipLooks, func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
		if readErr != nil || member {
			return rest.Unclear(call, readErr)
		}
		return &directory.SeatError{Call: call.Name(), Detail: conflict.Detail}
	case errors.As(err, &missing):
		return t.whichIsMissing(ctx, call, groupID, accountID, missing)
	}
	return err
}

// whichIsMissing says whether a 404 about a membership is the group's or the
// account's.
func (t *Target) whichIsMissing(ctx context.Context, call rest.Call, groupID, accountID string, missing *directory.NotFoundError) error {
	// A code for the account is decisive; "group" may stand for no code at all.
	if missing.What == "account" {
		return missing
	}
	if err := t.group(ctx, groupID); err != nil {
		return rest.UnclearUnlessGone(call, err)
	}
	if _, err := t.Account(ctx, accountID); err != nil {
		return rest.UnclearUnlessGone(call, err)
	}
	// Both are there; an account that just came into the directory may not be
	// known to the groups yet, or be in the group since a call that was cut off.
	if member, err := t.isMember(ctx, groupID, accountID); err != nil || member {
		return rest.Unclear(call, err)
	}
	return &directory.UnavailableError{Call: missing.Call, Status: 404, Detail: missing.Detail}
}

// RemoveMember takes an account out of a group. A 404 is success once the
// membership is seen to be gone.
//
// DELETE /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-groups/#api-v2-orgs-orgid-directories-directoryid-groups-groupid-memberships-accountid-delete
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}",
		Args: []string{t.organization, t.directory, groupID, accountID}, Object: "group",
	}
	err := t.client.Send(ctx, call)
	var (
		missing  *directory.NotFoundError
		conflict *directory.ConflictError
		refused  *directory.RefusedError
	)
	switch {
	case errors.As(err, &missing):
		gone, readErr := t.readBack(ctx, membershipLooks, func() (bool, error) {
			member, err := t.isMember(ctx, groupID, accountID)
			return !member, err
		})
		if readErr != nil || gone {
			return rest.Unclear(call, readErr)
		}
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: missing.Detail}
	case errors.As(err, &refused), errors.As(err, &conflict):
		member, readErr := t.isMember(ctx, groupID, accountID)
		if readErr != nil || !member {
			return rest.Unclear(call, readErr)
		}
	}
	return err
}

// isMember asks for one account in one group.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/search with accountIds
// and groupIds
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	member := false
	var missing *directory.NotFoundError
	query := userSearch{AccountIDs: []string{accountID}, GroupIDs: []string{groupID}}
	err := t.everyUser(ctx, t.directory, query, func(account wireAccount) {
		member = member || account.AccountID == accountID
	})
	if errors.As(err, &missing) {
		// Whichever of the two is gone, the membership is.
		return false, nil
	}
	return member, err
}
