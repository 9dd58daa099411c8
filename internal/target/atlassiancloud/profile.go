package atlassiancloud

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// notOursCodes are the user management API's reasons for which an account, or
// a field of it, is somebody else's to write: its owner's, who has not
// confirmed it, or another directory's.
// https://developer.atlassian.com/cloud/admin/user-management/rest/intro/
func notOursCodes() []string {
	return []string{"forbidden.action", "forbidden.fieldMutation", "forbidden.targetUnverified"}
}

// UpdateAccount writes the name and the e-mail address of a managed account.
// An account that is not managed, or that another directory provisions, is a
// *directory.UnmanagedError; an address that another account has is a
// *directory.ConflictError; one in a domain that the organisation has not
// verified is a *directory.RefusedError. A new address ends all the person's
// sessions.
//
// PATCH /users/{account_id}/manage/profile
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-profile/#api-users-account-id-manage-profile-patch
//
// PUT /users/{account_id}/manage/email
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-email/#api-users-account-id-manage-email-put
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	if patch.DisplayName != nil {
		call := call{
			method: "PATCH", template: "/users/{account_id}/manage/profile",
			args: []string{accountID}, object: "account",
			body: struct {
				Name string `json:"name"`
			}{*patch.DisplayName},
		}
		if err := t.client.send(ctx, call); err != nil {
			return t.whyNotWritten(ctx, accountID, err)
		}
	}
	if patch.Email != nil {
		call := call{
			method: "PUT", template: "/users/{account_id}/manage/email",
			args: []string{accountID}, object: "account",
			body: struct {
				Email string `json:"email"`
			}{*patch.Email},
		}
		if err := t.client.send(ctx, call); err != nil {
			return t.emailTaken(ctx, accountID, *patch.Email, t.whyNotWritten(ctx, accountID, err))
		}
	}
	return nil
}

// whyNotWritten tells an account that is not ours from a key that may not
// manage accounts and from an account that is gone, by looking at the account
// where the answer alone does not say.
func (t *Target) whyNotWritten(ctx context.Context, accountID string, err error) error {
	var (
		refused *directory.RefusedError
		missing *directory.NotFoundError
	)
	var call, detail string
	switch {
	case errors.As(err, &refused) && slices.Contains(notOursCodes(), refused.Code):
		return &directory.UnmanagedError{Call: refused.Call, Detail: refused.Detail}
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden && refused.Code != "forbidden.unclaimedDomain":
		call, detail = refused.Call, refused.Detail
	case errors.As(err, &missing):
		call, detail = missing.Call, missing.Detail
	default:
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return readErr
	case refused != nil && account.Managed && !account.ReadOnly:
		return &directory.AuthError{Call: call, Status: refused.Status, Code: refused.Code, Detail: detail}
	}
	return &directory.UnmanagedError{Call: call, Detail: detail}
}

// emailTaken looks, when an address was refused, whether somebody else has it.
// The vendor documents no code for that.
func (t *Target) emailTaken(ctx context.Context, accountID, email string, err error) error {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return err
	}
	holders, readErr := t.FindAccounts(ctx, []string{email})
	if readErr != nil {
		return readErr
	}
	for _, holder := range holders {
		if holder.ID != accountID {
			return &directory.ConflictError{Call: refused.Call, Detail: refused.Detail}
		}
	}
	return err
}
