package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// A person sees four updates a second as movement; a query costs a worker
	// a millisecond.
	progressEvery = 250 * time.Millisecond
	// A query that a busy worker has not answered by then is asked again.
	progressWithin = 3 * time.Second
	// What a run waits for is looked up this often.
	waitsEvery = 2 * time.Second
	// Taking up a task takes milliseconds; after this nobody is there to.
	taskWaits = 5 * time.Second
)

// runFailedError means that a run's workflow ended in a failure of a class.
type runFailedError struct{ class directory.Class }

func (e *runFailedError) Error() string { return "the run failed: " + string(e.class) }

// following is a run that is followed to its end.
type following struct {
	client     client.Client
	run        client.WorkflowRun
	connection string
	view       view
	// runs is where the run of a workflow is recorded, and whether it is paused.
	runs runsOfWorkflows
}

type runsOfWorkflows interface {
	RunOfWorkflow(ctx context.Context, workflowID string) (store.Run, error)
}

// toTheEnd shows where the run stands until it ends or ctx does, and puts what
// the workflow returned into result. It returns the run's id, as far as it is
// known. The error is a *runFailedError when the run failed, and another when
// it could not be followed.
func (f *following) toTheEnd(ctx context.Context, result any) (int64, error) {
	watching, stop := context.WithCancel(ctx)
	progress := make(chan workflows.Progress)
	waits := make(chan string)
	var watchers sync.WaitGroup
	watchers.Go(func() { f.askProgress(watching, progress) })
	watchers.Go(func() { f.askWaits(watching, waits) })
	defer watchers.Wait()
	defer stop()

	ended := make(chan error, 1)
	watchers.Go(func() { ended <- f.run.Get(watching, result) })
	var runID int64
	look := time.NewTicker(waitsEvery)
	defer look.Stop()
	paused := false
	for {
		select {
		case <-look.C:
			paused = f.sayPaused(watching, paused)
		case p := <-progress:
			runID = p.RunID
			f.view.show(p)
		case line := <-waits:
			f.view.say(line)
		case err := <-ended:
			return runID, endOf(err)
		}
	}
}

// sayPaused says once that a person has paused the run, and returns whether it
// is paused. A database that does not answer now is asked again.
func (f *following) sayPaused(ctx context.Context, before bool) bool {
	run, err := f.runs.RunOfWorkflow(ctx, f.run.GetID())
	if err != nil {
		return before
	}
	paused := run.Control == store.VerbPause
	if paused && !before {
		f.view.say(fmt.Sprintf("Waiting: run %d is paused. Let it go on with: rollcall run resume %d", run.ID, run.ID))
	}
	return paused
}

// endOf tells a run that failed from one that could not be followed.
func endOf(err error) error {
	var execution *sdk.WorkflowExecutionError
	if !errors.As(err, &execution) {
		return err
	}
	var application *sdk.ApplicationError
	var terminated *sdk.TerminatedError
	switch {
	case errors.As(err, &application):
		return &runFailedError{directory.Class(application.Type())}
	case sdk.IsCanceledError(err), errors.As(err, &terminated):
		return &runFailedError{directory.ClassCanceled}
	}
	return &runFailedError{directory.ClassInternal}
}

func (f *following) askProgress(ctx context.Context, into chan<- workflows.Progress) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		if p, ok := f.progress(ctx); ok {
			select {
			case into <- p:
			case <-ctx.Done():
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// progress asks the run where it stands. One that cannot say so now is asked
// again: it may not have begun, or be between two workers; askWaits says why.
func (f *following) progress(ctx context.Context) (workflows.Progress, bool) {
	ctx, cancel := context.WithTimeout(ctx, progressWithin)
	defer cancel()
	var p workflows.Progress
	answer, err := f.client.QueryWorkflow(ctx, f.run.GetID(), "", workflows.ProgressQuery)
	if err == nil {
		err = answer.Get(&p)
	}
	return p, err == nil
}

// askWaits says, once each, what keeps the run from going on.
func (f *following) askWaits(ctx context.Context, into chan<- string) {
	tick := time.NewTicker(waitsEvery)
	defer tick.Stop()
	said := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		description, err := f.client.DescribeWorkflowExecution(ctx, f.run.GetID(), "")
		if err != nil {
			if ctx.Err() == nil && !said["temporal"] {
				said["temporal"] = true
				f.send(ctx, into, "Waiting: Temporal does not answer. The run is kept there and goes on with it.")
			}
			continue
		}
		if task := description.GetPendingWorkflowTask(); task.GetState() == enums.PENDING_WORKFLOW_TASK_STATE_SCHEDULED &&
			time.Since(task.GetScheduledTime().AsTime()) > taskWaits && !said["worker"] {
			said["worker"] = true
			f.send(ctx, into, "Waiting: no worker takes the run up. See that one runs; the run starts with it.")
		}
		for _, activity := range description.GetPendingActivities() {
			key, line := f.waitOf(activity)
			if line != "" && !said[key] {
				said[key] = true
				f.send(ctx, into, line)
			}
		}
	}
}

func (f *following) send(ctx context.Context, into chan<- string, line string) {
	select {
	case into <- line:
	case <-ctx.Done():
	}
}

// waitOf says what an activity that does not get on waits for; key is the same
// for two that wait for the same.
func (f *following) waitOf(a *workflow.PendingActivityInfo) (key, line string) {
	name := a.GetActivityType().GetName()
	if a.GetLastFailure() == nil {
		if a.GetState() == enums.PENDING_ACTIVITY_STATE_SCHEDULED && time.Since(a.GetScheduledTime().AsTime()) > taskWaits {
			return "queue " + name, fmt.Sprintf("Waiting: no worker takes up %s. See that one runs with this configuration.", name)
		}
		return "", ""
	}
	class := classTimeout
	if application := a.GetLastFailure().GetApplicationFailureInfo(); application != nil {
		class = directory.Class(application.GetType())
	}
	where := ""
	if target, ok := strings.CutPrefix(a.GetActivityOptions().GetTaskQueue().GetName(), temporal.TargetQueue(f.connection, "")); ok && f.connection != "" {
		where = " in " + target
	}
	line = fmt.Sprintf("Waiting: %s%s did not succeed (%s, attempt %d) and is tried again.", name, where, cmp.Or(string(class), "no reason given"), a.GetAttempt())
	switch class {
	case classDatabase, classTimeout:
		// Patience alone does not help there.
		line += " " + adviceOn(class, place{connection: f.connection})
	}
	return sideOf(name) + string(class) + where, line
}

// sideOf is where an activity works, so that of those that fail alike one is
// named.
func sideOf(activity string) string {
	switch activity {
	case workflows.ActivityReadUsers, workflows.ActivityReadGroups, workflows.ActivityReadMembers, workflows.ActivityLookUp:
		return "source "
	case workflows.ActivityReadTarget, workflows.ActivityGuard, workflows.ActivityApplyBatch, workflows.ActivityApplyChange:
		return "target "
	}
	return "worker "
}
