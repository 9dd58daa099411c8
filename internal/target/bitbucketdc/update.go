package bitbucketdc

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// UpdateAccount writes name and address. Whether the API leaves alone what an
// update does not mention is [K], so that both are always sent: where only one
// changes the other is read first.
//
// An account of a directory that Bitbucket cannot write is a
// *directory.UnmanagedError, an address that somebody else has a
// *directory.ConflictError. A user name is Bitbucket's only id for a user, who
// would be another one to everybody who keeps the name; it is not changed, what
// else there is in the patch is written, and a *directory.RefusedError says so.
//
// PUT /rest/api/latest/admin/users
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-put
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	for name := range patch.Attributes {
		return &directory.RefusedError{Call: "update user", Code: "attribute", Detail: "a Bitbucket user has no attribute " + name}
	}
	if patch.DisplayName != nil || patch.Email != nil {
		if err := t.describe(ctx, accountID, patch); err != nil {
			return err
		}
	}
	if patch.UserName != nil && fold(*patch.UserName) != fold(accountID) {
		return &directory.RefusedError{Call: "rename user", Code: "rename", Detail: "a user name is Bitbucket's only id for a user and is not changed"}
	}
	return nil
}

// higher tells the two meanings of a 401 about somebody apart: that the credential
// is refused, and that who is to be changed holds more than its owner does.
func (t *Target) higher(ctx context.Context, call rest.Call, err error) error {
	var auth *directory.AuthError
	if !errors.As(err, &auth) || auth.Status != http.StatusUnauthorized {
		return err
	}
	if _, readErr := t.permittedGroups(ctx); readErr != nil {
		return err
	}
	return &directory.RefusedError{Call: call.Name(), Status: auth.Status, Code: auth.Code, Detail: auth.Detail}
}

func (t *Target) describe(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	body := struct {
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		Email       string `json:"email"`
	}{Name: accountID}
	if patch.DisplayName == nil || patch.Email == nil {
		user, err := t.user(ctx, accountID)
		if err != nil {
			return err
		}
		body.Name, body.DisplayName, body.Email = user.Name, user.DisplayName, user.EmailAddress
	}
	if patch.DisplayName != nil {
		body.DisplayName = *patch.DisplayName
	}
	if patch.Email != nil {
		body.Email = *patch.Email
	}
	call := rest.Call{Method: "PUT", Template: root + "/admin/users", Body: body, Object: "account"}
	err := t.higher(ctx, call, t.client.Send(ctx, call))
	if !rest.Answered(err) {
		return err
	}
	now, readErr := t.user(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case now.DisplayName == body.DisplayName && now.EmailAddress == body.Email:
		return nil
	case !is(now.MutableDetails):
		return &directory.UnmanagedError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	if patch.Email != nil {
		others, readErr := t.find(ctx, []string{body.Email}, func(u wireUser) string { return u.EmailAddress })
		switch {
		case readErr != nil:
			return rest.Unclear(call, readErr)
		case slices.ContainsFunc(others, func(a directory.Account) bool { return fold(a.ID) != fold(accountID) }):
			return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
		}
	}
	return rest.NotPossible(call, err)
}
