package crowd

import (
	"context"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Members reads one page of 1,000 names of the users who are directly in a
// group. For a group that is gone some versions answer 404 and some an empty
// list (https://jira.atlassian.com/browse/CWD-4470), so that an empty group is
// looked up.
//
// GET /group/user/direct?groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	ids, next, err := t.within(ctx, groupID, "user/direct", "users", cursor)
	if err == nil && len(ids) == 0 && cursor == "" {
		_, err = t.group(ctx, groupID)
	}
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	return directory.AccountIDPage{AccountIDs: ids, Next: next}, nil
}

// AddMember puts a user in a group. Crowd answers 409 for a member [P], 404 for
// a user and 400 for a group that is missing; whatever it refuses is read back.
//
// POST /user/group/direct?username=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: root + "/user/group/direct",
		Query: url.Values{"username": {accountID}}, Body: named{groupID}, Object: "group",
	}
	settled, err := rest.ReadBack(call, t.client.Send(ctx, call), true, func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
	if settled {
		return err
	}
	if _, readErr := t.group(ctx, groupID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if _, readErr := t.user(ctx, accountID, false); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	return rest.NotPossible(call, err)
}

// RemoveMember takes a user out of a group.
//
// DELETE /user/group/direct?username=…&groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: root + "/user/group/direct",
		Query: url.Values{"username": {accountID}, "groupname": {groupID}}, Object: "group",
	}
	settled, err := rest.ReadBack(call, t.client.Send(ctx, call), false, func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
	if settled {
		return err
	}
	return rest.NotPossible(call, err)
}

// isMember asks for one membership; one of a user or a group that is gone is
// none.
//
// GET /group/user/direct?groupname=…&username=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#group-resource
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	return t.isIn(ctx, rest.Call{
		Method: "GET", Template: root + "/group/user/direct",
		Query: url.Values{"groupname": {groupID}, "username": {accountID}}, Object: "membership",
	}, "users", accountID)
}
