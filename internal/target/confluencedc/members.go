package confluencedc

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Members reads one page of a group's members.
//
// GET /rest/api/group/{groupName}/member
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-group/#api-rest-api-group-groupname-member-get
func (t *Target) Members(ctx context.Context, group, cursor string) (directory.AccountIDPage, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/group/{groupName}/member", Args: []string{group}, Object: "group"}
	start, err := startOf(call, cursor)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	call = paged(call, start, groupsAsked)
	var got page[person]
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.AccountIDPage{}, t.explained(ctx, call, err)
	}
	people, next, err := listed(got, call, start)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	answer := directory.AccountIDPage{AccountIDs: make([]string, 0, len(people)), Next: next}
	for _, one := range people {
		if one.UserName == "" {
			return directory.AccountIDPage{}, incomplete(call, "a member without a user name")
		}
		answer.AccountIDs = append(answer.AccountIDs, one.UserName)
	}
	return answer, nil
}

const membershipPath = "/rest/api/user/{username}/group/{groupName}"

// AddMember puts an account in a group; one who is in it is success to
// Confluence.
//
// PUT /rest/api/user/{username}/group/{groupName}
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user-group/#api-rest-api-user-username-group-groupname-put
func (t *Target) AddMember(ctx context.Context, group, accountID string) error {
	return t.writeMember(ctx, rest.Call{
		Method: http.MethodPut, Template: membershipPath, Args: []string{accountID, group}, Object: "group",
	}, group, accountID, true)
}

// RemoveMember takes an account out of a group; one who is not in it is
// success to Confluence.
//
// DELETE /rest/api/user/{username}/group/{groupName}
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user-group/#api-rest-api-user-username-group-groupname-delete
func (t *Target) RemoveMember(ctx context.Context, group, accountID string) error {
	err := t.writeMember(ctx, rest.Call{
		Method: http.MethodDelete, Template: membershipPath, Args: []string{accountID, group}, Object: "group",
	}, group, accountID, false)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		// Whichever of the two is gone, the membership is.
		return nil
	}
	return err
}

// writeMember makes a membership be, or not be. A 404 is the account's or the
// group's: after any refusal both are looked up.
func (t *Target) writeMember(ctx context.Context, call rest.Call, group, accountID string, wanted bool) error {
	err := t.client.Send(ctx, call)
	if err == nil || !rest.Answered(err) {
		return err
	}
	if _, readErr := t.Account(ctx, accountID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if _, readErr := t.group(ctx, group); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	member, readErr := t.isMember(ctx, group, accountID)
	var missing *directory.NotFoundError
	switch {
	case readErr != nil:
		// Both were there a moment ago, so that a 404 settles nothing here.
		return rest.Unclear(call, readErr)
	case member == wanted:
		return nil
	case errors.As(err, &missing):
		// Both are there; what was just made may not be known yet.
		return &directory.UnavailableError{Call: call.Name(), Status: http.StatusNotFound, Detail: missing.Detail}
	}
	return t.explained(ctx, call, err)
}

// isMember reads the groups of an account.
//
// GET /rest/api/user/memberof
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user/#api-rest-api-user-memberof-get
func (t *Target) isMember(ctx context.Context, group, accountID string) (bool, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/rest/api/user/memberof", Object: "account",
		Query: url.Values{"username": {accountID}},
	}
	progress := directory.NewProgress(call.Name(), func(g directory.TargetGroup) string { return g.ID })
	for cursor := ""; ; {
		groups, next, err := t.groupList(ctx, call, cursor)
		if err == nil {
			err = progress.Page(groups, next == "")
		}
		if err != nil {
			return false, err
		}
		for _, one := range groups {
			if one.ID == groupID(group) {
				return true, nil
			}
		}
		if next == "" {
			return false, nil
		}
		cursor = next
	}
}
