package workflows

import (
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The names of the activities that rules, leavers, approvals and notifications
// need. All but ApplySubjects and FinishSubjects are on the workflow queue.
const (
	ActivityApplySubjects  = "ApplySubjects"
	ActivityFinishSubjects = "FinishSubjects"
	ActivityDecideHeld     = "DecideHeld"
	ActivityExpireHeld     = "ExpireHeld"
	ActivityLeaverStep     = "LeaverStep"
	ActivitySteer          = "Steer"
	ActivityDeliver        = "Deliver"
	ActivityHousekeeping   = "Housekeeping"
)

// The names under which the workflows are registered.
const (
	SubjectsName     = "Subjects"
	HeldName         = "Held"
	LeaverName       = "Leaver"
	NotifyName       = "Notify"
	HousekeepingName = "Housekeeping"
)

// SubjectsID is the id of the workflow that carries out a request about some
// people or groups.
func SubjectsID(connection string, requestID int64) string {
	return fmt.Sprintf("subjects/%s/%d", connection, requestID)
}

// HeldID is the id of the workflow that owns a held plan.
func HeldID(connection string, planID int64) string {
	return fmt.Sprintf("held/%s/%d", connection, planID)
}

// LeaverID is the id of the workflow of one leaver's timers.
func LeaverID(connection string, userID int64) string {
	return fmt.Sprintf("leaver/%s/%d", connection, userID)
}

// NotifyID is the id of the workflow that delivers one notification.
func NotifyID(id int64) string { return fmt.Sprintf("notify/%d", id) }

// The triggers of runs, beside schedule, hand, log and TriggerPush.
const (
	TriggerApproval = "approval"
	TriggerUndo     = "undo"
	TriggerLeaver   = "leaver"
	TriggerSeats    = "seats"
	// TriggerHeld is of Held, under which it is found in the Web UI; it is no run.
	TriggerHeld = "held"
)

// SubjectsInput starts the work on a request: one person, one group, people by
// id, an approval or an undo. What is asked for is in the database.
type SubjectsInput struct {
	Connection string
	RequestID  int64
	Trigger    string
	State      *SubjectsState
}

// SubjectsState is what Subjects carries from one history into the next.
type SubjectsState struct {
	Run       RunRef
	Execution string
	After     int64
	Tries     int
	Result    SubjectsResult
}

// ApplySubjectsInput asks for a part of a request to be carried out.
type ApplySubjectsInput struct {
	Connection string
	RequestID  int64
	Trigger    string
	RunID      int64
	Execution  string
	// After is how far the request has come: subjects before it are done.
	After int64
}

// SubjectsResult is what a part of a request came to, and then the whole.
type SubjectsResult struct {
	Ref RunRef
	// After is where to go on; 0 when there is no more.
	After int64
	// Left counts changes that are worth another try, Wait is how soon.
	Left int64
	Wait time.Duration
	// NotFound is whether neither the source nor the database knows whom the
	// request names.
	NotFound         bool
	Class            directory.Class
	Heartbeat        time.Duration
	SearchAttributes bool
	SyncResult
}

// FinishSubjectsInput ends a request and, where there is one, its run.
type FinishSubjectsInput struct {
	RunRef
	RequestID int64
	Trigger   string
	NotFound  bool
	// Failure is the class of what stopped it; empty when it came to its end.
	Failure directory.Class
}

// The update and signal names of Held, Leaver and Sync, as they are sent from
// the Web UI or the command line.
const (
	// ApproveUpdate and RejectUpdate take a Decision and answer a Decided.
	ApproveUpdate = "approve"
	RejectUpdate  = "reject"
	// ControlUpdate takes a Control and answers with what stands.
	ControlUpdate = "control"
)

// HeldInput starts the workflow that owns a held plan.
type HeldInput struct {
	Connection string
	PlanID     int64
}

// Decision is a person's yes or no to a held plan.
type Decision struct {
	// Digest is of the plan as the person saw it.
	Digest string
	// RequestID is the row that says who, and which part; 0 from the Web UI,
	// which then means the whole plan, by an unnamed person.
	RequestID int64
}

// DecideHeldInput asks for a decision to be recorded.
type DecideHeldInput struct {
	HeldInput
	Decision
	Reject bool
	// Update is the id under which it was sent: the same one is recorded once.
	Update string
}

// Decided is what a decision came to.
type Decided struct {
	// Approval is the decision's number; RequestID the request whose run carries
	// it out, 0 when there is nothing to carry out.
	Approval  int64
	RequestID int64
	// Changes is how many it is about, Remaining how many are still held.
	Changes, Remaining int64
	// Waiting is set when a second person has to approve as well.
	Waiting bool
	// Refused is the class of why it has no effect: "expired", "superseded",
	// "decided", "digest", "same-person", "unverified", "nothing-matches".
	Refused directory.Class
	// Ended is whether the plan needs no workflow any more.
	Ended bool
	// Expires is when its time is over.
	Expires time.Time
	// SearchAttributes is whether the namespace has ours.
	SearchAttributes bool
}

// LeaverInput starts the workflow of one leaver's timers.
type LeaverInput struct {
	Connection string
	UserID     int64
}

// LeaverResult says when to look again.
type LeaverResult struct {
	// Next is how long from now the next step is due; 0 when none is: the
	// person came back, or the ladder has ended, or is held.
	Next time.Duration
	// Steps is how many were taken.
	Steps int64
	// SearchAttributes is whether the namespace has ours.
	SearchAttributes bool
}

// Control asks for a run to be steered.
type Control struct {
	RunID int64
	// Verb is pause, resume, stop, slow or skip.
	Verb string
	// Pace is the most changes a second, for slow; 0 takes the limit away.
	Pace int64
	// UserID is who is skipped.
	UserID int64
}

// NotifyInput names the notification to be delivered.
type NotifyInput struct{ ID int64 }

// HousekeepingResult says what was tidied up.
type HousekeepingResult struct {
	Expired, Forgotten, Notified, Woken int64
}
