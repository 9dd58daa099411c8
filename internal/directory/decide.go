package directory

// Presence says whether a source still has an object.
type Presence string

// The presences of a source object.
const (
	Present Presence = "present"
	// Absent is missing from a list that was read completely; nothing more is known.
	Absent Presence = "absent"
	// Gone was looked up directly and is not there.
	Gone Presence = "gone"
	// Unselected is a group that is there and that the configuration leaves out.
	Unselected Presence = "unselected"
)

// DesiredState is what a target should make of an account.
type DesiredState string

// The desired states of an account.
const (
	DesireActive    DesiredState = "active"
	DesireSuspended DesiredState = "suspended"
	// DesireDeactivated and DesireDeleted are later steps of a leaver's ladder.
	DesireDeactivated DesiredState = "deactivated"
	DesireDeleted     DesiredState = "deleted"
	// DesireKept asks for nothing: no account is made, an existing one stays as it is.
	DesireKept DesiredState = "kept"
)

// DesiredAccount is what the rules say a target should hold for a user.
type DesiredAccount struct {
	State DesiredState
	// Reason is why somebody is leaving; empty for somebody who is not. The
	// ladder of that reason then says what State and Strip become, and when.
	Reason Reason
	// Strip is whether the account is to be in no group.
	Strip       bool
	UserName    string
	Email       string
	DisplayName string
	// Attributes are the others that a rule makes, by the target's own names
	// ("job_title"). An empty value clears; one that is not here is left alone.
	Attributes map[string]string
	// Rule names what decided, for the report: "status ACTIVE", "not assigned", …
	Rule     string
	Evidence Evidence
}

// Reason is why somebody is leaving a target.
type Reason string

// The reasons for leaving, each with a ladder of its own.
const (
	ReasonDeactivated Reason = "deactivated"
	ReasonOutOfScope  Reason = "out_of_scope"
	ReasonDeleted     Reason = "deleted"
	ReasonSuspended   Reason = "suspended"
)

// Reasons lists the reasons.
var Reasons = [...]Reason{ReasonDeactivated, ReasonOutOfScope, ReasonDeleted, ReasonSuspended}

// Subject is a stored user as the rules see it.
type Subject struct {
	User
	Presence Presence
	// Unread is set while the rules ask for attributes that the source has not
	// been asked for since: what is missing then says nothing.
	Unread bool
	// InGroup is whether the user is a member of a selected group.
	InGroup bool
	// Groups are the names of the selected groups that the user is in, sorted;
	// filled in only where a rule asks for them.
	Groups []string
}
