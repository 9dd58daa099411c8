package scenario

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// asking is a scenario in which persons ask for things, of whose workflows
// nothing may show whom they are about.
type asking struct {
	*scenario
	audit *audit
	log   *captured
	gate  *gate

	mu       sync.Mutex
	messages []string
}

// askerName is who asks, as the database records it.
const askerName = "Rosalind Asker"

func newAsking(t *testing.T, registry *prometheus.Registry) *asking {
	t.Helper()
	s := &asking{audit: newAudit(), log: &captured{}, gate: &gate{}}
	s.scenario = newScenario(t, settings{Front: s.audit.listening, Connection: weekly + "\nleavers: { deactivated: \"suspend now, remove groups after 2s\" }"})
	s.audit.organisation(s.scenario)
	s.audit.word(askerName)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.messages = append(s.messages, string(body)+fmt.Sprint(r.Header))
		first := len(s.messages) == 1
		s.mu.Unlock()
		if first {
			w.WriteHeader(http.StatusServiceUnavailable) // what is tried again leaves more behind
		}
	}))
	t.Cleanup(receiver.Close)
	const secret = "t0-services-s3cr3t"
	s.audit.piece(secret)
	s.Config.Notifications = map[string]config.Notification{"oncall": {Name: "oncall", Kind: config.KindWebhook,
		URL: config.Hook{Secret: config.NewSecret(receiver.URL + "/" + secret)}, Secret: config.NewSecret(secret)}}
	s.options.Log = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.options.Registry = registry
	s.Box.Engine.OnCall(s.gate.hook)
	t.Cleanup(s.gate.open)
	s.on(ownServer(t, embedded.Options{}))
	s.start()
	return s
}

// told returns the messages that arrived so far.
func (s *asking) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.messages...)
}

// ask has a request carried out and returns what came of it.
func (s *asking) ask(r store.Request, trigger string) workflows.SubjectsResult {
	s.Helper()
	var err error
	r.Connection, r.Who = s.Name, store.Who{Name: askerName}
	r.ConnectionID, err = s.Worker.Store.ConnectionID(s.Context(), s.Name)
	s.no(err)
	id, err := s.Worker.Store.AddRequest(s.Context(), r, time.Now())
	s.no(err)
	s.no(temporal.NewEntities(s.Worker.Client).Subjects(s.Context(), s.Name, id, trigger))
	return s.answer(id)
}

func (s *asking) answer(requestID int64) workflows.SubjectsResult {
	s.Helper()
	var result workflows.SubjectsResult
	s.no(s.Worker.Client.GetWorkflow(s.Context(), workflows.SubjectsID(s.Name, requestID), "").Get(s.Context(), &result))
	return result
}

// decide sends a person's yes or no about some people to a held plan.
func (s *asking) decide(plan store.Held, kind store.RequestKind, users ...int64) workflows.Decided {
	s.Helper()
	id, err := s.Worker.Store.AddRequest(s.Context(), store.Request{ConnectionID: s.connectionID(), Connection: s.Name, Kind: kind, Users: users,
		Subject: plan.ID, Who: store.Who{Name: askerName}}, time.Now())
	s.no(err)
	decided, err := temporal.DecideHeld(s.Context(), s.Worker.Client, workflows.HeldInput{Connection: s.Name, PlanID: plan.ID}, kind == store.RequestReject,
		workflows.Decision{Digest: plan.Digest, RequestID: id})
	s.no(err)
	return decided
}

func (s *asking) connectionID() int64 {
	s.Helper()
	id, err := s.Worker.Store.ConnectionID(s.Context(), s.Name)
	s.no(err)
	return id
}

// openPlan is what a run holds. A step of a ladder may have made another plan meanwhile.
func (s *asking) openPlan(runID int64) store.Held {
	s.Helper()
	plans, err := s.Worker.Store.OpenHeld(s.Context(), s.Name)
	s.no(err)
	for _, p := range plans {
		if p.RunID == runID {
			return p
		}
	}
	s.Fatalf("run %d holds nothing among %d plans", runID, len(plans))
	return store.Held{}
}

// leave deactivates the first n active people and returns their addresses.
func (s *asking) leave(n int) []string {
	s.Helper()
	var addresses []string
	for _, u := range s.active()[:n] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
		addresses = append(addresses, u.Email)
	}
	return addresses
}

// askForEverything plays one of each of what a person can ask for, and what
// follows by itself.
func (s *asking) askForEverything() {
	s.Helper()
	first := s.sync(workflows.SyncInput{})
	s.explain(first)

	joiner := "henrietta.hurried@" + "example.com"
	s.join(joiner, s.ownGroups()[0].ID)
	s.audit.organisation(s.scenario)
	if got := s.ask(store.Request{Kind: store.RequestUser, Name: joiner}, "hand"); got.Applied == 0 || got.NotFound {
		s.Fatalf("one person's run came to %+v", got)
	}
	if got := s.ask(store.Request{Kind: store.RequestGroup, Name: s.ownGroups()[1].Name}, "hand"); got.NotFound {
		s.Fatalf("one group's run came to %+v", got)
	}
	s.audit.piece("nobody.known@elsewhere.example")
	if got := s.ask(store.Request{Kind: store.RequestUser, Name: "nobody.known@elsewhere.example"}, "hand"); !got.NotFound {
		s.Fatalf("a run for a stranger came to %+v", got)
	}

	// One leaver, whose ladder goes on by itself.
	s.leave(1)
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone, workflows.OutcomePartial)
	s.eventually("the ladder has ended", func() (bool, any) {
		done := s.executions(`WorkflowType = "Leaver" AND ExecutionStatus = "Completed"`)
		return len(done) > 0, s.executions("")
	})

	// Too many at once are held: one is approved, taken back, the rest rejected.
	s.leave(12)
	held := s.sync(workflows.SyncInput{})
	if held.Held == 0 {
		s.Fatalf("nothing is held: %+v", held)
	}
	var someone int64
	var address string
	for _, c := range s.changes(held.RunID, store.ChangeFilter{States: []string{"held"}}) {
		someone, address = c.UserID, c.User
	}
	decided := s.decide(s.openPlan(held.RunID), store.RequestApprove, someone)
	if decided.Refused != "" || decided.RequestID == 0 {
		s.Fatalf("the approval came to %+v", decided)
	}
	approved := s.answer(decided.RequestID)
	if approved.Applied == 0 {
		s.Fatalf("what was approved came to %+v", approved)
	}
	// Another run of the same person may do it first.
	if undone := s.ask(store.Request{Kind: store.RequestUndo, Subject: approved.Ref.RunID}, workflows.TriggerUndo); undone.Failed > 0 || undone.Held > 0 {
		s.Fatalf("the undo came to %+v", undone)
	}
	s.eventually("what was approved has been taken back", func() (bool, any) { status := s.account(address).Status; return status == "active", status })
	if rejected := s.decide(s.openPlan(held.RunID), store.RequestReject); rejected.Refused != "" {
		s.Fatalf("the rejection came to %+v", rejected)
	}
	s.eventually("the message about the plan has arrived at its second try", func() (bool, any) { told := s.told(); return len(told) > 1, told })

	s.steerARun(someone)
	tidied, err := s.Worker.Client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: "housekeeping", TaskQueue: temporal.WorkflowQueue}, workflows.HousekeepingName)
	s.no(err)
	s.no(tidied.Get(s.Context(), nil))

	// A run that fails, of which somebody is told too.
	before := len(s.told())
	down := s.Box.Engine.Add(fault.Rule{API: "okta", Kind: fault.Status, Status: http.StatusUnauthorized})
	if _, err := s.trySync(workflows.SyncInput{}); err == nil {
		s.Fatal("a run without a credential did not fail")
	}
	s.Box.Engine.Remove(down)
	s.eventually("the message about the failure has arrived", func() (bool, any) { told := s.told(); return len(told) > before, told })
}

// steerARun takes somebody out of a run that is held up while it reads, and
// has it go on more slowly.
func (s *asking) steerARun(someone int64) {
	s.Helper()
	at := s.gate.shut("/api/v1/groups")
	run, err := s.begin(s.Context(), workflows.SyncInput{Full: true})
	s.no(err)
	select {
	case <-at:
	case <-time.After(hung):
		s.Fatal("no call came to the gate")
	}
	// A run of one person may have begun since.
	runs, err := s.Worker.Store.Runs(s.Context(), s.Name, 5)
	s.no(err)
	held := slices.IndexFunc(runs, func(r store.Run) bool { return r.WorkflowID == run.GetID() })
	if held < 0 {
		s.Fatalf("the run is not among the latest: %+v", runs)
	}
	for _, c := range []workflows.Control{{Verb: workflows.VerbSkip, UserID: someone}, {Verb: workflows.VerbSlow, Pace: 1000}, {Verb: workflows.VerbPause}, {Verb: workflows.VerbResume}} {
		c.RunID = runs[held].ID
		_, err := s.sendControl(run.GetID(), c)
		s.no(err)
	}
	s.gate.open()
	s.no(run.Get(s.Context(), nil))
}

func TestWhatPersonsAskForLeavesNothingAboutPeopleOutsideTheDatabase(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s := newAsking(t, registry)
	s.askForEverything()
	s.audit.organisation(s.scenario)
	kinds := map[string]int{}
	// A plan that a later step of a ladder made is still open, and looked at as it is.
	s.eventually("every workflow but those of open plans has ended", func() (bool, any) {
		running := s.executions(`ExecutionStatus = "Running" AND WorkflowType != "Held"`)
		return len(running) == 0, running
	})
	for _, e := range s.executions("") {
		kinds[e.Type.Name]++
		for _, leak := range leaksIn(t.Context(), t, s.audit, s.Worker.Client, shapeOf(e), e.Type.Name != "temporal-sys-scheduler-workflow") {
			t.Error(leak)
		}
	}
	for _, kind := range []string{workflows.SyncName, workflows.SubjectsName, workflows.HeldName, workflows.LeaverName, workflows.NotifyName, workflows.HousekeepingName} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was played: there is nothing to audit in %v", kind, kinds)
		}
	}
	for where, text := range map[string]string{"logged": s.log.String(), "the metrics": metricsOf(t, registry), "told": strings.Join(s.told(), "\n")} {
		if text == "" {
			t.Errorf("%s: there is nothing to audit", where)
		}
		for line := range strings.Lines(text) {
			for _, found := range s.audit.find(line) {
				t.Errorf("%s: %q in %s", where, found, line)
			}
		}
	}
	if told := strings.Join(s.told(), "\n"); !strings.Contains(told, string(notify.EventHeld)) || !strings.Contains(told, "rollcall approve") {
		t.Errorf("nobody was told of the plan:\n%s", told)
	}
}

func shapeOf(e *workflow.WorkflowExecutionInfo) shape {
	return shape{e.Type.Name, e.Execution.WorkflowId, e.Execution.RunId}
}
