package bitbucketdc

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireUser is what is used of Bitbucket's RestDetailedUser.
type wireUser struct {
	Name           string `json:"name"`
	EmailAddress   string `json:"emailAddress"`
	DisplayName    string `json:"displayName"`
	Active         *bool  `json:"active"`
	MutableDetails *bool  `json:"mutableDetails"`
	MutableGroups  *bool  `json:"mutableGroups"`
}

func is(flag *bool) bool { return flag == nil || *flag }

// account is the domain's view of a user. One that is not active has been
// blocked in the directory that Bitbucket reads it from, and cannot be
// unblocked here.
func (u wireUser) account(licensed bool) directory.Account {
	a := directory.Account{
		ID: u.Name, UserName: u.Name, Email: u.EmailAddress, DisplayName: u.DisplayName,
		Status: directory.AccountActive, Managed: is(u.MutableDetails), ReadOnly: !is(u.MutableGroups),
	}
	switch {
	case !is(u.Active):
		a.Status = directory.AccountClosed
	case !licensed:
		a.Status = directory.AccountSuspended
	}
	return a
}

// Accounts reads one page of 1,000 users. Who is a licensed user is in a list
// of its own, which is read whole before the first page.
//
// GET /rest/api/latest/admin/users
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-get
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	start, err := position(cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	licensed, err := t.licensed.of(ctx, t, start == 0)
	if err != nil {
		return directory.AccountPage{}, err
	}
	users, next, err := list[wireUser](ctx, t, "/admin/users", nil, start)
	if err != nil {
		return directory.AccountPage{}, err
	}
	if next == 0 {
		t.licensed.forget()
	}
	found := directory.AccountPage{Next: following(next)}
	for _, user := range users {
		if user.Name == "" {
			return directory.AccountPage{}, nameless("/admin/users")
		}
		found.Accounts = append(found.Accounts, user.account(licensed[fold(user.Name)]))
	}
	return found, nil
}

// nameless is the outcome of a list with somebody in it who has no name.
func nameless(template string) error {
	return &directory.UnavailableError{Call: "GET " + root + template, Status: 200, Detail: "the list holds somebody without a name"}
}

// Account looks a user up by name, and whether they are licensed.
//
// GET /rest/api/latest/admin/users?filter=…, GET /rest/api/latest/users?filter=…&permission=LICENSED_USER
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-get
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	user, err := t.user(ctx, accountID)
	if err != nil {
		return directory.Account{}, err
	}
	licensed, err := t.isLicensed(ctx, user.Name)
	return user.account(licensed), err
}

// user looks a user up by name. The filter is for any part of user name, name
// or address; names are unique, so that the first that is equal is the one.
func (t *Target) user(ctx context.Context, name string) (wireUser, error) {
	var found *wireUser
	err := every(ctx, t, "/admin/users", filter(name), func(user wireUser) bool {
		if fold(user.Name) == fold(name) {
			found = &user
		}
		return found == nil
	})
	if err != nil {
		return wireUser{}, err
	}
	if found == nil {
		return wireUser{}, &directory.NotFoundError{Call: "GET " + root + "/admin/users", What: "account"}
	}
	return *found, nil
}

// FindAccounts looks users up by address, one a call and eight at once: the
// filter takes one text, for any part of user name, name or address, and is
// followed to its end. Who was found is looked up once more for the licence.
//
// GET /rest/api/latest/admin/users?filter=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-get
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	return t.find(ctx, emails, func(u wireUser) string { return u.EmailAddress })
}

// FindAccountsBy finds users by "user_name".
//
// GET /rest/api/latest/admin/users?filter=…
// https://developer.atlassian.com/server/bitbucket/rest/v905/api-group-permission-management/#api-api-latest-admin-users-get
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if attribute != "user_name" {
		return nil, &directory.RefusedError{Call: "find accounts", Code: "attribute", Detail: "Bitbucket finds no users by " + attribute}
	}
	return t.find(ctx, values, func(u wireUser) string { return u.Name })
}

func (t *Target) find(ctx context.Context, values []string, of func(wireUser) string) ([]directory.Account, error) {
	return rest.Gather(ctx, distinct(values), func(ctx context.Context, value string) ([]directory.Account, error) {
		var users []wireUser
		err := every(ctx, t, "/admin/users", filter(value), func(user wireUser) bool {
			if fold(of(user)) == value {
				users = append(users, user)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		var found []directory.Account
		for _, user := range users {
			licensed, err := t.isLicensed(ctx, user.Name)
			if err != nil {
				return nil, err
			}
			found = append(found, user.account(licensed))
		}
		return found, nil
	})
}

// distinct returns the values folded, without blanks and each once.
func distinct(values []string) []string {
	seen := make(map[string]bool, len(values))
	var folded []string
	for _, value := range values {
		if value = strings.ToLower(strings.TrimSpace(value)); value != "" && !seen[value] {
			seen[value] = true
			folded = append(folded, value)
		}
	}
	return folded
}
