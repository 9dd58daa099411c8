package confluencecloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireMember is what is used of the vendor's User.
type wireMember struct {
	AccountID string `json:"accountId"`
	Type      string `json:"accountType"`
	// Email is empty where the person's privacy settings hide it.
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
}

// Members reads one page of 200 account ids in a group. The vendor leaves out
// members who are suspended: that somebody is not in the list is no proof that
// they are not in the group.
//
// GET /wiki/rest/api/group/{groupId}/membersByGroupId
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-groupid-membersbygroupid-get
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	start, err := atlassiansite.Offset(cursor)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	found, next, err := t.members(ctx, groupID, start)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	var page directory.AccountIDPage
	for _, member := range found {
		page.AccountIDs = append(page.AccountIDs, member.AccountID)
	}
	if next > 0 {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// members reads one page. What the vendor answers for a group that is gone is
// not described: a refusal and an empty group are looked up. A 404 about a group
// that is there is an outage.
func (t *Target) members(ctx context.Context, groupID string, start int) ([]wireMember, int, error) {
	call := rest.Call{
		Method: "GET", Template: "/wiki/rest/api/group/{groupId}/membersByGroupId", Args: []string{groupID}, Object: "group", Query: url.Values{},
	}
	found, next, err := list[wireMember](ctx, t, call, start, pageSize)
	if rest.Answered(err) || atlassiansite.Bare(err) || err == nil && start == 0 && len(found) == 0 {
		if readErr := t.group(ctx, groupID); readErr != nil {
			return nil, 0, readErr
		}
	}
	for _, member := range found {
		if member.AccountID == "" {
			return nil, 0, atlassiansite.Strange(call, 200, "the list holds somebody without an id")
		}
	}
	return found, next, rest.NotPossible(call, err)
}

// AddMember puts an account in a group; one that is in it is success to the
// vendor too. A full licence is answered like an outage.
//
// POST /wiki/rest/api/group/userByGroupId
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-userbygroupid-post
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: "/wiki/rest/api/group/userByGroupId", Object: "group", Query: url.Values{"groupId": {groupID}},
		Body: struct {
			AccountID string `json:"accountId"`
		}{accountID},
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) && !atlassiansite.Bare(err) {
		return err
	}
	there, readErr := t.isMember(ctx, groupID, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case there:
		return nil
	case directory.ClassOf(err) == directory.ClassNotFound:
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: directory.DetailOf(err)}
	}
	return err
}

// RemoveMember takes an account out of a group; one that is not in it is success
// to the vendor too.
//
// DELETE /wiki/rest/api/group/userByGroupId
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-group/#api-wiki-rest-api-group-userbygroupid-delete
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: "/wiki/rest/api/group/userByGroupId", Object: "group",
		Query: url.Values{"groupId": {groupID}, "accountId": {accountID}},
	}
	return atlassiansite.Removed(call, t.client.Send(ctx, call), func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
}

// isMember asks whether an account is in a group, by the account's own groups,
// which are told of suspended accounts too. A group or account that is gone is a
// *directory.NotFoundError.
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	if err := t.group(ctx, groupID); err != nil {
		return false, err
	}
	if _, err := t.Account(ctx, accountID); err != nil {
		return false, err
	}
	groups, err := t.groupsOf(ctx, accountID)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		// It was there a moment ago: what its groups are is not told.
		err = &directory.UnavailableError{Call: missing.Call, Status: http.StatusNotFound, Detail: missing.Detail}
	}
	return slices.Contains(groups, groupID), err
}

// groupsOf returns the ids of the groups that an account is in.
//
// GET /wiki/rest/api/user/memberof
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users/#api-wiki-rest-api-user-memberof-get
func (t *Target) groupsOf(ctx context.Context, accountID string) ([]string, error) {
	var ids []string
	progress := directory.NewProgress("list groups of an account", func(g wireGroup) string { return g.ID })
	for start := 0; ; {
		call := rest.Call{
			Method: "GET", Template: "/wiki/rest/api/user/memberof", Object: "account", Query: url.Values{"accountId": {accountID}},
		}
		found, next, err := list[wireGroup](ctx, t, call, start, pageSize)
		if err == nil {
			err = progress.Page(found, next == 0)
		}
		if err != nil {
			return nil, err
		}
		for _, group := range found {
			if group.ID == "" {
				return nil, atlassiansite.Strange(call, 200, "the list holds a group without an id")
			}
			ids = append(ids, group.ID)
		}
		if next == 0 {
			return ids, nil
		}
		start = next
	}
}
