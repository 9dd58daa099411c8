// Package app wires Rollcall together: store, clients and worker from a
// configuration. Every main package calls it.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Worker polls Temporal and runs workflows and activities until it is stopped.
type Worker struct {
	Store  *store.Store
	Client client.Client
	// Applied is what starting did to the schedules.
	Applied temporal.Applied

	log     *slog.Logger
	workers []worker.Worker
	fatal   chan error
	once    sync.Once
	metrics *temporal.Metrics
	waker   *temporal.Waker
	sweep   context.CancelFunc
	swept   sync.WaitGroup
}

// WorkerOptions are what a worker needs besides the configuration.
type WorkerOptions struct {
	Log *slog.Logger
	// Registry gets the metrics; nil for none.
	Registry *prometheus.Registry
	// StoreOptions change how the store is opened.
	StoreOptions []store.Option
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// SweepEvery is how soon a workflow is started whose own start was lost; 0 is
	// a minute.
	SweepEvery time.Duration
}

// DatabaseAddress is the address of the configured database, for store.Open.
func DatabaseAddress(d config.Database) string {
	if d.Kind == config.SQLite {
		return "sqlite:" + d.Path
	}
	return d.DSN.Reveal()
}

// StartWorker opens the database, connects to Temporal, makes search
// attributes and schedules what they should be, and starts polling. When it
// fails nothing is left running.
func StartWorker(ctx context.Context, c *config.Config, o WorkerOptions) (_ *Worker, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SweepEvery <= 0 {
		o.SweepEvery = entitiesEvery
	}
	w := &Worker{log: o.Log, fatal: make(chan error, 1)}
	defer func() {
		if err != nil {
			w.Stop()
		}
	}()
	if w.Store, err = store.Open(ctx, DatabaseAddress(c.Database), o.StoreOptions...); err != nil {
		return nil, err
	}
	var calls *callMetrics
	if o.Registry != nil {
		if calls, err = newCallMetrics(o.Registry, o.Now); err != nil {
			return nil, err
		}
	}
	connections, err := connections(c, w.Store, calls)
	if err != nil {
		return nil, err
	}
	dial := temporal.Options{Temporal: c.Temporal, Logger: o.Log}
	if o.Registry != nil {
		if w.metrics, err = temporal.NewMetrics(o.Registry, func(err error) { o.Log.Warn("a metric was not recorded", "error", err) }); err != nil {
			return nil, err
		}
		dial.Metrics = w.metrics.Handler
	}
	if w.Client, err = temporal.Dial(ctx, dial); err != nil {
		return nil, err
	}
	attributes := true
	if err := temporal.EnsureSearchAttributes(ctx, w.Client, c.Temporal.Namespace); err != nil {
		var refused *temporal.AttributesRefusedError
		if !errors.As(err, &refused) {
			return nil, err
		}
		// Runs go on without; they are only harder to find in the Web UI.
		o.Log.Warn("runs will have no search attributes", "error", err)
		attributes = false
	}
	acts := &activities.Activities{
		Store: w.Store, Connections: connections, Heartbeat: c.Temporal.HeartbeatTimeout, SearchAttributes: attributes, Log: o.Log, Now: o.Now,
		Start: temporal.NewEntities(w.Client),
	}
	if err := control(c, acts); err != nil {
		return nil, err
	}
	if err := acts.EnsureConnections(ctx); err != nil {
		return nil, err
	}
	if o.Registry != nil {
		counted, err := newRunMetrics(o.Registry)
		if err != nil {
			return nil, err
		}
		acts.RunEnded = counted.runEnded
	}
	if len(c.PushedNames()) > 0 {
		w.waker = temporal.NewWaker(w.Client, pendingShards(w.Store, c.PushedNames(), o.Now), o.Log)
		acts.Wake = w.waker.Wake
	}
	w.register(c, connections, acts)
	for _, one := range w.workers {
		if err := one.Start(); err != nil {
			return nil, fmt.Errorf("start worker: %w", err)
		}
	}
	if w.Applied, err = temporal.Apply(ctx, w.Client.ScheduleClient(), Schedules(c)); err != nil {
		return nil, err
	}
	sweeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.sweep = stop
	if w.waker != nil {
		w.swept.Go(func() { w.waker.Run(sweeping) })
	}
	w.swept.Go(func() { sweepEntities(sweeping, acts, o.SweepEvery, o.Log) })
	return w, nil
}

// pendingShards lists the shards of connections that have something due.
func pendingShards(s *store.Store, connections []string, now func() time.Time) func(context.Context) ([]temporal.ShardRef, error) {
	return func(ctx context.Context) ([]temporal.ShardRef, error) {
		shards, err := s.PendingShards(ctx, now())
		if err != nil {
			return nil, err
		}
		var refs []temporal.ShardRef
		for _, shard := range shards {
			if slices.Contains(connections, shard.Connection) {
				refs = append(refs, temporal.ShardRef{Connection: shard.Connection, Shard: shard.Shard})
			}
		}
		return refs, nil
	}
}

// register makes a worker for each task queue: one for workflows and what
// touches the database only, one for each source, one for each target.
func (w *Worker) register(c *config.Config, connections map[string]*activities.Connection, acts *activities.Activities) {
	main := w.add(temporal.WorkflowQueue, c)
	main.RegisterWorkflowWithOptions(workflows.Sync, workflow.RegisterOptions{Name: workflows.SyncName})
	main.RegisterWorkflowWithOptions(workflows.Watch, workflow.RegisterOptions{Name: workflows.WatchName})
	main.RegisterWorkflowWithOptions(workflows.Provision, workflow.RegisterOptions{Name: workflows.ProvisionName})
	main.RegisterWorkflowWithOptions(workflows.Subjects, workflow.RegisterOptions{Name: workflows.SubjectsName})
	main.RegisterWorkflowWithOptions(workflows.Held, workflow.RegisterOptions{Name: workflows.HeldName})
	main.RegisterWorkflowWithOptions(workflows.Leaver, workflow.RegisterOptions{Name: workflows.LeaverName})
	main.RegisterWorkflowWithOptions(workflows.Notify, workflow.RegisterOptions{Name: workflows.NotifyName})
	main.RegisterWorkflowWithOptions(workflows.Housekeeping, workflow.RegisterOptions{Name: workflows.HousekeepingName})
	main.RegisterActivity(acts)
	for _, name := range c.ConnectionNames() {
		connection := connections[name]
		source := w.add(connection.SourceQueue, c)
		for name, f := range map[string]any{
			workflows.ActivityReadUsers: acts.ReadUsers, workflows.ActivityReadGroups: acts.ReadGroups,
			workflows.ActivityReadMembers: acts.ReadMembers, workflows.ActivityLookUp: acts.LookUp,
		} {
			source.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
		}
		// One person now must not wait behind the batches of a run either.
		provision := w.add(temporal.ProvisionQueue(name), c)
		for name, f := range map[string]any{
			workflows.ActivityDrain: acts.Drain, workflows.ActivityFinishPush: acts.FinishPush,
			workflows.ActivityApplySubjects: acts.ApplySubjects, workflows.ActivityFinishSubjects: acts.FinishSubjects,
		} {
			provision.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
		}
		for _, t := range connection.Targets {
			target := w.add(t.Queue, c)
			for name, f := range map[string]any{
				workflows.ActivityReadTarget: acts.ReadTarget, workflows.ActivityGuard: acts.Guard,
				workflows.ActivityApplyBatch: acts.ApplyBatch, workflows.ActivityApplyChange: acts.ApplyChange,
			} {
				target.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
			}
		}
	}
}

func (w *Worker) add(queue string, c *config.Config) worker.Worker {
	one := worker.New(w.Client, queue, worker.Options{
		MaxConcurrentActivityExecutionSize: c.Worker.Concurrency,
		WorkerStopTimeout:                  c.Worker.StopTimeout,
		// A worker that died leaves a workflow task on its own queue for this long.
		StickyScheduleToStartTimeout: 2 * time.Second,
		DisableWorkflowWorker:        queue != temporal.WorkflowQueue,
		OnFatalError: func(err error) {
			w.once.Do(func() { w.fatal <- fmt.Errorf("worker on %s: %w", queue, err) })
		},
	})
	w.workers = append(w.workers, one)
	return one
}

// Failed delivers the error that made a worker unable to go on.
func (w *Worker) Failed() <-chan error { return w.fatal }

// Ready says whether the worker can do its work now.
func (w *Worker) Ready(ctx context.Context) error {
	if err := w.Store.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if _, err := w.Client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("temporal: %w", err)
	}
	return nil
}

// Stop lets running activities end, within the configured time, and closes
// everything. What was cut off goes on in another worker, or in the next start.
func (w *Worker) Stop() {
	if w.sweep != nil {
		w.sweep()
		w.swept.Wait()
	}
	if w.waker != nil {
		w.waker.Close()
	}
	var group sync.WaitGroup
	for _, one := range w.workers {
		group.Add(1)
		go func() { defer group.Done(); one.Stop() }()
	}
	group.Wait()
	if w.Client != nil {
		w.Client.Close()
	}
	if w.metrics != nil {
		if err := w.metrics.Close(context.Background()); err != nil {
			w.log.Warn("metrics were not closed", "error", err)
		}
	}
	if w.Store != nil {
		if err := w.Store.Close(); err != nil {
			w.log.Warn("the database was not closed cleanly", "error", err)
		}
	}
}

// Schedules are the schedules that a configuration asks for.
func Schedules(c *config.Config) []temporal.ScheduleSpec {
	var specs []temporal.ScheduleSpec
	if len(c.Connections) > 0 {
		specs = append(specs, temporal.ScheduleSpec{
			Housekeeping: true, Schedule: config.Schedule{Every: config.Recurrence{Interval: housekeepingEvery}},
			Workflow: workflows.HousekeepingName, TaskQueue: temporal.WorkflowQueue,
		})
	}
	for _, name := range c.ConnectionNames() {
		connection := c.Connections[name]
		if connection.Schedule != nil {
			specs = append(specs, temporal.ScheduleSpec{
				Connection: name, Schedule: *connection.Schedule, Workflow: workflows.SyncName, TaskQueue: temporal.WorkflowQueue,
				Args: []any{workflows.SyncInput{Connection: name, Trigger: temporal.TriggerSchedule}},
			})
		}
		if log := connection.Source.SystemLog; log != nil {
			specs = append(specs, temporal.ScheduleSpec{
				Connection: name, Watch: true, Schedule: config.Schedule{Every: config.Recurrence{Interval: log.Poll}}, Workflow: workflows.WatchName,
				TaskQueue: temporal.WorkflowQueue, Args: []any{workflows.WatchInput{Connection: name}},
			})
		}
	}
	return specs
}
