package directory

import (
	"context"
	"time"
)

// Source is where people come from: an identity provider that is read.
//
// Every method returns one of this package's typed errors when the provider
// said no or could not be asked: *RateLimitError, *AuthError, *NotFoundError,
// *RefusedError, *UnavailableError. An error never carries a secret.
type Source interface {
	// Check says who the source is and what the credential may do. Problems
	// found are in the report; an error means that it could not be asked.
	Check(ctx context.Context) (SourceReport, error)
	// Users reads one page of users, in no particular order. With a zero Since the whole
	// list is read, which leaves out deprovisioned users where the provider
	// does; otherwise those changed at or after Since, deprovisioned ones too.
	Users(ctx context.Context, page PageRequest) (UserPage, error)
	// Groups reads one page of the groups selected by the configuration. With
	// a Since, those whose own attributes or members changed at or after it.
	Groups(ctx context.Context, page PageRequest) (GroupPage, error)
	// Members reads one page of the user ids in a group. A group that is gone
	// is a *NotFoundError.
	Members(ctx context.Context, groupID, cursor string) (MemberPage, error)
	// User looks one user up directly, by id, login or e-mail, never from a cache or a
	// search index. Somebody erased is a *NotFoundError.
	User(ctx context.Context, id string) (User, error)
	// UserGroups looks up the ids of all groups that a user is in, now,
	// including those that the configuration does not select.
	UserGroups(ctx context.Context, userID string) ([]string, error)
	// Group looks one group up directly. A deleted one is a *NotFoundError.
	Group(ctx context.Context, id string) (Group, error)
}

// IncrementalReader is a Source that can list only what changed. A source
// without it is read in full every time.
type IncrementalReader interface {
	// Incremental says whether this configuration can read users and groups by
	// time of change (an application's lists have no such filter).
	Incremental() bool
}

// ChangeLog is a Source with a log of events that can be polled, used as a
// trigger only: what changed is always read through Source.
type ChangeLog interface {
	// Changes returns how many relevant events happened after the cursor and
	// the cursor to ask with next time. An empty cursor starts at now.
	Changes(ctx context.Context, cursor string) (Changes, error)
}

// Changes is what a ChangeLog saw since a cursor.
type Changes struct {
	Next string
	// Events counts those that can matter to a connection.
	Events int
	// Full is set when an event cannot be seen by an incremental read, such
	// as an assignment to an application or the deletion of a user or group.
	Full bool
}

// PageRequest asks for one page.
type PageRequest struct {
	// Cursor is what the page before returned as Next; empty for the first.
	// It is opaque, and at most 2 KB.
	Cursor string
	// Since limits the page to what changed at or after it; zero means all.
	Since time.Time
}

// UserPage is one page of users.
type UserPage struct {
	Users []User
	// Next is the cursor of the next page, empty after the last.
	Next string
	// AskedAt is when the request left: the page knows nothing newer.
	AskedAt time.Time
}

// GroupPage is one page of groups.
type GroupPage struct {
	Groups  []Group
	Next    string
	AskedAt time.Time
	// Unselected are ids of groups that were on the page and that the
	// configuration does not select; they exist all the same.
	Unselected []string
}

// MemberPage is one page of the members of a group.
type MemberPage struct {
	UserIDs []string
	Next    string
	AskedAt time.Time
}

// SourceReport is what Check learnt about a source.
type SourceReport struct {
	// Identity names the organisation itself, so that a connection which was
	// pointed elsewhere is noticed. Never a credential.
	Identity string
	// Can lists, in words, what the credential may do.
	Can []string
	// Missing lists, in words, what it should be able to do and cannot, each
	// with what to do about it.
	Missing []string
}
