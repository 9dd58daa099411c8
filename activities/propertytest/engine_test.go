package propertytest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	sourcememory "github.com/rollcall-sync/rollcall/internal/source/sourcetest/memory"
	"github.com/rollcall-sync/rollcall/internal/store"
	targetmemory "github.com/rollcall-sync/rollcall/internal/target/targettest/memory"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	connection = "staff"
	cloud      = "cloud"
	identity   = "memory"
)

// engine runs the real workflows of one connection.
type engine struct {
	ctx    context.Context
	store  *store.Store
	source *sourcememory.Source
	target *targetmemory.Target
	acts   *activities.Activities
	ran    int
	log    log

	mu    sync.Mutex
	ahead time.Duration
}

// wrap is what stands between the activities and the target in memory.
type wrap func(*targetmemory.Target) directory.Target

func direct(t *targetmemory.Target) directory.Target { return t }

// plain does nothing wrong.
func plain(t directory.Target, _ *targetmemory.Target) directory.Target { return t }

// newEngine makes an engine over an empty database. The caller closes it.
func newEngine(ctx context.Context, dir string, o organisation, between wrap) (*engine, error) {
	db, err := os.MkdirTemp(dir, "db")
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(db, "x.db"))
	if err != nil {
		return nil, err
	}
	set, err := rules.Compile(o.spec())
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	e := &engine{ctx: ctx, store: s}
	e.source = sourcememory.New(sourcememory.Options{PageSize: o.pageSize, Now: e.now})
	e.target = targetmemory.New(o.options())
	// Nothing that the organisation does not limit is limited by the guard.
	open := store.Limits{Window: 24 * time.Hour, HeldFor: 72 * time.Hour, Share: 1, Count: 1 << 30, Always: 1 << 30}
	can := o.variant.Capabilities()
	can.Renames = !o.noRenames
	// What stands before the target can do all that it can.
	whole, ok := between(e.target).(targetmemory.Whole)
	if !ok {
		return nil, errors.New("what stands before the target hides what it can do")
	}
	t := &activities.Target{
		Target: targetmemory.As(o.variant, whole), Name: cloud, Kind: targetmemory.Kind, Identity: identity, Queue: cloud, Can: can,
		AdoptGroups: func(name string) bool { return o.adopts(name) }, Guard: open, Mode: o.mode, LinkBy: o.linkBy, Recreate: o.recreates,
		RenamesAccounts:   o.attributes["user_name"] != "",
		ProtectedAccounts: o.protectedAccounts, ProtectedGroups: o.protectedGroups, FullEvery: time.Nanosecond, Concurrency: 4,
	}
	c := &activities.Connection{
		Name: connection, RulesDigest: set.Digest(), Source: e.source, SourceQueue: "source", Rules: set,
		SourceFloor: store.SourceFloor{Drop: 1}, FullEvery: time.Nanosecond, Guard: open, Targets: []*activities.Target{t},
	}
	e.acts = &activities.Activities{
		Store: s, Connections: map[string]*activities.Connection{connection: c}, Heartbeat: 30 * time.Second,
		Log: slog.New(slog.NewTextHandler(&e.log, &slog.HandlerOptions{Level: slog.LevelWarn})), Start: nobody{}, Approvals: store.ApprovalPolicy{Persons: 1}, Now: e.now,
	}
	o.seed(e.source, e.target)
	return e, nil
}

// log keeps what the activities warn of, for a test that fails.
type log struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, line...)
	return len(line), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func (e *engine) close() error { return e.store.Close() }

// now is the clock of everything; leap moves it on.
func (e *engine) now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Now().Add(e.ahead)
}

func (e *engine) leap(by time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ahead += by
}

// nobody starts no other workflows: each property starts what it is about.
type nobody struct{}

func (nobody) Subjects(context.Context, string, int64, string) error { return nil }
func (nobody) Held(context.Context, string, int64) error             { return nil }
func (nobody) HeldThere(context.Context, string, int64) error        { return nil }
func (nobody) Leaver(context.Context, string, int64) error           { return nil }
func (nobody) LeaverThere(context.Context, string, int64) error      { return nil }
func (nobody) Notify(context.Context, int64) error                   { return nil }

// play runs a workflow in Temporal's test environment.
func (e *engine) play(name, id string, run any, in, out any) error {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(10 * time.Minute)
	// A busy machine is no deadlock.
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 10 * time.Minute})
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id, TaskQueue: "workflows"})
	env.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name})
	env.RegisterActivity(e.acts)
	// A timer takes no time here: what it waited for has to be due all the same.
	timers := map[string]time.Duration{}
	env.SetOnTimerScheduledListener(func(timer string, lasts time.Duration) { timers[timer] = lasts })
	env.SetOnTimerFiredListener(func(timer string) { e.leap(timers[timer]) })
	env.ExecuteWorkflow(name, in)
	if !env.IsWorkflowCompleted() {
		return fmt.Errorf("%s did not end", name)
	}
	if err := env.GetWorkflowError(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return env.GetWorkflowResult(out)
}

// sync runs Sync once; a dry run plans and writes nothing.
func (e *engine) sync(dry bool) (workflows.SyncResult, error) {
	e.ran++
	var result workflows.SyncResult
	err := e.play(workflows.SyncName, fmt.Sprintf("sync/%s-%d", connection, e.ran), workflows.Sync,
		workflows.SyncInput{Connection: connection, Trigger: "hand", DryRun: dry, AllowRemovals: true, Full: true, Drift: true}, &result)
	if err == nil && result.Outcome == workflows.OutcomeFailed {
		err = fmt.Errorf("run %d failed", result.RunID)
	}
	return result, err
}

// undo takes a run back, as the command line does.
func (e *engine) undo(runID int64) (workflows.SubjectsResult, error) {
	connectionID, err := e.store.ConnectionID(e.ctx, connection)
	if err != nil {
		return workflows.SubjectsResult{}, err
	}
	who := store.Who{Name: "ada@desk"}
	id, err := e.store.AddRequest(e.ctx, store.Request{ConnectionID: connectionID, Connection: connection, Kind: store.RequestUndo, Subject: runID, Who: who}, e.now())
	if err != nil {
		return workflows.SubjectsResult{}, err
	}
	var result workflows.SubjectsResult
	err = e.play(workflows.SubjectsName, workflows.SubjectsID(connection, id), workflows.Subjects,
		workflows.SubjectsInput{Connection: connection, RequestID: id, Trigger: workflows.TriggerUndo}, &result)
	return result, err
}

// approve says yes to everything that is held, and carries it out.
func (e *engine) approve() error {
	plans, err := e.store.OpenHeld(e.ctx, connection)
	if err != nil {
		return err
	}
	for _, plan := range plans {
		decision := store.HeldDecision{PlanID: plan.ID, Digest: plan.Digest, Who: store.Who{Name: "ada@desk"}, Key: "test"}
		outcome, err := e.store.DecideHeld(e.ctx, decision, e.acts.Approvals, e.now())
		if err != nil || outcome.Refused != "" {
			return fmt.Errorf("approve plan %d: %q, %v", plan.ID, outcome.Refused, err)
		}
		var result workflows.SubjectsResult
		if err := e.play(workflows.SubjectsName, workflows.SubjectsID(connection, outcome.RequestID), workflows.Subjects,
			workflows.SubjectsInput{Connection: connection, RequestID: outcome.RequestID, Trigger: workflows.TriggerApproval}, &result); err != nil {
			return err
		}
	}
	return nil
}

// changes reads all changes of a run.
func (e *engine) changes(runID int64) ([]store.Change, error) {
	var all []store.Change
	for change, err := range e.store.Changes(e.ctx, runID, store.ChangeFilter{}) {
		if err != nil {
			return nil, err
		}
		all = append(all, change)
	}
	return all, nil
}

// quiet keeps the workflow's log out of the test's output.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// with runs a piece of a property over a fresh engine.
func with(t testing.TB, o organisation, between wrap, do func(*engine) error) error {
	e, err := newEngine(t.Context(), t.TempDir(), o, between)
	if err != nil {
		return err
	}
	if err = do(e); err != nil {
		err = fmt.Errorf("%w\n%s", err, &e.log)
	}
	if closed := e.close(); err == nil {
		err = closed
	}
	return err
}
