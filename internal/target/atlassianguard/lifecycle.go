package atlassianguard

import (
	"context"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DeactivateAccount blocks the Atlassian account of a user, who keeps the
// groups. One that is blocked is success.
func (t *Target) DeactivateAccount(ctx context.Context, id string) error {
	return t.setActive(ctx, id, false)
}

// RestoreAccount takes DeactivateAccount back; one that is active is success.
func (t *Target) RestoreAccount(ctx context.Context, id string) error {
	return t.setActive(ctx, id, true)
}

// setActive looks at the user once more where the answer does not say that it is
// so: a refusal may be of what is so already, and a success may leave "active" out.
func (t *Target) setActive(ctx context.Context, id string, active bool) error {
	call := t.patchOfUser(id, wireOperation{Op: "replace", Path: "active", Value: active})
	user, err := t.patchUser(ctx, call, id)
	said := err == nil && user.Active != nil && *user.Active == active
	if said || err != nil && !rest.Answered(err) {
		return err
	}
	now, lookErr := t.user(ctx, id, "excludedAttributes", "groups")
	switch {
	case lookErr != nil:
		return rest.UnclearUnlessGone(call, lookErr)
	case now.active() == active:
		return nil
	case err == nil:
		return &directory.RefusedError{
			Call: call.Name(), Status: http.StatusOK, Code: "unchanged",
			Detail: "the directory took the change and did not make it",
		}
	}
	return rest.NotPossible(call, err)
}
