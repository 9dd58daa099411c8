package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// SyncName is the name under which Sync is registered.
const SyncName = "Sync"

// ProgressQuery is the query that answers where a run stands, as a Progress.
const ProgressQuery = "progress"

// SyncInput starts one run of a connection.
type SyncInput struct {
	Connection string
	// Trigger says who asked: schedule, hand or log.
	Trigger       string
	DryRun        bool
	AllowRemovals bool
	// Full reads the whole source, Drift the targets too.
	Full  bool
	Drift bool
	// State is set when the run continues as new.
	State *SyncState
}

// SyncState is what a run carries from one history into the next.
type SyncState struct {
	Begun BeginResult
	// Phase is the next thing to do.
	Phase phase

	UsersCursor, GroupsCursor string
	UsersPart, GroupsPart     int
	UsersDone, GroupsDone     bool
	Users, NewUsers           int64
	Groups, Members           int64
	MembersAfter              int64
	ReadFrom                  time.Time
	// Planned and Settled count changes, for those who watch the run.
	Planned, Settled int64
	Targets          []targetState
}

type phase int

const (
	phaseLists phase = iota
	phaseMembers
	phaseFinishRead
	phaseTargets
	phaseDecide
	phaseApply
	phaseFinish
)

// Progress is where a run stands.
type Progress struct {
	RunID                  int64
	Stage                  string
	Users, Groups, Members int64
	Planned, Settled       int64
}

// Sync is one run of a connection: it reads the source, decides, plans,
// guards, applies and reports. It holds its connection by a claim in the
// database; a second one ends at once and says so. It never waits for a person.
func Sync(ctx workflow.Context, in SyncInput) (SyncResult, error) {
	s := &syncRun{in: in}
	if in.State != nil {
		s.SyncState = *in.State
	}
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (Progress, error) { return s.progress(), nil }); err != nil {
		return SyncResult{}, fmt.Errorf("register query: %w", err)
	}
	if err := steerable(ctx, func() RunRef { return s.Begun.RunRef }); err != nil {
		return SyncResult{}, err
	}
	if in.State == nil {
		err := workflow.ExecuteActivity(local(ctx, FirstHeartbeat, "claim "+in.Connection), ActivityBegin, BeginInput{
			Connection: in.Connection, WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Trigger: in.Trigger,
			DryRun: in.DryRun, AllowRemovals: in.AllowRemovals, Full: in.Full, Drift: in.Drift,
		}).Get(ctx, &s.Begun)
		if err != nil {
			return SyncResult{}, err
		}
		if s.Begun.AlreadyRunning != 0 {
			s.stage(ctx, fmt.Sprintf("run %d is under way", s.Begun.AlreadyRunning))
			s.attributes(ctx, OutcomeBusy, 0, 0)
			return SyncResult{Outcome: OutcomeBusy, AlreadyRunning: s.Begun.AlreadyRunning}, nil
		}
		for _, t := range s.Begun.Targets {
			s.Targets = append(s.Targets, targetState{Ref: t, Failure: t.Failure})
		}
		s.attributes(ctx, "running", 0, 0)
	}
	err := s.phases(ctx)
	if errors.Is(err, errContinue) {
		if err := settled(ctx); err != nil {
			return SyncResult{}, err
		}
		in.State = &s.SyncState
		return SyncResult{}, workflow.NewContinueAsNewError(ctx, Sync, in)
	}
	return s.finish(ctx, err)
}

// errContinue means that the history is long enough.
var errContinue = errors.New("continue as new")

type syncRun struct {
	in SyncInput
	SyncState
	stageName string
}

func (s *syncRun) phases(ctx workflow.Context) error {
	steps := map[phase]func(workflow.Context) error{
		phaseLists:      s.readLists,
		phaseMembers:    s.readMembers,
		phaseFinishRead: s.finishRead,
		phaseTargets:    s.readTargets,
		phaseDecide:     s.decide,
		phaseApply:      s.applyAll,
	}
	if s.Begun.Pushed {
		// There are no lists to read, and so nothing that a list could lack.
		steps[phaseLists], steps[phaseMembers], steps[phaseFinishRead] = s.pullPushed, nothing, nothing
	}
	for s.Phase < phaseFinish {
		if err := steps[s.Phase](ctx); err != nil {
			return err
		}
		s.Phase++
		if enough(ctx) && s.Phase < phaseFinish {
			return errContinue
		}
	}
	return nil
}

// enough reports whether the server suggests a new history.
func enough(ctx workflow.Context) bool { return workflow.GetInfo(ctx).GetContinueAsNewSuggested() }

// finish records the end of a run, even of one that was cancelled.
func (s *syncRun) finish(ctx workflow.Context, failure error) (SyncResult, error) {
	in := FinishInput{RunRef: s.Begun.RunRef, DryRun: s.in.DryRun}
	if failure != nil {
		in.Failure = classOf(failure)
	}
	for _, t := range s.Targets {
		if t.Failure != "" {
			in.FailedTargets = append(in.FailedTargets, t.Ref.Name+": "+string(t.Failure))
		}
	}
	if ctx.Err() != nil {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
	}
	var result SyncResult
	if err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, "report"), ActivityFinish, in).Get(ctx, &result); err != nil {
		return SyncResult{RunID: s.Begun.RunID, Outcome: OutcomeFailed}, err
	}
	result.Users, result.Groups, result.Members = s.Users, s.Groups, s.Members
	s.stage(ctx, result.Outcome)
	s.attributes(ctx, result.Outcome, result.Held, result.Failed)
	if err := settled(ctx); err != nil {
		return result, err
	}
	if failure != nil && in.Failure != directory.ClassCanceled && in.Failure != classStopped {
		// The class alone: the words behind it are in the database.
		return result, temporal.NewNonRetryableApplicationError("the run failed", string(in.Failure), nil)
	}
	return result, nil
}

// The search attributes under which an operator finds runs in the Web UI.
var (
	attributeConnection = temporal.NewSearchAttributeKeyKeyword("RollcallConnection")
	attributeTrigger    = temporal.NewSearchAttributeKeyKeyword("RollcallTrigger")
	attributeOutcome    = temporal.NewSearchAttributeKeyKeyword("RollcallOutcome")
	attributeHeld       = temporal.NewSearchAttributeKeyInt64("RollcallHeld")
	attributeFailed     = temporal.NewSearchAttributeKeyInt64("RollcallFailed")
)

func (s *syncRun) attributes(ctx workflow.Context, outcome string, held, failed int64) {
	if !s.Begun.SearchAttributes {
		return
	}
	tell(ctx, s.in.Connection, s.in.Trigger, outcome, held, failed)
}

// stage says where the run stands, in the Web UI too.
func (s *syncRun) stage(ctx workflow.Context, name string) {
	s.stageName = name
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**, run %d: %s. Read %d users, %d groups, %d memberships; %d of %d changes settled.",
		s.in.Connection, s.Begun.RunID, name, s.Users, s.Groups, s.Members, s.Settled, s.Planned))
}

func (s *syncRun) progress() Progress {
	return Progress{RunID: s.Begun.RunID, Stage: s.stageName, Users: s.Users, Groups: s.Groups, Members: s.Members, Planned: s.Planned, Settled: s.Settled}
}

func asApplication(err error, into **temporal.ApplicationError) bool { return errors.As(err, into) }
