package scenario

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// shape is a run of a kind that was played.
type shape struct {
	name              string
	workflowID, runID string
}

// gallery plays one run of each shape that a history can have, on a Temporal
// server of its own.
type gallery struct {
	*scenario
	server *embedded.Server
	audit  *audit
	gate   *gate
	shapes []shape
}

func newGallery(t *testing.T, prepare func(*scenario)) *gallery {
	t.Helper()
	g := &gallery{audit: newAudit(), gate: &gate{}}
	g.scenario = newScenario(t, settings{Front: g.audit.listening, Source: "system_log: { poll: 1h }", Connection: `schedule: { every: weekly, at: "04:00" }`})
	g.audit.organisation(g.scenario)
	okta := httptest.NewServer(g.audit.listening(g.Box.OktaHandler()))
	t.Cleanup(okta.Close)
	connection := g.Config.Connections[g.Name]
	connection.Source.URL = okta.URL
	g.Config.Connections[g.Name] = connection
	g.Box.Engine.OnCall(g.gate.hook)
	// A test that fails while a call is held must not wait for it.
	t.Cleanup(g.gate.open)
	g.server = ownServer(t, embedded.Options{})
	g.on(g.server)
	if prepare != nil {
		prepare(g.scenario)
	}
	g.start()
	return g
}

// gate holds up the calls to one path of a stand-in.
type gate struct {
	mu      sync.Mutex
	path    string
	held    chan struct{}
	release chan struct{}
}

func (g *gate) hook(phase string, c fault.Call) {
	g.mu.Lock()
	if phase != "before" || g.path == "" || !strings.Contains(c.Path, g.path) {
		g.mu.Unlock()
		return
	}
	held, release := g.held, g.release
	g.mu.Unlock()
	select {
	case held <- struct{}{}:
	default:
	}
	<-release
}

// shut holds up the calls to a path and returns what tells that one is held.
func (g *gate) shut(path string) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.path, g.held, g.release = path, make(chan struct{}, 1), make(chan struct{})
	return g.held
}

// open lets everything go on.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.path != "" {
		g.path = ""
		close(g.release)
	}
}

// keep remembers a run under the name of its shape.
func (g *gallery) keep(name string, run client.WorkflowRun) {
	g.Logf("%s: %s", name, run.GetID())
	g.shapes = append(g.shapes, shape{name, run.GetID(), run.GetRunID()})
}

// play runs the connection and keeps the run.
func (g *gallery) play(name string, in workflows.SyncInput, outcomes ...string) workflows.SyncResult {
	g.Helper()
	run := g.started(name, in)
	var result workflows.SyncResult
	if err := g.await(run, &result); err != nil {
		g.Fatalf("%s: %v", name, err)
	}
	g.ended(name, result, outcomes...)
	return result
}

func (g *gallery) ended(name string, result workflows.SyncResult, outcomes ...string) {
	g.Helper()
	for _, o := range outcomes {
		if result.Outcome == o {
			return
		}
	}
	g.explain(result)
	g.Fatalf("%s ended %s, want one of %v", name, result.Outcome, outcomes)
}

func (g *gallery) started(name string, in workflows.SyncInput) client.WorkflowRun {
	g.Helper()
	run, err := g.begin(g.Context(), in)
	if err != nil {
		g.Fatal(err)
	}
	g.keep(name, run)
	return run
}

// fails plays a run that must fail with a class.
func (g *gallery) fails(name string, in workflows.SyncInput, class string) {
	g.Helper()
	run := g.started(name, in)
	g.wantFailure(name, run, class)
}

func (g *gallery) wantFailure(name string, run client.WorkflowRun, class string) {
	g.Helper()
	err := g.await(run, nil)
	if err == nil || !strings.Contains(err.Error(), class) {
		g.Fatalf("%s ended with %v, want a failure of class %s", name, err, class)
	}
}

// await waits for the end of a run.
func (g *gallery) await(run client.WorkflowRun, result any) error {
	ctx, cancel := context.WithTimeout(g.Context(), hung)
	defer cancel()
	if err := run.Get(ctx, result); err != nil {
		return fmt.Errorf("%s: %w", run.GetID(), err)
	}
	return nil
}

// held waits until a call is held at the gate.
func (g *gallery) held(at <-chan struct{}) {
	g.Helper()
	select {
	case <-at:
	case <-time.After(hung):
		g.Fatal("no call came to the gate")
	}
}

// withFault plays with a rule in force and insists that it was applied.
func (g *gallery) withFault(rule fault.Rule, play func()) {
	g.Helper()
	id := g.Box.Engine.Add(rule)
	play()
	if g.Box.Engine.Hits(id) == 0 {
		g.Fatalf("the fault %+v never happened", rule)
	}
	g.Box.Engine.Remove(id)
}

// addressed matches the requests that carry a person's address.
func addressed(email string) string { return "(?i)" + regexp.QuoteMeta(email) }

// all plays every shape. What the runs find changes from one to the next.
func (g *gallery) all() {
	g.Helper()
	g.play("first-run", workflows.SyncInput{}, workflows.OutcomeDone, workflows.OutcomePartial)
	g.changes("incremental", 6)

	refused := "wilhelmina.unwelcome@" + people.Domain
	g.join(refused)
	g.withFault(fault.Rule{API: "atlassian", Method: http.MethodPost, Path: "invite", MatchBody: addressed(refused), Kind: fault.Status, Status: http.StatusBadRequest}, func() {
		g.play("refused", workflows.SyncInput{}, workflows.OutcomePartial)
	})
	retried := "ottoline.patient@" + people.Domain
	g.join(retried)
	g.withFault(fault.Rule{API: "atlassian", Method: http.MethodPost, Path: "invite", MatchBody: addressed(retried), Kind: fault.Status, Status: http.StatusServiceUnavailable, Times: 1}, func() {
		g.play("retry-lane", workflows.SyncInput{}, workflows.OutcomeDone, workflows.OutcomePartial)
	})
	g.withFault(fault.Rule{Kind: fault.Status, Status: http.StatusTooManyRequests, RetryAfter: "1", Times: 2}, func() {
		g.play("rate-limited", workflows.SyncInput{Full: true, Drift: true}, workflows.OutcomeDone, workflows.OutcomePartial)
	})

	g.leave(12)
	g.play("dry-run", workflows.SyncInput{DryRun: true}, workflows.OutcomeDry)
	g.play("held", workflows.SyncInput{}, workflows.OutcomeHeld, workflows.OutcomePartial)

	g.withFault(fault.Rule{API: "okta", Kind: fault.Status, Status: http.StatusUnauthorized}, func() {
		g.fails("failed", workflows.SyncInput{}, "credential-refused")
	})
	g.join("ermintrude.later@" + people.Domain)
	g.withFault(fault.Rule{API: "atlassian", Kind: fault.Status, Status: http.StatusUnauthorized}, func() {
		g.play("failed-target", workflows.SyncInput{}, workflows.OutcomeFailed)
	})
	g.withFault(fault.Rule{Kind: fault.CutAfter, Times: 4}, func() {
		g.play("cut", workflows.SyncInput{Full: true}, workflows.OutcomeDone, workflows.OutcomePartial, workflows.OutcomeHeld)
	})
	elsewhere := g.started("not-configured", workflows.SyncInput{Connection: "elsewhere"})
	g.wantFailure("not-configured", elsewhere, "not-configured")

	g.overlapping()
	g.cancelled()
	g.fenced()
	g.watched()
	g.audit.organisation(g.scenario)
}

func (g *gallery) changes(name string, n int) {
	g.Helper()
	if _, err := g.Box.Change(2, n); err != nil {
		g.Fatal(err)
	}
	g.audit.organisation(g.scenario)
	g.play(name, workflows.SyncInput{}, workflows.OutcomeDone, workflows.OutcomePartial)
}

func (g *gallery) leave(n int) {
	g.Helper()
	for _, u := range g.active()[:n] {
		if err := g.Box.Okta.DeactivateUser(u.ID); err != nil {
			g.Fatal(err)
		}
	}
}

func (g *gallery) overlapping() {
	g.Helper()
	at := g.gate.shut("/api/v1/users")
	first := g.started("overlapped", workflows.SyncInput{})
	g.held(at)
	g.play("already-running", workflows.SyncInput{}, workflows.OutcomeBusy)
	g.gate.open()
	if err := g.await(first, nil); err != nil {
		g.Fatal(err)
	}
}

func (g *gallery) cancelled() {
	g.Helper()
	at := g.gate.shut("/api/v1/groups")
	run := g.started("stopped", workflows.SyncInput{Full: true})
	g.held(at)
	if err := g.Worker.Client.CancelWorkflow(g.Context(), run.GetID(), ""); err != nil {
		g.Fatal(err)
	}
	var result workflows.SyncResult
	if err := g.await(run, &result); err != nil {
		g.Fatal(err)
	}
	g.gate.open()
	g.ended("stopped", result, workflows.OutcomeStopped)
	// A run that has ended calls nobody: the read was given up before.
	for _, event := range chain(g.Context(), g.T, g.Worker.Client, run.GetID(), run.GetRunID())[0].Events {
		switch event.EventType {
		case enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
			return
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
			g.Fatal("the run ended while a read of it was still under way")
		}
	}
}

// fenced lets another run take the connection from one that reads.
func (g *gallery) fenced() {
	g.Helper()
	at := g.gate.shut("/api/v1/users")
	run := g.started("fenced", workflows.SyncInput{Full: true})
	g.held(at)
	thief := g.takeConnection()
	g.gate.open()
	g.wantFailure("fenced", run, "fenced")
	if err := g.Worker.Store.Finish(g.Context(), thief, workflows.OutcomeDone, "", false, time.Now()); err != nil {
		g.Fatal(err)
	}
}

// takeConnection claims the connection as a run does after two silent minutes
// of the one before.
func (s *scenario) takeConnection() store.Claim {
	s.Helper()
	runs, err := s.Worker.Store.Runs(s.Context(), s.Name, 1)
	if err != nil {
		s.Fatal(err)
	}
	id, err := s.Worker.Store.ConnectionID(s.Context(), runs[0].Connection)
	if err != nil {
		s.Fatal(err)
	}
	run, err := s.Worker.Store.BeginRun(s.Context(), store.RunRequest{ConnectionID: id, WorkflowID: "thief", FullEvery: time.Hour}, time.Now().Add(time.Hour))
	if err != nil {
		s.Fatal(err)
	}
	return run.Claim
}

// watched polls the event log: once to learn where it ends, once after
// something happened.
func (g *gallery) watched() {
	g.Helper()
	g.poll("watch-quiet", 0)
	g.join("philippa.noticed@" + people.Domain)
	g.poll("watch", 1)
}

func (g *gallery) poll(name string, atLeast int) {
	g.Helper()
	ctx, cancel := context.WithTimeout(g.Context(), hung)
	defer cancel()
	run, err := g.Worker.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("watch/%s/%s", g.Name, name), TaskQueue: temporal.WorkflowQueue}, workflows.WatchName, workflows.WatchInput{Connection: g.Name})
	if err != nil {
		g.Fatal(err)
	}
	var polled workflows.PollResult
	if err := run.Get(ctx, &polled); err != nil {
		g.Fatal(err)
	}
	g.keep(name, run)
	if polled.Events < atLeast || (atLeast == 0 && polled.Events != 0) {
		g.Fatalf("%s saw %d events, want %d", name, polled.Events, atLeast)
	}
	if polled.Events == 0 {
		return
	}
	child := "sync/" + g.Name + "/log/" + run.GetRunID()
	sync := g.Worker.Client.GetWorkflow(ctx, child, "")
	if err := sync.Get(ctx, nil); err != nil {
		g.Fatal(err)
	}
	g.keep("watched-run", sync)
}
