package directory

import "time"

// AccountStatus says whether an account has access.
type AccountStatus string

// The statuses of an account.
const (
	AccountActive    AccountStatus = "active"
	AccountSuspended AccountStatus = "suspended"
	// AccountDeactivated is an account that is blocked as such; RestoreAccount
	// takes that back.
	AccountDeactivated AccountStatus = "deactivated"
	// AccountClosed is an account that can neither be used nor restored by us.
	AccountClosed AccountStatus = "closed"
)

// Account is a person's record in a target.
type Account struct {
	// ID is the target's own immutable id, or its user name where the product has
	// no other.
	ID       string
	UserName string
	// Email is empty where the target does not tell it, which says nothing about
	// it.
	Email       string
	DisplayName string
	// Attributes are others that the target tells, by our names; nil where it
	// tells none, which says nothing about them.
	Attributes map[string]string
	Status     AccountStatus
	// Managed is whether the target lets us write the account's attributes.
	Managed bool
	// ReadOnly is set when another system provisions this account, so that
	// nothing about it may be written by us.
	ReadOnly bool
	// AddedAt is when the account came into this target; zero if not stated.
	AddedAt time.Time
}

// NewAccount asks for an account.
type NewAccount struct {
	// Ref is the caller's own name for this element; it is not sent.
	Ref int64
	// AccountID is the account that is to be given access; empty for one that is
	// to be created.
	AccountID   string
	UserName    string
	Email       string
	DisplayName string
	// Attributes are to be written along where the product allows; the rest
	// are written by UpdateAccount.
	Attributes map[string]string
	// GroupIDs are target groups that the account should be in. The target
	// carries along those it can; the rest are added by AddMember.
	GroupIDs []string
}

// AccountCreated is the outcome of one NewAccount.
type AccountCreated struct {
	Ref int64
	// AccountID is empty when Err is set.
	AccountID string
	// Account is the account as the target's own answer tells it; nil where that
	// tells nothing, so that it is looked up once it is there.
	Account *Account
	// Joined are the groups that the account was put in along the way.
	Joined []string
	// Err is a typed error of this package.
	Err error
}

// AccountPatch holds the attributes to write; nil leaves one as it is.
type AccountPatch struct {
	UserName    *string
	Email       *string
	DisplayName *string
	// Attributes are written as they are here, an empty value clears; those
	// that are not here stay.
	Attributes map[string]string
}

// AccountPage is one page of accounts.
type AccountPage struct {
	Accounts []Account
	Next     string
	// Overlaps is set where another page may hold the same accounts, such as in a
	// list put together of groups.
	Overlaps bool
}

// TargetGroup is a group in a target.
type TargetGroup struct {
	ID   string
	Name string
	// ReadOnly is set when another system owns the group's members.
	ReadOnly bool
}

// NewGroup asks for a group.
type NewGroup struct {
	Name        string
	Description string
}

// TargetGroupPage is one page of target groups.
type TargetGroupPage struct {
	Groups []TargetGroup
	Next   string
}

// AccountIDPage is one page of account ids.
type AccountIDPage struct {
	AccountIDs []string
	Next       string
}

// GroupIDPage is one page of group ids.
type GroupIDPage struct {
	GroupIDs []string
	Next     string
}
