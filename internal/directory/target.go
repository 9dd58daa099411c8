package directory

import (
	"context"
	"time"
)

// Target is where accounts live. It is what a product must be able to do for
// Rollcall to keep people and groups in it; what only some products can do is
// an optional interface below.
//
// Every write may be repeated without harm: adding a member twice, removing
// one who is not there, suspending who is suspended succeed. A target decides
// such cases by reading back, never by the text of an answer. Every method
// returns one of this package's typed errors when the product said no or
// could not be asked: *RateLimitError, *AuthError, *NotFoundError,
// *ConflictError, *RefusedError, *SeatError, *UnmanagedError,
// *UnavailableError. A write that ends in *UnavailableError with Ambiguous set
// may have been done.
type Target interface {
	// Check says who the target is and what the credential may do.
	Check(ctx context.Context) (TargetReport, error)

	// Accounts reads one page of all accounts.
	Accounts(ctx context.Context, cursor string) (AccountPage, error)
	// Account looks one account up directly by its id.
	Account(ctx context.Context, accountID string) (Account, error)
	// FindAccounts returns every account whose e-mail address equals one of
	// those given, ignoring case; any number may be given. An address that
	// nobody has is simply not among the results; one that several have is
	// there several times. A target that tells no addresses (see
	// Capabilities.LinkBy) finds nobody.
	FindAccounts(ctx context.Context, emails []string) ([]Account, error)

	// Groups reads one page of all groups.
	Groups(ctx context.Context, cursor string) (TargetGroupPage, error)
	// FindGroups returns every group whose name equals one of those given,
	// ignoring case; any number may be given.
	FindGroups(ctx context.Context, names []string) ([]TargetGroup, error)
	// CreateGroup creates a group and returns it with its id. A group of that
	// name (or one that differs in case only, where the product folds case)
	// is a *ConflictError.
	CreateGroup(ctx context.Context, group NewGroup) (TargetGroup, error)
	// Members reads one page of the account ids in a group.
	Members(ctx context.Context, groupID, cursor string) (AccountIDPage, error)
	// AddMember puts an account in a group. A group or account that is gone is
	// a *NotFoundError, a full licence a *SeatError.
	AddMember(ctx context.Context, groupID, accountID string) error
	// RemoveMember takes an account out of a group; that either of them is
	// gone or was not in it is success.
	RemoveMember(ctx context.Context, groupID, accountID string) error
}

// AccountCreator is a Target that can make accounts. In one that cannot, people
// get their account by other means, and it is then found and adopted.
type AccountCreator interface {
	// CreateAccounts creates any number of accounts in as few calls as the
	// product allows and calls done once for each element of batch, as soon as
	// its outcome is known. Calls of done never overlap. A write that the product
	// carried along (a membership) is in the outcome, so that it is not made
	// again. It returns an error when the remaining elements were not attempted
	// because the target cannot be used now (rate limit, outage, refused
	// credential); each of those stays without a call of done.
	CreateAccounts(ctx context.Context, batch []NewAccount, done func(AccountCreated)) error
}

// Restorer is a Target that can give an account its access back. Every
// Suspender and Deactivator is one.
type Restorer interface {
	// RestoreAccount makes a suspended or deactivated account active; one that is
	// active is success.
	RestoreAccount(ctx context.Context, accountID string) error
}

// Suspender is a Target that can take an account's access away without
// blocking the account as such.
type Suspender interface {
	Restorer
	// SuspendAccount takes an account's access away and keeps all it had, but for
	// what an AccessTaker takes.
	SuspendAccount(ctx context.Context, accountID string) error
}

// AccessTaker is a Suspender in which access hangs on groups, so that
// suspending takes the account out of them.
type AccessTaker interface {
	// AccessGroups returns the ids of the groups that an account which is
	// suspended is in no longer.
	AccessGroups(ctx context.Context) ([]string, error)
}

// LeadKeeper is a Target in which an account can lead something that must not
// be without a lead, and that may refuse to block an account that does.
type LeadKeeper interface {
	// HandOver gives all that an account leads to whom the configuration names,
	// and returns what that was, in the target's own keys ("project ABC",
	// "component 10001"), without anything about people. It is asked before an
	// account is suspended, deactivated or deleted. With nobody named it does
	// nothing.
	HandOver(ctx context.Context, accountID string) ([]string, error)
}

// Nester is a Target whose groups can be in groups.
type Nester interface {
	// Subgroups reads one page of the ids of the groups that are directly in a
	// group.
	Subgroups(ctx context.Context, groupID, cursor string) (GroupIDPage, error)
	// AddSubgroup puts a group in another. One that is gone is a
	// *NotFoundError, a circle a *RefusedError.
	AddSubgroup(ctx context.Context, groupID, childID string) error
	// RemoveSubgroup takes a group out of another; that either is gone or was not
	// in it is success.
	RemoveSubgroup(ctx context.Context, groupID, childID string) error
}

// GroupPermitter is a Target in which groups hold permissions that the
// configuration states (a Bitbucket project's or repository's).
type GroupPermitter interface {
	// Permissions returns what a group holds of the permissions of those scopes.
	// A scope in which it holds none is not among the results; a scope that does
	// not exist is a *NotFoundError that says "project" or "repository".
	Permissions(ctx context.Context, groupID string, scopes []string) ([]Permission, error)
	// Permit gives a group a permission, in place of the one that it has there;
	// it returns once that is so.
	Permit(ctx context.Context, groupID string, p Permission) error
}

// Permission is what a group may do in a part of a target.
type Permission struct {
	// Scope is "project KEY" or "repository slug".
	Scope string
	// Level is the target's word: "read", "write", "create-repo", "admin".
	Level string
}

// AccountWriter is a Target that can change the attributes of an account.
type AccountWriter interface {
	// UpdateAccount writes the attributes that are not nil. An account that
	// the product does not let us write is an *UnmanagedError.
	UpdateAccount(ctx context.Context, accountID string, patch AccountPatch) error
}

// AccessGranter is a Target in which an account that exists may still lack
// what a new one gets, such as access to a product.
type AccessGranter interface {
	// GrantAccess gives existing accounts what CreateAccounts would have given
	// them. It calls done and returns errors as that does, and takes nothing away.
	GrantAccess(ctx context.Context, batch []NewAccount, done func(AccountCreated)) error
}

// Deactivator is a Target that can block an account as such. RestoreAccount
// takes it back.
type Deactivator interface {
	Restorer
	DeactivateAccount(ctx context.Context, accountID string) error
}

// AccountDeleter is a Target out of which an account can be taken. One that is
// gone already is success.
type AccountDeleter interface {
	DeleteAccount(ctx context.Context, accountID string) error
}

// GroupRenamer is a Target in which a group keeps its id when its name changes.
type GroupRenamer interface {
	// RenameGroup gives a group another name; one that has it is success. A name
	// that another group has is a *ConflictError.
	RenameGroup(ctx context.Context, groupID, name string) error
}

// AccountFinder is a Target that finds accounts by other attributes than the
// e-mail address.
type AccountFinder interface {
	// FindAccountsBy returns every account whose attribute ("user_name", …)
	// equals one of the values, as FindAccounts does for addresses.
	FindAccountsBy(ctx context.Context, attribute string, values []string) ([]Account, error)
}

// Capabilities say what a kind of target can do, so that a configuration can
// be checked without asking one.
type Capabilities struct {
	// Attributes are those that can be written beside e-mail and display name,
	// by our names: user_name, job_title, department, organization, location,
	// locale, time_zone.
	Attributes []string
	// Steps are the kinds of removal that a ladder may use.
	Steps []Kind
	// LinkBy are the attributes that accounts can be found by.
	LinkBy []string
	// Renames is whether a group can be renamed, Nests whether a group can be
	// in another.
	Renames, Nests bool
	// RenamesAccounts is whether an account keeps its id when its user name
	// changes. Where it does not, a user name is given to new accounts only.
	RenamesAccounts bool
	// Creates is whether accounts can be made.
	Creates bool
	// Permits is whether groups can be given permissions.
	Permits bool
	// GroupName says what is wrong with a group's name for this target; an
	// empty answer is nothing.
	GroupName func(name string) string
}

// Guarded is a Target that knows who administers it. What it lists is never
// touched.
type Guarded interface {
	// Protected returns the ids of all accounts and groups with an
	// administrative role, and of the credential's owner where it can be told.
	Protected(ctx context.Context) (Protected, error)
}

// Protected lists what is never touched in a target.
type Protected struct {
	AccountIDs []string
	GroupIDs   []string
}

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

// TargetReport is what Check learnt about a target.
type TargetReport struct {
	// Identity names the place that accounts live in (organization and
	// directory, or server id): links are unique within it.
	Identity string
	Can      []string
	Missing  []string
	// Notes are what an administrator should know and need not change.
	Notes []string
	// Version is the product's, such as "10.3.24"; empty for a service that has
	// none.
	Version string
	// Directory says whether accounts and groups can be written.
	Directory DirectoryAccess
	// Licences are what is left of each licence that new accounts take from;
	// empty where the target has none.
	Licences []Licence
}

// DirectoryAccess says whether the directory behind a target can be written.
type DirectoryAccess string

// What a directory allows.
const (
	DirectoryUnknown  DirectoryAccess = ""
	DirectoryWritable DirectoryAccess = "writable"
	// DirectoryReadOnly is one that another system fills (LDAP, Crowd, an
	// identity provider).
	DirectoryReadOnly DirectoryAccess = "read-only"
)

// Licence is the room in a licence.
type Licence struct {
	// Product is the product's name, such as "jira-software".
	Product string
	// Known is whether the target tells Free; else it is unknown.
	Known bool
	// Unlimited is a licence that never runs out.
	Unlimited bool
	// Free is how many more people may have the product.
	Free int
}
