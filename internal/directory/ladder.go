package directory

import "time"

// Step is one rung of a leaver's ladder.
type Step struct {
	// Action is SuspendAccount, RemoveMember (from all groups),
	// DeactivateAccount or DeleteAccount.
	Action Kind
	// After is how long after somebody began to leave the step is due.
	After time.Duration
}

// Ladder is what happens to a leaver, in the order in which it is due. An empty
// ladder does nothing at all: the account is kept as it is.
type Ladder []Step

// Suspend is the ladder of a configuration that says nothing.
func Suspend() Ladder { return Ladder{{Action: SuspendAccount}} }

// Taken is how many steps are due at a time, for somebody who has been leaving
// since another.
func (l Ladder) Taken(since, now time.Time) int {
	for i, s := range l {
		if now.Sub(since) < s.After {
			return i
		}
	}
	return len(l)
}

// At returns what a target should make of an account when so many steps have
// been taken, and whether it is to be in no group.
func (l Ladder) At(taken int) (state DesiredState, strip bool) {
	state = DesireKept
	for _, s := range l[:min(taken, len(l))] {
		switch s.Action {
		case SuspendAccount:
			if state == DesireKept {
				state = DesireSuspended
			}
		case RemoveMember:
			strip = true
		case DeactivateAccount:
			if state != DesireDeleted {
				state = DesireDeactivated
			}
		case DeleteAccount:
			state = DesireDeleted
		}
	}
	return state, strip
}

// String writes a ladder as the configuration does: "suspend now, remove groups
// after 168h0m0s".
func (l Ladder) String() string {
	words := map[Kind]string{SuspendAccount: "suspend", RemoveMember: "remove groups", DeactivateAccount: "deactivate", DeleteAccount: "delete"}
	text := ""
	for _, s := range l {
		if text != "" {
			text += ", "
		}
		text += words[s.Action]
		if s.After == 0 {
			text += " now"
		} else {
			text += " after " + s.After.String()
		}
	}
	return text
}
