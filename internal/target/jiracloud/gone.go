package jiracloud

import (
	"context"
	"net/url"
	"slices"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// accountGone settles a 404 without a word about an account: the vendor answers
// the same question about many with a list, which lacks those that it does not
// know. An err of another kind, and one that stays in doubt, is returned as it is.
//
// GET /rest/api/3/user/bulk
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-bulk-get
func (t *Target) accountGone(ctx context.Context, accountID string, err error) error {
	if !atlassiansite.Bare(err) {
		return err
	}
	call := rest.Call{Method: "GET", Template: "/rest/api/3/user/bulk", Query: url.Values{"accountId": {accountID}}}
	known, _, askErr := list[atlassiansite.Person](ctx, t, call, 0)
	if askErr != nil || slices.ContainsFunc(known, func(p atlassiansite.Person) bool { return p.AccountID == accountID }) {
		return err
	}
	return &directory.NotFoundError{Call: call.Name(), What: "account"}
}

// groupGone is accountGone for a group.
func (t *Target) groupGone(ctx context.Context, groupID string, err error) error {
	if !atlassiansite.Bare(err) {
		return err
	}
	if askErr := t.group(ctx, groupID); directory.ClassOf(askErr) == directory.ClassNotFound {
		return askErr
	}
	return err
}
