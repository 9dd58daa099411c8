// Package scenario plays whole runs: a real Temporal server, a real database,
// the worker as it is shipped, and the stand-ins over HTTP.
package scenario

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// scenario is one or more connections from one Okta to one Atlassian
// organisation, or to targets of several kinds.
type scenario struct {
	*testing.T
	Box    *sandbox.Server
	Config *config.Config
	// Name is the first connection's.
	Name   string
	Worker *app.Worker

	options app.WorkerOptions
}

type settings struct {
	People, Groups, Memberships int
	Uniform, Unmanaged          bool
	// Database is the database's address; empty is a SQLite file of its own.
	Database string
	// Targets are the kinds of target, each called as its kind is; none means one
	// of Atlassian Cloud, called "cloud".
	Targets []string
	// Source, Target and Connection are lines of YAML added to each part; Target to
	// each target.
	Source, Target, Connection string
	// Pushed makes the first connection one that is pushed, in place of Okta's.
	Pushed bool
	// Second, when set, makes a second connection, whose name ends in "-b".
	Second *rules
	// Front, when set, is served in place of each target's stand-in, which it is
	// given.
	Front func(standIn http.Handler) http.Handler
	// Now is the worker's clock; nil means the real one.
	Now func() time.Time
}

// rules are the lines of YAML added to the parts of a connection.
type rules struct{ Source, Target, Connection string }

func newScenario(t *testing.T, s settings) *scenario {
	t.Helper()
	server, namespace := shared.lend(t)
	if s.People == 0 {
		s.People, s.Groups = 60, 8
	}
	box := sandboxtest.Start(t, sandbox.Options{People: s.People, Groups: s.Groups, Memberships: s.Memberships, Uniform: s.Uniform, Unmanaged: s.Unmanaged,
		Targets: s.Targets, Seed: 1})
	if s.Database == "" {
		s.Database = "sqlite:" + filepath.Join(t.TempDir(), "rollcall.db")
	}
	a := box.Announcement()
	if s.Front != nil {
		for i, target := range a.Targets {
			front := httptest.NewServer(s.Front(box.TargetHandler(target.Kind)))
			t.Cleanup(front.Close)
			a.Targets[i].URL = front.URL
			if target.Kind == sandbox.AtlassianCloud {
				a.Atlassian = front.URL
			}
		}
	}
	name := connectionName(t)
	text := fmt.Sprintf("temporal: { address: %q, namespace: %s, heartbeat_timeout: 5s }\ndatabase: %q\nworker: { stop_timeout: 2s }\n", server.FrontendAddress(), namespace, s.Database)
	if s.Pushed || strings.Contains(s.Source, "also: scim") {
		text += "scim: { listen: \"127.0.0.1:0\" }\n"
	}
	text += "connections:\n"
	source := oktaSource(a, s.Source)
	if s.Pushed {
		source = indent("kind: scim\n"+s.Source, 6)
	}
	targets := cloudTarget(a, s.Target)
	if len(s.Targets) > 0 {
		targets = eachTarget(t, a, s.Target)
	}
	text += connectionOf(name, source, targets, s.Connection)
	if s.Second != nil {
		text += connectionText(name+"-b", a, oktaSource(a, s.Second.Source), *s.Second)
	}
	env := map[string]string{"OKTA_TOKEN": a.OktaToken, "ATLASSIAN_API_KEY": a.AtlassianKey}
	c, err := config.Parse("rollcall.yaml", []byte(text), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return &scenario{T: t, Box: box, Config: c, Name: name, options: app.WorkerOptions{Log: testLogger(t), Now: s.Now}}
}

func oktaSource(a sandbox.Announcement, lines string) string {
	return fmt.Sprintf(`      kind: okta
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
%s`, a.Okta, indent(lines, 6))
}

func connectionText(name string, a sandbox.Announcement, source string, r rules) string {
	return connectionOf(name, source, cloudTarget(a, r.Target), r.Connection)
}

func connectionOf(name, source, targets, lines string) string {
	return fmt.Sprintf(`
  %s:
    source:
%s
    targets:
%s
%s
`, name, source, targets, indent(lines, 4))
}

// cloudTarget is the target of Atlassian Cloud, whose key is in the environment.
func cloudTarget(a sandbox.Announcement, lines string) string {
	return fmt.Sprintf(`      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user, confluence: user}
        rate_limit_share: 100%%
%s`, a.Atlassian, a.Organization, a.Directory, indent(lines, 8))
}

// eachTarget are all targets of a sandbox, each called as its kind is.
func eachTarget(t *testing.T, a sandbox.Announcement, lines string) string {
	t.Helper()
	var b strings.Builder
	for _, target := range a.Targets {
		text, err := target.Configuration(8)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "      %s:\n%s        rate_limit_share: 100%%\n%s\n", target.Kind, text, indent(lines, 8))
	}
	return b.String()
}

// indent puts lines of YAML where they belong, unless they come with their
// own indentation.
func indent(lines string, by int) string {
	if lines == "" || strings.HasPrefix(lines, " ") {
		return lines
	}
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(lines, "\n", "\n"+pad)
}

func (s *scenario) start() *scenario {
	s.Helper()
	s.Worker = s.another()
	return s
}

// another starts one more worker with the same configuration.
func (s *scenario) another() *app.Worker {
	s.Helper()
	w, err := app.StartWorker(s.Context(), s.Config, s.options)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(w.Stop)
	return w
}

// sync runs the connection once and returns what it came to.
func (s *scenario) sync(in workflows.SyncInput) workflows.SyncResult {
	s.Helper()
	result, err := s.trySync(in)
	if err != nil {
		s.Fatal(err)
	}
	return result
}

// trySync runs the connection that in names, or the first, once.
func (s *scenario) trySync(in workflows.SyncInput) (workflows.SyncResult, error) {
	ctx, cancel := context.WithTimeout(s.Context(), hung)
	defer cancel()
	run, err := s.begin(ctx, in)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	var result workflows.SyncResult
	err = run.Get(ctx, &result)
	return result, err
}

// begin starts a run and does not wait for it.
func (s *scenario) begin(ctx context.Context, in workflows.SyncInput) (client.WorkflowRun, error) {
	in.Trigger = "hand"
	if in.Connection == "" {
		in.Connection = s.Name
	}
	return s.Worker.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sync/%s/%d", in.Connection, workflowNumber.Add(1)), TaskQueue: temporal.WorkflowQueue,
	}, workflows.SyncName, in)
}

// workflowNumber keeps the ids of this process's workflows apart.
var workflowNumber atomic.Int64

func (s *scenario) compare() compare.Report {
	s.Helper()
	return s.Box.Compare(compare.Options{GroupTypes: sandbox.OwnGroups()})
}

func (s *scenario) wantEqual() {
	s.Helper()
	if report := s.compare(); !report.Equal() {
		s.Fatalf("the target differs from the source:\n%s", report)
	}
}

func TestPeopleAndGroupsTravelFromOktaToAtlassian(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{}).start()
	result := s.sync(workflows.SyncInput{})
	t.Logf("%+v", result)
	s.explain(result)
	s.wantEqual()
}
