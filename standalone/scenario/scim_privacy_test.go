package scenario

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
	"github.com/rollcall-sync/rollcall/workflows"
)

// pushedGallery plays every shape that pushes give to histories.
type pushedGallery struct {
	*pushed
	audit *audit
	ids   map[string]string
}

func newPushedGallery(t *testing.T, prepare func(*pushed)) *pushedGallery {
	t.Helper()
	g := &pushedGallery{audit: newAudit(), ids: map[string]string{}}
	g.pushed = newPushed(t, settings{Pushed: true, Front: g.audit.listening})
	g.on(ownServer(t, embedded.Options{}))
	if prepare != nil {
		prepare(g.pushed)
	}
	g.pushed.scenario.start()
	g.serve(app.GatewayOptions{Log: g.options.Log, Registry: g.options.Registry, Store: g.Worker.Store})
	g.audit.piece(g.token)
	g.audit.piece("1mz050nq") // the password that comes with every new user
	g.audit.piece(g.Box.Atlassian.APIKey())
	return g
}

// person is somebody whose names stand for nothing else.
func (g *pushedGallery) person(given, family string) scimpush.User {
	email := strings.ToLower(given + "." + family + "@" + people.Domain)
	g.audit.person(given, family, email)
	return scimpush.User{UserName: email, Email: email, GivenName: given, FamilyName: family, ExternalID: "00u" + given, Active: true}
}

func (g *pushedGallery) joins(u scimpush.User) string {
	g.Helper()
	id, err := g.Client.CreateUser(g.Context(), u)
	g.no(err)
	g.ids[u.Email] = id
	return id
}

// refused makes a request that must be refused with a status.
func (g *pushedGallery) refused(status int, c *scimpush.Client, method, path string, body any) {
	g.Helper()
	err := c.Do(g.Context(), method, path, body, nil)
	refused, ok := err.(*scimpush.RefusedError)
	if !ok || refused.Status != status {
		g.Errorf("%s %s: %v, want status %d", method, path, err, status)
	}
}

// all plays it.
func (g *pushedGallery) all() {
	g.Helper()
	names := []string{"Quackenbush", "Featherstone", "Oxnard", "Pumpernickel", "Rumbelow", "Snodgrass", "Thistlewood", "Umberto", "Vandersloot", "Wigglesworth", "Yellowlees", "Zborowski"}
	var all []scimpush.User
	for _, family := range names {
		u := g.person("Ottilie", family)
		all = append(all, u)
		g.joins(u)
	}
	g.audit.word("Gardeners of Babylon")
	group, err := g.Client.CreateGroup(g.Context(), "Gardeners of Babylon", g.ids[all[0].Email], g.ids[all[1].Email])
	g.no(err)
	renamed := g.person("Wilhelmine", "Quackenbush")
	renamed.UserName, renamed.Email = all[0].UserName, all[0].Email
	g.no(g.Client.ReplaceUser(g.Context(), g.ids[all[0].Email], renamed))
	g.eventually("everybody is there", func() (bool, any) { n := len(g.target().Active); return n == len(all), n })

	// What is refused, and who is not let in.
	g.refused(http.StatusConflict, g.Client, http.MethodPost, "/Users", map[string]any{"userName": all[1].UserName})
	g.refused(http.StatusBadRequest, g.Client, http.MethodPost, "/Users", map[string]any{"userName": 3, "nickName": "Featherstone"})
	g.refused(http.StatusBadRequest, g.Client, http.MethodGet, `/Users?filter=userName+qe+"`+all[1].UserName+`"`, nil)
	g.refused(http.StatusNotFound, g.Client, http.MethodGet, "/Users/"+all[2].Email, nil)
	g.refused(http.StatusNotFound, g.Client, http.MethodGet, "/"+all[2].Email, nil)
	stranger := scimpush.New(g.gateway.BaseURL(g.Name), "rcs_not-the-token-of-Featherstone")
	defer stranger.Close()
	g.audit.piece("rcs_not-the-token-of-Featherstone")
	g.refused(http.StatusUnauthorized, stranger, http.MethodGet, "/Users", nil)

	// The target refuses somebody, in words of its own; then it is down.
	unwelcome := g.person("Ottilie", "Unwelcome")
	refusal := g.Box.Engine.Add(fault.Rule{API: "atlassian", Method: http.MethodPost, Path: "invite", MatchBody: addressed(unwelcome.Email), Kind: fault.Status, Status: http.StatusBadRequest})
	g.joins(unwelcome)
	g.eventually("somebody is refused", func() (bool, any) { n := len(g.changesOfPushes("refused")); return n > 0, n })
	g.Box.Engine.Remove(refusal)
	down := g.Box.Engine.Add(fault.Rule{API: "atlassian", Kind: fault.Status, Status: http.StatusServiceUnavailable})
	waiting := g.person("Leopoldine", "Wartenberg")
	g.joins(waiting)
	g.eventually("the target was asked", func() (bool, any) { n := g.Box.Engine.Hits(down); return n > 1, n })
	g.Box.Engine.Remove(down)
	g.eventually("who waited is there", func() (bool, any) {
		_, there := g.target().Active[waiting.Email]
		return there, g.target().Active
	})

	// More leave than the guard lets go.
	g.no(g.Client.Members(g.Context(), group, nil, []string{g.ids[all[1].Email]}))
	for _, u := range all[:9] {
		g.no(g.Client.SetActive(g.Context(), g.ids[u.Email], false))
	}
	g.eventually("some are held", func() (bool, any) { n := len(g.changesOfPushes("held")); return n > 0, n })
	g.no(g.Client.DeleteUser(g.Context(), g.ids[all[11].Email]))
	g.sync(workflows.SyncInput{})
	g.eventually("the pushes are done with", func() (bool, any) {
		running := g.executions(`WorkflowType = "Provision" AND ExecutionStatus = "Running"`)
		return len(running) == 0 && len(g.provisions()) > 0, len(running)
	})
}

// provisions are the executions of Provision, and the run of the connection.
func (g *pushedGallery) provisions() []shape {
	g.Helper()
	var shapes []shape
	for _, e := range g.executions(`WorkflowType = "Provision" OR WorkflowType = "Sync"`) {
		shapes = append(shapes, shape{strings.ToLower(e.GetType().GetName()), e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()})
	}
	return shapes
}

func TestPushesLeaveNothingAboutPeopleAndNoSecretInHistoriesLogsAndMetrics(t *testing.T) {
	t.Parallel()
	var log captured
	registry := prometheus.NewRegistry()
	g := newPushedGallery(t, func(p *pushed) {
		p.options.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p.options.Registry = registry
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log ends with\n%s", lastLines(log.String(), 40))
		}
	})
	g.all()
	shapes := g.provisions()
	for _, s := range shapes {
		for _, leak := range leaksIn(t.Context(), t, g.audit, g.Worker.Client, s, true) {
			t.Error(leak)
		}
		for _, one := range chain(t.Context(), t, g.Worker.Client, s.workflowID, s.runID) {
			portable(t, one)
		}
	}
	for line := range strings.Lines(log.String()) {
		for _, found := range g.audit.find(line) {
			t.Errorf("logged %q: %s", found, line)
		}
	}
	exposition := metricsOf(t, registry)
	for _, name := range []string{"temporal_", "rollcall_scim_requests_total"} {
		if !strings.Contains(exposition, name) {
			t.Fatalf("no metrics of %s: there is nothing to audit\n%s", name, exposition)
		}
	}
	for _, found := range g.audit.find(exposition) {
		t.Errorf("the metrics hold %q", found)
	}
}

// pushedPrefix begins the names of the recorded histories of pushes.
const pushedPrefix = "pushed-"

// TestRecordHistoriesOfPushes records what TestRecordHistoriesOfEachShape does
// not: Provision, and the run of a connection that is pushed.
func TestRecordHistoriesOfPushes(t *testing.T) {
	if !*record {
		t.Skip("histories are recorded with: go test ./standalone/scenario -run Record -record")
	}
	g := newPushedGallery(t, nil)
	g.all()
	kept := map[string]*history.History{}
	for _, s := range g.provisions() {
		histories := chain(t.Context(), t, g.Worker.Client, s.workflowID, s.runID)
		for _, one := range histories {
			// Of several the longest: it has seen most.
			if old := kept[s.name]; old == nil || len(old.Events) < len(one.Events) {
				kept[s.name] = one
			}
			if kind := one.Events[len(one.Events)-1].GetEventType(); kind == enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
				kept[s.name+"-continued"] = one
			}
		}
	}
	for name, one := range kept {
		text := portable(t, one)
		if found := g.audit.find(string(text)); len(found) > 0 {
			t.Fatalf("%s holds %v", name, found)
		}
		if !bytes.HasSuffix(text, []byte("\n")) {
			t.Fatalf("%s does not end in a line feed", name)
		}
		if err := os.WriteFile(filepath.Join(recorded, pushedPrefix+name+".json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
