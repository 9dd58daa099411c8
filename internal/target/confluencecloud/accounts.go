package confluencecloud

import (
	"context"
	"net/url"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Account looks one account up. The vendor leaves out those whose profile the
// token's owner may not see: who is not in its answer is asked for once more, by
// v1, and only that answer makes somebody a *directory.NotFoundError.
//
// POST /wiki/api/v2/users-bulk (v1's look-up does not tell who is deactivated)
// https://developer.atlassian.com/cloud/confluence/rest/v2/api-group-user/#api-users-bulk-post
func (t *Target) Account(ctx context.Context, accountID string) (directory.Account, error) {
	call := rest.Call{
		Method: "POST", Template: "/wiki/api/v2/users-bulk", Read: true,
		Body: struct {
			AccountIDs []string `json:"accountIds"`
		}{[]string{accountID}},
	}
	var got struct {
		Results []struct {
			AccountID   string `json:"accountId"`
			DisplayName string `json:"displayName"`
			// Email is empty where the person's privacy settings hide it.
			Email  string `json:"email"`
			Status string `json:"accountStatus"`
		} `json:"results"`
	}
	if err := t.client.Get(ctx, call, &got); err != nil {
		return directory.Account{}, err
	}
	if got.Results == nil {
		return directory.Account{}, atlassiansite.Strange(call, 200, "the answer holds no list")
	}
	for _, user := range got.Results {
		if user.AccountID != accountID {
			continue
		}
		account := directory.Account{ID: accountID, Email: user.Email, DisplayName: user.DisplayName, Status: directory.AccountActive}
		// "unknown" is what the vendor does not tell.
		if user.Status == "inactive" || user.Status == "closed" {
			account.Status = directory.AccountClosed
		}
		return account, nil
	}
	return t.leftOut(ctx, accountID)
}

// leftOut looks up an account that the look-up of many left out. Its status is
// not told: it counts as active, so that nobody is taken for gone or blocked who
// may not be.
//
// GET /wiki/rest/api/user
// https://developer.atlassian.com/cloud/confluence/rest/v1/api-group-users/#api-wiki-rest-api-user-get
func (t *Target) leftOut(ctx context.Context, accountID string) (directory.Account, error) {
	call := rest.Call{Method: "GET", Template: "/wiki/rest/api/user", Object: "account", Query: url.Values{"accountId": {accountID}}}
	var got wireMember
	switch err := t.client.Get(ctx, call, &got); {
	case atlassiansite.Bare(err):
		// The look-up of many has just answered, and without this account.
		return directory.Account{}, &directory.NotFoundError{Call: call.Name(), What: "account"}
	case err != nil:
		return directory.Account{}, err
	}
	if got.AccountID != accountID {
		return directory.Account{}, atlassiansite.Strange(call, 200, "the answer is not about the account asked for")
	}
	return directory.Account{ID: accountID, Email: got.Email, DisplayName: got.DisplayName, Status: directory.AccountActive}, nil
}
