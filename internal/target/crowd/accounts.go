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

// toldUser is a user as an answer tells it. One without its active flag is a name
// alone, as in a list that is not expanded, and says nothing of the rest.
type toldUser struct {
	wireUser
	Active *bool `json:"active"`
}

// whole returns the user; false for one of whom not all is told.
func (u toldUser) whole() (wireUser, bool) {
	if u.Name == "" || u.Active == nil {
		return wireUser{}, false
	}
	u.wireUser.Active = *u.Active
	return u.wireUser, true
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
	found, names, err := t.usersIn(ctx, call, true)
	if names {
		// The documentation knows users alone; their attributes are then looked up
		// where they are needed.
		call.Query.Set("expand", "user")
		found, names, err = t.usersIn(ctx, call, false)
	}
	switch {
	case err != nil:
		return nil, "", err
	case names:
		return nil, "", noList(call)
	}
	if restriction != "" {
		return found, following(start, len(found)), nil
	}
	next, err := t.further(ctx, call, "users", start, len(found), func() string { return found[0].ID })
	return found, next, err
}

// usersIn reads the users of a list, with our attributes where they were asked for;
// names is true where it holds names alone.
func (t *Target) usersIn(ctx context.Context, call rest.Call, described bool) (found []directory.Account, names bool, err error) {
	var got struct {
		Users []toldUser `json:"users"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, false, err
	}
	if got.Users == nil || slices.ContainsFunc(got.Users, func(u toldUser) bool { return u.Name == "" }) {
		return nil, false, noList(call)
	}
	for _, told := range got.Users {
		u, whole := told.whole()
		if !whole {
			return nil, true, nil
		}
		found = append(found, u.account(described))
	}
	return found, false, nil
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
	var told toldUser
	if err := t.client.Get(ctx, call, &told); err != nil {
		return wireUser{}, err
	}
	user, whole := told.whole()
	switch {
	case fold(told.Name) != fold(name):
		return wireUser{}, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer is not about the user asked for"}
	case !whole:
		// Taken for inactive, the user would not be deactivated, and made so by the
		// next update, which writes all of a user.
		return wireUser{}, &directory.UnavailableError{Call: call.Name(), Status: 200, Detail: "the answer does not tell whether the user is active"}
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
	return searched(ctx, property, values, func(ctx context.Context, restriction string) ([]directory.Account, error) {
		found, err := everything(ctx, func(a directory.Account) string { return a.ID }, func(ctx context.Context, cursor string) ([]directory.Account, string, error) {
			return t.searchUsers(ctx, restriction, cursor)
		})
		return slices.DeleteFunc(found, func(a directory.Account) bool { return !asked[fold(of(a))] }), err
	})
}
