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

// wireRole is an application with its groups and its licence.
type wireRole struct {
	Key       string   `json:"key"`
	Name      string   `json:"name"`
	Groups    []string `json:"groups"`
	Unlimited bool     `json:"hasUnlimitedSeats"`
	Remaining *int     `json:"remainingSeats"`
	Seats     *int     `json:"numberOfSeats"`
}

// full reports whether the licence certainly has no room.
func (r wireRole) full() bool { return !r.Unlimited && r.Remaining != nil && *r.Remaining <= 0 }

// roles returns all applications.
//
// GET /rest/api/2/applicationrole
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-applicationrole/#api-api-2-applicationrole-get
func (t *Target) roles(ctx context.Context) ([]wireRole, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/applicationrole"}
	var got *[]wireRole
	if err := t.client.Get(ctx, call, &got); err != nil {
		return nil, err
	}
	if got == nil {
		return nil, incomplete(call, "no list")
	}
	return *got, nil
}

// orFull turns a refusal into a *directory.SeatError where an application that
// it is about, by key or by one of its groups, has no licence left. A 400 says
// that in words alone.
func (t *Target) orFull(ctx context.Context, call rest.Call, err error, about func(wireRole) bool) error {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return err
	}
	roles, readErr := t.roles(ctx)
	if readErr != nil {
		return rest.Unclear(call, readErr)
	}
	for _, role := range roles {
		if about(role) && role.full() {
			return &directory.SeatError{Call: refused.Call, Detail: refused.Detail}
		}
	}
	return err
}

// givesGroup is about the applications that a group gives access to.
func givesGroup(groupIDs ...string) func(wireRole) bool {
	return func(role wireRole) bool {
		return slices.ContainsFunc(role.Groups, func(name string) bool { return slices.Contains(groupIDs, groupID(name)) })
	}
}

// GrantAccess gives existing accounts the configured applications that they
// lack. It takes nothing away.
//
// POST /rest/api/2/user/application
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-application-post
func (t *Target) GrantAccess(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, func(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
		user, err := t.meant(ctx, wanted)
		if err != nil {
			return directory.AccountCreated{Err: err}
		}
		for _, application := range t.applications {
			if user.has(application) {
				continue
			}
			if err := t.grant(ctx, user, application); err != nil {
				return directory.AccountCreated{Err: err}
			}
		}
		return directory.AccountCreated{AccountID: user.Key}
	})
}

func (u wireUser) has(application string) bool {
	if u.ApplicationRoles == nil {
		return false
	}
	for _, role := range u.ApplicationRoles.Items {
		if strings.EqualFold(role.Key, application) {
			return true
		}
	}
	return false
}

// meant finds the account that is meant: the one that is named by its id, or the
// one of that user name if its address is the one given too, else the only one of
// that address. Where the
// address of the former is not told, nobody else may have the one given: of two
// who may be meant neither is given anything.
func (t *Target) meant(ctx context.Context, wanted directory.NewAccount) (wireUser, error) {
	if wanted.AccountID != "" {
		return t.user(ctx, url.Values{"key": {wanted.AccountID}, "expand": {withRoles}})
	}
	named, err := t.byName(ctx, wanted.UserName)
	switch {
	case err != nil:
		return wireUser{}, err
	case named.Key != "" && (wanted.Email == "" || strings.EqualFold(named.EmailAddress, wanted.Email)):
		return named, nil
	}
	untold := named.Key != "" && address(named.EmailAddress) == ""
	found, err := t.FindAccounts(ctx, []string{wanted.Email})
	var auth *directory.AuthError
	switch {
	case untold && errors.As(err, &auth) && auth.Code == codeHidden:
		return named, nil // nobody shows an address here: accounts go by their names
	case err != nil:
		return wireUser{}, err
	case untold && (len(found) == 0 || len(found) == 1 && found[0].ID == named.Key):
		return named, nil
	case untold:
		return wireUser{}, &directory.ConflictError{Call: "GET " + searchPath, Detail: "one account has the user name, and another one the address"}
	case len(found) == 0:
		return wireUser{}, &directory.NotFoundError{Call: "GET " + searchPath, What: "account"}
	case len(found) > 1:
		return wireUser{}, &directory.ConflictError{Call: "GET " + searchPath, Detail: "several accounts have the address"}
	}
	return t.user(ctx, url.Values{"key": {found[0].ID}, "expand": {withRoles}})
}

// withRoles asks for the applications that a user may use.
const withRoles = "applicationRoles"

// byName returns the user of a name; one without a key is nobody.
func (t *Target) byName(ctx context.Context, name string) (wireUser, error) {
	if name == "" {
		return wireUser{}, nil
	}
	user, err := t.user(ctx, url.Values{"username": {name}, "expand": {withRoles}})
	var missing *directory.NotFoundError
	if errors.As(err, &missing) {
		return wireUser{}, nil
	}
	return user, err
}

// grant gives one application to one account.
func (t *Target) grant(ctx context.Context, user wireUser, application string) error {
	call := rest.Call{
		Method: http.MethodPost, Template: "/rest/api/2/user/application", Object: "account",
		Query: url.Values{"username": {user.Name}, "applicationKey": {application}},
	}
	err := t.client.Send(ctx, call)
	if err == nil || !rest.Answered(err) {
		return err
	}
	now, readErr := t.user(ctx, url.Values{"key": {user.Key}, "expand": {"applicationRoles"}})
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case now.has(application):
		return nil
	case now.ApplicationRoles == nil:
		return rest.Unclear(call, incomplete(userCall(nil), "a user without the applications that were asked for"))
	}
	err = t.orFull(ctx, call, err, func(role wireRole) bool { return strings.EqualFold(role.Key, application) })
	return t.explained(ctx, call, err)
}

// explained turns a 403 about an object into what it means.
func (t *Target) explained(ctx context.Context, call rest.Call, err error) error {
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return t.forbidden(ctx, call, refused)
	}
	return err
}
