package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// batchesInFlight is how many batches of one target run side by side. A batch
// makes up to 16 calls at a time itself; four keep the target busy while
// others are being stored (docs/benchmarks.md).
const batchesInFlight = 4

// retryWindow is how many changes are retried side by side, as activities of
// their own; the server advises at most 500 pending ones.
const retryWindow = 100

// targetState is how far a run has come in one target.
type targetState struct {
	Ref        TargetRef
	ReadList   int
	ReadPart   int
	ReadCursor string
	Planned    bool
	// Stages are those left to do, After how far the first of them has come.
	Stages []directory.Stage
	After  int64
	// Failure is the class of what made the target unusable in this run.
	Failure directory.Class
}

// give keeps an error that stops this target and nothing else. What concerns
// the whole run is passed on.
func (t *targetState) give(err error) error {
	if err == nil || errors.Is(err, errContinue) || temporal.IsCanceledError(err) {
		return err
	}
	class := classOf(err)
	if class == classFenced || class == classStopped {
		return err
	}
	t.Failure = class
	return nil
}

// atTarget runs an activity that calls a target. One of several that is down is
// given up sooner (see impatient); a rate limit is no outage, and is waited for.
func (s *syncRun) atTarget(options workflow.Context, name string, in, result any) error {
	if len(s.Targets) == 1 {
		return workflow.ExecuteActivity(options, name, in).Get(options, result)
	}
	options = impatient(options)
	until := workflow.Now(options).Add(patience)
	for {
		err := workflow.ExecuteActivity(options, name, in).Get(options, result)
		var application *temporal.ApplicationError
		if !asApplication(err, &application) || application.NonRetryable() ||
			directory.Class(application.Type()) != directory.ClassRateLimited || workflow.Now(options).After(until) {
			return err
		}
	}
}

// classFenced is the class of a run that has lost its connection to another.
const classFenced directory.Class = "fenced"

// applyAll plans, guards and applies in all targets side by side.
func (s *syncRun) applyAll(ctx workflow.Context) error {
	return together(ctx, len(s.Targets), func(ctx workflow.Context, i int) error {
		t := &s.Targets[i]
		if t.Failure != "" {
			return nil
		}
		if !t.Planned {
			due, err := s.plan(ctx, t)
			if err != nil {
				return t.give(err)
			}
			t.Planned = true
			if due == 0 || s.in.DryRun {
				t.Stages = nil
			}
		}
		return t.give(s.applyStages(ctx, t))
	})
}

// plan writes the plan of a target and lets the guard decide about its
// removals. It returns how many changes the target would be called for.
func (s *syncRun) plan(ctx workflow.Context, t *targetState) (int64, error) {
	s.stage(ctx, "planning")
	in := TargetInput{RunRef: s.Begun.RunRef, Target: t.Ref, Full: t.Ref.ReadDue || s.Begun.Pushed, DryRun: s.in.DryRun, AllowRemovals: s.in.AllowRemovals}
	var plan PlanResult
	if err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, "plan "+t.Ref.Name), ActivityPlan, in).Get(ctx, &plan); err != nil {
		return 0, err
	}
	if plan.Due == 0 {
		return 0, nil
	}
	s.Planned += plan.Due
	t.Stages = plan.Stages
	s.stage(ctx, "guarding")
	var guard GuardResult
	if err := s.atTarget(remote(ctx, t.Ref.Queue, s.Begun.Heartbeat, "guard "+t.Ref.Name), ActivityGuard, in, &guard); err != nil {
		return 0, err
	}
	if guard.Doubted > 0 {
		err := workflow.ExecuteActivity(lookUp(ctx, s.Begun.SourceQueue, s.Begun.Heartbeat, t.Ref.Name), ActivityLookUp, in).Get(ctx, nil)
		if temporal.IsCanceledError(err) || err != nil && classOf(err) == classStopped {
			return 0, err
		}
		if err != nil {
			// Never remove on doubt: what could not be looked up is held.
			if err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, t.Ref.Name+": hold what could not be looked up"), ActivityHoldDoubts, in).Get(ctx, nil); err != nil {
				return 0, err
			}
		}
	}
	return plan.Due, nil
}

func (s *syncRun) applyStages(ctx workflow.Context, t *targetState) error {
	for len(t.Stages) > 0 {
		stage := t.Stages[0]
		s.stage(ctx, "applying: "+stage.String())
		more, err := s.applyWindow(ctx, t, stage)
		if err != nil {
			// What a stopped run has left stays as it is: the next run's.
			if !errors.Is(err, errContinue) && !temporal.IsCanceledError(err) && classOf(err) != classStopped {
				s.failRest(ctx, t, err)
			}
			return err
		}
		if !more {
			t.Stages, t.After = t.Stages[1:], 0
		}
		if len(t.Stages) > 0 && enough(ctx) {
			return errContinue
		}
	}
	return nil
}

// failRest records that what is left could not be tried, so that the report says so.
func (s *syncRun) failRest(ctx workflow.Context, t *targetState, cause error) {
	for _, stage := range t.Stages {
		in := StageInput{RunRef: s.Begun.RunRef, Target: t.Ref, Stage: stage, Class: classOf(cause)}
		if err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, t.Ref.Name+": report what is left"), ActivityFailStage, in).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("what is left was not recorded", "target", t.Ref.Name, "stage", stage.String())
			return
		}
	}
}

// applyWindow applies up to 500 batches of a stage and reports whether there
// are more.
func (s *syncRun) applyWindow(ctx workflow.Context, t *targetState, stage directory.Stage) (bool, error) {
	var list BatchesResult
	in := StageInput{RunRef: s.Begun.RunRef, Target: t.Ref, Stage: stage, After: t.After - 1}
	if err := workflow.ExecuteActivity(local(ctx, s.Begun.Heartbeat, t.Ref.Name+": list batches"), ActivityBatches, in).Get(ctx, &list); err != nil {
		return false, err
	}
	if len(list.Ranges) == 0 {
		return false, nil
	}
	stopped := false
	var retries []RetryRef
	next := 0
	err := together(ctx, min(batchesInFlight, len(list.Ranges)), func(ctx workflow.Context, _ int) error {
		for next < len(list.Ranges) && !stopped && len(retries) < retryWindow {
			r := list.Ranges[next]
			next++
			options := remote(ctx, t.Ref.Queue, s.Begun.Heartbeat, fmt.Sprintf("%s: %s", t.Ref.Name, stage))
			if stage == directory.StageLeavers {
				options = urgent(ctx, t.Ref.Queue, s.Begun.Heartbeat, fmt.Sprintf("%s: %s", t.Ref.Name, stage))
			}
			var result ApplyResult
			if err := s.atTarget(options, ActivityApplyBatch, BatchInput{RunRef: s.Begun.RunRef, Target: t.Ref, Stage: stage, Range: r}, &result); err != nil {
				stopped = true
				return err
			}
			s.count(ctx, result)
			retries = append(retries, result.Retry...)
			t.After = max(t.After, r.To+1)
			if enough(ctx) {
				stopped = true
			}
		}
		return nil
	})
	if retryErr := s.retry(ctx, t, stage, retries); err == nil {
		err = retryErr
	}
	return list.More || next < len(list.Ranges), err
}

// retry gives each change that is worth trying again an activity of its own:
// what is visible in the Web UI is what needs attention.
func (s *syncRun) retry(ctx workflow.Context, t *targetState, stage directory.Stage, changes []RetryRef) error {
	for len(changes) > 0 {
		window := changes[:min(retryWindow, len(changes))]
		changes = changes[len(window):]
		err := together(ctx, len(window), func(ctx workflow.Context, i int) error {
			change := window[i]
			var result ApplyResult
			options := single(ctx, t.Ref.Queue, s.Begun.Heartbeat, fmt.Sprintf("%s %s: %s", t.Ref.Name, change.Subject, change.Class))
			err := workflow.ExecuteActivity(options, ActivityApplyChange, ChangeInput{RunRef: s.Begun.RunRef, Target: t.Ref, RetryRef: change, Stage: stage}).Get(ctx, &result)
			if err != nil {
				// The attempts are over; the change's own row says with what.
				if class := classOf(err); temporal.IsCanceledError(err) || class == classFenced || class == classStopped {
					return err
				}
				result = ApplyResult{Failed: 1}
			}
			s.count(ctx, result)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *syncRun) count(ctx workflow.Context, r ApplyResult) {
	s.Settled += r.Applied + r.Refused + r.Skipped + r.Failed + r.Waiting
	s.stage(ctx, s.stageName)
}
