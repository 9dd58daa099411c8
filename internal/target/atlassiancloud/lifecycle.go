package atlassiancloud

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// SuspendAccount takes an account's access to this directory away. The account
// keeps its roles and groups and is not billed.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-suspend-post
func (t *Target) SuspendAccount(ctx context.Context, accountID string) error {
	return t.switchAccess(ctx, accountID, "suspend", func(account directory.Account) bool {
		// A closed or deactivated account has no access that could be taken away.
		return account.Status != directory.AccountActive
	})
}

// RestoreAccount gives a suspended account its access, roles and groups back,
// and activates a managed account that was deactivated. One that was
// deactivated and is not managed is an *directory.UnmanagedError.
//
// What restoring the access of a deactivated account answers is not
// documented, so that the account is looked at after a success as well.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-restore-post
//
// POST /users/{account_id}/manage/lifecycle/enable
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-lifecycle/#api-users-account-id-manage-lifecycle-enable-post
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	call := t.accessCall(accountID, "restore")
	err := t.client.Send(ctx, call)
	if err != nil && !rest.Answered(err) {
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case account.Status == directory.AccountDeactivated:
		if err := t.switchLifecycle(ctx, accountID, "enable", func(account directory.Account) bool {
			return account.Status == directory.AccountActive || account.Status == directory.AccountSuspended
		}); err != nil {
			return err
		}
		return t.switchAccess(ctx, accountID, "restore", func(account directory.Account) bool {
			return account.Status == directory.AccountActive
		})
	case account.Status == directory.AccountActive:
		return nil
	}
	return err // a search that lags shows the account suspended after a success
}

// DeactivateAccount blocks a managed account as such, everywhere. One that is
// not managed, or that an identity provider owns, is an
// *directory.UnmanagedError.
//
// POST /users/{account_id}/manage/lifecycle/disable
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-lifecycle/#api-users-account-id-manage-lifecycle-disable-post
func (t *Target) DeactivateAccount(ctx context.Context, accountID string) error {
	return t.switchLifecycle(ctx, accountID, "disable", func(account directory.Account) bool {
		return account.Status == directory.AccountDeactivated || account.Status == directory.AccountClosed
	})
}

// DeleteAccount takes an account out of the directory, with its groups and
// roles: only an invitation brings it back. The person's Atlassian account
// itself stays. One that is not there is success.
//
// DELETE /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-delete
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{
		Method: "DELETE", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}",
		Args: []string{t.organization, t.directory, accountID}, Object: "account",
	}
	err := t.client.Send(ctx, call)
	if err == nil || !rest.Answered(err) {
		return err
	}
	// A 404 may be the organisation's, and a refusal about somebody who is gone:
	// only the account itself tells.
	_, readErr := t.Account(ctx, accountID)
	switch {
	case directory.ClassOf(readErr) == directory.ClassNotFound:
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case directory.ClassOf(err) == directory.ClassNotFound:
		return &directory.UnavailableError{Call: call.Name(), Status: 404, Detail: "said to be missing, and there when it was looked up"}
	}
	return err
}

// switchAccess suspends or restores. The vendor documents no code for an
// account that is so already; a refusal is therefore compared with what the
// account is.
func (t *Target) switchAccess(ctx context.Context, accountID, verb string, done func(directory.Account) bool) error {
	call := t.accessCall(accountID, verb)
	err := t.client.Send(ctx, call)
	if err == nil || !rest.Answered(err) {
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case done(account):
		return nil
	}
	return err
}

func (t *Target) accessCall(accountID, verb string) rest.Call {
	return rest.Call{
		Method: "POST", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/" + verb,
		Args: []string{t.organization, t.directory, accountID}, Object: "account",
	}
}

// switchLifecycle disables or enables an account. A refusal is compared with
// what the account is, and told from one that is not ours.
func (t *Target) switchLifecycle(ctx context.Context, accountID, verb string, done func(directory.Account) bool) error {
	call := rest.Call{
		Method: "POST", Template: "/users/{account_id}/manage/lifecycle/" + verb,
		Args: []string{accountID}, Object: "account",
	}
	if verb == "disable" {
		call.Body = struct{}{} // required, though the message in it is not
	}
	err := t.client.Send(ctx, call)
	if err == nil || !rest.Answered(err) {
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case done(account):
		return nil
	}
	err = t.whyNotWritten(ctx, call, accountID, err)
	var conflict *directory.ConflictError
	if errors.As(err, &conflict) {
		// "conflict.lifecycleErrors": the account's own state stands against it.
		return &directory.RefusedError{Call: conflict.Call, Status: 409, Code: "conflict.lifecycleErrors", Detail: conflict.Detail}
	}
	return err
}
