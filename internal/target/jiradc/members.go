package jiradc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// membersAsked is how many members are asked for at once: Jira gives no more.
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-group/#api-api-2-group-member-get
const membersAsked = 50

// memberPage is one page of members as Jira tells it.
type memberPage struct {
	Values *[]wireUser `json:"values"`
	Total  *int        `json:"total"`
	IsLast *bool       `json:"isLast"`
}

// memberPage reads a page of the members of a group and of the groups in it.
//
// GET /rest/api/2/group/member
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-group/#api-api-2-group-member-get
func (t *Target) memberPage(ctx context.Context, group string, start, limit int) (memberPage, error) {
	call := memberCall(group)
	call.Query.Set("startAt", strconv.Itoa(start))
	call.Query.Set("maxResults", strconv.Itoa(limit))
	var got memberPage
	if err := t.client.Get(ctx, call, &got); err != nil {
		return memberPage{}, t.explained(ctx, call, err)
	}
	if got.Values == nil || got.IsLast == nil && got.Total == nil {
		return memberPage{}, incomplete(call, "members without an end")
	}
	return got, nil
}

func memberCall(group string) rest.Call {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/group/member", Query: groupQuery(group), Object: "group"}
	call.Query.Set("includeInactiveUsers", "true")
	return call
}

// Members reads one page of at most 50 members, those of groups in the group
// among them: Jira does not tell them apart.
func (t *Target) Members(ctx context.Context, group, cursor string) (directory.AccountIDPage, error) {
	start := 0
	if cursor != "" {
		var err error
		if start, err = strconv.Atoi(cursor); err != nil {
			return directory.AccountIDPage{}, &directory.RefusedError{Call: memberCall("").Name(), Code: "cursor"}
		}
	}
	got, err := t.memberPage(ctx, group, start, membersAsked)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	page := directory.AccountIDPage{AccountIDs: make([]string, 0, len(*got.Values))}
	for _, user := range *got.Values {
		if user.Key == "" {
			return directory.AccountIDPage{}, incomplete(memberCall(""), "a member without a key")
		}
		page.AccountIDs = append(page.AccountIDs, user.Key)
	}
	end := start + len(page.AccountIDs)
	last := got.IsLast != nil && *got.IsLast || got.IsLast == nil && end >= *got.Total
	switch {
	case last && got.Total != nil && end < *got.Total:
		return directory.AccountIDPage{}, incomplete(memberCall(""), "an end before all members that it counts")
	case last:
		return page, nil
	case len(page.AccountIDs) == 0:
		return directory.AccountIDPage{}, incomplete(memberCall(""), "a page of nobody that is not the last")
	}
	page.Next = strconv.Itoa(end)
	return page, nil
}

// AddMember puts an account in a group. Jira takes the user name, which is
// looked up where it is not known from a little while ago. It answers 400 to
// one who is a member, and to all it refuses, so that the account is read then.
//
// POST /rest/api/2/group/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-group/#api-api-2-group-user-post
func (t *Target) AddMember(ctx context.Context, group, accountID string) error {
	return t.writeMember(ctx, group, accountID, true, func(name string) rest.Call {
		return rest.Call{
			Method: http.MethodPost, Template: "/rest/api/2/group/user", Query: groupQuery(group), Object: "group",
			Body: struct {
				Name string `json:"name"`
			}{name},
		}
	})
}

// RemoveMember takes an account out of a group. One who is in it by another
// group stays, and is a *directory.RefusedError.
//
// DELETE /rest/api/2/group/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-group/#api-api-2-group-user-delete
func (t *Target) RemoveMember(ctx context.Context, group, accountID string) error {
	err := t.writeMember(ctx, group, accountID, false, func(name string) rest.Call {
		query := groupQuery(group)
		query.Set("username", name)
		return rest.Call{Method: http.MethodDelete, Template: "/rest/api/2/group/user", Query: query, Object: "group"}
	})
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		// Whichever of the two is gone, the membership is.
		return nil
	}
	return err
}

// writeMember makes a membership be, or not be.
func (t *Target) writeMember(ctx context.Context, group, accountID string, wanted bool, call func(name string) rest.Call) error {
	name, err := t.nameOf(ctx, accountID)
	if err != nil {
		return err
	}
	for again := false; ; again = true {
		write := call(name)
		err = t.client.Send(ctx, write)
		if err == nil || !rest.Answered(err) {
			return err
		}
		t.names.forget(accountID)
		user, member, readErr := t.membership(ctx, group, accountID)
		switch {
		case readErr != nil:
			return rest.UnclearUnlessGone(write, readErr)
		case member == wanted:
			return nil
		case user.Name == name || again:
			return t.whyNot(ctx, write, group, wanted, err)
		}
		// The account has got another name since it was remembered.
		name = user.Name
	}
}

// whyNot says why a membership could not be written although the account is
// there.
func (t *Target) whyNot(ctx context.Context, call rest.Call, group string, adding bool, err error) error {
	there, readErr := t.groupExists(ctx, group)
	var missing *directory.NotFoundError
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case !there:
		return &directory.NotFoundError{Call: call.Name(), What: "group", Detail: directory.DetailOf(err)}
	case errors.As(err, &missing):
		// Both are there; an account that was just made may not be known yet.
		return &directory.UnavailableError{Call: missing.Call, Status: http.StatusNotFound, Detail: missing.Detail}
	}
	if adding {
		err = t.orFull(ctx, call, err, givesGroup(group))
	}
	return t.explained(ctx, call, err)
}

// membership reads an account with its groups.
func (t *Target) membership(ctx context.Context, group, accountID string) (wireUser, bool, error) {
	user, err := t.user(ctx, url.Values{"key": {accountID}, "expand": {"groups"}})
	if err != nil {
		return wireUser{}, false, err
	}
	told := user.Groups
	if told != nil {
		for _, one := range told.Items {
			if groupID(one.Name) == groupID(group) {
				return user, true, nil
			}
		}
	}
	if told == nil || told.Items == nil || told.Size > len(told.Items) {
		member, err := t.listedMember(ctx, group, accountID)
		return user, member, err
	}
	return user, false, nil
}

// listedMember looks for an account among all members of a group.
func (t *Target) listedMember(ctx context.Context, group, accountID string) (bool, error) {
	for id, err := range directory.AccountsIn(ctx, t, group) {
		var missing *directory.NotFoundError
		if errors.As(err, &missing) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if id == accountID {
			return true, nil
		}
	}
	return false, nil
}
