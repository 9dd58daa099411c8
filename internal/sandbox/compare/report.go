package compare

import (
	"fmt"
	"strings"
)

// Kind is a kind of difference.
type Kind string

// The kinds of difference.
const (
	// AccountMissing: somebody active has no account.
	AccountMissing Kind = "account-missing"
	// AccountInactive: somebody active has an account without access.
	AccountInactive Kind = "account-inactive"
	// AccountActive: somebody who may not have access has it.
	AccountActive Kind = "account-active"
	// AccountEarly: somebody who is not there yet has got an account.
	AccountEarly Kind = "account-early"
	// AccountEmail: a managed account has not got its person's new address.
	AccountEmail Kind = "account-email"
	// AccountName: a managed account has not got its person's name.
	AccountName Kind = "account-name"
	// AccountUserName: an account that was made has another user name than its
	// person's login.
	AccountUserName Kind = "account-user-name"
	// AccountLeft: the account of somebody who may not have access is there
	// still, where it should be gone.
	AccountLeft Kind = "account-left"
	// AccountExtra: there is an active account that is nobody's.
	AccountExtra Kind = "account-extra"
	// AccountChanged: an account that was there before and is nobody's in
	// Okta, or that administers, is not what it was.
	AccountChanged Kind = "account-changed"
	// GroupMissing: a selected group is not there.
	GroupMissing Kind = "group-missing"
	// GroupName: a group that was made is not spelt as its group is or was.
	GroupName Kind = "group-name"
	// GroupExtra: there is a group that is nobody's.
	GroupExtra Kind = "group-extra"
	// GroupChanged: a group that was there before and is not taken over is not
	// what it was.
	GroupChanged Kind = "group-changed"
	// MemberMissing: somebody active is not in a group.
	MemberMissing Kind = "membership-missing"
	// PermissionMissing: a group does not hold a permission that it must.
	PermissionMissing Kind = "permission-missing"
	// MemberExtra: an active account is in a group that its person is not in.
	MemberExtra Kind = "membership-extra"
)

// Difference is one thing that is not as it should be. It has ids only: names
// and addresses are to be looked up.
type Difference struct {
	Kind        Kind   `json:"kind"`
	OktaUser    string `json:"okta_user,omitempty"`
	OktaGroup   string `json:"okta_group,omitempty"`
	AccountID   string `json:"account_id,omitempty"`
	TargetGroup string `json:"target_group,omitempty"`
}

func (d Difference) String() string {
	text := string(d.Kind)
	for _, part := range []struct{ what, id string }{
		{"user", d.OktaUser}, {"group", d.OktaGroup}, {"account", d.AccountID}, {"target group", d.TargetGroup},
	} {
		if part.id != "" {
			text += " " + part.what + " " + part.id
		}
	}
	return text
}

// Counts says how much was compared, so that an empty comparison is seen.
type Counts struct {
	// Users are the people in scope, Accounts those of them with an account.
	Users    int `json:"users"`
	Accounts int `json:"accounts"`
	Groups   int `json:"groups"`
	// Memberships are those of active people, as Okta has them.
	Memberships int `json:"memberships"`
	// Untouched are the accounts and groups that had to stay as they were.
	Untouched int `json:"untouched"`
}

// Conflict is something that cannot be as Okta has it, so that no equality is
// asked for.
type Conflict struct {
	// Reason is "same-address" (two people have one), "protected-account" (the
	// address is an administrator's), "same-name" (another group's name
	// differs in case only), "existing-group" (one that was there before and is
	// not taken over), "refused-name" or "refused-user-name" (the target has no
	// groups or accounts of such a name).
	Reason    string `json:"reason"`
	OktaUser  string `json:"okta_user,omitempty"`
	OktaGroup string `json:"okta_group,omitempty"`
}

// Report is the outcome of a comparison.
type Report struct {
	Differences []Difference `json:"differences"`
	Conflicts   []Conflict   `json:"conflicts"`
	Compared    Counts       `json:"compared"`
}

// Equal says whether nothing differs. Conflicts are no difference.
func (r Report) Equal() bool { return len(r.Differences) == 0 }

// shown is how many differences String lists.
const shown = 20

func (r Report) String() string {
	c := r.Compared
	lines := []string{fmt.Sprintf(
		"%d differences, %d conflicts; compared %d people, %d accounts, %d groups, %d memberships, %d untouched objects",
		len(r.Differences), len(r.Conflicts), c.Users, c.Accounts, c.Groups, c.Memberships, c.Untouched)}
	for i, d := range r.Differences {
		if i == shown {
			lines = append(lines, fmt.Sprintf("… and %d more", len(r.Differences)-shown))
			break
		}
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}
