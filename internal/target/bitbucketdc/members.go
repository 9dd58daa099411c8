package bitbucketdc

import (
	"context"
	"errors"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// within asks for what belongs to a group or a user.
func within(name string) url.Values { return url.Values{"context": {name}} }

// Members reads one page of 1,000 names of the users in a group. What Bitbucket
// answers for a group that is gone is [K], so that an empty group is looked up.
//
// GET /rest/api/latest/admin/groups/more-members?context=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-groups-more-members-get
func (t *Target) Members(ctx context.Context, groupID, cursor string) (directory.AccountIDPage, error) {
	start, err := position(cursor)
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	const template = "/admin/groups/more-members"
	users, next, err := list[wireUser](ctx, t, template, within(groupID), start)
	switch {
	case isNotFound(err):
		if _, err = t.group(ctx, groupID); err == nil {
			err = notTold(template)
		}
	case err == nil && len(users) == 0 && start == 0:
		_, err = t.group(ctx, groupID)
	}
	if err != nil {
		return directory.AccountIDPage{}, err
	}
	page := directory.AccountIDPage{Next: following(next)}
	for _, user := range users {
		if user.Name == "" {
			return directory.AccountIDPage{}, nameless(template)
		}
		page.AccountIDs = append(page.AccountIDs, user.Name)
	}
	return page, nil
}

// isNotFound reports whether an error says that something is not there, which
// Bitbucket says of a list's group or user, if it says so at all.
func isNotFound(err error) bool {
	var missing *directory.NotFoundError
	var auth *directory.AuthError
	return errors.As(err, &missing) || errors.As(err, &auth) && auth.Status == 404 && auth.Code != ""
}

// notTold is the outcome of a list that is answered with 404 although what it is
// of is there: it may hold anything.
func notTold(template string) error {
	return &directory.UnavailableError{Call: "GET " + root + template, Status: 404, Detail: "what the list belongs to is there, and the list is not"}
}

// groupsOf returns the names of the groups that a user is in. A user who is not
// there is a *directory.NotFoundError.
//
// GET /rest/api/latest/admin/users/more-members?context=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-more-members-get
func (t *Target) groupsOf(ctx context.Context, accountID string) ([]string, error) {
	var names []string
	err := every(ctx, t, groupsOfUser, within(accountID), func(group wireGroup) bool {
		names = append(names, group.Name)
		return true
	})
	switch {
	case isNotFound(err):
		if _, err = t.user(ctx, accountID); err == nil {
			err = notTold(groupsOfUser)
		}
	case err == nil && len(names) == 0:
		_, err = t.user(ctx, accountID)
	}
	return names, err
}

const groupsOfUser = "/admin/users/more-members"

// isMember asks for one membership; one of a user or a group that is gone is
// none.
//
// GET /rest/api/latest/admin/users/more-members?context=…&filter=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-more-members-get
func (t *Target) isMember(ctx context.Context, groupID, accountID string) (bool, error) {
	query := within(accountID)
	query.Set("filter", groupID)
	member := false
	err := every(ctx, t, groupsOfUser, query, func(group wireGroup) bool {
		member = fold(group.Name) == fold(groupID)
		return !member
	})
	if !isNotFound(err) {
		return member, err
	}
	var missing *directory.NotFoundError
	switch _, err = t.user(ctx, accountID); {
	case errors.As(err, &missing):
		return false, nil
	case err != nil:
		return false, err
	}
	return false, notTold(groupsOfUser)
}

// AddMember puts a user in a group. Somebody who is in it already is no matter
// to Bitbucket [K]; whatever it refuses is read back.
//
// POST /rest/api/latest/admin/groups/add-users
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-groups-add-users-post
func (t *Target) AddMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: root + "/admin/groups/add-users", Object: "group",
		Body: struct {
			Group string   `json:"group"`
			Users []string `json:"users"`
		}{groupID, []string{accountID}},
	}
	settled, err := rest.ReadBack(call, t.client.Send(ctx, call), true, func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
	if settled {
		return err
	}
	if _, readErr := t.group(ctx, groupID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if why := t.whyNot(ctx, call, accountID, err); why != nil {
		return why
	}
	return rest.NotPossible(call, t.refusedToJoin(ctx, call, []string{groupID}, err))
}

// whyNot looks at the user whose membership Bitbucket refused to change: one
// who is not there is a *directory.NotFoundError, one of a directory that
// Bitbucket cannot write a *directory.UnmanagedError. Nil is a user who is no
// reason to refuse.
func (t *Target) whyNot(ctx context.Context, call rest.Call, accountID string, err error) error {
	user, readErr := t.user(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case !is(user.MutableGroups):
		return &directory.UnmanagedError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return nil
}

// RemoveMember takes a user out of a group.
//
// POST /rest/api/latest/admin/users/remove-group
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-remove-group-post
func (t *Target) RemoveMember(ctx context.Context, groupID, accountID string) error {
	call := rest.Call{
		Method: "POST", Template: root + "/admin/users/remove-group", Object: "group",
		Body: struct {
			User  string `json:"context"`
			Group string `json:"itemName"`
		}{accountID, groupID},
	}
	settled, err := rest.ReadBack(call, t.client.Send(ctx, call), false, func() (bool, error) { return t.isMember(ctx, groupID, accountID) })
	if settled {
		return err
	}
	if why := t.whyNot(ctx, call, accountID, err); why != nil {
		return why
	}
	return rest.NotPossible(call, err)
}
