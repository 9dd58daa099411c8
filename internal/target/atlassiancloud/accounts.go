package atlassiancloud

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// wireAccount is what is used of the vendor's MultiDirectoryUser.
type wireAccount struct {
	AccountID        string `json:"accountId"`
	Email            string `json:"email"`
	Name             string `json:"name"`
	AccountStatus    string `json:"accountStatus"`
	MembershipStatus string `json:"membershipStatus"`
	Status           string `json:"status"`
	ClaimStatus      string `json:"claimStatus"`
	ManagementSource string `json:"managementSource"`
	AddedToOrg       string `json:"addedToOrg"`
}

// inDirectory is false for somebody whose account the organisation knows, or
// manages, and who is not in the directory: an invitation is needed before
// anything else can be done, just as for somebody unknown.
func (a wireAccount) inDirectory() bool {
	return a.Status != "not_invited" && a.MembershipStatus != "no_membership"
}

func (a wireAccount) account() directory.Account {
	account := directory.Account{
		ID: a.AccountID, Email: a.Email, DisplayName: a.Name,
		Status:   a.accountStatus(),
		Managed:  a.ClaimStatus == "managed",
		ReadOnly: a.ManagementSource == "synced",
	}
	// A time that cannot be read is as good as one that is not stated.
	if added, err := time.Parse(time.RFC3339, a.AddedToOrg); err == nil {
		account.AddedAt = added.UTC()
	}
	return account
}

// accountStatus reduces the vendor's three words. What is closed outranks what
// is deactivated, and that what is suspended, since less would not open it
// again. Only who manages an account can activate it again.
func (a wireAccount) accountStatus() directory.AccountStatus {
	deactivated := a.Status == "deactivated" || a.AccountStatus == "inactive"
	switch {
	case a.Status == "for_deletion", a.AccountStatus == "closed", deactivated && a.ClaimStatus != "managed":
		return directory.AccountClosed
	case deactivated:
		return directory.AccountDeactivated
	case a.Status == "suspended", a.MembershipStatus == "suspended":
		return directory.AccountSuspended
	}
	return directory.AccountActive
}

// Accounts reads one page of 100 accounts.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/search (the GET form
// is deprecated and stops on 2027-06-30)
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	found, next, err := t.searchUsers(ctx, t.directory, userSearch{Cursor: cursor})
	if err != nil {
		return directory.AccountPage{}, err
	}
	page := directory.AccountPage{Next: next}
	for _, account := range found {
		if account.inDirectory() {
			page.Accounts = append(page.Accounts, account.account())
		}
	}
	return page, nil
}

// Account looks one account up. Somebody who is not in the directory is a
// *directory.NotFoundError.
//
// GET /v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-accountid-get
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	call := rest.Call{
		Method: "GET", Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}",
		Args: []string{t.organization, t.directory, accountID}, Object: "account",
	}
	var got struct {
		Data *wireAccount `json:"data"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.Account{}, t.reallyMissing(ctx, err)
	}
	if got.Data == nil || got.Data.AccountID != accountID {
		return directory.Account{}, &directory.UnavailableError{
			Call: call.Name(), Status: 200, Detail: "the answer is not about the account asked for",
		}
	}
	if !got.Data.inDirectory() {
		return directory.Account{}, &directory.NotFoundError{
			Call: call.Name(), What: "account", Detail: "known to the organisation, not in this directory",
		}
	}
	return got.Data.account(), nil
}

// reallyMissing makes sure that a 404 about one object is not the
// organisation's or the directory's: a search answers 404 for those alone, and
// becomes a *directory.AuthError. Other errors pass through.
func (t *Target) reallyMissing(ctx context.Context, err error) error {
	var missing *directory.NotFoundError
	if !errors.As(err, &missing) {
		return err
	}
	if _, _, probe := t.searchGroups(ctx, t.directory, groupSearch{Limit: 1}); probe != nil {
		return probe
	}
	return err
}

// FindAccounts looks accounts up by e-mail address, 100 a call. The vendor
// compares whole addresses; whether it minds case is not said, so that what it
// returns is compared here again.
//
// POST /v2/orgs/{orgId}/directories/{directoryId}/users/search
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-directories-directoryid-users-search-post
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	var found []directory.Account
	for chunk := range slices.Chunk(folded(emails), searchEmails) {
		asked := make(map[string]bool, len(chunk))
		for _, email := range chunk {
			asked[email] = true
		}
		seen := make(map[string]bool, len(chunk))
		err := t.everyUser(ctx, t.directory, userSearch{Emails: chunk}, func(account wireAccount) {
			// The same account on two pages is one account.
			if asked[foldKey(account.Email)] && account.inDirectory() && !seen[account.AccountID] {
				seen[account.AccountID] = true
				found = append(found, account.account())
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
