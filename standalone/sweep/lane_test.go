package sweep

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// lane is one connection with stand-ins and a database of its own. Its runs
// come one after the other: a cycle each.
type lane struct {
	*testing.T
	box       *sandbox.Server
	adopted   adopted
	client    client.Client
	name      string
	settings  string // the configuration file
	workerLog string
	secrets   []string
	db        *sql.DB
	worker    *child
	calls     callTrap
	outcomes  []string
}

// databases are the kinds of database, each with how a lane gets one.
var databases = map[string]func(t *testing.T) (address, driver, dsn string){
	"SQLite": func(t *testing.T) (string, string, string) {
		path := filepath.Join(t.TempDir(), "rollcall.db")
		return "sqlite:" + path, "sqlite", "file:" + path + "?_pragma=query_only(1)&_pragma=busy_timeout(15000)"
	},
	"PostgreSQL": func(t *testing.T) (string, string, string) {
		dsn := pgtest.Database(t)
		return dsn, "postgres", dsn
	},
}

func newLane(t *testing.T, database string) *lane {
	t.Helper()
	address, namespace := shared.namespace(t)
	box := newBox(t)
	l := &lane{T: t, box: box, adopted: adopted{}, name: "people", workerLog: filepath.Join(t.TempDir(), "worker.log")}
	box.Engine.OnCall(l.calls.pass)
	databaseAddress, driver, dsn := databases[database](t)
	a := box.Announcement()
	l.secrets = []string{"OKTA_TOKEN=" + a.OktaToken, "ATLASSIAN_API_KEY=" + a.AtlassianKey}
	l.settings = writeSettings(t, box, l.name, fmt.Sprintf("temporal: { address: %q, namespace: %s, heartbeat_timeout: 1s }\ndatabase: %q", address, namespace, databaseAddress))
	var err error
	l.client, err = temporal.Dial(t.Context(), temporal.Options{
		Temporal: config.Temporal{Address: address, Namespace: namespace}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	if l.db, err = sql.Open(driver, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.end)
	l.startWorker()
	return l
}

// newBox is the sandbox that every lane begins with.
func newBox(t *testing.T) *sandbox.Server {
	t.Helper()
	box := sandboxtest.Start(t, sandbox.Options{People: peopleAtFirst, Groups: groupsAtFirst, Uniform: true, Seed: 1})
	return box
}

// writeSettings writes the configuration of one connection, after the lines
// that are given, and returns its path.
func writeSettings(t *testing.T, box *sandbox.Server, name, first string) string {
	t.Helper()
	_, groups := box.Okta.Known()
	adopt := []string{groups[0].Name}
	for cycle := range cyclesAtMost {
		adopt = append(adopt, adoptable(cycle))
	}
	a := box.Announcement()
	text := fmt.Sprintf(`%s
worker: { stop_timeout: 2s, listen: "127.0.0.1:0" }
connections:
  %s:
    source:
      kind: okta
      url: %s
      token: ${OKTA_TOKEN}
      rate_limit_share: 100%%
    targets:
      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user, confluence: user}
        adopt_groups: [%s]
        rate_limit_share: 100%%
    # The guard has tests of its own; here nothing is to be held.
    guard: { always_allowed: 1000 }
`, first, name, a.Okta, a.Atlassian, a.Organization, a.Directory, strings.Join(adopt, ", "))
	path := filepath.Join(t.TempDir(), "rollcall.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (l *lane) startWorker() {
	l.Helper()
	w, err := startChild(envWorker, l.settings, l.workerLog, l.secrets)
	if err != nil {
		l.Fatalf("start the worker: %v", err)
	}
	l.worker = w
}

// end stops what the lane has started. A worker's words are shown when
// something went wrong.
func (l *lane) end() {
	if l.worker != nil {
		l.worker.kill()
	}
	said, err := os.ReadFile(l.workerLog)
	if err := errors.Join(err, l.db.Close()); err != nil {
		l.Error(err)
	}
	if strings.Contains(string(said), "DATA RACE") {
		l.Error("a worker has a data race")
	}
	if l.Failed() {
		l.Logf("the workers said:\n%s", said[max(0, len(said)-8000):])
	}
}
