package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// subjectTries is how often a request goes over its subjects again for changes
// that are worth another try: over about two minutes, as for one change of a
// run, after which it is reported and left to the next run.
const subjectTries = 8

// Subjects carries out a request about some people or groups: one person now,
// one group now, what a person approved, an undo, or a leaver's step. Whom it is
// about is in the database; it applies beside a run of the whole connection and
// never waits for one.
func Subjects(ctx workflow.Context, in SubjectsInput) (SubjectsResult, error) {
	s := &subjectsRun{in: in, stage: "starting"}
	if in.State != nil {
		s.SubjectsState = *in.State
	} else {
		s.Execution = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (Progress, error) { return s.progress(), nil }); err != nil {
		return SubjectsResult{}, fmt.Errorf("register query: %w", err)
	}
	if err := steerable(ctx, func() RunRef { return s.Run }); err != nil {
		return SubjectsResult{}, err
	}
	for {
		err := s.apply(ctx)
		if err != nil {
			return s.finish(ctx, err)
		}
		switch {
		case s.After != 0:
		case s.Result.Left == 0 || s.Tries >= subjectTries:
			return s.finish(ctx, nil)
		default:
			s.Tries++
			if err := s.again(ctx); err != nil {
				return s.finish(ctx, err)
			}
		}
		if enough(ctx) {
			if err := settled(ctx); err != nil {
				return SubjectsResult{}, err
			}
			in.State = &s.SubjectsState
			return SubjectsResult{}, workflow.NewContinueAsNewError(ctx, Subjects, in)
		}
	}
}

type subjectsRun struct {
	SubjectsState
	in    SubjectsInput
	stage string
}

// apply carries out a part of the request.
func (s *subjectsRun) apply(ctx workflow.Context) error {
	if s.After == 0 {
		// What an earlier round left is counted anew.
		s.Result.Left, s.Result.Wait = 0, 0
	}
	s.say(ctx, "applying")
	in := ApplySubjectsInput{Connection: s.in.Connection, RequestID: s.in.RequestID, Trigger: s.in.Trigger, RunID: s.Run.RunID, Execution: s.Execution, After: s.After}
	var part SubjectsResult
	options := draining(ctx, s.in.Connection, fmt.Sprintf("request %d of %s", s.in.RequestID, s.in.Connection))
	if err := workflow.ExecuteActivity(options, ActivityApplySubjects, in).Get(ctx, &part); err != nil {
		return err
	}
	begun := s.Run.RunID == 0 && part.Ref.RunID != 0
	s.Run, s.After = part.Ref, part.After
	s.Result.Ref = part.Ref
	s.Result.Left += part.Left
	s.Result.Wait = max(s.Result.Wait, part.Wait)
	s.Result.NotFound = part.NotFound
	s.Result.SearchAttributes = part.SearchAttributes
	if part.Class != "" {
		s.Result.Class = part.Class
	}
	s.Result.Applied += part.Applied
	s.Result.Held += part.Held
	s.Result.Failed += part.Failed
	if begun {
		s.attributes(ctx, "running")
	}
	s.say(ctx, "applying")
	return nil
}

// again waits before a round over what is left.
func (s *subjectsRun) again(ctx workflow.Context) error {
	wait := min(time.Second<<(s.Tries-1), 30*time.Second)
	s.say(ctx, fmt.Sprintf("%d put off: %s", s.Result.Left, s.Result.Class))
	return workflow.Sleep(ctx, max(wait, s.Result.Wait))
}

// finish closes the run and the request, also of one that was cancelled.
func (s *subjectsRun) finish(ctx workflow.Context, failure error) (SubjectsResult, error) {
	in := FinishSubjectsInput{RunRef: s.Run, RequestID: s.in.RequestID, Trigger: s.in.Trigger, NotFound: s.Result.NotFound}
	if in.RunRef.Connection == "" {
		in.RunRef.Connection = s.in.Connection
	}
	if failure != nil {
		in.Failure = classOf(failure)
	}
	if ctx.Err() != nil {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
	}
	var result SyncResult
	if err := workflow.ExecuteActivity(draining(ctx, s.in.Connection, "report"), ActivityFinishSubjects, in).Get(ctx, &result); err != nil {
		return s.Result, err
	}
	s.Result.SyncResult = result
	s.say(ctx, result.Outcome)
	s.attributes(ctx, result.Outcome)
	if err := settled(ctx); err != nil {
		return s.Result, err
	}
	if failure != nil && in.Failure != directory.ClassCanceled && in.Failure != classStopped {
		// The class alone: the words behind it are in the database.
		return s.Result, temporal.NewNonRetryableApplicationError("the request could not be carried out", string(in.Failure), nil)
	}
	return s.Result, nil
}

func (s *subjectsRun) attributes(ctx workflow.Context, outcome string) {
	if !s.Result.SearchAttributes {
		return
	}
	tell(ctx, s.in.Connection, s.in.Trigger, outcome, s.Result.Held, s.Result.Failed)
}

func (s *subjectsRun) say(ctx workflow.Context, stage string) {
	s.stage = stage
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("**%s**, request %d, %s, run %d: %s. %d changes applied, %d held, %d failed, %d put off.",
		s.in.Connection, s.in.RequestID, s.in.Trigger, s.Run.RunID, stage, s.Result.Applied, s.Result.Held, s.Result.Failed, s.Result.Left))
}

func (s *subjectsRun) progress() Progress {
	return Progress{RunID: s.Run.RunID, Stage: s.stage, Settled: s.Result.Applied + s.Result.Failed + s.Result.Held}
}
