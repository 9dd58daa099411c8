package atlassianguard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// users is the list of users, without the groups of each.
//
// GET /scim/directory/{directoryId}/Users
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-users/#api-scim-directory-directoryid-users-get
func (t *Target) users() rest.Call {
	return rest.Call{
		Method: http.MethodGet, Template: "/scim/directory/{directoryId}/Users", Args: []string{t.directory},
		Query: url.Values{"excludedAttributes": {"groups"}},
	}
}

// Accounts reads one page of all users of the directory. Who was deleted is
// not among them.
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	got, next, err := continued[wireUser](ctx, t, t.users(), cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	out := directory.AccountPage{Accounts: make([]directory.Account, 0, len(got.items)), Next: next}
	for _, user := range got.items {
		out.Accounts = append(out.Accounts, t.account(user))
	}
	return out, nil
}

// Account looks one user up. Who was deleted is a *directory.NotFoundError.
func (t *Target) Account(ctx context.Context, id string) (directory.Account, error) {
	user, err := t.user(ctx, id, "excludedAttributes", "groups")
	if err != nil {
		return directory.Account{}, err
	}
	return t.account(user), nil
}

// user reads one user, with the attributes that an option names or without.
//
// GET /scim/directory/{directoryId}/Users/{userId}
// https://developer.atlassian.com/cloud/admin/user-provisioning/rest/api-group-users/#api-scim-directory-directoryid-users-userid-get
func (t *Target) user(ctx context.Context, id, option, names string) (wireUser, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/scim/directory/{directoryId}/Users/{userId}", Args: []string{t.directory, id},
		Query: url.Values{option: {names}}, Object: "account",
	}
	var user wireUser
	if err := t.client.Get(ctx, call, &user); err != nil {
		return user, err
	}
	return user, sameID(call, user.ID, id)
}

// sameID fails for an answer that is about nothing, or something else.
func sameID(call rest.Call, got, want string) error {
	if got == want {
		return nil
	}
	return &directory.UnavailableError{
		Call: call.Name(), Status: http.StatusOK, Ambiguous: call.Method != http.MethodGet, Detail: "the answer is not about what was asked",
	}
}

// FindAccounts returns the accounts of e-mail addresses. The API filters by user
// name and by no address: an address is looked for as the user name, which it
// is unless the configuration makes other ones. Once an account was seen whose
// user name is another, addresses not found that way are looked for in the
// whole list.
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	byEmail := lookup[wireUser]{list: t.users(), filter: "userName", key: wireUser.email}
	listed := t.named.Load()
	users, err := byEmail.find(ctx, t, emails, listed && len(emails) >= listFrom)
	if err != nil {
		return nil, err
	}
	found := t.accounts(users)
	if !t.named.Load() || listed && len(emails) >= listFrom {
		return found, nil
	}
	there := make(map[string]bool, len(found))
	for _, account := range found {
		there[fold(account.Email)] = true
	}
	var missing []string
	for _, email := range emails {
		if !there[fold(email)] {
			missing = append(missing, email)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	users, err = byEmail.find(ctx, t, missing, true)
	if err != nil {
		return nil, err
	}
	return append(found, t.accounts(users)...), nil
}

// FindAccountsBy returns the accounts of user names.
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if attribute != userNameAttribute {
		return nil, fmt.Errorf("accounts are not found by %s in a SCIM directory", attribute)
	}
	byName := lookup[wireUser]{list: t.users(), filter: "userName", key: func(u wireUser) string { return u.UserName }}
	users, err := byName.find(ctx, t, values, false)
	if err != nil {
		return nil, err
	}
	return t.accounts(users), nil
}

func (t *Target) accounts(users []wireUser) []directory.Account {
	accounts := make([]directory.Account, 0, len(users))
	for _, user := range users {
		accounts = append(accounts, t.account(user))
	}
	return accounts
}
