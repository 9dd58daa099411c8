package atlassianguard

import (
	"context"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Members returns all members of a group as one page.
func (t *Target) Members(ctx context.Context, groupID, _ string) (directory.AccountIDPage, error) {
	group, err := t.group(ctx, groupID)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	out := directory.AccountIDPage{AccountIDs: make([]string, 0, len(group.Members))}
	for _, member := range group.Members {
		if fold(member.Type) != "group" {
			out.AccountIDs = append(out.AccountIDs, member.Value)
		}
	}
	return out, nil
}

// AddMember puts an account in a group; one that is in it is success. After a
// refusal the user's groups say whether it is, and where they lack the group the
// group's members: users may come without any groups. A 404 about a group and a
// user that are there, as one that was just made may get, is an outage.
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := t.patchOfGroup(groupID, wireOperation{
		Op: "add", Path: "members", Value: []map[string]string{{"value": accountID}},
	})
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
	group, lookErr := t.group(ctx, groupID)
	switch {
	case lookErr != nil:
		return rest.UnclearUnlessGone(call, lookErr)
	case group.has(accountID):
		return nil
	}
	return rest.NotPossible(call, err)
}

// RemoveMember takes an account out of a group; that either is gone, or was not
// in it, is success. After a refusal the user's groups say whether it is still in
// it, and where they lack the group the group's members have to say so too: that
// users come without any groups must not make a member of nobody.
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := t.patchOfGroup(groupID, wireOperation{Op: "remove", Path: "members[value eq " + literal(accountID) + "]"})
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
	group, lookErr := t.group(ctx, groupID)
	switch {
	case directory.ClassOf(lookErr) == directory.ClassNotFound:
		return nil
	case lookErr != nil:
		return rest.Unclear(call, lookErr)
	case group.has(accountID):
		return rest.NotPossible(call, err)
	}
	return nil
}

func (g wireGroup) has(accountID string) bool {
	for _, member := range g.Members {
		if member.Value == accountID {
			return true
		}
	}
	return false
}

// isMember asks the user, whose groups are few, and not the group.
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	user, err := t.user(ctx, accountID, "attributes", "id,groups")
	if err != nil {
		return false, err
	}
	for _, group := range user.Groups {
		if group.Value == groupID {
			return true, nil
		}
	}
	return false, nil
}

// patchOfGroup is the call that changes the members of a group.
//
// PATCH /scim/directory/{directoryId}/Groups/{id}
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-groups/#api-scim-directory-directoryid-groups-id-patch
func (t *Target) patchOfGroup(id string, operation wireOperation) rest.Call {
	return rest.Call{
		Method: http.MethodPatch, Template: "/scim/directory/{directoryId}/Groups/{id}", Args: []string{t.directory, id},
		Body: patchOf(operation), Object: "group",
	}
}
