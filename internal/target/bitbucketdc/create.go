package bitbucketdc

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// CreateAccounts makes users, one a call and eight at once, each with a random
// password that nobody learns, and then puts each in all its groups by one more
// call. The password is in the query, where the API wants it, and in no error.
//
// A user name or an address that somebody has is a *directory.ConflictError; a
// full licence, which Bitbucket says when it would put the user in its default
// group, a *directory.SeatError. Groups that could not be joined are left for
// AddMember: the account is there.
//
// POST /rest/api/latest/admin/users, POST /rest/api/latest/admin/users/add-groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-post
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, t.create)
}

func (t *Target) create(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
	name, password := strings.TrimSpace(wanted.UserName), rest.NewPassword()
	displayName := wanted.DisplayName
	if displayName == "" {
		displayName = name // Bitbucket makes nobody without
	}
	byDefault := slices.ContainsFunc(t.access, func(group string) bool { return fold(group) == defaultGroup })
	call := rest.Call{
		Method: "POST", Template: root + "/admin/users", Secrets: []string{password},
		Query: url.Values{
			"name": {name}, "displayName": {displayName}, "emailAddress": {wanted.Email}, "password": {password},
			"addToDefaultGroup": {strconv.FormatBool(byDefault)}, "notify": {"false"},
		},
		Object: "account",
	}
	if name == "" || wanted.Email == "" {
		return directory.AccountCreated{Err: &directory.RefusedError{
			Call: call.Name(), Code: "incomplete", Detail: "Bitbucket makes no user without a user name and an e-mail address",
		}}
	}
	if err := t.client.Send(ctx, call); err != nil {
		return directory.AccountCreated{Err: t.notCreated(ctx, call, wanted, err)}
	}
	groups := slices.Clone(wanted.GroupIDs)
	for _, group := range t.access {
		if !(byDefault && fold(group) == defaultGroup) && !slices.ContainsFunc(groups, func(other string) bool { return fold(other) == fold(group) }) {
			groups = append(groups, group)
		}
	}
	joined := len(groups) > 0 && t.join(ctx, name, groups) == nil
	created := directory.AccountCreated{AccountID: name, Account: &directory.Account{
		ID: name, UserName: name, Email: wanted.Email, DisplayName: displayName, Status: directory.AccountActive, Managed: true,
	}}
	if joined {
		created.Joined = slices.Clone(wanted.GroupIDs)
	}
	if !joined && !byDefault {
		created.Account.Status = directory.AccountSuspended // the next run gives access
	}
	return created
}

// notCreated says why somebody could not be made: who is there already is
// looked up, by name and by address, because 409 and 400 mean several things.
func (t *Target) notCreated(ctx context.Context, call rest.Call, wanted directory.NewAccount, err error) error {
	if !rest.Answered(err) {
		return err
	}
	there, readErr := t.find(ctx, []string{wanted.UserName}, func(u wireUser) string { return u.Name })
	if readErr == nil && len(there) == 0 {
		there, readErr = t.find(ctx, []string{wanted.Email}, func(u wireUser) string { return u.EmailAddress })
	}
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case len(there) > 0:
		return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	switch directory.ClassOf(err) {
	case directory.ClassConflict:
		// A name that a deleted user had is kept for a while. [K]
		return &directory.RefusedError{Call: call.Name(), Status: 409, Code: "taken-unseen", Detail: directory.DetailOf(err)}
	case directory.ClassRefused:
		return t.refusedToJoin(ctx, call, []string{defaultGroup}, err)
	}
	return err
}

// join puts a user in groups; that they are in one already is no matter.
//
// POST /rest/api/latest/admin/users/add-groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-add-groups-post
func (t *Target) join(ctx context.Context, name string, groups []string) error {
	return t.client.Send(ctx, joining(name, groups))
}

func joining(name string, groups []string) rest.Call {
	return rest.Call{
		Method: "POST", Template: root + "/admin/users/add-groups", Object: "group",
		Body: struct {
			User   string   `json:"user"`
			Groups []string `json:"groups"`
		}{name, groups},
	}
}
