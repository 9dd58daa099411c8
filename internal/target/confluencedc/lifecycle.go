package confluencedc

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// blocksFor is how long deactivations that are answered with success are
// believed after one was seen to have worked.
const blocksFor = time.Hour

// DeactivateAccount disables an account: it can no longer log in and takes no
// licence. Confluence has this since 8.2. Of some versions it is told that the
// answer is success and nothing happens, so that the first one of an hour is
// looked at.
//
// PUT /rest/api/admin/user/{username}/disable
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-user/#api-rest-api-admin-user-username-disable-put
func (t *Target) DeactivateAccount(ctx context.Context, accountID string) error {
	call := rest.Call{
		Method: http.MethodPut, Template: "/rest/api/admin/user/{username}/disable", Args: []string{accountID}, Object: "account",
	}
	if err := t.switched(ctx, call, accountID, directory.AccountDeactivated); err != nil {
		return err
	}
	if t.now().UnixNano() < t.blocks.Load() {
		return nil
	}
	account, err := t.Account(ctx, accountID)
	var missing *directory.NotFoundError
	switch {
	case errors.As(err, &missing):
		return nil // who is not found once disabled cannot log in
	case err != nil:
		return rest.Unclear(call, err)
	case account.Status == directory.AccountActive:
		// A version that does not tell the status leaves it at that as well, and is
		// told from one that does by who asks: nobody can be sure then.
		if told, err := t.tellsStatus(ctx); err != nil || !told {
			return rest.Unclear(call, err)
		}
		return &directory.RefusedError{
			Call: call.Name(), Status: http.StatusNoContent, Code: "not-written",
			Detail: "Confluence accepted the deactivation and the account is still active, as is known of some 8.5 versions: upgrade it",
		}
	}
	t.blocks.Store(t.now().Add(blocksFor).UnixNano())
	return nil
}

// RestoreAccount enables an account. A licence without room is a
// *directory.SeatError.
//
// PUT /rest/api/admin/user/{username}/enable
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-user/#api-rest-api-admin-user-username-enable-put
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	call := rest.Call{
		Method: http.MethodPut, Template: "/rest/api/admin/user/{username}/enable", Args: []string{accountID}, Object: "account",
	}
	return t.switched(ctx, call, accountID, directory.AccountActive)
}

// switched enables or disables an account. After a refusal the account is
// read: it may be as wanted all the same, be gone, or be in a version that
// lacks the call.
func (t *Target) switched(ctx context.Context, call rest.Call, accountID string, wanted directory.AccountStatus) error {
	err := t.client.Send(ctx, call)
	lacks := lacksCall(err)
	if err == nil || !lacks && !rest.Answered(err) {
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	if readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if account.Status == wanted && wanted != directory.AccountActive {
		return nil
	}
	if lacks {
		return t.tooOld(ctx, call, "enable and disable accounts", "8.2", err)
	}
	if account.Status == wanted {
		// It was refused, and reads active: that is so, unless no status is told.
		if told, readErr := t.tellsStatus(ctx); readErr != nil || told {
			return rest.Unclear(call, readErr)
		}
	}
	return t.explained(ctx, call, err)
}

// tellsStatus reports whether this version tells the status of accounts, by
// that of the credential's owner.
func (t *Target) tellsStatus(ctx context.Context) (bool, error) {
	owner, err := t.owner(ctx)
	return owner.Status != "", err
}

// UpdateAccount writes display name and e-mail address, which Confluence takes
// only together and since 10.0; since it does not tell the address, a patch
// must have both. An older version is an *directory.UnmanagedError.
//
// PUT /rest/api/admin/user/{username}
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-user/#api-rest-api-admin-user-username-put
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	call := rest.Call{
		Method: http.MethodPut, Template: "/rest/api/admin/user/{username}", Args: []string{accountID}, Object: "account",
	}
	for attribute := range patch.Attributes {
		return &directory.RefusedError{Call: call.Name(), Code: "attribute", Detail: "Confluence has no attribute " + attribute}
	}
	switch {
	case patch.UserName != nil:
		return &directory.RefusedError{Call: call.Name(), Code: "user-name", Detail: "an account cannot get another user name over this API"}
	case patch.Email == nil && patch.DisplayName == nil:
		return nil
	case patch.Email == nil || patch.DisplayName == nil:
		return &directory.RefusedError{Call: call.Name(), Code: "incomplete", Detail: "Confluence takes name and e-mail address only together"}
	}
	call.Body = struct {
		FullName string `json:"fullName"`
		Email    string `json:"email"`
	}{*patch.DisplayName, *patch.Email}
	err := t.client.Send(ctx, call)
	lacks := lacksCall(err)
	if err == nil || !lacks && !rest.Answered(err) {
		return err
	}
	if _, readErr := t.Account(ctx, accountID); readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	if !lacks {
		return t.explained(ctx, call, err)
	}
	err = t.tooOld(ctx, call, "change names and addresses", "10.0", err)
	var refused *directory.RefusedError
	if errors.As(err, &refused) {
		t.fixed.Store(true)
		return &directory.UnmanagedError{Call: refused.Call, Detail: refused.Detail}
	}
	return err
}
