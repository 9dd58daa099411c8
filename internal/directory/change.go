package directory

// Kind says what a change does.
type Kind string

// The kinds of change.
const (
	CreateAccount  Kind = "account.create"
	UpdateAccount  Kind = "account.update"
	SuspendAccount Kind = "account.suspend"
	RestoreAccount Kind = "account.restore"
	CreateGroup    Kind = "group.create"
	RenameGroup    Kind = "group.rename"
	AddMember      Kind = "membership.add"
	RemoveMember   Kind = "membership.remove"
)

// Removal reports whether the kind takes something away, so that the guard
// must admit it.
func (k Kind) Removal() bool { return k == SuspendAccount || k == RemoveMember }

// Stage is the order in which a target's changes are applied.
type Stage int

// The stages of apply. Leavers come first: they are urgent, and they free seats.
const (
	StageLeavers Stage = iota + 1
	StageGroups
	StageAccounts
	StageJoins
	StageParts
)

// Stages lists the stages in their order.
var Stages = [...]Stage{StageLeavers, StageGroups, StageAccounts, StageJoins, StageParts}

// String names a stage as the administrator reads it.
func (s Stage) String() string {
	switch s {
	case StageLeavers:
		return "leavers"
	case StageGroups:
		return "groups"
	case StageAccounts:
		return "accounts"
	case StageJoins:
		return "memberships added"
	case StageParts:
		return "memberships removed"
	}
	return "unknown"
}

// State is where a change stands.
type State string

// The states of a change. Planned and retry are on their way; the rest are ends.
const (
	// Unguarded is a removal that the guard has not looked at.
	Unguarded State = "unguarded"
	// Doubted is a removal that a direct look-up has still to confirm.
	Doubted State = "doubted"
	Planned State = "planned"
	// Retry is a change that failed in a way that is worth trying again.
	Retry State = "retry"
	// Applied is done, verified by a definite answer or by reading back.
	Applied State = "applied"
	// Held was stopped by the guard and waits for an administrator.
	Held State = "held"
	// Contradicted is a removal that a direct look-up spoke against.
	Contradicted State = "contradicted"
	// Failed was tried until patience ended.
	Failed State = "failed"
	// Refused was refused by the target, and will be again.
	Refused State = "refused"
	// Blocked could not be tried because what it needs was not done.
	Blocked State = "blocked"
	// Skipped is not ours to do; Class says why.
	Skipped State = "skipped"
)

// Reasons, beside the classes of errors, for which a change ends without
// having been done.
const (
	ClassProtected   Class = "protected"
	ClassReadOnly    Class = "read-only"
	ClassNoEmail     Class = "no-email"
	ClassDuplicate   Class = "duplicate"
	ClassNotAdopted  Class = "not-adopted"
	ClassAmbiguous   Class = "ambiguous"
	ClassLinked      Class = "linked-elsewhere"
	ClassClosed      Class = "closed"
	ClassNoRename    Class = "cannot-rename"
	ClassNoLink      Class = "waits-for-link"
	ClassOverLimit   Class = "over-limit"
	ClassWholeGroup  Class = "whole-group"
	ClassEverybody   Class = "everybody"
	ClassUnconfirmed Class = "unconfirmed"
	ClassStillThere  Class = "still-there"
	ClassStale       Class = "no-longer-due"
)

// Evidence says why a removal is due.
type Evidence string

// The kinds of evidence.
const (
	// Explicit is a status, or a direct look-up, that says so.
	Explicit Evidence = "explicit"
	// Absence is only that somebody was not in a list.
	Absence Evidence = "absence"
)
