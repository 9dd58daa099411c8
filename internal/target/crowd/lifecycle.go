package crowd

import (
	"context"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DeactivateAccount takes the user's active flag away: nobody logs in with the
// account, in none of the applications, and it keeps its groups.
//
// PUT /user?username=… with active: false
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) DeactivateAccount(ctx context.Context, accountID string) error {
	return t.change(ctx, accountID, func(user *wireUser) { user.Active = false })
}

// RestoreAccount gives the user the active flag back.
//
// PUT /user?username=… with active: true
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	return t.change(ctx, accountID, func(user *wireUser) { user.Active = true })
}

// DeleteAccount removes the user with all memberships and attributes.
//
// DELETE /user?username=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{Method: "DELETE", Template: root + "/user", Query: url.Values{"username": {accountID}}, Object: "account"}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	switch _, readErr := t.user(ctx, accountID, false); {
	case missing(readErr):
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	}
	return err
}
