package jiradc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// userPatch is the body of an update: what is left out stays.
type userPatch struct {
	Name         *string `json:"name,omitempty"`
	EmailAddress *string `json:"emailAddress,omitempty"`
	DisplayName  *string `json:"displayName,omitempty"`
	Active       *bool   `json:"active,omitempty"`
}

// is reports whether a user is as a patch would make it.
func (p userPatch) is(u wireUser) bool {
	return (p.Name == nil || strings.EqualFold(*p.Name, u.Name)) &&
		(p.EmailAddress == nil || strings.EqualFold(*p.EmailAddress, u.EmailAddress)) &&
		(p.DisplayName == nil || *p.DisplayName == u.DisplayName) &&
		(p.Active == nil || u.Active != nil && *p.Active == *u.Active)
}

// put writes a patch.
//
// PUT /rest/api/2/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-put
func (t *Target) put(ctx context.Context, accountID string, patch userPatch) (wireUser, rest.Call, error) {
	call := rest.Call{Method: http.MethodPut, Template: "/rest/api/2/user", Query: byKey(accountID), Body: patch, Object: "account"}
	var got wireUser
	err := t.client.Get(ctx, call, &got)
	if patch.Name != nil {
		t.names.forget(accountID)
	}
	return got, call, err
}

// UpdateAccount writes user name, display name and e-mail address. Jira
// answers 400 to a change that changes nothing, as to all it refuses, so that
// the account is read then. A user name that somebody else has is a
// *directory.ConflictError; addresses may be shared in Jira.
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	const name = "PUT /rest/api/2/user"
	for attribute := range patch.Attributes {
		return &directory.RefusedError{Call: name, Code: "attribute", Detail: "Jira has no attribute " + attribute}
	}
	wanted := userPatch{Name: patch.UserName, EmailAddress: patch.Email, DisplayName: patch.DisplayName}
	if wanted == (userPatch{}) {
		return nil
	}
	_, call, err := t.put(ctx, accountID, wanted)
	if err == nil || !rest.Answered(err) {
		return err
	}
	user, readErr := t.user(ctx, byKey(accountID))
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case wanted.is(user):
		return nil
	}
	if wanted.Name != nil && !strings.EqualFold(*wanted.Name, user.Name) {
		holder, readErr := t.user(ctx, url.Values{"username": {*wanted.Name}})
		var missing *directory.NotFoundError
		switch {
		case readErr == nil && holder.Key != accountID:
			return &directory.ConflictError{Call: name, Detail: directory.DetailOf(err)}
		case readErr != nil && !errors.As(readErr, &missing):
			return rest.Unclear(call, readErr)
		}
	}
	return t.explained(ctx, call, err)
}

// DeactivateAccount blocks an account: it can no longer log in and takes no
// licence. It keeps its groups. Jira writes this since 8.3; an older one is a
// *directory.RefusedError that says what to do. Jira refuses while the account
// leads a project or component (see HandOver).
func (t *Target) DeactivateAccount(ctx context.Context, accountID string) error {
	return t.setActive(ctx, accountID, false)
}

// RestoreAccount makes an account active again. A licence without room is a
// *directory.SeatError.
func (t *Target) RestoreAccount(ctx context.Context, accountID string) error {
	return t.setActive(ctx, accountID, true)
}

func (t *Target) setActive(ctx context.Context, accountID string, active bool) error {
	const name = "PUT /rest/api/2/user"
	wanted := userPatch{Active: &active}
	told, call, err := t.put(ctx, accountID, wanted)
	switch {
	case err == nil && wanted.is(told):
		return nil
	case err != nil && !rest.Answered(err):
		return err
	}
	// A version that does not know the field passes over it, or finds that
	// nothing was to be changed.
	user, readErr := t.user(ctx, url.Values{"key": {accountID}, "expand": {"groups"}})
	switch {
	case readErr != nil:
		return rest.UnclearUnlessGone(call, readErr)
	case wanted.is(user):
		return nil
	}
	server, readErr := t.server(ctx)
	switch {
	case readErr != nil:
		return rest.Unclear(call, readErr)
	case !server.deactivates():
		return &directory.RefusedError{Call: name, Code: "version", Detail: "Jira " + server.Version + adviceVersion}
	case err == nil:
		return &directory.RefusedError{Call: name, Status: http.StatusOK, Code: "not-written", Detail: "Jira accepted the change and did not make it"}
	}
	if active && user.Groups != nil {
		var groups []string
		for _, group := range user.Groups.Items {
			groups = append(groups, groupID(group.Name))
		}
		err = t.orFull(ctx, call, err, givesGroup(groups...))
	}
	return t.explained(ctx, call, err)
}

// adviceVersion is what to do about a Jira that cannot deactivate.
const adviceVersion = " cannot deactivate accounts over this API, which came with 8.3: upgrade it, or keep its accounts with a target of the kind crowd, which the same Jira serves"

// DeleteAccount deletes an account. Jira refuses that for one that has issues,
// comments or anything else to its name: deactivating is what it is for.
//
// DELETE /rest/api/2/user
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-user/#api-api-2-user-delete
func (t *Target) DeleteAccount(ctx context.Context, accountID string) error {
	call := rest.Call{Method: http.MethodDelete, Template: "/rest/api/2/user", Query: byKey(accountID), Object: "account"}
	err := t.client.Send(ctx, call)
	t.names.forget(accountID)
	if err == nil || !rest.Answered(err) {
		return err
	}
	_, readErr := t.user(ctx, byKey(accountID))
	var missing *directory.NotFoundError
	switch {
	case errors.As(readErr, &missing):
		return nil
	case readErr != nil:
		return rest.Unclear(call, readErr)
	}
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		return &directory.RefusedError{
			Call: refused.Call, Status: refused.Status, Code: refused.Code,
			Detail: "Jira deletes nobody who has issues, comments or projects; deactivate the account instead: " + refused.Detail,
		}
	}
	return t.explained(ctx, call, err)
}
