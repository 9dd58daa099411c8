package bitbucketcloud

import (
	"context"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Members returns all members of a group, as one page: there are no others.
func (t *Target) Members(ctx context.Context, groupID, _ string) (directory.AccountIDPage, error) {
	members, known := t.snapshot.take(groupID)
	if !known || ctx.Err() != nil {
		var err error
		if members, err = t.groupMembers(ctx, groupID); err != nil {
			return directory.AccountIDPage{}, err
		}
	}
	out := directory.AccountIDPage{AccountIDs: make([]string, 0, len(members))}
	for _, member := range members {
		out.AccountIDs = append(out.AccountIDs, member.UUID)
	}
	return out, nil
}

// groupMembers reads the members of a group as they are now. That a group is gone
// has to be seen in the list of groups: where 1.0 is switched off, which has been
// announced, every group is answered with 404, and none is lost because of that.
//
// GET /1.0/groups/{workspace}/{group_slug}/members
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func (t *Target) groupMembers(ctx context.Context, groupID string) ([]wireUser, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/1.0/groups/{workspace}/{group_slug}/members", Args: []string{t.workspace, groupID}, Object: "group",
	}
	members, err := list[wireUser](ctx, t, call)
	switch {
	case directory.ClassOf(err) == directory.ClassNotFound:
		if listErr := t.isGone(ctx, call, groupID); listErr != nil {
			return nil, listErr
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	return members, identified(call, members)
}

// identified fails for a list with somebody in it who has no id, and who would
// seem not to be there.
func identified(call rest.Call, users []wireUser) error {
	if slices.ContainsFunc(users, func(u wireUser) bool { return u.UUID == "" }) {
		return &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the list holds somebody without an id"}
	}
	return nil
}

// AddMember puts a member of the workspace in a group; one who is in it is
// success. A plan without a free seat is a *directory.SeatError. A 404 about a
// group and a member that are there is an outage.
//
// PUT /1.0/groups/{workspace}/{group_slug}/members/{uuid}
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	t.snapshot.forget(groupID)
	call := rest.Call{
		Method: http.MethodPut, Template: "/1.0/groups/{workspace}/{group_slug}/members/{uuid}",
		Args: []string{t.workspace, groupID, accountID}, Body: struct{}{}, Object: "group",
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	in, lookErr := t.isMember(ctx, groupID, accountID)
	switch {
	case lookErr != nil:
		return rest.UnclearUnlessGone(call, lookErr)
	case in:
		return nil
	}
	if _, lookErr := t.Account(ctx, accountID); lookErr != nil {
		return rest.UnclearUnlessGone(call, lookErr)
	}
	return rest.NotPossible(call, err)
}

// RemoveMember takes an account out of a group; that either is gone, or was not
// in it, is success.
//
// DELETE /1.0/groups/{workspace}/{group_slug}/members/{uuid}
// https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	t.snapshot.forget(groupID)
	call := rest.Call{
		Method: http.MethodDelete, Template: "/1.0/groups/{workspace}/{group_slug}/members/{uuid}",
		Args: []string{t.workspace, groupID, accountID}, Object: "group",
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	in, lookErr := t.isMember(ctx, groupID, accountID)
	switch {
	case directory.ClassOf(lookErr) == directory.ClassNotFound:
		return nil
	case lookErr != nil:
		return rest.Unclear(call, lookErr)
	case in:
		return rest.NotPossible(call, err)
	}
	return nil
}

// isGone fails unless the list of groups can be read and lacks a group.
func (t *Target) isGone(ctx context.Context, call rest.Call, groupID string) error {
	groups, err := t.groups(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(groups, func(g wireGroup) bool { return g.Slug == groupID }) {
		return &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusNotFound, Detail: "the group is in the list of groups, and its members are not found",
		}
	}
	return nil
}

func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	members, err := t.groupMembers(ctx, groupID)
	return slices.ContainsFunc(members, func(member wireUser) bool { return member.UUID == accountID }), err
}
