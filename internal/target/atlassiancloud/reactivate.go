package atlassiancloud

import (
	"context"
	"errors"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// codeInactive is an invitation's refusal of somebody whose account is
// deactivated; codeRoleNotGranted is ours for a result that says so in words.
const (
	codeInactive       = "ADMIN-UAM-400-2"
	codeRoleNotGranted = "role-not-granted"
)

// inactive reports whether somebody was perhaps refused because the account is
// deactivated. The vendor gives words for it, or a code, depending on where it
// notices; only the account itself tells for certain.
func inactive(err error) bool {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) {
		return false
	}
	return refused.Code == codeInactive || refused.Code == codeRoleNotGranted && strings.Contains(strings.ToLower(refused.Detail), "inactive")
}

// reactivate enables the managed accounts of people who were refused for being
// deactivated, and returns whom to invite once more: somebody who comes back
// after having been taken out of the directory. What stands against one of
// them replaces the refusal in errs.
//
// POST /users/{account_id}/manage/lifecycle/enable
// https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-lifecycle/#api-users-account-id-manage-lifecycle-enable-post
func (t *Target) reactivate(ctx context.Context, refused []directory.NewAccount, errs map[int64]error) ([]directory.NewAccount, error) {
	emails := make([]string, len(refused))
	for i, one := range refused {
		emails[i] = one.Email
	}
	ids := make(map[string]string, len(refused))
	for from := 0; from < len(emails); from += searchEmails {
		query := userSearch{Emails: folded(emails[from:min(from+searchEmails, len(emails))]), ClaimStatus: "managed"}
		err := t.everyUser(ctx, allDirectories, query, func(account wireAccount) {
			if !account.inDirectory() && account.accountStatus() == directory.AccountDeactivated {
				ids[foldKey(account.Email)] = account.AccountID
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var again []directory.NewAccount
	for _, one := range refused {
		id, there := ids[foldKey(one.Email)]
		if !there {
			continue
		}
		if err := directory.Pass(ctx, one.Ref); err != nil {
			var out *directory.LeftOutError
			if !errors.As(err, &out) {
				return again, err
			}
			errs[one.Ref] = err
			continue
		}
		err := t.client.Send(ctx, rest.Call{
			Method: "POST", Template: "/users/{account_id}/manage/lifecycle/enable", Args: []string{id}, Object: "account",
		})
		switch {
		case err == nil:
			again = append(again, one)
		case stops(err), ctx.Err() != nil:
			return again, err
		default:
			errs[one.Ref] = err
		}
	}
	return again, nil
}
