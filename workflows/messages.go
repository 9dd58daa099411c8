// Package workflows holds Rollcall's deterministic orchestration. It knows
// activities by name only; what travels through it, and so through Temporal's
// history, are connection names, surrogate ids, cursors, counts and classes,
// and never personal data or a secret.
package workflows

import (
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The names of the activities.
const (
	ActivityBegin       = "Begin"
	ActivityReadUsers   = "ReadUsers"
	ActivityReadGroups  = "ReadGroups"
	ActivityReadMembers = "ReadMembers"
	ActivityFinishRead  = "FinishRead"
	ActivityReadTarget  = "ReadTarget"
	ActivityDecide      = "Decide"
	ActivityPlan        = "Plan"
	ActivityGuard       = "Guard"
	ActivityLookUp      = "LookUp"
	ActivityHoldDoubts  = "HoldDoubts"
	ActivityBatches     = "Batches"
	ActivityApplyBatch  = "ApplyBatch"
	ActivityApplyChange = "ApplyChange"
	ActivityFailStage   = "FailStage"
	ActivityFinish      = "Finish"
	ActivityPollChanges = "PollChanges"
	ActivityPullPushed  = "PullPushed"
	ActivityDrain       = "Drain"
	ActivityFinishPush  = "FinishPush"
)

// BeginInput asks for a run.
type BeginInput struct {
	Connection    string
	WorkflowID    string
	Trigger       string
	DryRun        bool
	AllowRemovals bool
	Full          bool
	Drift         bool
}

// RunRef names a run and its hold on the connection; every activity of the
// run carries it.
type RunRef struct {
	Connection   string
	ConnectionID int64
	RunID        int64
	Epoch        int64
}

// TargetRef names a target of the run's connection.
type TargetRef struct {
	Name  string
	ID    int64
	Queue string
	// ReadDue is whether the target is to be read as well, so that drift is seen.
	ReadDue bool
	// Failure is the class of why the target cannot be used at all in this run,
	// known before it is asked for anything; empty when it can.
	Failure directory.Class `json:",omitempty"`
}

// BeginResult is a run that holds its connection, or, with AlreadyRunning
// set, the run that does.
type BeginResult struct {
	RunRef
	AlreadyRunning int64
	// Pushed is whether the connection's people are pushed to it: then there
	// are no lists to read, and what was pushed is compared with the targets.
	Pushed      bool
	Full        bool
	Since       time.Time
	SourceQueue string
	Targets     []TargetRef
	// Heartbeat is how long an activity may be silent before it is given to
	// another worker.
	Heartbeat time.Duration
	// SearchAttributes is whether the namespace has ours.
	SearchAttributes bool
}

// ReadInput asks for a part of one of the source's lists.
type ReadInput struct {
	RunRef
	Full   bool
	Since  time.Time
	Cursor string
	// Part numbers the activity, so that reading a part again replaces what it saw.
	Part int
}

// ReadResult is what was read of a list.
type ReadResult struct {
	// Cursor is where the next activity goes on; empty when the list has ended.
	Cursor string
	Count  int64
	New    int64
	// AskedAt is the source's time when the first page was asked for.
	AskedAt time.Time
}

// MembersInput asks for the members of groups after one.
type MembersInput struct {
	RunRef
	Full bool
	// NewUsers is whether users were added, who may be among members that were not known.
	NewUsers bool
	After    int64
}

// MembersResult is what was read of members.
type MembersResult struct {
	// After is the last group read; 0 when there are no more.
	After  int64
	Groups int64
	Count  int64
	// Incomplete counts groups whose members could not be read completely.
	Incomplete int64
}

// FinishReadInput ends the reading of the source.
type FinishReadInput struct {
	RunRef
	Full     bool
	ReadFrom time.Time
	Users    int64
	Groups   int64
	Members  int64
}

// FinishReadResult says what complete lists did not have.
type FinishReadResult struct {
	AbsentUsers, AbsentGroups int
}

// TargetReadInput asks for a part of what a target holds.
type TargetReadInput struct {
	RunRef
	Target TargetRef
	// List is "accounts", "groups" or "members".
	List   string
	Cursor string
	Part   int
}

// DecideInput asks for the decisions about dirty subjects.
type DecideInput struct {
	RunRef
	Targets []TargetRef
}

// TargetInput names a target of a run.
type TargetInput struct {
	RunRef
	Target TargetRef
	// Full plans for every subject, not for dirty ones alone.
	Full          bool
	DryRun        bool
	AllowRemovals bool
}

// PlanResult counts a plan's changes.
type PlanResult struct {
	Total, Due, Unguarded int64
	// Stages are those that have something to do, in their order.
	Stages []directory.Stage
}

// GuardResult counts what the guard decided.
type GuardResult struct {
	Admitted, Held, Protected, Doubted int64
}

// LookUpResult counts direct look-ups.
type LookUpResult struct {
	Confirmed, Contradicted int64
}

// StageInput names a stage of a target's plan.
type StageInput struct {
	RunRef
	Target TargetRef
	Stage  directory.Stage
	// After is the ord that the batches begin after.
	After int64
	Class directory.Class
}

// Range is a batch of a stage, by the ord of its changes, ends included.
type Range struct{ From, To int64 }

// BatchesResult lists batches; More is set when there are others after them.
type BatchesResult struct {
	Ranges []Range
	More   bool
}

// BatchInput asks for a batch of changes to be applied.
type BatchInput struct {
	RunRef
	Target TargetRef
	Stage  directory.Stage
	Range  Range
}

// ApplyResult counts what became of changes.
type ApplyResult struct {
	Applied, Refused, Skipped, Failed int64
	// Waiting counts joiners for whom no licence is free.
	Waiting int64
	// Retry are the changes that are worth trying again, each as an activity of its own.
	Retry []RetryRef
}

// RetryRef names a change by its own id and its subject.
type RetryRef struct {
	ChangeID int64
	Subject  string
	Class    directory.Class
}

// ChangeInput asks for one change to be applied.
type ChangeInput struct {
	RunRef
	Target TargetRef
	RetryRef
	Stage directory.Stage
}

// FinishInput ends a run.
type FinishInput struct {
	RunRef
	DryRun bool
	// Failure is the class of what stopped the run; empty when it came to its end.
	Failure directory.Class
	// FailedTargets are the targets that could not be used, each "name: class".
	FailedTargets []string
}

// SyncResult is what a run came to.
type SyncResult struct {
	RunID   int64
	Outcome string
	// AlreadyRunning is the run that holds the connection, when this one did not begin.
	AlreadyRunning int64
	Users          int64
	Groups         int64
	Members        int64
	Applied        int64
	Failed         int64
	Held           int64
	Skipped        int64
	Contradicted   int64
	// Waiting counts joiners for whom no licence is free.
	Waiting int64
	// Planned counts changes that were planned and not carried out: all of a dry
	// run's, and those that a stopped run has left to the next.
	Planned int64
}

// The outcomes of a run.
const (
	OutcomeDone    = "done"
	OutcomePartial = "partial" // some changes failed or were refused
	OutcomeHeld    = "held"    // the guard held some removals; everything else was done
	OutcomeDry     = "dry"
	OutcomeFailed  = "failed"
	OutcomeStopped = "stopped"
	OutcomeBusy    = "already-running"
)

// WakeSignal is the signal, without a payload, that tells a Provision workflow
// that something was pushed. It may be sent from the Web UI, with or without
// a start: it makes the workflow look, and does no harm when there is nothing.
const WakeSignal = "wake"

// ProvisionID is the id of the workflow that applies what was pushed to a
// shard of a connection.
func ProvisionID(connection string, shard int) string {
	return fmt.Sprintf("provision/%s/%d", connection, shard)
}

// ProvisionQueue is the task queue of the activities that apply what was
// pushed to a connection: on a queue of its own, a push never waits behind the
// batches of a run.
func ProvisionQueue(connection string) string { return "rollcall-provision-" + connection }

// DrainInput asks for what was pushed to a shard to be applied.
type DrainInput struct {
	Connection string
	Shard      int
	// RunID is the run of this execution, 0 before there is one.
	RunID int64
	// Execution tells this execution of the workflow from others of its id.
	Execution string
}

// DrainResult is what draining came to.
type DrainResult struct {
	// Ref is the run; its RunID is 0 when nothing had been pushed.
	Ref RunRef
	// Done counts objects that are as pushed in every target, or as far as the
	// guard lets them be; Left those that are tried again later.
	Done, Left int64
	// Applied, Held and Failed count changes.
	Applied, Held, Failed int64
	// More is set when there is something to do at once.
	More bool
	// Next is how long from now something is due that is put off; 0 is never.
	Next time.Duration
	// Class is that of the last failure.
	Class directory.Class
	// Heartbeat is how long the next activity may be silent.
	Heartbeat time.Duration
	// SearchAttributes is whether the namespace has ours.
	SearchAttributes bool
}

// FinishPushInput ends the run of what was pushed.
type FinishPushInput struct {
	RunRef
	// Failure is the class of what stopped it; empty when it came to its end.
	Failure directory.Class
}

// PullResult counts what was taken over of what had been pushed.
type PullResult struct{ Users, Groups int64 }
