package sweep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// runTimeout is far more than any of these runs takes, so that one which goes
// on only when an hour is over fails.
const runTimeout = 60 * time.Second

// made is what a run came to.
type made struct {
	Result  workflows.SyncResult
	Effects effects
	// Left is what it left in the database, counted.
	Left map[string]int
	// Calls are the remote calls by route, Commits those of the database, and
	// Tail the commits from the last removal on.
	Calls         map[string]int
	Commits, Tail int
	// Last is the call that Tail is counted from.
	Last point
}

// start starts a cycle's run, after what happens in it.
func (l *lane) start(cycle int) (context.Context, context.CancelFunc, client.WorkflowRun) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), runTimeout)
	in := readOf(cycle)
	in.Connection, in.Trigger = l.name, "hand"
	run, err := l.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sync/%s/%s/%d", l.name, l.Name(), cycle), TaskQueue: temporal.WorkflowQueue,
	}, workflows.SyncName, in)
	if err != nil {
		cancel()
		l.Fatal(err)
	}
	return ctx, cancel, run
}

func (l *lane) prepare(cycle int) {
	l.Helper()
	if err := happen(l.box, cycle, l.adopted); err != nil {
		l.Fatal(err)
	}
	l.box.Engine.ResetCalls()
}

// undisturbed makes a cycle's run without a crash and counts.
func (l *lane) undisturbed(cycle int) made {
	l.Helper()
	l.prepare(cycle)
	if err := l.worker.arm(before, 0); err != nil {
		l.Fatal(err)
	}
	tailFrom := 0
	last := point{Phase: before, Route: lastRoute(cycle), Commit: 1}
	l.calls.set(point{Phase: before, Route: last.Route, Call: everyCall, Commit: 1}, func() (err error) {
		tailFrom, err = l.worker.commits()
		return err
	})
	ctx, cancel, run := l.start(cycle)
	defer cancel()
	m := l.finish(ctx, cycle, run)
	commits, err := l.worker.commits()
	if err := errors.Join(err, l.calls.sprung()); err != nil {
		l.Fatalf("cycle %d, %s: %v", cycle, last, err)
	}
	m.Calls, m.Commits, m.Tail, m.Last = l.box.Engine.Counts(), commits, commits-tailFrom, last
	m.Last.Call = m.Calls[last.Route]
	return m
}

// disturbed makes a cycle's run with a crash at a point and a new worker. It
// returns the activities that were under way when the worker died.
func (l *lane) disturbed(cycle int, p point) (made, []string) {
	l.Helper()
	l.prepare(cycle)
	doomed := l.worker
	switch {
	case p.Route == "":
		if err := doomed.arm(p.Phase, p.Commit); err != nil {
			l.Fatal(err)
		}
	case p.Commit > 0:
		l.calls.set(p, func() error { return doomed.arm(p.Phase, p.Commit) })
	default:
		l.calls.set(p, func() error { doomed.kill(); return nil })
	}
	ctx, cancel, run := l.start(cycle)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- run.Get(ctx, nil) }()
	select {
	case <-doomed.ended:
	case err := <-over:
		// The worker may have died as the very last thing.
		select {
		case <-doomed.ended:
		default:
			l.Fatalf("cycle %d ended (%v) and the worker was not killed %s", cycle, err, p)
		}
	}
	underWay := l.underWay(ctx, run)
	l.startWorker()
	return l.finish(ctx, cycle, run), underWay
}

// underWay returns the types of a run's activities that are not done.
func (l *lane) underWay(ctx context.Context, run client.WorkflowRun) []string {
	l.Helper()
	description, err := l.client.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
	if err != nil {
		l.Fatal(err)
	}
	var names []string
	for _, activity := range description.GetPendingActivities() {
		names = append(names, activity.GetActivityType().GetName())
	}
	return names
}

// finish waits for a run and returns what it came to.
func (l *lane) finish(ctx context.Context, cycle int, run client.WorkflowRun) made {
	l.Helper()
	var m made
	if err := run.Get(ctx, &m.Result); err != nil {
		l.Fatalf("the run of cycle %d did not finish by itself: %v; under way: %v", cycle, err, l.underWay(context.WithoutCancel(l.Context()), run))
	}
	l.outcomes = append(l.outcomes, m.Result.Outcome)
	m.Effects = effectsOf(l.box.Engine.Calls(), l.box.Atlassian.State())
	m.Left = l.left()
	return m
}

func (l *lane) compare() compare.Report {
	return l.box.Compare(compare.Options{GroupTypes: sandbox.OwnGroups()})
}
