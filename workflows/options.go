package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// patience is how long a run waits for something that is down before it gives
// up and leaves the work to the next: a day, after which an administrator has
// had the chance to look.
const patience = 24 * time.Hour

// FirstHeartbeat is how long an activity may be silent that runs before the
// configured time is known. Such an activity takes milliseconds; without a
// heartbeat a worker that dies in it would hold the run up for an hour.
const FirstHeartbeat = 5 * time.Second

// local options are for activities that touch the database only.
func local(ctx workflow.Context, heartbeat time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		// Planning a million subjects takes minutes, not hours.
		StartToCloseTimeout:    time.Hour,
		ScheduleToCloseTimeout: patience,
		HeartbeatTimeout:       heartbeat,
		RetryPolicy:            persistent(),
		Summary:                summary,
	})
}

// remote options are for activities that call a source or a target.
func remote(ctx workflow.Context, queue string, heartbeat time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: queue,
		// A batch of 200 calls at one a second, with waits for a rate limit's
		// window between them, stays well below an hour.
		StartToCloseTimeout:    time.Hour,
		ScheduleToCloseTimeout: patience,
		HeartbeatTimeout:       heartbeat,
		// A cancelled run ends when nothing of it calls anybody any more: what
		// was done until then is recorded, and the next run cannot meet it.
		WaitForCancellation: true,
		RetryPolicy:         persistent(),
		Summary:             summary,
	})
}

// impatient gives up a target that is down after eight tries over about two
// minutes, as long as a change in the retry lane. It is for one of several
// targets: a run that waits for it keeps the schedule from looking after the
// others. The next run finds what is left.
func impatient(ctx workflow.Context) workflow.Context {
	options := workflow.GetActivityOptions(ctx)
	options.RetryPolicy = &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: 8}
	return workflow.WithActivityOptions(ctx, options)
}

// urgent options are for leavers, which go before everything else that waits
// on the same queue (1 is the highest priority, 3 the default).
func urgent(ctx workflow.Context, queue string, heartbeat time.Duration, summary string) workflow.Context {
	ctx = remote(ctx, queue, heartbeat, summary)
	options := workflow.GetActivityOptions(ctx)
	options.Priority = temporal.Priority{PriorityKey: 1}
	return workflow.WithActivityOptions(ctx, options)
}

// lookUp options bound how long removals wait for a source that does not
// answer: they are held then, and everything else goes on.
func lookUp(ctx workflow.Context, queue string, heartbeat time.Duration, target string) workflow.Context {
	ctx = remote(ctx, queue, heartbeat, target+": look up doubted removals")
	options := workflow.GetActivityOptions(ctx)
	options.ScheduleToCloseTimeout = 5 * time.Minute
	options.RetryPolicy.MaximumInterval = 15 * time.Second
	return workflow.WithActivityOptions(ctx, options)
}

// single options are for one change in the retry lane: eight tries over about
// two minutes, after which it is reported and left to the next run.
func single(ctx workflow.Context, queue string, heartbeat time.Duration, summary string) workflow.Context {
	return impatient(remote(ctx, queue, heartbeat, summary))
}

// draining options are for the activities that apply what was pushed. They go
// before everything else, on a queue of their own, and are never given up:
// what they work on is in the database, and waits there for an outage to end.
func draining(ctx workflow.Context, connection, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: ProvisionQueue(connection),
		// Each activity ends by itself after a part of a minute; a hundred objects
		// under a tight rate limit take longer.
		StartToCloseTimeout: time.Hour,
		HeartbeatTimeout:    FirstHeartbeat,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second},
		Priority:            temporal.Priority{PriorityKey: 1},
		Summary:             summary,
	})
}

// persistent tries again for as long as patience lasts, at most once a minute.
// What must not be tried again is marked so where errors are classified.
func persistent() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute}
}

// classOf returns the class that an activity's error carries.
func classOf(err error) directory.Class {
	if temporal.IsCanceledError(err) {
		return directory.ClassCanceled
	}
	var application *temporal.ApplicationError
	if asApplication(err, &application) {
		return directory.Class(application.Type())
	}
	return directory.ClassUnavailable
}
