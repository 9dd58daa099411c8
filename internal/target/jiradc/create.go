package jiradc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// newUser is the body of a creation. No password is sent: Jira makes one up
// that nobody knows.
type newUser struct {
	Name         string   `json:"name"`
	EmailAddress string   `json:"emailAddress"`
	DisplayName  string   `json:"displayName"`
	Applications []string `json:"applicationKeys"`
	Notification string   `json:"notification"`
}

// CreateAccounts creates accounts, eight at once, with access to the configured
// applications and to no other: without the field Jira would give its own
// defaults. Nobody gets an e-mail from Jira.
//
// A user name that exists is a *directory.ConflictError; Jira answers 400 to
// it, as to all it refuses, so that the name is looked up.
//
// POST /rest/api/2/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-post
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, t.create)
}

func (t *Target) create(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
	call := rest.Call{Method: http.MethodPost, Template: "/rest/api/2/user", Object: "account", Body: newUser{
		Name: wanted.UserName, EmailAddress: wanted.Email, DisplayName: wanted.DisplayName,
		Applications: t.applications, Notification: "false",
	}}
	switch {
	case wanted.UserName == "":
		return failed(&directory.RefusedError{Call: call.Name(), Code: "no-user-name", Detail: "Jira has no account without a user name"})
	case wanted.Email == "":
		return failed(&directory.RefusedError{Call: call.Name(), Code: "no-email", Detail: "Jira makes no account without an e-mail address"})
	case wanted.DisplayName == "":
		// Jira demands a name, and the user name is what it shows without one.
		body := call.Body.(newUser)
		body.DisplayName = wanted.UserName
		call.Body = body
	}
	var made wireUser
	err := t.client.Get(ctx, call, &made)
	switch {
	case err == nil && made.Name != "" && !strings.EqualFold(made.Name, wanted.UserName):
		return failed(incomplete(call, "a new user of another name"))
	case err == nil && made.Key == "":
		return t.madeWithoutKey(ctx, call, wanted.UserName)
	case err == nil:
		t.names.learn(t.now(), made.Key, made.Name)
		created := directory.AccountCreated{AccountID: made.Key}
		if account, err := made.account(call); err == nil {
			created.Account = &account
		}
		return created
	case !rest.Answered(err):
		return failed(err)
	}
	_, readErr := t.user(ctx, url.Values{"username": {wanted.UserName}})
	var missing *directory.NotFoundError
	switch {
	case readErr == nil:
		return failed(&directory.ConflictError{Call: call.Name(), Detail: directory.DetailOf(err)})
	case !errors.As(readErr, &missing):
		return failed(rest.Unclear(call, readErr))
	}
	err = t.orFull(ctx, call, err, func(role wireRole) bool {
		return slices.ContainsFunc(t.applications, func(key string) bool { return strings.EqualFold(key, role.Key) })
	})
	return failed(t.explained(ctx, call, err))
}

// madeWithoutKey is the outcome of a creation that was answered with success and
// without the key that the account got.
func (t *Target) madeWithoutKey(ctx context.Context, call rest.Call, name string) directory.AccountCreated {
	user, err := t.user(ctx, url.Values{"username": {name}})
	if err != nil {
		return failed(rest.Unclear(call, err))
	}
	account, err := user.account(call)
	if err != nil {
		return failed(err)
	}
	return directory.AccountCreated{AccountID: account.ID, Account: &account}
}

func failed(err error) directory.AccountCreated { return directory.AccountCreated{Err: err} }
