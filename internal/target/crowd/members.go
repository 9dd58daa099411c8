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
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	member, readErr := t.isMember(ctx, groupID, accountID)
	switch {
	case readErr != nil:
		return unclear(call, readErr)
	case member:
		return nil
	}
	if _, readErr := t.group(ctx, groupID); readErr != nil {
		return unclear(call, readErr)
	}
	if _, readErr := t.user(ctx, accountID, false); readErr != nil {
		return unclear(call, readErr)
	}
	return notPossible(call, err)
}

// notPossible keeps what Crowd said about a change that was not made although
// all that it is about is there; what says the opposite is not believed, and is
// tried again.
func notPossible(call rest.Call, err error) error {
	switch directory.ClassOf(err) {
	case directory.ClassConflict, directory.ClassNotFound:
		return &directory.UnavailableError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
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
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	member, readErr := t.isMember(ctx, groupID, accountID)
	switch {
	case readErr != nil:
		return unclear(call, readErr)
	case !member:
		return nil
	}
	return notPossible(call, err)
}

// isMember asks for one membership; one of a user or a group that is gone is
// none.
//
// GET /user/group/direct?username=…&groupname=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	return t.isIn(ctx, rest.Call{
		Method: "GET", Template: root + "/user/group/direct",
		Query: url.Values{"username": {accountID}, "groupname": {groupID}}, Object: "membership",
	}, "groups", groupID)
}
