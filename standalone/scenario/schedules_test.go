package scenario

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// askEvery is how often a test asks for what a server tells nobody.
const askEvery = 50 * time.Millisecond

// hung is when a test gives up waiting for what does not come. It says nothing
// about how soon it should: a machine that is busy with other tests takes long.
const hung = 4 * time.Minute

// eventually asks until it is so, and says what it is when it never is.
func (s *scenario) eventually(what string, so func() (bool, any)) {
	s.Helper()
	deadline := time.After(hung)
	again := time.NewTicker(askEvery)
	defer again.Stop()
	for {
		ok, found := so()
		if ok {
			return
		}
		select {
		case <-deadline:
			s.Fatalf("%s: still %v", what, found)
		case <-again.C:
		}
	}
}

// scheduled is a scenario with a schedule that fires at four on Mondays only,
// so that what starts is what the test triggers.
func scheduled(t *testing.T, connection string) *scenario {
	t.Helper()
	return newScenario(t, settings{People: 5, Groups: 1, Connection: connection}).on(ownServer(t, embedded.Options{}))
}

const weekly = `schedule: { every: weekly, at: "04:00", weekday: monday, timezone: UTC }`

// states returns the schedules that start runs, without their times.
func (s *scenario) states() []temporal.ScheduleState {
	s.Helper()
	states, err := temporal.List(s.Context(), s.Worker.Client.ScheduleClient())
	if err != nil {
		s.Fatal(err)
	}
	return states
}

// alter changes the schedule of the connection in the configuration; nil takes it out.
func (s *scenario) alter(change func(*config.Schedule) *config.Schedule) {
	connection := s.Config.Connections[s.Name]
	schedule := *connection.Schedule
	connection.Schedule = change(&schedule)
	s.Config.Connections[s.Name] = connection
}

func TestASchedulesLifeFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	s := scheduled(t, weekly)
	s.start()
	id := temporal.ScheduleID(s.Name)
	tidy := temporal.HousekeepingID // there is one whatever connections there are
	if diff := cmp.Diff(temporal.Applied{Created: []string{tidy, id}}, s.Worker.Applied); diff != "" {
		t.Fatalf("the first start (-want +got):\n%s", diff)
	}
	s.eventually("the schedule is listed", func() (bool, any) { states := s.states(); return len(states) == 1, states })
	want := temporal.ScheduleState{Connection: s.Name, Timezone: "UTC"}
	ignored := cmpopts.IgnoreFields(temporal.ScheduleState{}, "Next")
	if diff := cmp.Diff([]temporal.ScheduleState{want}, s.states(), ignored); diff != "" {
		t.Fatal(diff)
	}
	if next := s.states()[0].Next; len(next) == 0 || next[0].Weekday() != time.Monday || next[0].UTC().Hour() != 4 {
		t.Errorf("fires next at %v, want four on a Monday", next)
	}

	if diff := cmp.Diff(temporal.Applied{Unchanged: []string{tidy, id}}, s.another().Applied); diff != "" {
		t.Fatalf("a second worker (-want +got):\n%s", diff)
	}
	if err := temporal.Pause(t.Context(), s.Worker.Client.ScheduleClient(), s.Name, "migration"); err != nil {
		t.Fatal(err)
	}
	s.alter(func(schedule *config.Schedule) *config.Schedule { schedule.Timezone = "Europe/Paris"; return schedule })
	if diff := cmp.Diff(temporal.Applied{Updated: []string{id}, Unchanged: []string{tidy}}, s.another().Applied); diff != "" {
		t.Fatalf("after a change (-want +got):\n%s", diff)
	}
	want = temporal.ScheduleState{Connection: s.Name, Timezone: "Europe/Paris", Paused: true, Note: "migration"}
	if diff := cmp.Diff([]temporal.ScheduleState{want}, s.states(), ignored); diff != "" {
		t.Fatalf("an operator's pause is not kept (-want +got):\n%s", diff)
	}

	s.alter(func(*config.Schedule) *config.Schedule { return nil })
	if diff := cmp.Diff(temporal.Applied{Removed: []string{id}, Unchanged: []string{tidy}}, s.another().Applied); diff != "" {
		t.Fatalf("after the connection is gone (-want +got):\n%s", diff)
	}
	if states := s.states(); len(states) > 0 {
		t.Errorf("there are still %+v", states)
	}
}

func TestWorkersThatStartTogetherMakeEachScheduleOnce(t *testing.T) {
	t.Parallel()
	s := scheduled(t, weekly)
	workers := make([]*app.Worker, 3)
	errs := make([]error, len(workers))
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { workers[i], errs[i] = app.StartWorker(t.Context(), s.Config, s.options) })
	}
	all.Wait()
	created := 0
	for i, w := range workers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		t.Cleanup(w.Stop)
		created += len(w.Applied.Created)
	}
	if created != 2 {
		t.Errorf("schedules were created %d times, want once each of the connection's and the one that tidies up", created)
	}
	s.Worker = workers[0]
	s.eventually("the schedule is listed", func() (bool, any) { states := s.states(); return len(states) == 1, states })
}

// executions are the workflows that a query finds.
func (s *scenario) executions(query string) []*workflow.WorkflowExecutionInfo {
	s.Helper()
	list, err := s.Worker.Client.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
	if err != nil {
		s.Fatal(err)
	}
	return list.Executions
}

func TestATriggerStartsARunAndNothingWhileItIsUnderWay(t *testing.T) {
	t.Parallel()
	s := scheduled(t, weekly)
	gate := &gate{}
	s.Box.Engine.OnCall(gate.hook)
	t.Cleanup(gate.open)
	s.start()
	schedules := s.Worker.Client.ScheduleClient()
	held := gate.shut("/api/v1/users")
	if err := temporal.Trigger(t.Context(), schedules, s.Name); err != nil {
		t.Fatal(err)
	}
	select {
	case <-held:
	case <-time.After(hung):
		t.Fatal("no run was started")
	}
	if err := temporal.Trigger(t.Context(), schedules, s.Name); err != nil {
		t.Fatal(err)
	}
	s.eventually("the second trigger is skipped", func() (bool, any) {
		description, err := schedules.GetHandle(t.Context(), temporal.ScheduleID(s.Name)).Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return description.Info.NumActionsSkippedOverlap == 1, description.Info
	})
	gate.open()
	query := "RollcallConnection = '" + s.Name + "' AND RollcallTrigger = 'schedule'"
	s.eventually("the run has ended", func() (bool, any) {
		done := s.executions(query + " AND RollcallOutcome = 'done'")
		return len(done) == 1, done
	})
	if all := s.executions(query); len(all) != 1 {
		t.Errorf("%d runs were started, want one", len(all))
	}
	s.wantEqual()
	runs, err := s.Worker.Store.Runs(t.Context(), s.Name, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 || runs[0].Trigger != temporal.TriggerSchedule {
		t.Errorf("recorded %+v, want one run by the schedule", runs)
	}
}

func TestASecondRunByHandSaysThatOneIsUnderWay(t *testing.T) {
	t.Parallel()
	s := scheduled(t, "")
	gate := &gate{}
	s.Box.Engine.OnCall(gate.hook)
	t.Cleanup(gate.open)
	s.start()
	held := gate.shut("/api/v1/users")
	first, err := s.begin(t.Context(), workflows.SyncInput{})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-held:
	case <-time.After(hung):
		t.Fatal("no run was started")
	}
	second := s.sync(workflows.SyncInput{})
	gate.open()
	var result workflows.SyncResult
	if err := first.Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	if second.Outcome != workflows.OutcomeBusy || second.AlreadyRunning != result.RunID {
		t.Errorf("the second run came to %+v, want it to name run %d", second, result.RunID)
	}
	s.eventually("both are found by their outcomes", func() (bool, any) {
		busy, done := s.executions("RollcallOutcome = 'already-running'"), s.executions("RollcallOutcome = 'done'")
		return len(busy) == 1 && len(done) == 1, [][]*workflow.WorkflowExecutionInfo{busy, done}
	})
}
