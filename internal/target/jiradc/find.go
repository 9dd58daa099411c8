package jiradc

import (
	"context"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// FindAccounts searches for each address, eight at once, and compares exactly.
// The search takes an address for a piece of text and gives 1,000 people at
// most: an answer as long as that may lack who was looked for and is none. That
// the credential may search, and that addresses are shown, is asked now and
// then (see sight), since without either nobody would seem to have an account.
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	emails = rest.Distinct(emails)
	if len(emails) == 0 {
		return nil, nil
	}
	if err := t.canSearch(ctx); err != nil {
		return nil, err
	}
	if err := t.seesAddresses(ctx); err != nil {
		return nil, err
	}
	return rest.Gather(ctx, emails, t.withAddress)
}

// withAddress returns the accounts of one address.
func (t *Target) withAddress(ctx context.Context, email string) ([]directory.Account, error) {
	users, call, err := t.search(ctx, email, 0)
	if err != nil {
		return nil, err
	}
	if len(users) >= accountsAsked {
		return nil, incomplete(call, "1,000 people or more, so that who was looked for may not be among them")
	}
	var found []directory.Account
	for _, user := range users {
		if user.Deleted || !strings.EqualFold(user.EmailAddress, email) {
			continue
		}
		account, err := user.account(call)
		if err != nil {
			return nil, err
		}
		t.names.learn(t.now(), account.ID, account.UserName)
		found = append(found, account)
	}
	return found, nil
}

// FindAccountsBy looks user names up, eight at once.
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if attribute != "user_name" {
		return nil, &directory.RefusedError{
			Call: "GET /rest/api/2/user", Code: "attribute", Detail: "Jira finds nobody by the attribute " + attribute,
		}
	}
	return rest.LookUp(ctx, values, t.named)
}

// named looks one user name up.
func (t *Target) named(ctx context.Context, name string) (directory.Account, error) {
	user, err := t.user(ctx, url.Values{"username": {name}})
	if err != nil {
		return directory.Account{}, err
	}
	return user.account(userCall(nil))
}
