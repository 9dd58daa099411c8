package directory

import "context"

// Target is where accounts live. It is what a product must be able to do for
// Rollcall to keep people and groups in it; what only some products can do is
// an optional interface (AccountCreator, Suspender, Nester, …).
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
