package confluencedc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// accountsAsked is how many accounts are asked for at once: the default of the
// list, of which no maximum is stated.
const accountsAsked = 100

// Accounts reads one page of all accounts, disabled ones among them. Confluence
// has this list since 8.4; an older one is a *directory.RefusedError.
//
// GET /rest/api/user/list
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user/#api-rest-api-user-list-get
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/user/list", Query: url.Values{"expand": {"status"}}}
	start, err := startOf(call, cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	call = paged(call, start, accountsAsked)
	var got page[person]
	if err := t.client.Get(ctx, call, &got); err != nil {
		var auth *directory.AuthError
		if lacksCall(err) || errors.As(err, &auth) && auth.Status == http.StatusNotFound {
			return directory.AccountPage{}, t.tooOld(ctx, call, "list accounts", "8.4", err)
		}
		return directory.AccountPage{}, err
	}
	people, next, err := listed(got, call, start)
	if err != nil {
		return directory.AccountPage{}, err
	}
	if start == 0 && len(people) == 0 && next == "" {
		return directory.AccountPage{}, incomplete(call, "nobody, where the one who asks must be")
	}
	answer := directory.AccountPage{Accounts: make([]directory.Account, 0, len(people)), Next: next}
	for _, one := range people {
		if one.Type == "anonymous" {
			continue
		}
		account, err := t.account(call, one)
		if err != nil {
			return directory.AccountPage{}, err
		}
		answer.Accounts = append(answer.Accounts, account)
	}
	return answer, nil
}

// lacksCall reports whether an answer means that this version has no such
// call, or leaves that open (a 404, which may be an object's).
func lacksCall(err error) bool {
	var missing *directory.NotFoundError
	var refused *directory.RefusedError
	var unavailable *directory.UnavailableError
	switch {
	case errors.As(err, &missing):
		return true
	case errors.As(err, &refused):
		return refused.Status == http.StatusMethodNotAllowed
	case errors.As(err, &unavailable):
		return unavailable.Status == http.StatusNotImplemented
	}
	return false
}

// Account looks an account up by its user name.
//
// GET /rest/api/user
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-user/#api-rest-api-user-get
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/rest/api/user", Object: "account",
		Query: url.Values{"username": {accountID}, "expand": {"status"}},
	}
	var got person
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.Account{}, err
	}
	if !strings.EqualFold(got.UserName, accountID) {
		return directory.Account{}, incomplete(call, "somebody else")
	}
	return t.account(call, got)
}

// exists looks an account up and reports whether it is there.
func (t *Target) exists(ctx context.Context, accountID string) (bool, error) {
	_, err := t.Account(ctx, accountID)
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// FindAccounts finds nobody: Confluence shows no e-mail addresses.
func (t *Target) FindAccounts(ctx context.Context, _ []string) ([]directory.Account, error) {
	return nil, ctx.Err()
}

// FindAccountsBy looks user names up, eight at once.
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if attribute != "user_name" {
		return nil, &directory.RefusedError{
			Call: "GET /rest/api/user", Code: "attribute", Detail: "Confluence finds nobody by the attribute " + attribute,
		}
	}
	return rest.LookUp(ctx, values, t.Account)
}
