package jiradc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// sightFor is how long it is believed that the credential may search and sees
// addresses: a permission that is taken away meanwhile would make people seem
// to have no account.
const sightFor = 10 * time.Minute

// The permissions that count, by Jira's keys.
// https://confluence.atlassian.com/adminjiraserver/managing-global-permissions-938847142.html
const (
	permissionAdminister = "ADMINISTER"
	permissionSystem     = "SYSTEM_ADMIN"
	permissionBrowse     = "USER_PICKER"
)

// codeHidden is the code of an *directory.AuthError about e-mail addresses that
// are not shown.
const codeHidden = "addresses-hidden"

// sight remembers until when it is believed that searches find and addresses
// are told.
type sight struct {
	mu                sync.Mutex
	search, addresses time.Time
}

// permissions returns whether the credential has the permissions that Jira tells
// of, by their keys, and those to administer and to browse users whether it tells
// of them or not.
//
// GET /rest/api/2/mypermissions
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-mypermissions/#api-api-2-mypermissions-get
func (t *Target) permissions(ctx context.Context) (map[string]bool, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/mypermissions"}
	var got struct {
		Permissions map[string]struct {
			Have *bool `json:"havePermission"`
		} `json:"permissions"`
	}
	err := t.client.Get(ctx, call, &got)
	if err != nil {
		return nil, err
	}
	if got.Permissions == nil {
		return nil, incomplete(call, "no permissions")
	}
	has := make(map[string]bool)
	for key, permission := range got.Permissions {
		if permission.Have != nil {
			has[key] = *permission.Have
		}
	}
	if _, told := has[permissionAdminister]; !told {
		if has[permissionAdminister], err = t.readsRoles(ctx); err != nil {
			return nil, err
		}
	}
	if _, told := has[permissionBrowse]; !told {
		// Where searches find nobody without the permission, they find somebody with
		// it: at least the one who asks.
		users, _, err := t.search(ctx, ".", 0)
		if err != nil {
			return nil, err
		}
		has[permissionBrowse] = len(users) > 0
	}
	return has, nil
}

// readsRoles reports whether the credential may read the applications, which
// only an administrator may.
func (t *Target) readsRoles(ctx context.Context) (bool, error) {
	_, err := t.roles(ctx)
	var auth *directory.AuthError
	if errors.As(err, &auth) && auth.Status == http.StatusForbidden {
		return false, nil
	}
	return err == nil, err
}

// canSearch makes sure that a search which finds nobody means that: without the
// global permission Browse Users both the user search and the group picker
// answer with nothing.
func (t *Target) canSearch(ctx context.Context) error {
	t.sight.mu.Lock()
	defer t.sight.mu.Unlock()
	if t.now().Before(t.sight.search) {
		return nil
	}
	has, err := t.permissions(ctx)
	if err != nil {
		return err
	}
	if !has[permissionBrowse] {
		return &directory.AuthError{
			Call: "GET " + searchPath, Status: http.StatusOK, Code: permissionBrowse,
			Detail: "the credential lacks the global permission Browse Users, without which searches find nobody",
		}
	}
	t.sight.search = t.now().Add(sightFor)
	return nil
}

// seesAddresses makes sure that accounts show their e-mail addresses: an
// administrator can hide or mask them, and nobody would be found then.
func (t *Target) seesAddresses(ctx context.Context) error {
	t.sight.mu.Lock()
	defer t.sight.mu.Unlock()
	if t.now().Before(t.sight.addresses) {
		return nil
	}
	told, err := t.tellsAddresses(ctx)
	if err != nil {
		return err
	}
	if !told {
		return &directory.AuthError{
			Call: "GET " + searchPath, Status: http.StatusOK, Code: codeHidden,
			Detail: "Jira does not show e-mail addresses: set User email visibility to public or to logged in users only, or link by user name",
		}
	}
	t.sight.addresses = t.now().Add(sightFor)
	return nil
}

// tellsAddresses reports whether the owner of the credential, or else anybody
// of the first people there are, shows an e-mail address.
func (t *Target) tellsAddresses(ctx context.Context) (bool, error) {
	owner, err := t.myself(ctx)
	if err != nil || address(owner.EmailAddress) != "" {
		return err == nil, err
	}
	users, _, err := t.search(ctx, ".", 0)
	if err != nil {
		return false, err
	}
	for _, user := range users {
		if address(user.EmailAddress) != "" {
			return true, nil
		}
	}
	return false, nil
}

// myself is the owner of the credential.
//
// GET /rest/api/2/myself
// https://developer.atlassian.com/server/jira/platform/rest/v10003/api-group-myself/#api-api-2-myself-get
func (t *Target) myself(ctx context.Context) (wireUser, error) {
	call := rest.Call{Method: http.MethodGet, Template: "/rest/api/2/myself"}
	var got wireUser
	if err := t.client.Get(ctx, call, &got); err != nil {
		return wireUser{}, err
	}
	if got.Key == "" || got.Name == "" {
		return wireUser{}, incomplete(call, "a user without its key or name")
	}
	return got, nil
}

// forbidden says what a 403 about an object means: Jira gives it to who is no
// administrator, and to an administrator about what lives in a directory that
// Jira cannot write.
func (t *Target) forbidden(ctx context.Context, call rest.Call, refused *directory.RefusedError) error {
	has, err := t.permissions(ctx)
	switch {
	case err != nil:
		return rest.Unclear(call, err)
	case has[permissionAdminister]:
		return &directory.UnmanagedError{Call: refused.Call, Detail: refused.Detail}
	}
	return &directory.AuthError{
		Call: refused.Call, Status: refused.Status, Code: permissionAdminister,
		Detail: "the credential lacks the global permission Jira Administrators: " + refused.Detail,
	}
}

func byKey(accountID string) url.Values { return url.Values{"key": {accountID}} }
