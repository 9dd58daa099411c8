package crowd

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// UpdateAccount writes names and address (read, changed and written back whole,
// because an update replaces the whole user), and our attributes. First and
// last name follow a new display name where they made up the old one.
//
// A user name is Crowd's only id: a user who is renamed is another one to
// everybody who keeps the name, this program too. It is therefore not renamed;
// what else there is in the patch is written, and a *directory.RefusedError
// says so.
func (t *Target) UpdateAccount(ctx context.Context, accountID string, patch directory.AccountPatch) error {
	for name := range patch.Attributes {
		if !slices.Contains(attributes(), name) {
			return &directory.RefusedError{Call: "update user", Code: "attribute", Detail: "Crowd is given no attribute " + name}
		}
	}
	if patch.DisplayName != nil || patch.Email != nil {
		err := t.change(ctx, accountID, func(user *wireUser) {
			if patch.Email != nil {
				user.Email = *patch.Email
			}
			if patch.DisplayName != nil {
				before := [2]string{user.FirstName, user.LastName}
				if first, last := names(user.DisplayName); before == [2]string{first, last} {
					user.FirstName, user.LastName = names(*patch.DisplayName)
				}
				user.DisplayName = *patch.DisplayName
			}
		})
		if err != nil {
			return err
		}
	}
	if err := t.describe(ctx, accountID, patch.Attributes); err != nil {
		return err
	}
	if patch.UserName != nil && fold(*patch.UserName) != fold(accountID) {
		return &directory.RefusedError{Call: "rename user", Code: "rename", Detail: "a user name is Crowd's only id and is not changed"}
	}
	return nil
}

// change reads a user, changes it and writes it back. One that is so already is
// not written.
//
// PUT /user?username=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) change(ctx context.Context, name string, change func(*wireUser)) error {
	is, err := t.user(ctx, name, false)
	if err != nil {
		return err
	}
	is.Password, is.Attributes = nil, nil
	wanted := is
	change(&wanted)
	if wanted == is {
		return nil
	}
	call := rest.Call{
		Method: "PUT", Template: root + "/user", Query: url.Values{"username": {is.Name}}, Body: wanted, Object: "account",
	}
	err = t.client.Send(ctx, call)
	if !rest.Answered(err) {
		return err
	}
	after, readErr := t.user(ctx, name, false)
	if readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	after.Password, after.Attributes = nil, nil
	if after == wanted {
		return nil
	}
	return err
}

// describe writes our attributes and takes away those whose value is empty.
//
// POST /user/attribute?username=…, DELETE /user/attribute?username=…&attributename=…
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/#user-resource
func (t *Target) describe(ctx context.Context, name string, values map[string]string) error {
	var given wireAttributes
	wanted := make(map[string]string, len(values))
	for _, attribute := range slices.Sorted(maps.Keys(values)) {
		if value := values[attribute]; value != "" {
			wanted[attribute] = value
			given.Attributes = append(given.Attributes, wireAttribute{Name: attribute, Values: []string{value}})
		}
	}
	if len(given.Attributes) > 0 {
		call := rest.Call{
			Method: "POST", Template: root + "/user/attribute", Query: url.Values{"username": {name}}, Body: given, Object: "account",
		}
		if err := t.described(ctx, call, name, wanted, t.client.Send(ctx, call)); err != nil {
			return err
		}
	}
	for _, attribute := range slices.Sorted(maps.Keys(values)) {
		if values[attribute] == "" {
			if err := t.clear(ctx, name, attribute); err != nil {
				return err
			}
		}
	}
	return nil
}

// clear takes an attribute away. Whether Crowd takes it amiss that there is none
// is [K].
func (t *Target) clear(ctx context.Context, name, attribute string) error {
	call := rest.Call{
		Method: "DELETE", Template: root + "/user/attribute",
		Query: url.Values{"username": {name}, "attributename": {attribute}}, Object: "account",
	}
	return t.described(ctx, call, name, map[string]string{attribute: ""}, t.client.Send(ctx, call))
}

// described settles a call that was to give attributes their values, or to take
// away those whose value is empty: err is what it ended in, and what was refused is
// compared with what is there, unless the user is not ours to write.
func (t *Target) described(ctx context.Context, call rest.Call, name string, values map[string]string, err error) error {
	if !rest.Answered(err) || directory.ClassOf(err) == directory.ClassUnmanaged {
		return err
	}
	user, readErr := t.user(ctx, name, true)
	if readErr != nil {
		return rest.UnclearUnlessGone(call, readErr)
	}
	held := user.account(true).Attributes
	if held == nil {
		return rest.Unclear(call, &directory.UnavailableError{Status: http.StatusOK, Detail: "the answer does not tell the user's attributes"})
	}
	for attribute, value := range values {
		if held[attribute] != value {
			return err
		}
	}
	return nil
}
