package compare

import (
	"slices"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// Ending is what becomes of the account of somebody who may not have access.
type Ending string

// The endings.
const (
	// Blocked is an account without access; it may be gone as well.
	Blocked Ending = ""
	// Stripped is an account with access and in none of the groups selected.
	Stripped Ending = "stripped"
	// Gone is no account.
	Gone Ending = "gone"
)

// Target says what a kind of target is like, so that nothing is asked of it
// that it cannot do. The zero value makes accounts, finds them by address,
// writes addresses and names, keeps the letters of names and blocks accounts.
type Target struct {
	// ByUserName is whether an account is a person's by its user name, which is
	// the login whatever its case, and not by its address.
	ByUserName bool `json:"by_user_name,omitempty"`
	// UserNames is whether the accounts that are made have the login as user
	// name.
	UserNames bool `json:"user_names,omitempty"`
	// KeepsEmails and KeepsNames are whether addresses and display names stay
	// what they were when the account was made.
	KeepsEmails bool `json:"keeps_emails,omitempty"`
	KeepsNames  bool `json:"keeps_names,omitempty"`
	// FoldsNames is whether the names of groups are kept in lower case.
	FoldsNames bool `json:"folds_names,omitempty"`
	// NoAccounts is whether people get their accounts by other means: only those
	// who have one are asked for.
	NoAccounts bool `json:"no_accounts,omitempty"`
	// Leavers is what becomes of the accounts of those who may not have access,
	// Suspended what becomes of those whom Okta has as suspended, where that is
	// something else.
	Leavers   Ending `json:"leavers,omitempty"`
	Suspended Ending `json:"suspended,omitempty"`
	// AccessGroups are the names of the groups that give access, where it hangs
	// on groups: an account in none of them, and without a permission of its own,
	// has none.
	AccessGroups []string `json:"access_groups,omitempty"`
	// DefaultGroups are the names of the groups that the product itself puts
	// people in when they get an account. Who of them is in those is its own
	// affair.
	DefaultGroups []string `json:"default_groups,omitempty"`
	// Permissions are those that groups must hold.
	Permissions []Permission `json:"permissions,omitempty"`
	// RefusesName is whether the target has no groups of such a name; nil
	// refuses none.
	RefusesName func(name string) bool `json:"-"`
	// RefusesUserName is whether the target has no accounts of such a user name;
	// nil refuses none.
	RefusesUserName func(name string) bool `json:"-"`
}

// fills says whether the product itself puts people in a group.
func (t Target) fills(group string) bool {
	return slices.ContainsFunc(t.DefaultGroups, func(name string) bool { return fold(name) == fold(group) })
}

// Permission is what a group, by its name, holds in a part of the target, both in
// the target's own words.
type Permission struct {
	Group string `json:"group"`
	Scope string `json:"scope"`
	Level string `json:"level"`
}

// ending is what becomes of the account of somebody who may not have access.
func (t Target) ending(p *person) Ending {
	if t.Suspended != "" && !p.erased && p.user.Status == "SUSPENDED" {
		return t.Suspended
	}
	return t.Leavers
}

// keyOf is what makes an account a person's.
func (t Target) keyOf(a roster.Account) string {
	if t.ByUserName {
		return fold(a.UserName)
	}
	return fold(a.Email)
}

// keyFor is what a person's account is known by.
func (t Target) keyFor(u OktaUser) string {
	if t.ByUserName {
		return fold(u.Login)
	}
	return fold(u.Email)
}

// open are the ids of the accounts with access.
func (t Target) open(s roster.Snapshot) map[string]bool {
	granted := map[string]bool{}
	for _, group := range s.Groups {
		if slices.ContainsFunc(t.AccessGroups, func(name string) bool { return fold(name) == fold(group.Name) }) {
			for _, id := range group.Members {
				granted[id] = true
			}
		}
	}
	open := map[string]bool{}
	for _, a := range s.Accounts {
		open[a.ID] = a.Active && (len(t.AccessGroups) == 0 || granted[a.ID] || len(a.Permissions) > 0)
	}
	return open
}
