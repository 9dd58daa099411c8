package crowd

import (
	"context"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireUser is what is used of Crowd's UserEntity. The same fields are written
// back whole, since an update replaces all of them.
type wireUser struct {
	Name        string `json:"name"`
	FirstName   string `json:"first-name"`
	LastName    string `json:"last-name"`
	DisplayName string `json:"display-name"`
	Email       string `json:"email"`
	Active      bool   `json:"active"`
	// Password is sent on creation alone; answers hold a link in its place.
	Password *wirePassword `json:"password,omitempty"`
	// Attributes are there when they were asked for; when not, there is an empty
	// list in their place, which says nothing. [P]
	Attributes *wireAttributes `json:"attributes,omitempty"`
}

type wirePassword struct {
	Value string `json:"value,omitempty"`
}

type wireAttributes struct {
	Attributes []wireAttribute `json:"attributes"`
}

type wireAttribute struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// account is the domain's view of a user, with our attributes where they were
// asked for. Whether a directory can be written is not told; that it cannot
// shows when it is written.
func (u wireUser) account(described bool) directory.Account {
	a := directory.Account{
		ID: u.Name, UserName: u.Name, Email: u.Email, DisplayName: u.DisplayName,
		Status: directory.AccountActive, Managed: true,
	}
	if !u.Active {
		a.Status = directory.AccountDeactivated
	}
	if described && u.Attributes != nil && u.Attributes.Attributes != nil {
		a.Attributes = map[string]string{}
		for _, name := range attributes() {
			a.Attributes[name] = ""
		}
		for _, attribute := range u.Attributes.Attributes {
			if _, ours := a.Attributes[attribute.Name]; ours && len(attribute.Values) > 0 {
				a.Attributes[attribute.Name] = attribute.Values[0]
			}
		}
	}
	return a
}

// searchUsers reads one page of the users that a restriction fits; an empty one
// fits all.
func (t *Target) searchUsers(ctx context.Context, restriction, cursor string) ([]directory.Account, string, error) {
	start, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	call := search("user", restriction, start)
	var got struct {
		Users []wireUser `json:"users"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, "", err
	}
	if got.Users == nil || slices.ContainsFunc(got.Users, func(u wireUser) bool { return u.Name == "" }) {
		return nil, "", noList(call)
	}
	found := make([]directory.Account, len(got.Users))
	for i, u := range got.Users {
		found[i] = u.account(true)
	}
	return found, following(start, len(found)), nil
}

// Accounts reads one page of 1,000 users, the inactive ones too.
//
// GET /search?entity-type=user
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#search-resource
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	found, next, err := t.searchUsers(ctx, "", cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	return directory.AccountPage{Accounts: found, Next: next}, nil
}

// Account looks a user up by name, with our attributes.
//
// GET /user?username=…&expand=attributes
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	user, err := t.user(ctx, accountID, true)
	if err != nil {
		return directory.Account{}, err
	}
	return user.account(true), nil
}

func (t *Target) user(ctx context.Context, name string, expand bool) (wireUser, error) {
	call := rest.Call{Method: "GET", Template: root + "/user", Query: url.Values{"username": {name}}, Object: "account"}
	if expand {
		call.Query.Set("expand", "attributes")
	}
	var user wireUser
	if err := t.client.Get(ctx, call, &user); err != nil {
		return wireUser{}, err
	}
	if fold(user.Name) != fold(name) {
		return wireUser{}, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer is not about the user asked for"}
	}
	return user, nil
}

// FindAccounts looks users up by their e-mail addresses, 20 a call. Crowd lets
// several users have one address; all of them are among the results.
//
// GET /search?entity-type=user&restriction=email="…" or email="…"
// https://developer.atlassian.com/server/crowd/crowd-query-language/
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	return t.find(ctx, "email", emails, func(a directory.Account) string { return a.Email })
}

// FindAccountsBy finds users by "user_name", 20 a call.
//
// GET /search?entity-type=user&restriction=name="…" or name="…"
// https://developer.atlassian.com/server/crowd/crowd-query-language/
func (t *Target) FindAccountsBy(ctx context.Context, attribute string, values []string) ([]directory.Account, error) {
	if attribute != "user_name" {
		return nil, &directory.RefusedError{Call: "find accounts", Code: "attribute", Detail: "Crowd finds no users by " + attribute}
	}
	return t.find(ctx, "name", values, func(a directory.Account) string { return a.UserName })
}

func (t *Target) find(ctx context.Context, property string, values []string, of func(directory.Account) string) ([]directory.Account, error) {
	asked := make(map[string]bool, len(values))
	for _, value := range values {
		asked[fold(value)] = true
	}
	delete(asked, "")
	return rest.Gather(ctx, anyOf(property, values), func(ctx context.Context, restriction string) ([]directory.Account, error) {
		found, err := everything(ctx, func(ctx context.Context, cursor string) ([]directory.Account, string, error) {
			return t.searchUsers(ctx, restriction, cursor)
		})
		return slices.DeleteFunc(found, func(a directory.Account) bool { return !asked[fold(of(a))] }), err
	})
}
