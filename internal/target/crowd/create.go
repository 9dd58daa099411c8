package crowd

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// CreateAccounts makes users, one a call and eight at once, each with a random
// password that nobody learns. Attributes and groups are not carried along.
// Somebody of that user name is a *directory.ConflictError: Crowd answers 400
// INVALID_USER [P], and the name is looked up to tell that from other mistakes.
//
// POST /user
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, t.create)
}

func (t *Target) create(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
	name := strings.TrimSpace(wanted.UserName)
	password := rest.NewPassword()
	user := wireUser{
		Name: name, DisplayName: wanted.DisplayName, Email: wanted.Email, Active: true, Password: &wirePassword{Value: password},
	}
	user.FirstName, user.LastName = names(wanted.DisplayName)
	call := rest.Call{
		Method: "POST", Template: root + "/user", Secrets: []string{password},
		Body: user,
	}
	if name == "" {
		return directory.AccountCreated{Err: &directory.RefusedError{
			Call: call.Name(), Code: "no-user-name", Detail: "Crowd makes no user without a user name",
		}}
	}
	err := t.client.Send(ctx, call)
	if !rest.Answered(err) {
		if err != nil {
			return directory.AccountCreated{Err: err}
		}
		return t.made(ctx, call, user)
	}
	switch _, readErr := t.user(ctx, name, false); {
	case readErr == nil:
		return directory.AccountCreated{Err: &directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)}}
	case missing(readErr):
		return directory.AccountCreated{Err: err}
	default:
		return directory.AccountCreated{Err: rest.Unclear(call, readErr)}
	}
}

// made is the outcome of a creation that succeeded. A name with capitals is read
// back: Jira, where it serves this API, puts names in lower case [K], Crowd keeps
// them, and the name that is told from then on is the id.
func (t *Target) made(ctx context.Context, call rest.Call, user wireUser) directory.AccountCreated {
	if user.Name != fold(user.Name) {
		told, err := t.user(ctx, user.Name, false)
		if err != nil {
			return directory.AccountCreated{Err: rest.Unclear(call, err)}
		}
		user = told
	}
	made := user.account(false)
	return directory.AccountCreated{AccountID: made.ID, Account: &made}
}

// names divides a display name as Crowd does itself where the parts are
// missing: the last word is the last name.
func names(displayName string) (first, last string) {
	words := strings.Fields(displayName)
	if len(words) < 2 {
		return "", strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}
