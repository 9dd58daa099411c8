package directory

import "context"

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
	// Creates is whether accounts can be made, CreatesInGroups whether those that are
	// made, and those that are given access, are put in their groups along the way.
	Creates, CreatesInGroups bool
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
