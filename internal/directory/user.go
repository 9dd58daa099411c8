package directory

import "time"

// Status says whether a person may have access, whatever words the identity
// provider uses for it.
type Status string

// The statuses of a user. A source maps its own words to these.
const (
	// StatusActive is somebody who can sign in, or could after a new password.
	StatusActive Status = "active"
	// StatusPending is somebody who is not there yet (Okta: STAGED,
	// PROVISIONED): no account is created, an existing one is left alone.
	StatusPending Status = "pending"
	// StatusSuspended is somebody blocked for now, who keeps memberships.
	StatusSuspended Status = "suspended"
	// StatusDeprovisioned is a leaver.
	StatusDeprovisioned Status = "deprovisioned"
)

// User is a person in a source.
type User struct {
	// SourceID is the source's own immutable id of this user.
	SourceID string
	Status   Status
	// Assigned is false when the connection reads one application's people
	// and this user exists but is not assigned to that application.
	Assigned    bool
	Login       string
	Email       string
	FirstName   string
	LastName    string
	DisplayName string
	// Attributes are what else the source says of this user and a rule asks
	// for, by the source's own names; nothing else is kept. Values are strings,
	// booleans, float64, or lists of strings.
	Attributes map[string]any
	// LastUpdated is the source's own time of the last change.
	LastUpdated time.Time
}

// Group is a group in a source.
type Group struct {
	SourceID    string
	Name        string
	Description string
	// Type is the source's own word (Okta: OKTA_GROUP, APP_GROUP, BUILT_IN).
	Type string
	// Assigned is false when the connection reads one application's groups
	// and this one exists but is not assigned to that application.
	Assigned              bool
	LastUpdated           time.Time
	LastMembershipUpdated time.Time
}
