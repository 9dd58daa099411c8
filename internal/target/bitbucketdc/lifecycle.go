package bitbucketdc

import (
	"context"
	"errors"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// SuspendAccount takes away all that makes somebody a licensed user, as
// Bitbucket's documentation advises since an account cannot be blocked: every
// group with a global permission, and the permission of the account's own where
// there is one. Other groups stay. It is done when Bitbucket does not count the
// account among its licensed users any more; where it still does (a group
// within a group, or a permission for everybody), that is a
// *directory.RefusedError.
//
// GET /rest/api/latest/admin/users/more-members, GET /rest/api/latest/admin/permissions/groups,
// POST /rest/api/latest/admin/users/remove-group, DELETE /rest/api/latest/admin/permissions/users
// https://confluence.atlassian.com/bitbucketserver/users-and-groups-776640439.html
func (t *Target) SuspendAccount(ctx context.Context, accountID string) error {
	groups, err := t.groupsOf(ctx, accountID)
	if err != nil {
		return err
	}
	gives := map[string]bool{}
	if len(groups) > 0 {
		held, err := t.AccessGroups(ctx)
		if err != nil {
			return err
		}
		for _, group := range held {
			gives[fold(group)] = true
		}
	}
	var refused error
	taken := false
	for _, group := range groups {
		if !gives[fold(group)] {
			continue
		}
		taken = true
		switch err := t.RemoveMember(ctx, group, accountID); {
		case rest.Answered(err):
			refused = errors.Join(refused, err) // the others are taken all the same
		case err != nil:
			return err
		}
	}
	err = t.takePermission(ctx, accountID, taken)
	if rest.Answered(err) && refused != nil {
		return refused // which says more than that access is left
	}
	return err
}

// takePermission takes away the global permission of an account's own. after is
// whether groups were taken from it before: whether that was all is then in doubt
// where it cannot be asked.
//
// DELETE /rest/api/latest/admin/permissions/users?name=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-permissions-users-delete
func (t *Target) takePermission(ctx context.Context, accountID string, after bool) error {
	call := rest.Call{
		Method: "DELETE", Template: root + "/admin/permissions/users", Query: url.Values{"name": {accountID}}, Object: "account",
	}
	licensed, err := t.isLicensed(ctx, accountID)
	switch {
	case err != nil && after:
		return rest.Unclear(call, err)
	case err != nil:
		return err
	case !licensed:
		// Nobody who is gone is licensed either.
		return nil
	}
	err = t.client.Send(ctx, call)
	if err != nil && !rest.Answered(err) {
		return err
	}
	licensed, readErr := t.isLicensed(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case !licensed:
		return nil
	case err != nil:
		return notAConflict(call, err)
	}
	return &directory.RefusedError{Call: call.Name(), Code: "still-licensed", Detail: "the account still holds a global permission, by a group within a group or one that everybody holds"}
}

// RestoreAccount makes somebody a licensed user again who is none: it puts the
// account in the configured access groups. Who is one stays as they are.
//
// POST /rest/api/latest/admin/users/add-groups
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-add-groups-post
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	licensed, err := t.isLicensed(ctx, accountID)
	if err != nil || licensed {
		return err
	}
	call := joining(accountID, t.access)
	err = t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	if licensed, readErr := t.isLicensed(ctx, accountID); readErr != nil || licensed {
		return rest.Unclear(call, readErr)
	}
	if why := t.whyNot(ctx, call, accountID, err); why != nil {
		return why
	}
	for _, group := range t.access {
		if _, readErr := t.group(ctx, group); readErr != nil {
			var missing *directory.NotFoundError
			if errors.As(readErr, &missing) {
				return &directory.RefusedError{Call: call.Name(), Status: 404, Code: "no-access-group", Detail: "a group of access_groups does not exist"}
			}
			return rest.Unclear(call, readErr)
		}
	}
	return rest.NotPossible(call, t.refusedToJoin(ctx, call, t.access, err))
}

// DeleteAccount removes the user with all memberships and permissions.
//
// DELETE /rest/api/latest/admin/users?name=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-delete
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{Method: "DELETE", Template: root + "/admin/users", Query: url.Values{"name": {accountID}}, Object: "account"}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	var missing *directory.NotFoundError
	switch _, readErr := t.user(ctx, accountID); {
	case errors.As(readErr, &missing):
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	}
	return notAConflict(call, err)
}

// notAConflict turns a 409, which here means that nobody does this to themselves or
// to who holds a higher permission, into the refusal that it is.
func notAConflict(call rest.Call, err error) error {
	var conflict *directory.ConflictError
	if errors.As(err, &conflict) {
		return &directory.RefusedError{Call: call.Name(), Status: 409, Detail: conflict.Detail}
	}
	return rest.NotPossible(call, err)
}
