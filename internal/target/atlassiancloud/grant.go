package atlassiancloud

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// GrantAccess gives accounts that exist the configured products: it adds and
// takes nothing away. An invitation does it for 25 people a call, with their
// groups, and goes by addresses: the source may have another for its person by now than
// the account has, and inviting that would make, or let in, somebody else. So
// each address is looked up first, 100 a call, and whose it is not, or not for
// certain, is given the products by the account's id; the groups are left to
// AddMember then. An element without an AccountID is refused.
func (t *Target) GrantAccess(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated)) error {
	emails := make([]string, 0, len(batch))
	for _, wanted := range batch {
		if wanted.Email != "" {
			emails = append(emails, wanted.Email)
		}
	}
	holders, err := t.holders(ctx, emails)
	if err != nil {
		return err
	}
	var invited, assigned []directory.NewAccount
	for _, wanted := range batch {
		switch ids := holders[foldKey(wanted.Email)]; {
		case wanted.AccountID == "":
			done(directory.AccountCreated{Ref: wanted.Ref, Err: &directory.RefusedError{
				Call: assignCall, Code: "no-account", Detail: "access is given to an account that is known by its id",
			}})
		case len(ids) == 1 && ids[wanted.AccountID]:
			invited = append(invited, wanted)
		default:
			assigned = append(assigned, wanted)
		}
	}
	if err := t.CreateAccounts(ctx, invited, done); err != nil || len(assigned) == 0 {
		return err
	}
	rules, err := t.products.rules(ctx)
	if err != nil {
		return err
	}
	return rest.CreateEach(ctx, assigned, done, func(ctx context.Context, wanted directory.NewAccount) directory.AccountCreated {
		for _, rule := range rules {
			if err := t.assignRole(ctx, wanted.AccountID, rule); err != nil {
				return directory.AccountCreated{Err: err}
			}
		}
		return directory.AccountCreated{AccountID: wanted.AccountID}
	})
}

// holders are the ids of all accounts with one of these addresses, by address.
func (t *Target) holders(ctx context.Context, emails []string) (map[string]map[string]bool, error) {
	found := make(map[string]map[string]bool, len(emails))
	all := folded(emails)
	for from := 0; from < len(all); from += searchEmails {
		err := t.everyUser(ctx, t.directory, userSearch{Emails: all[from:min(from+searchEmails, len(all))]}, func(account wireAccount) {
			key := foldKey(account.Email)
			if found[key] == nil {
				found[key] = map[string]bool{}
			}
			found[key][account.AccountID] = true
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

const (
	assignTemplate = "/admin/v1/orgs/{orgId}/users/{userId}/roles/assign"
	assignCall     = "POST " + assignTemplate
)

// assignRole gives an account a role on a product. One that has it already is
// answered as one that has not.
//
// POST /v1/orgs/{orgId}/users/{userId}/roles/assign
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v1-orgs-orgid-users-userid-roles-assign-post
func (t *Target) assignRole(ctx context.Context, accountID string, rule permissionRule) error {
	call := rest.Call{
		Method: "POST", Template: assignTemplate, Args: []string{t.organization, accountID}, Body: rule, Object: "account",
	}
	err := t.client.Send(ctx, call)
	var (
		missing  *directory.NotFoundError
		conflict *directory.ConflictError
	)
	switch {
	case errors.As(err, &missing):
		// A 404 does not say whether it is about the account or the product.
		if _, err := t.Account(ctx, accountID); err != nil {
			return rest.UnclearUnlessGone(call, err)
		}
		t.products.forget()
		return &directory.RefusedError{Call: assignCall, Status: 404, Code: "unknown-resource", Detail: missing.Detail}
	case errors.As(err, &conflict):
		return &directory.SeatError{Call: assignCall, Detail: conflict.Detail}
	}
	return err
}
