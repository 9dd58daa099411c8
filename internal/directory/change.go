package directory

import "slices"

// Kind says what a change does.
type Kind string

// The kinds of change.
const (
	CreateAccount  Kind = "account.create"
	UpdateAccount  Kind = "account.update"
	SuspendAccount Kind = "account.suspend"
	RestoreAccount Kind = "account.restore"
	// DeactivateAccount blocks an account as such, where suspending takes its
	// access alone; RestoreAccount takes either back.
	DeactivateAccount Kind = "account.deactivate"
	// DeleteAccount takes an account out of the target. It cannot be taken back.
	DeleteAccount Kind = "account.delete"
	CreateGroup   Kind = "group.create"
	RenameGroup   Kind = "group.rename"
	// ReplaceGroup makes a new group in place of one that cannot be renamed. The
	// old one stays, as a group that nobody is wanted in.
	ReplaceGroup Kind = "group.replace"
	AddMember    Kind = "membership.add"
	RemoveMember Kind = "membership.remove"
	// AddNesting puts a group in another, RemoveNesting takes it out: so do all
	// who are in it go.
	AddNesting    Kind = "nesting.add"
	RemoveNesting Kind = "nesting.remove"
	// PermitGroup gives a group a permission in a part of the target.
	PermitGroup Kind = "group.permit"
)

// Removal reports whether the kind takes something away, so that the guard
// must admit it.
func (k Kind) Removal() bool { return slices.Contains(Removals[:], k) }

// Removals lists the kinds that take something away.
var Removals = [...]Kind{SuspendAccount, DeactivateAccount, DeleteAccount, RemoveMember, RemoveNesting}

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
	// Waiting is a joiner for whom no licence is free: tried again, in order,
	// when one is.
	Waiting State = "waiting"
	// Approved was held, and is another run's since a person approved it.
	Approved State = "approved"
	// Rejected was held, and a person said no to it.
	Rejected State = "rejected"
	// Expired was held, and nobody decided in time, or before a later run took the
	// place of an open one's plan.
	Expired State = "expired"
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
	// ClassBadName is a group whose name the target would refuse.
	ClassBadName Class = "bad-name"
	// ClassRecreate is a rename that would take a new group: a person decides.
	ClassRecreate Class = "would-recreate"
	// ClassByHand is a change that a person has taken out of the run.
	ClassByHand Class = "skipped-by-hand"
	// ClassNotApproved is a removal that an approved run would make and that
	// nobody approved.
	ClassNotApproved Class = "not-approved"
	// ClassUnlinked is a user whose link a person has taken away.
	ClassUnlinked Class = "unlinked-by-hand"
	// ClassQuarantine is a removal of a connection in quarantine.
	ClassQuarantine Class = "quarantine"
	// ClassSourceShort is a removal that rests on a list with fewer in it than
	// the configuration's minimum, or far fewer than in the runs before.
	ClassSourceShort Class = "source-too-small"
	// ClassChangedSince is an undo of what has changed since.
	ClassChangedSince Class = "changed-since"
	// ClassIrreversible is an undo of what cannot be taken back.
	ClassIrreversible Class = "irreversible"
	// ClassWithAccount is an undo of a membership of an account that is undone as
	// a whole: it is suspended, and keeps what it is in.
	ClassWithAccount Class = "with-account"
	// ClassLeaverHeld is a removal of a leaver whom a person has put on hold.
	ClassLeaverHeld Class = "leaver-held"
	// ClassNoNesting is a removal of somebody who is to be in a group through one
	// that is in it, which it is not yet.
	ClassNoNesting Class = "waits-for-nesting"
	// ClassUnsupported is what this target cannot do.
	ClassUnsupported Class = "unsupported"
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
