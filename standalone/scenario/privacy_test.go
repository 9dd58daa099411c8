package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// captured is a log that may be written to and read from side by side.
type captured struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (c *captured) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(b)
}

func (c *captured) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// lastLines returns the last n lines of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// leaksIn audits everything that a Temporal server keeps of a run: all of its
// histories, its description and what is shown beside it.
func leaksIn(ctx context.Context, t *testing.T, a *audit, c client.Client, s shape, queried bool) []string {
	t.Helper()
	var leaks []string
	check := func(where string, all []string) {
		for _, text := range all {
			for _, found := range a.find(text) {
				leaks = append(leaks, fmt.Sprintf("%s, %s: %q", s.name, where, found))
			}
		}
	}
	events := 0
	for _, one := range chain(ctx, t, c, s.workflowID, s.runID) {
		for _, event := range one.Events {
			events++
			check(fmt.Sprintf("event %d, %s", event.EventId, event.EventType), texts(t, event))
		}
	}
	if events < 3 {
		t.Fatalf("%s has %d events: there is nothing to audit", s.name, events)
	}
	description, err := c.DescribeWorkflowExecution(ctx, s.workflowID, s.runID)
	if err != nil {
		t.Fatal(err)
	}
	check("description", texts(t, description))
	if queried {
		check("details", texts(t, metadata(ctx, t, c, s.workflowID, s.runID)))
	}
	slices.Sort(leaks)
	return slices.Compact(leaks)
}

func TestHistoriesLogsAndMetricsHoldNothingAboutPeopleAndNoSecret(t *testing.T) {
	t.Parallel()
	var log captured
	registry := prometheus.NewRegistry()
	g := newGallery(t, func(s *scenario) {
		s.options.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s.options.Registry = registry
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log ends with\n%s", lastLines(log.String(), 40))
		}
	})
	g.all()
	g.whileDown()
	ctx := t.Context()
	for _, s := range g.shapes {
		for _, leak := range leaksIn(ctx, t, g.audit, g.Worker.Client, s, true) {
			t.Error(leak)
		}
	}
	g.auditSchedules()
	g.replayAll()
	if log.String() == "" {
		t.Fatal("nothing was logged: there is nothing to audit")
	}
	for line := range strings.Lines(log.String()) {
		for _, found := range g.audit.find(line) {
			t.Errorf("logged %q: %s", found, line)
		}
	}
	exposition := metricsOf(t, registry)
	if !strings.Contains(exposition, "temporal_") {
		t.Fatalf("no metrics of Temporal: there is nothing to audit\n%s", exposition)
	}
	for _, found := range g.audit.find(exposition) {
		t.Errorf("the metrics hold %q", found)
	}
	if vendor := g.vendorWords(); vendor == 0 {
		t.Error("no vendor said anything in an error: there was nothing to leak")
	}
}

// whileDown looks at a run while the target is down: what is pending carries
// the failure of the last attempt.
func (g *gallery) whileDown() {
	g.Helper()
	g.join("leopoldine.waiting@" + "example.com")
	g.audit.organisation(g.scenario)
	down := g.Box.Engine.Add(fault.Rule{API: "atlassian", Kind: fault.Status, Status: http.StatusServiceUnavailable})
	run := g.started("down", workflows.SyncInput{})
	deadline := time.After(hung)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		description, err := g.Worker.Client.DescribeWorkflowExecution(g.Context(), run.GetID(), run.GetRunID())
		if err != nil {
			g.Fatal(err)
		}
		if pending := description.GetPendingActivities(); len(pending) > 0 && pending[0].GetAttempt() > 1 && pending[0].GetLastFailure() != nil {
			break
		}
		select {
		case <-deadline:
			g.Fatal("no activity was tried twice")
		case <-again.C:
		}
	}
	for _, leak := range leaksIn(g.Context(), g.T, g.audit, g.Worker.Client, g.shapes[len(g.shapes)-1], false) {
		g.Error("while the target is down: " + leak)
	}
	g.Box.Engine.Remove(down)
	if err := g.await(run, nil); err != nil {
		g.Fatal(err)
	}
}

// replayAll replays what was played: a history that cannot be is one that a
// worker taking over could not go on with.
func (g *gallery) replayAll() {
	g.Helper()
	for _, s := range g.shapes {
		for _, one := range chain(g.Context(), g.T, g.Worker.Client, s.workflowID, s.runID) {
			portable(g.T, one)
		}
	}
}

func (g *gallery) auditSchedules() {
	g.Helper()
	schedules := g.Worker.Client.ScheduleClient()
	if err := temporal.Pause(g.Context(), schedules, g.Name, "a note of the operator's own"); err != nil {
		g.Fatal(err)
	}
	for _, id := range []string{"sync/" + g.Name, "watch/" + g.Name} {
		description, err := schedules.GetHandle(g.Context(), id).Describe(g.Context())
		if err != nil {
			g.Fatal(err)
		}
		for _, found := range g.audit.find(fmt.Sprintf("%+v %+v", description, description.Schedule.Action)) {
			g.Errorf("schedule %s holds %q", id, found)
		}
	}
}

// vendorWords counts what the vendors said in errors.
func (g *gallery) vendorWords() int {
	g.audit.mu.Lock()
	defer g.audit.mu.Unlock()
	n := 0
	for piece := range g.audit.pieces {
		if strings.Contains(piece, " ") {
			n++
		}
	}
	return n
}

// metricsOf reads the worker's /metrics as Prometheus does.
func metricsOf(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	operations, err := app.ServeOperations("127.0.0.1:0", registry, func(context.Context) error { return nil }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := operations.Close(); err != nil {
			t.Error(err)
		}
	}()
	answer, err := http.Get("http://" + operations.Address() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// leak is a workflow that says what it is given in one place.
type leak struct{ Input, Result, ActivityInput, ActivityResult, ActivityFailure, Failure, Summary, Details, Attribute string }

func leaky(ctx workflow.Context, in leak) (string, error) {
	if in.Details != "" {
		workflow.SetCurrentDetails(ctx, in.Details)
	}
	if in.Attribute != "" {
		if err := workflow.UpsertTypedSearchAttributes(ctx, sdk.NewSearchAttributeKeyKeyword(temporal.AttributeOutcome).ValueSet(in.Attribute)); err != nil {
			return "", err
		}
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, Summary: in.Summary, RetryPolicy: &sdk.RetryPolicy{MaximumAttempts: 1}})
	var result string
	err := workflow.ExecuteActivity(ctx, "leaky", in.ActivityInput, in.ActivityResult, in.ActivityFailure).Get(ctx, &result)
	if err != nil && in.ActivityFailure == "" {
		return "", err
	}
	if in.Failure != "" {
		return "", errors.New(in.Failure)
	}
	return in.Result, nil
}

func leakyActivity(_ context.Context, _, result, failure string) (string, error) {
	if failure != "" {
		return "", errors.New(failure)
	}
	return result, nil
}

func TestTheAuditFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	server := ownServer(t, embedded.Options{})
	c, err := temporal.Dial(t.Context(), temporal.Options{Temporal: config.Temporal{Address: server.FrontendAddress(), Namespace: embedded.DefaultNamespace}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := worker.New(c, "leaks", worker.Options{})
	w.RegisterWorkflowWithOptions(leaky, workflow.RegisterOptions{Name: "leaky"})
	w.RegisterActivityWithOptions(leakyActivity, activity.RegisterOptions{Name: "leaky"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	a := newAudit()
	a.person("Siobhán", "O'Neill", "Siobhan.ONeill@example.com")
	a.word("All Staff")
	a.piece("The domain is not verified.")
	a.piece("s3cr3t-token")

	for name, tc := range map[string]struct {
		options client.StartWorkflowOptions
		in      leak
		want    string
	}{
		"an address in the workflow's id":    {options: client.StartWorkflowOptions{ID: "sync/siobhan.oneill@example.com"}, want: "siobhan.oneill@example.com"},
		"a name in the memo":                 {options: client.StartWorkflowOptions{Memo: map[string]any{"who": "Siobhán"}}, want: "Siobhán"},
		"a name in the workflow's summary":   {options: client.StartWorkflowOptions{StaticSummary: "run for O'Neill"}, want: "O'Neill"},
		"a group in the workflow's details":  {options: client.StartWorkflowOptions{StaticDetails: "members of **All Staff**"}, want: "All Staff"},
		"an address in other letters":        {in: leak{Input: "SIOBHAN.ONEILL@EXAMPLE.COM"}, want: "siobhan.oneill@example.com"},
		"a secret in the input":              {in: leak{Input: "token s3cr3t-token"}, want: "s3cr3t-token"},
		"a name in the result":               {in: leak{Result: "done for Siobhán."}, want: "Siobhán"},
		"a name in an activity's input":      {in: leak{ActivityInput: "O'Neill"}, want: "O'Neill"},
		"a group in an activity's result":    {in: leak{ActivityResult: "All Staff"}, want: "All Staff"},
		"a vendor's words in a failure":      {in: leak{ActivityFailure: "HTTP 400: the domain is not verified."}, want: "the domain is not verified."},
		"a vendor's words in the end":        {in: leak{Failure: "HTTP 400: The domain is not verified."}, want: "the domain is not verified."},
		"a name in an activity's summary":    {in: leak{Summary: "invite Siobhán"}, want: "Siobhán"},
		"a name in the current details":      {in: leak{Details: "now: Siobhán"}, want: "Siobhán"},
		"an address in a search attribute":   {in: leak{Attribute: "siobhan.oneill@example.com"}, want: "siobhan.oneill@example.com"},
		"nothing where words only look like": {in: leak{Input: "Siobhánne O'Neills All Staffing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.options.TaskQueue = "leaks"
			run, err := c.ExecuteWorkflow(t.Context(), tc.options, "leaky", tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Get(t.Context(), nil); err != nil && tc.in.Failure == "" {
				t.Fatal(err)
			}
			leaks := leaksIn(t.Context(), t, a, c, shape{"planted", run.GetID(), run.GetRunID()}, true)
			if tc.want == "" {
				if len(leaks) > 0 {
					t.Errorf("the audit found %v", leaks)
				}
				return
			}
			if !slices.ContainsFunc(leaks, func(l string) bool { return strings.Contains(l, fmt.Sprintf("%q", tc.want)) }) {
				t.Errorf("the audit found %v, want %q", leaks, tc.want)
			}
		})
	}
	for text, want := range map[string]string{
		`{"level":"WARN","msg":"refused","error":"invite Siobhan.ONeill@example.com"}`: "siobhan.oneill@example.com",
		`rollcall_changes{group="All Staff"} 3`:                                        "All Staff",
	} {
		if found := a.find(text); !slices.Contains(found, want) {
			t.Errorf("the audit found %v in %s, want %q", found, text, want)
		}
	}
}
