package atlassiancloud

import (
	"context"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// SuspendAccount takes an account's access to this directory away. The account
// keeps its roles and groups and is not billed.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-suspend-post
func (t *Target) SuspendAccount(ctx context.Context, accountID string) error {
	return t.switchAccess(ctx, accountID, "suspend", func(account directory.Account) bool {
		// A closed account has no access that could be taken away.
		return account.Status != directory.AccountActive
	})
}

// RestoreAccount gives a suspended account its access, roles and groups back.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-restore-post
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	return t.switchAccess(ctx, accountID, "restore", func(account directory.Account) bool {
		return account.Status == directory.AccountActive
	})
}

// switchAccess suspends or restores. The vendor documents no code for an
// account that is so already; a refusal is therefore compared with what the
// account is.
func (t *Target) switchAccess(ctx context.Context, accountID, verb string, done func(directory.Account) bool) error {
	call := call{
		method: "POST", template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/" + verb,
		args: []string{t.organization, t.directory, accountID}, object: "account",
	}
	err := t.client.send(ctx, call)
	switch directory.ClassOf(err) {
	case directory.ClassRefused, directory.ClassConflict, directory.ClassNotFound, directory.ClassSeat:
	default:
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return readErr
	case done(account):
		return nil
	}
	return err
}
