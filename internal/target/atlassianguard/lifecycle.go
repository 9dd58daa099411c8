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

func (t *Target) setActive(ctx context.Context, id string, active bool) error {
	user, err := t.patchUser(ctx, id, wireOperation{Op: "replace", Path: "active", Value: active})
	if rest.Answered(err) {
		now, lookErr := t.user(ctx, id, "excludedAttributes", "groups")
		if lookErr != nil {
			return lookErr
		}
		if now.active() == active {
			return nil
		}
	}
	if err == nil && user.active() != active {
		return &directory.RefusedError{
			Call: "PATCH /scim/directory/{directoryId}/Users/{userId}", Status: http.StatusOK, Code: "unchanged",
			Detail: "the directory took the change and did not make it",
		}
	}
	return err
}
