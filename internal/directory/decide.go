package directory

import "strings"

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
	// DesireKept asks for nothing: no account is made, an existing one stays as it is.
	DesireKept DesiredState = "kept"
)

// DesiredAccount is what the rules say a target should hold for a user.
type DesiredAccount struct {
	State       DesiredState
	Email       string
	DisplayName string
	// Rule names what decided, for the report: "status ACTIVE", "not assigned", …
	Rule     string
	Evidence Evidence
}

// Scope is what a connection takes from its source.
type Scope struct {
	// MembersOnly takes only the members of selected groups.
	MembersOnly bool
}

// Subject is a stored user as the rules see it.
type Subject struct {
	User
	Presence Presence
	// InGroup is whether the user is a member of a selected group.
	InGroup bool
}

// Decide turns a user into the account that a target should hold. It is the
// default mapping: an active person has an active account with the source's
// address and name; a leaver, somebody out of scope and somebody suspended
// have a suspended one; somebody not yet there is left alone.
func Decide(s Subject, scope Scope) DesiredAccount {
	d := DesiredAccount{Email: strings.TrimSpace(s.Email), DisplayName: displayName(s.User), Evidence: Explicit}
	switch {
	case s.Presence == Gone:
		d.State, d.Rule = DesireSuspended, "deleted in the source"
	case s.Status == StatusDeprovisioned:
		d.State, d.Rule = DesireSuspended, "deprovisioned"
	case s.Presence == Absent:
		d.State, d.Rule, d.Evidence = DesireSuspended, "missing from the source's list", Absence
	case !s.Assigned:
		d.State, d.Rule = DesireSuspended, "not assigned to the application"
	case s.Status == StatusSuspended:
		d.State, d.Rule = DesireSuspended, "suspended"
	case s.Status == StatusActive && scope.MembersOnly && !s.InGroup:
		d.State, d.Rule, d.Evidence = DesireSuspended, "in none of the selected groups", Absence
	case s.Status == StatusActive:
		d.State, d.Rule = DesireActive, "active"
	default:
		d.State, d.Rule = DesireKept, "not active yet"
	}
	return d
}

func displayName(u User) string {
	if name := strings.TrimSpace(u.DisplayName); name != "" {
		return name
	}
	return strings.TrimSpace(strings.TrimSpace(u.FirstName) + " " + strings.TrimSpace(u.LastName))
}
