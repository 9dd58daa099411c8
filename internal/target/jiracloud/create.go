package jiracloud

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

const (
	createPath = "/rest/api/3/user"
	createCall = http.MethodPost + " " + createPath
)

// Codes of ours for refusals that a person must act on.
const (
	codeNoEmail = "no-email"
	// codeNoAccess is somebody whom the site does not let in: an account that
	// exists and has no access to the product, or one that cannot be invited.
	codeNoAccess = "no-access"
	// codeNoGroup is a product that no group can be used for to give it.
	codeNoGroup = "no-default-group"
)

// CreateAccounts creates accounts with the configured products, one a call.
// Somebody who has access already is answered like somebody new. A refusal says
// nothing that can be relied on: somebody who exists without access, a full
// licence, and now and then somebody who was invited all the same. So it is
// looked who is there, and who lacks a product is put in its default group.
//
// POST /rest/api/3/user
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-post
func (t *Target) CreateAccounts(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, t.create)
}

// GrantAccess gives accounts that exist the configured products that they lack,
// by each product's default group. An account that is named is looked at by its
// id, since its address may be another than the one that the source has by now,
// for which the vendor would make a second account. For one that is not, the same
// call as for new ones says who has access to Jira already; which of several
// products that is, it does not say, so that it is looked.
func (t *Target) GrantAccess(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	return rest.CreateEach(ctx, batch, done, func(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
		outcome, unclear := directory.AccountCreated{AccountID: wanted.AccountID}, ambiguous
		if wanted.AccountID == "" {
			outcome, unclear = t.create(ctx, wanted), afterCreating
			// Without an account in it, the outcome was looked at already.
			if outcome.Err != nil || outcome.Account == nil || len(t.products) < 2 {
				return outcome
			}
		}
		if err := t.complete(ctx, nil, outcome.AccountID, unclear); err != nil {
			return directory.AccountCreated{Err: ambiguous(err)}
		}
		return outcome
	})
}

func (t *Target) create(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
	if wanted.Email == "" {
		return directory.AccountCreated{Err: &directory.RefusedError{
			Call: createCall, Code: codeNoEmail, Detail: "nobody can be invited without an e-mail address",
		}}
	}
	// An empty list is an account without a product; the field itself is needed.
	products := t.products
	if products == nil {
		products = []string{}
	}
	call := rest.Call{
		Method: http.MethodPost, Template: createPath,
		Body: struct {
			Email    string   `json:"emailAddress"`
			Products []string `json:"products"`
		}{wanted.Email, products},
	}
	answer, err := t.client.Do(ctx, call)
	if err == nil {
		var made wireUser
		if err := t.client.Decode(call, answer, &made); err != nil {
			return directory.AccountCreated{Err: err}
		}
		if made.AccountID == "" {
			return directory.AccountCreated{Err: &directory.UnavailableError{
				Call: createCall, Status: answer.Status, Ambiguous: true, Detail: "the answer gives the account no id",
			}}
		}
		account := made.Account()
		return directory.AccountCreated{AccountID: made.AccountID, Account: &account}
	}
	if !rest.Answered(err) {
		return directory.AccountCreated{Err: err}
	}
	id, err := t.settle(ctx, wanted.Email, err)
	return directory.AccountCreated{AccountID: id, Err: err}
}

// settle finds out what became of somebody whose creation was refused.
func (t *Target) settle(ctx context.Context, email string, refusal error) (string, error) {
	found, err := t.FindAccounts(ctx, []string{email})
	if err != nil {
		return "", afterCreating(err)
	}
	roles, err := t.roles(ctx)
	if err != nil {
		return "", afterCreating(err)
	}
	if len(found) != 1 {
		return "", t.whyNot(roles, refusal)
	}
	if err := t.complete(ctx, roles, found[0].ID, afterCreating); err != nil {
		return "", ambiguous(err)
	}
	return found[0].ID, nil
}

// complete gives somebody who is on the site the configured products that are
// lacking. roles are the site's products; nil is to be asked for, where it comes
// to that. unclear says what it means that something could not be read.
func (t *Target) complete(ctx context.Context, roles []wireRole, accountID string, unclear func(error) error) error {
	user, err := t.user(ctx, accountID)
	if err != nil {
		return unclear(err)
	}
	if len(t.products) > 0 && user.Roles == nil {
		// Taken for none, everybody would be put in the default groups.
		return &directory.UnavailableError{
			Call: "GET /rest/api/3/user", Status: 200, Ambiguous: true, Detail: "the answer lacks the application roles that were asked for",
		}
	}
	for _, product := range t.products {
		if user.has(product) {
			continue
		}
		if roles == nil {
			if roles, err = t.roles(ctx); err != nil {
				return unclear(err)
			}
		}
		if err := t.grant(ctx, roles, product, user, unclear); err != nil {
			return err
		}
	}
	return nil
}

// whyNot says why somebody who is not on the site could not be created.
func (t *Target) whyNot(roles []wireRole, refusal error) error {
	for _, role := range roles {
		if slices.Contains(t.products, role.Key) && role.full() {
			return &directory.SeatError{Call: createCall, Detail: directory.DetailOf(refusal)}
		}
	}
	return &directory.RefusedError{Call: createCall, Status: 400, Code: codeNoAccess, Detail: "The site does not let this person in (" +
		directory.DetailOf(refusal) + "). Give access to the site under Atlassian Administration, Users; the next run adopts the account."}
}

// grant gives somebody who is on the site a product, by its default group.
// Groups that administer are never used for it.
func (t *Target) grant(ctx context.Context, roles []wireRole, product string, user wireUser, unclear func(error) error) error {
	place := slices.IndexFunc(roles, func(role wireRole) bool { return role.Key == product })
	if place < 0 {
		return &directory.RefusedError{Call: createCall, Code: codeNoAccess, Detail: "the site does not have the product " + product}
	}
	protected, err := t.protectedGroups(ctx)
	if err != nil {
		return unclear(err)
	}
	var names []string
	for _, group := range roles[place].DefaultGroups {
		if group.ID == "" || slices.Contains(protected, group.ID) {
			names = append(names, group.Name)
			continue
		}
		if user.in(group.ID) {
			return nil
		}
		return t.AddMember(ctx, group.ID, user.AccountID)
	}
	detail := "the product " + product + " has no default group"
	if len(names) > 0 {
		detail += " but those that administer (" + strings.Join(names, ", ") + ")"
	}
	return &directory.RefusedError{
		Call: createCall, Code: codeNoGroup,
		Detail: detail + ". Set one under Atlassian Administration, Apps, or give this person the product by hand.",
	}
}

// afterCreating is what it means that something could not be read after an account
// was asked for: it may have been made.
func afterCreating(err error) error {
	return rest.Unclear(rest.Call{Method: http.MethodPost, Template: createPath}, err)
}

// ambiguous marks what may end a create that may have been done: an outage, and
// what stops all calls. What else is refused then is refused for certain.
func ambiguous(err error) error {
	if rest.Answered(err) {
		return err
	}
	return afterCreating(err)
}
