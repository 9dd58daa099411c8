package bitbucketcloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// emailsAtOnce is how many addresses a search may have.
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-members-get
const emailsAtOnce = 90

type wireMember struct {
	Permission string   `json:"permission"`
	User       wireUser `json:"user"`
}

type wireUser struct {
	UUID        string `json:"uuid"`
	AccountID   string `json:"account_id"`
	DisplayName string `json:"display_name"`
	Nickname    string `json:"nickname"`
	Status      string `json:"account_status"`
	// Email is told only of addresses that were asked for.
	Email string `json:"email"`
}

func (u wireUser) account() directory.Account {
	account := directory.Account{ID: u.UUID, Email: u.Email, DisplayName: u.DisplayName, Status: directory.AccountActive}
	if u.AccountID != "" {
		account.Attributes = map[string]string{"account_id": u.AccountID}
	}
	// The description knows "active" and announces others without a name.
	if u.Status != "" && u.Status != "active" {
		account.Status = directory.AccountClosed
	}
	return account
}

// members is the list of the workspace's members.
//
// GET /2.0/workspaces/{workspace}/members
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-members-get
func (t *Target) members() rest.Call {
	return rest.Call{
		Method: http.MethodGet, Template: "/2.0/workspaces/{workspace}/members", Args: []string{t.workspace},
		Query: url.Values{"pagelen": {pageLength}},
	}
}

// Accounts reads one page of 100 members. Their addresses are not told.
func (t *Target) Accounts(ctx context.Context, cursor string) (directory.AccountPage, error) {
	call := t.members()
	members, next, err := page[wireMember](ctx, t, call, cursor)
	if err != nil {
		return directory.AccountPage{}, err
	}
	users := make([]wireUser, len(members))
	for i, member := range members {
		users[i] = member.User
	}
	if err := identified(call, users); err != nil {
		return directory.AccountPage{}, err
	}
	out := directory.AccountPage{Accounts: make([]directory.Account, 0, len(members)), Next: next}
	for _, user := range users {
		out.Accounts = append(out.Accounts, user.account())
	}
	return out, nil
}

// Account looks one member up; who is not in the workspace is a
// *directory.NotFoundError. The address is not told.
//
// GET /2.0/workspaces/{workspace}/members/{member}
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-members-member-get
func (t *Target) Account(ctx context.Context, id string) (directory.Account, error) {
	call := rest.Call{
		Method: http.MethodGet, Template: "/2.0/workspaces/{workspace}/members/{member}", Args: []string{t.workspace, id}, Object: "account",
	}
	var member wireMember
	if err := t.client.Get(ctx, call, &member); err != nil {
		return directory.Account{}, err
	}
	if member.User.UUID != id {
		return directory.Account{}, &directory.UnavailableError{Call: call.Name(), Status: http.StatusOK, Detail: "the answer is about somebody else"}
	}
	return member.User.account(), nil
}

// FindAccounts returns the members with e-mail addresses, 90 a call. Only a
// workspace administrator may search by address; an answer without addresses
// is an *directory.AuthError.
func (t *Target) FindAccounts(ctx context.Context, emails []string) ([]directory.Account, error) {
	asked := make(map[string]bool, len(emails))
	var distinct []string
	for _, email := range emails {
		// The vendor keeps addresses in lower case.
		if email = strings.ToLower(email); email != "" && !asked[email] {
			asked[email] = true
			distinct = append(distinct, email)
		}
	}
	if len(distinct) == 0 {
		return nil, ctx.Err()
	}
	return rest.Gather(ctx, slices.Collect(slices.Chunk(distinct, emailsAtOnce)), func(ctx context.Context, some []string) ([]directory.Account, error) {
		call := t.members()
		call.Query.Set("q", "user.email IN ("+literals(some)+")")
		call.Query.Set("fields", "+values.user.email")
		members, err := everyMember(ctx, t, call)
		if err != nil {
			return nil, err
		}
		var found []directory.Account
		for _, member := range members {
			if member.User.Email == "" {
				return nil, &directory.AuthError{
					Call: call.Name(), Status: http.StatusOK, Code: "no-addresses",
					Detail: "Bitbucket tells no addresses: the credential is not a workspace administrator's",
				}
			}
			if err := identified(call, []wireUser{member.User}); err != nil {
				return nil, err
			}
			if asked[strings.ToLower(member.User.Email)] {
				found = append(found, member.User.account())
			}
		}
		return found, nil
	})
}

// literals writes strings of the vendor's query language, which takes JSON's.
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#filtering
func literals(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			text = []byte(`""`) // a string always encodes
		}
		quoted[i] = string(text)
	}
	return strings.Join(quoted, ",")
}
