package confluencedc

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// newUser is the body of a creation. The password that it must have is random
// and kept nowhere; nobody is sent an e-mail by Confluence.
type newUser struct {
	UserName string `json:"userName"`
	FullName string `json:"fullName"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Notify   bool   `json:"notifyViaEmail"`
}

// CreateAccounts creates accounts, eight at once. Confluence has this since
// 8.4. A user name that exists is a *directory.ConflictError, a full licence a
// *directory.SeatError. User names are sent in lower case, since Confluence takes
// no others.
//
// POST /rest/api/admin/user
// https://developer.atlassian.com/server/confluence/rest/v1003/api-group-admin-user/#api-rest-api-admin-user-post
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, func(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
		account, err := t.create(ctx, wanted)
		if err != nil {
			return directory.AccountCreated{Err: err}
		}
		return directory.AccountCreated{AccountID: account.ID, Account: &account}
	})
}

// create makes one account and returns it as it was sent, but for the address,
// which Confluence does not tell again.
func (t *Target) create(ctx context.Context, wanted directory.NewAccount) (directory.Account, error) {
	var none directory.Account
	password := rest.NewPassword()
	name := strings.ToLower(wanted.UserName)
	body := newUser{UserName: name, FullName: wanted.DisplayName, Email: wanted.Email, Password: password}
	call := rest.Call{Method: http.MethodPost, Template: "/rest/api/admin/user", Object: "account", Body: body, Secrets: []string{password}}
	switch {
	case name == "":
		return none, &directory.RefusedError{Call: call.Name(), Code: "no-user-name", Detail: "Confluence has no account without a user name"}
	case badUserName(name) != "":
		return none, &directory.RefusedError{Call: call.Name(), Code: "user-name", Detail: badUserName(name)}
	case wanted.Email == "":
		return none, &directory.RefusedError{Call: call.Name(), Code: "no-email", Detail: "Confluence makes no account without an e-mail address"}
	case wanted.DisplayName == "":
		// Confluence demands a name, and the user name is what it shows without one.
		body.FullName = name
		call.Body = body
	}
	err := t.client.Send(ctx, call)
	switch {
	case err == nil:
		return t.account(call, person{UserName: name, DisplayName: body.FullName})
	case !lacksCall(err) && !rest.Answered(err):
		return none, err
	}
	switch there, readErr := t.exists(ctx, name); {
	case readErr != nil:
		return none, rest.Unclear(call, readErr)
	case there:
		return none, &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}
	case lacksCall(err):
		return none, t.tooOld(ctx, call, "create accounts", "8.4", err)
	}
	return none, t.explained(ctx, call, err)
}

// badUserName says why Confluence would refuse a new account's user name, by
// the rules that its API documents, so that it need not be asked each time.
func badUserName(name string) string {
	switch {
	case name == "anonymous":
		return "Confluence keeps the user name anonymous for itself"
	case strings.ContainsAny(name, `\,+<>'"`):
		return "Confluence takes none of \\ , + < > ' \" in a user name: make others with a rule for user_name"
	case strings.ContainsFunc(name, unicode.IsSpace):
		return "Confluence takes no blank in a user name: make others with a rule for user_name"
	}
	return ""
}
