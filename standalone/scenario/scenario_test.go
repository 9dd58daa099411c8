// Package scenario plays whole runs: a real Temporal server, a real database,
// the worker as it is shipped, and the stand-ins over HTTP.
package scenario

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// shared is the one Temporal server of this package's tests: each test has a
// connection name of its own.
var shared struct {
	once   sync.Once
	server *embedded.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

func temporalServer(t *testing.T) *embedded.Server {
	t.Helper()
	shared.once.Do(func() {
		shared.server, shared.err = embedded.Start(context.Background(), embedded.Options{SearchAttributes: temporal.SearchAttributes(), Synchronous: embedded.SynchronousNormal})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// scenario is one connection from one Okta to one Atlassian organisation.
type scenario struct {
	*testing.T
	Box    *sandbox.Server
	Config *config.Config
	Name   string
	Worker *app.Worker
}

type settings struct {
	People, Groups, Memberships int
	Uniform                     bool
	Database                    string
	// Source, Target and Connection are lines of YAML added to each part.
	Source, Target, Connection string
}

func newScenario(t *testing.T, s settings) *scenario {
	t.Helper()
	server := temporalServer(t)
	if s.People == 0 {
		s.People, s.Groups = 60, 8
	}
	box, err := sandbox.New(sandbox.Options{People: s.People, Groups: s.Groups, Memberships: s.Memberships, Uniform: s.Uniform, Seed: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.Database == "" {
		s.Database = "sqlite:" + filepath.Join(t.TempDir(), "rollcall.db")
	}
	name := connectionName(t)
	a := box.Announcement()
	text := fmt.Sprintf(`
temporal: { address: %q, heartbeat_timeout: 2s }
database: %q
worker: { stop_timeout: 2s }
connections:
  %s:
    source:
      kind: okta
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
%s
    targets:
      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user, confluence: user}
        rate_limit_share: 100%%
%s
%s
`, server.FrontendAddress(), s.Database, name, a.Okta, s.Source, a.Atlassian, a.Organization, a.Directory, s.Target, s.Connection)
	env := map[string]string{"OKTA_TOKEN": a.OktaToken, "ATLASSIAN_API_KEY": a.AtlassianKey}
	c, err := config.Parse("rollcall.yaml", []byte(text), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return &scenario{T: t, Box: box, Config: c, Name: name}
}

func (s *scenario) start() *scenario {
	s.Helper()
	w, err := app.StartWorker(s.Context(), s.Config, app.WorkerOptions{Log: testLogger(s.T)})
	if err != nil {
		s.Fatal(err)
	}
	s.Worker = w
	s.Cleanup(w.Stop)
	return s
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

func (s *scenario) trySync(in workflows.SyncInput) (workflows.SyncResult, error) {
	in.Connection, in.Trigger = s.Name, "hand"
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Minute)
	defer cancel()
	run, err := s.Worker.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sync/%s/%d", s.Name, time.Now().UnixNano()), TaskQueue: temporal.WorkflowQueue,
	}, workflows.SyncName, in)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	var result workflows.SyncResult
	err = run.Get(ctx, &result)
	return result, err
}

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
