package atlassiancloud

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// notOursCodes are the user management API's reasons for which an account, or
// a field of it, is somebody else's to write: its owner's, who has not
// confirmed it, or another directory's.
// https://developer.atlassian.com/cloud/admin/user-management/rest/intro/
func notOursCodes() []string {
	return []string{"forbidden.action", "forbidden.fieldMutation", "forbidden.targetUnverified"}
}

// UpdateAccount writes the name, the e-mail address and the profile of a
// managed account; an empty value of the profile clears. An account that is
// not managed, or that another directory provisions, is a
// *directory.UnmanagedError; an address that another account has is a
// *directory.ConflictError; one in a domain that the organisation has not
// verified is a *directory.RefusedError, as is an attribute that is not among
// Capabilities. A new address ends all the person's sessions.
//
// PATCH /users/{account_id}/manage/profile
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-profile/#api-users-account-id-manage-profile-patch
//
// PUT /users/{account_id}/manage/email
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-email/#api-users-account-id-manage-email-put
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	profile, err := t.profileOf(ctx, accountID, patch)
	if err != nil {
		return err
	}
	if len(profile) > 0 {
		call := rest.Call{
			Method: "PATCH", Template: profileTemplate, Args: []string{accountID}, Object: "account", Body: profile,
		}
		if err := t.client.Send(ctx, call); err != nil {
			return t.whyNotWritten(ctx, accountID, err)
		}
	}
	if patch.Email != nil {
		call := rest.Call{
			Method: "PUT", Template: "/users/{account_id}/manage/email",
			Args: []string{accountID}, Object: "account",
			Body: struct {
				Email string `json:"email"`
			}{*patch.Email},
		}
		if err := t.client.Send(ctx, call); err != nil {
			return t.emailTaken(ctx, accountID, *patch.Email, t.whyNotWritten(ctx, accountID, err))
		}
	}
	return nil
}

const profileTemplate = "/users/{account_id}/manage/profile"

// extended are the attributes below extended_profile, which the API calls as
// we do.
func extended() []string { return []string{"job_title", "department", "organization", "location"} }

// profileOf is the body that writes a patch. Whether the vendor merges what is
// below extended_profile or replaces it is not said: what a patch says nothing
// of is therefore read and sent along as it is.
func (t *Target) profileOf(ctx context.Context, accountID string, patch directory.AccountPatch) (map[string]any, error) {
	body, below := map[string]any{}, map[string]any{}
	refuse := func(detail string) error {
		return &directory.RefusedError{Call: "PATCH " + profileTemplate, Code: "no-such-attribute", Detail: detail}
	}
	if patch.UserName != nil {
		return nil, refuse("an account has no user name here")
	}
	if patch.DisplayName != nil {
		body["name"] = *patch.DisplayName
	}
	for name, value := range patch.Attributes {
		switch {
		case slices.Contains(extended(), name):
			below[name] = value
		case name == "locale":
			body["locale"] = value
		case name == "time_zone":
			body["zoneinfo"] = value
		default:
			return nil, refuse("an account has no " + name + " here")
		}
	}
	if len(below) == 0 {
		return body, nil
	}
	if len(below) < len(extended()) {
		kept, err := t.extendedProfile(ctx, accountID)
		if err != nil {
			return nil, err
		}
		for name, value := range kept {
			if _, written := below[name]; !written {
				below[name] = value
			}
		}
	}
	body["extended_profile"] = below
	return body, nil
}

// extendedProfile reads what an account's profile holds beside its name.
//
// GET /users/{account_id}/manage/profile
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-profile/#api-users-account-id-manage-profile-get
func (t *Target) extendedProfile(ctx context.Context, accountID string) (map[string]any, error) {
	call := rest.Call{Method: "GET", Template: profileTemplate, Args: []string{accountID}, Object: "account"}
	var got struct {
		Account *struct {
			ID       string         `json:"account_id"`
			Extended map[string]any `json:"extended_profile"`
		} `json:"account"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, t.whyNotWritten(ctx, accountID, err)
	}
	if got.Account == nil || got.Account.ID != accountID {
		return nil, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer is not about the account asked for"}
	}
	return got.Account.Extended, nil
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
