package atlassianguard

import (
	"context"
	"net/http"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// CreateAccounts creates users, one a call and several at once, with all their
// attributes. A managed Atlassian account of the address is linked to the new
// user. A user name or address that a user of the directory has already is a
// *directory.ConflictError; an address outside the verified domains is refused.
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, t.create)
}

// create creates one user.
//
// POST /scim/directory/{directoryId}/Users
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-users/#api-scim-directory-directoryid-users-post
func (t *Target) create(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
	call := rest.Call{
		Method: http.MethodPost, Template: "/scim/directory/{directoryId}/Users", Args: []string{t.directory},
		Body: newUser(wanted),
	}
	if wanted.Email == "" {
		return directory.AccountCreated{Err: &directory.RefusedError{
			Call: call.Name(), Code: "no-email", Detail: "nobody can be created without an e-mail address",
		}}
	}
	var user wireUser
	if err := t.client.Get(ctx, call, &user); err != nil {
		return directory.AccountCreated{Err: t.notCreated(ctx, call, userNameOf(wanted), err)}
	}
	if user.ID == "" {
		return directory.AccountCreated{Err: &directory.UnavailableError{
			Call: call.Name(), Status: http.StatusOK, Ambiguous: true, Detail: "the answer has no id",
		}}
	}
	account := t.account(user)
	return directory.AccountCreated{AccountID: user.ID, Account: &account}
}

// notCreated says why a user could not be made: who has the user name is looked
// up, because a refusal may be of what was made already.
func (t *Target) notCreated(ctx context.Context, call rest.Call, userName string, err error) error {
	if !rest.Answered(err) {
		return err
	}
	found, readErr := t.FindAccountsBy(ctx, userNameAttribute, []string{userName})
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case len(found) > 0:
		return &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	case directory.ClassOf(err) == directory.ClassConflict:
		// Nobody has the user name: the address is behind another one.
		t.named.Store(true)
	}
	return err
}

// userNameOf is the user name of a new user: the address where none is given.
func userNameOf(wanted directory.NewAccount) string {
	if wanted.UserName == "" {
		return wanted.Email
	}
	return wanted.UserName
}

// newUser is the document of a new user.
func newUser(wanted directory.NewAccount) map[string]any {
	user := map[string]any{
		"schemas": []string{schemaUser, schemaEnterprise}, "userName": userNameOf(wanted), "active": true,
		"emails": []wireEmail{{Value: wanted.Email, Type: "work", Primary: true}},
	}
	if wanted.DisplayName != "" {
		user["displayName"] = wanted.DisplayName
	}
	for _, a := range attributes() {
		if text := wanted.Attributes[a.name]; text != "" {
			a.put(user, text)
		}
	}
	return user
}
