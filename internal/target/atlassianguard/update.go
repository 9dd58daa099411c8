package atlassianguard

import (
	"context"
	"net/http"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// UpdateAccount writes the attributes that are given, by one PATCH: the API's
// PUT would clear the others. An address that changes costs a look at the user
// first, since the addresses can only be replaced as a whole; a user name that
// was the old address follows it. A user name or address of another user is a
// *directory.ConflictError.
func (t *Target) UpdateAccount(ctx context.Context, id string, patch directory.AccountPatch) error {
	if err := known(patch.Attributes); err != nil {
		return err
	}
	var operations []wireOperation
	replace := func(path string, value any) {
		operations = append(operations, wireOperation{Op: "replace", Path: path, Value: value})
	}
	if patch.Email != nil {
		user, err := t.user(ctx, id, "attributes", "userName,emails")
		if err != nil {
			return err
		}
		replace("emails", withPrimary(user, *patch.Email))
		if patch.UserName == nil && fold(user.UserName) == fold(user.email()) {
			patch.UserName = patch.Email
		}
	}
	if patch.UserName != nil {
		replace("userName", *patch.UserName)
	}
	if patch.DisplayName != nil {
		replace("displayName", *patch.DisplayName)
	}
	for _, a := range attributes() {
		switch text, given := patch.Attributes[a.name]; {
		case given && text != "":
			replace(a.path, a.written(text))
		case given:
			operations = append(operations, wireOperation{Op: "remove", Path: a.path})
		}
	}
	if len(operations) == 0 {
		return ctx.Err()
	}
	call := t.patchOfUser(id, operations...)
	user, err := t.patchUser(ctx, call, id)
	if err == nil && user.ID == "" && patch.UserName != nil {
		t.named.Store(true) // for all that was told, it is not an address
	}
	if !rest.Answered(err) {
		return err
	}
	now, readErr := t.user(ctx, id, "excludedAttributes", "groups")
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case isAs(t.account(now), patch):
		return nil
	case directory.ClassOf(err) == directory.ClassRefused:
		return t.whose(ctx, call, id, patch, err)
	}
	return err
}

// isAs reports whether an account is as a patch would make it.
func isAs(account directory.Account, patch directory.AccountPatch) bool {
	for name, value := range patch.Attributes {
		if account.Attributes[name] != value {
			return false
		}
	}
	return (patch.Email == nil || fold(account.Email) == fold(*patch.Email)) &&
		(patch.UserName == nil || fold(account.UserName) == fold(*patch.UserName)) &&
		(patch.DisplayName == nil || account.DisplayName == *patch.DisplayName)
}

// known refuses attributes that a directory does not have.
func known(given map[string]string) error {
	for name := range given {
		if !slices.ContainsFunc(attributes(), func(a attribute) bool { return a.name == name }) {
			return &directory.RefusedError{
				Call: "PATCH /scim/directory/{directoryId}/Users/{userId}", Code: "no-such-attribute",
				Detail: "a SCIM directory has no attribute " + name + " that can be written",
			}
		}
	}
	return nil
}

// whose turns a refusal into a *directory.ConflictError if an address or a user
// name that was to be written is another user's: the description has no status
// of its own for that.
func (t *Target) whose(ctx context.Context, call rest.Call, id string, patch directory.AccountPatch, refusal error) error {
	var held []directory.Account
	if patch.Email != nil {
		found, err := t.FindAccounts(ctx, []string{*patch.Email})
		if err != nil {
			return rest.Unclear(call, err)
		}
		held = append(held, found...)
	}
	if patch.UserName != nil {
		found, err := t.FindAccountsBy(ctx, userNameAttribute, []string{*patch.UserName})
		if err != nil {
			return rest.Unclear(call, err)
		}
		held = append(held, found...)
	}
	for _, account := range held {
		if account.ID != id {
			return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(refusal)}
		}
	}
	return refusal
}

// withPrimary puts another address in the place of the primary one.
func withPrimary(user wireUser, email string) []wireEmail {
	emails := []wireEmail{{Value: email, Type: "work", Primary: true}}
	old := user.email()
	for _, other := range user.Emails {
		switch {
		case other.Value == old:
			if other.Type != "" {
				emails[0].Type = other.Type
			}
		case fold(other.Value) != fold(email):
			other.Primary = false
			emails = append(emails, other)
		}
	}
	return emails
}

// patchOfUser is the call that changes a user.
//
// PATCH /scim/directory/{directoryId}/Users/{userId}
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-users/#api-scim-directory-directoryid-users-userid-patch
func (t *Target) patchOfUser(id string, operations ...wireOperation) rest.Call {
	return rest.Call{
		Method: http.MethodPatch, Template: "/scim/directory/{directoryId}/Users/{userId}", Args: []string{t.directory, id},
		Body: patchOf(operations...), Object: "account",
	}
}

// patchUser changes a user and returns it as it is then; one of whom the answer
// tells nothing has no id.
func (t *Target) patchUser(ctx context.Context, call rest.Call, id string) (wireUser, error) {
	answer, err := t.client.Do(ctx, call)
	if err != nil {
		return wireUser{}, err
	}
	if answer.Status == http.StatusNoContent {
		// RFC 7644 section 3.5.2 allows it; the description has only 200.
		return wireUser{}, nil
	}
	var user wireUser
	if err := t.client.Decode(call, answer, &user); err != nil {
		return user, err
	}
	if err := sameID(call, user.ID, id); err != nil {
		return user, err
	}
	t.account(user) // remembers a user name that is not an address
	return user, nil
}
