package atlassiancloud

import (
	"context"
	"errors"
	"net/http"
	"reflect"
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
		if err := t.profileWritten(ctx, call, accountID, profile, t.client.Send(ctx, call)); err != nil {
			return err
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
			return t.emailTaken(ctx, call, accountID, *patch.Email, t.whyNotWritten(ctx, call, accountID, err))
		}
	}
	return nil
}

const (
	profileTemplate = "/users/{account_id}/manage/profile"
	// extendedField is what a profile has beside the name.
	extendedField = "extended_profile"
)

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
	body[extendedField] = below
	return body, nil
}

// profileWritten settles a call that was to write a profile: err is what it ended
// in, and what was refused is compared with what is there, unless the refusal says
// whose the profile is.
func (t *Target) profileWritten(ctx context.Context, call rest.Call, accountID string, wanted map[string]any, err error) error {
	if err == nil {
		return nil
	}
	why := t.whyNotWritten(ctx, call, accountID, err)
	if !unsettled(why) {
		return why
	}
	held, readErr := t.profile(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case holds(held, wanted):
		return nil
	}
	return why
}

// unsettled reports whether a refusal may be of what is so already: all may but a
// 403, which is about who may write.
func unsettled(err error) bool {
	var refused *directory.RefusedError
	var conflict *directory.ConflictError
	return errors.As(err, &conflict) || errors.As(err, &refused) && refused.Status != http.StatusForbidden
}

// holds reports whether a profile has all that was to be written in it.
func holds(held, wanted map[string]any) bool {
	for name, value := range wanted {
		if below, deep := value.(map[string]any); deep {
			if inner, there := held[name].(map[string]any); !there || !holds(inner, below) {
				return false
			}
			continue
		}
		is, there := held[name]
		if there && !reflect.DeepEqual(is, value) || !there && value != "" {
			return false
		}
	}
	return true
}

// extendedProfile reads what an account's profile holds beside its name.
func (t *Target) extendedProfile(ctx context.Context, accountID string) (map[string]any, error) {
	held, err := t.profile(ctx, accountID)
	if err != nil {
		return nil, err
	}
	extended, there := held[extendedField].(map[string]any)
	if !there && held[extendedField] != nil {
		return nil, &directory.UnavailableError{
			Call: http.MethodGet + " " + profileTemplate, Status: http.StatusOK, Detail: "what the answer holds beside the name is no object",
		}
	}
	return extended, nil
}

// profile reads an account's profile.
//
// GET /users/{account_id}/manage/profile
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-profile/#api-users-account-id-manage-profile-get
func (t *Target) profile(ctx context.Context, accountID string) (map[string]any, error) {
	call := rest.Call{Method: "GET", Template: profileTemplate, Args: []string{accountID}, Object: "account"}
	var got struct {
		Account map[string]any `json:"account"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, t.whyNotWritten(ctx, call, accountID, err)
	}
	if got.Account["account_id"] != accountID {
		return nil, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer is not about the account asked for"}
	}
	return got.Account, nil
}

// whyNotWritten tells an account that is not ours from a key that may not
// manage accounts and from an account that is gone, by looking at the account
// where the answer alone does not say.
func (t *Target) whyNotWritten(ctx context.Context, call rest.Call, accountID string, err error) error {
	var (
		refused *directory.RefusedError
		missing *directory.NotFoundError
	)
	var name, detail string
	switch {
	case errors.As(err, &refused) && slices.Contains(notOursCodes(), refused.Code):
		return &directory.UnmanagedError{Call: refused.Call, Detail: refused.Detail}
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden && refused.Code != "forbidden.unclaimedDomain":
		name, detail = refused.Call, refused.Detail
	case errors.As(err, &missing):
		name, detail = missing.Call, missing.Detail
	default:
		return err
	}
	account, readErr := t.Account(ctx, accountID)
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case refused != nil && account.Managed && !account.ReadOnly:
		return &directory.AuthError{Call: name, Status: refused.Status, Code: refused.Code, Detail: detail}
	}
	return &directory.UnmanagedError{Call: name, Detail: detail}
}

// emailTaken looks, when an address was refused, whether somebody else has it, or
// the account itself by now. The vendor documents no code for that.
func (t *Target) emailTaken(ctx context.Context, call rest.Call, accountID, email string, err error) error {
	if !unsettled(err) {
		return err
	}
	holders, readErr := t.FindAccounts(ctx, []string{email})
	if readErr != nil {
		return rest.Unclear(call, readErr)
	}
	for _, holder := range holders {
		if holder.ID == accountID {
			return nil
		}
	}
	if len(holders) > 0 {
		return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
}
