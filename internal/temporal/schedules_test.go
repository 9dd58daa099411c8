package temporal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

type input struct{ Connection, Trigger string }

func scheduled(connection string, change ...func(*temporal.ScheduleSpec)) temporal.ScheduleSpec {
	spec := temporal.ScheduleSpec{
		Connection: connection,
		Schedule:   config.Schedule{Every: config.Recurrence{Word: config.EveryHour}, Timezone: "Europe/Paris"},
		Workflow:   "Sync",
		TaskQueue:  temporal.WorkflowQueue,
		Args:       []any{input{connection, temporal.TriggerSchedule}},
	}
	for _, c := range change {
		c(&spec)
	}
	return spec
}

func apply(t *testing.T, store *scheduleStore, specs ...temporal.ScheduleSpec) temporal.Applied {
	t.Helper()
	applied, err := temporal.Apply(context.Background(), store, specs)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

func TestASchedulesPoliciesAreThoseOfTheDesign(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	apply(t, store, scheduled("staff"))
	got := store.schedules["sync/staff"]
	if got == nil {
		t.Fatalf("no schedule sync/staff in %v", store.schedules)
	}
	want := client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: time.Hour}
	if diff := cmp.Diff(want, *got.schedule.Policy); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	action := got.schedule.Action.(*client.ScheduleWorkflowAction)
	connection, _ := action.TypedSearchAttributes.GetKeyword(temporal.ConnectionKey())
	trigger, _ := action.TypedSearchAttributes.GetKeyword(temporal.TriggerKey())
	if diff := cmp.Diff([]any{"sync/staff", "Sync", "rollcall", "staff", "schedule", "Europe/Paris"},
		[]any{action.ID, action.Workflow, action.TaskQueue, connection, trigger, got.schedule.Spec.TimeZoneName}); diff != "" {
		t.Errorf("what is started (-want +got):\n%s", diff)
	}
}

func TestApplyingTwiceWritesNothing(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	specs := []temporal.ScheduleSpec{scheduled("staff"), scheduled("contractors")}
	if diff := cmp.Diff(temporal.Applied{Created: []string{"sync/contractors", "sync/staff"}}, apply(t, store, specs...)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(temporal.Applied{Unchanged: []string{"sync/contractors", "sync/staff"}}, apply(t, store, specs...)); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
	if store.updates != 0 {
		t.Errorf("%d updates; want none", store.updates)
	}
}

func TestWhatTheConfigurationChangedIsUpdated(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*temporal.ScheduleSpec){
		"how often":         func(s *temporal.ScheduleSpec) { s.Schedule.Every = config.Recurrence{Word: config.EveryDay} },
		"the time of day":   func(s *temporal.ScheduleSpec) { s.Schedule.Every = config.Recurrence{Cron: "0 5 * * *"} },
		"an interval":       func(s *temporal.ScheduleSpec) { s.Schedule.Every = config.Recurrence{Interval: 7 * time.Minute} },
		"the time zone":     func(s *temporal.ScheduleSpec) { s.Schedule.Timezone = "UTC" },
		"the jitter":        func(s *temporal.ScheduleSpec) { s.Schedule.Jitter = time.Minute },
		"the workflow":      func(s *temporal.ScheduleSpec) { s.Workflow = "Sync2" },
		"the task queue":    func(s *temporal.ScheduleSpec) { s.TaskQueue = "other" },
		"the input":         func(s *temporal.ScheduleSpec) { s.Args = []any{input{"staff", "other"}} },
		"the input's count": func(s *temporal.ScheduleSpec) { s.Args = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newScheduleStore(t)
			apply(t, store, scheduled("staff"))
			for _, want := range []temporal.Applied{{Updated: []string{"sync/staff"}}, {Unchanged: []string{"sync/staff"}}} {
				if diff := cmp.Diff(want, apply(t, store, scheduled("staff", change))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestAnOperatorsPauseSurvivesAnUpdate(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), newScheduleStore(t)
	apply(t, store, scheduled("staff"))
	if err := temporal.Pause(ctx, store, "staff", "moving offices"); err != nil {
		t.Fatal(err)
	}
	daily := func(s *temporal.ScheduleSpec) { s.Schedule.Every = config.Recurrence{Word: config.EveryDay} }
	if diff := cmp.Diff(temporal.Applied{Updated: []string{"sync/staff"}}, apply(t, store, scheduled("staff", daily))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := &client.ScheduleState{Paused: true, Note: "moving offices"}
	if diff := cmp.Diff(want, store.schedules["sync/staff"].schedule.State); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if err := temporal.Resume(ctx, store, "staff", "moved"); err != nil {
		t.Fatal(err)
	}
	states, err := temporal.List(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]temporal.ScheduleState{{Connection: "staff", Note: "moved", Timezone: "Europe/Paris"}}, states); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func TestAPauseInTheConfigurationBeginsAndEndsWithIt(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	paused := func(s *temporal.ScheduleSpec) { s.Schedule.Paused = true }
	state := func() bool { return store.schedules["sync/staff"].schedule.State.Paused }
	for i, step := range []struct {
		spec temporal.ScheduleSpec
		want bool
	}{{scheduled("staff", paused), true}, {scheduled("staff"), false}, {scheduled("staff", paused), true}, {scheduled("staff"), false}} {
		apply(t, store, step.spec)
		if state() != step.want {
			t.Errorf("step %d: paused %v; want %v", i, state(), step.want)
		}
	}
}

func TestASchedulesConnectionThatIsGoneTakesItAlong(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	apply(t, store, scheduled("staff"), scheduled("contractors"))
	for _, foreign := range []string{"sync/foreign", "nightly"} {
		if _, err := store.Create(context.Background(), client.ScheduleOptions{ID: foreign, Memo: map[string]any{"team": "x"}}); err != nil {
			t.Fatal(err)
		}
	}
	want := temporal.Applied{Unchanged: []string{"sync/staff"}, Removed: []string{"sync/contractors"}}
	if diff := cmp.Diff(want, apply(t, store, scheduled("staff"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if store.schedules["sync/foreign"] == nil || store.schedules["nightly"] == nil {
		t.Error("a schedule that is not Rollcall's was removed")
	}
}

func TestAForeignScheduleOfOurIDIsLeftAlone(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	if _, err := store.Create(context.Background(), client.ScheduleOptions{ID: "sync/staff"}); err != nil {
		t.Fatal(err)
	}
	applied, err := temporal.Apply(context.Background(), store, []temporal.ScheduleSpec{scheduled("staff"), scheduled("contractors")})
	if err == nil || !strings.Contains(err.Error(), "is not Rollcall's") {
		t.Errorf("error %v; want one that says whose it is", err)
	}
	if diff := cmp.Diff(temporal.Applied{Created: []string{"sync/contractors"}}, applied); diff != "" {
		t.Errorf("the others (-want +got):\n%s", diff)
	}
	if store.updates != 0 {
		t.Error("it was written to")
	}
}

func TestOneFailureDoesNotKeepTheOthersFromIt(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	store.failOn, store.failure = "sync/a", errors.New("planted")
	applied, err := temporal.Apply(context.Background(), store, []temporal.ScheduleSpec{scheduled("a"), scheduled("b")})
	if !errors.Is(err, store.failure) || !strings.Contains(err.Error(), "apply schedule sync/a") {
		t.Errorf("error %v; want the planted one with its schedule", err)
	}
	if diff := cmp.Diff(temporal.Applied{Created: []string{"sync/b"}}, applied); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAConnectionWithoutAScheduleIsATypedError(t *testing.T) {
	t.Parallel()
	ctx, store := context.Background(), newScheduleStore(t)
	for name, err := range map[string]error{
		"pause":   temporal.Pause(ctx, store, "none", "x"),
		"resume":  temporal.Resume(ctx, store, "none", "x"),
		"trigger": temporal.Trigger(ctx, store, "none"),
	} {
		var missing *temporal.NoScheduleError
		if !errors.As(err, &missing) || missing.Connection != "none" {
			t.Errorf("%s: %v; want NoScheduleError", name, err)
		}
	}
}

func TestATriggerStartsARunThroughTheSchedule(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	apply(t, store, scheduled("staff"))
	if err := temporal.Trigger(context.Background(), store, "staff"); err != nil {
		t.Fatal(err)
	}
	if got := store.schedules["sync/staff"].triggers; got != 1 {
		t.Errorf("%d triggers; want one", got)
	}
}

func TestTaskQueuesOfDifferentTargetsDiffer(t *testing.T) {
	t.Parallel()
	queues := map[string]bool{}
	for _, queue := range []string{
		temporal.WorkflowQueue, temporal.SourceQueue("a"), temporal.SourceQueue("a-b"),
		temporal.TargetQueue("a", "b-c"), temporal.TargetQueue("a-b", "c"), temporal.TargetQueue("a", "b"),
	} {
		if queues[queue] {
			t.Errorf("queue %s twice", queue)
		}
		queues[queue] = true
	}
}

func TestTheWatchOfAConnectionStandsBesideItsRuns(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	watch := scheduled("staff")
	watch.Watch, watch.Workflow = true, "Watch"
	if diff := cmp.Diff(temporal.Applied{Created: []string{"sync/staff", "watch/staff"}}, apply(t, store, scheduled("staff"), watch)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	states, err := temporal.List(context.Background(), store)
	if err != nil || len(states) != 1 {
		t.Fatalf("got %v, %v; want the schedule of runs alone", states, err)
	}
	if diff := cmp.Diff(temporal.Applied{Unchanged: []string{"sync/staff"}, Removed: []string{"watch/staff"}}, apply(t, store, scheduled("staff"))); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestWhatTidiesUpStandsBesideTheConnections(t *testing.T) {
	t.Parallel()
	store := newScheduleStore(t)
	tidy := temporal.ScheduleSpec{
		Housekeeping: true, Schedule: config.Schedule{Every: config.Recurrence{Interval: time.Hour}}, Workflow: "Housekeeping", TaskQueue: temporal.WorkflowQueue,
	}
	for _, c := range []struct {
		name  string
		specs []temporal.ScheduleSpec
		want  temporal.Applied
	}{
		{"it is made with them", []temporal.ScheduleSpec{tidy, scheduled("staff")}, temporal.Applied{Created: []string{temporal.HousekeepingID, "sync/staff"}}},
		{"it is left alone", []temporal.ScheduleSpec{tidy, scheduled("staff")}, temporal.Applied{Unchanged: []string{temporal.HousekeepingID, "sync/staff"}}},
		{"it stays when they go", []temporal.ScheduleSpec{tidy}, temporal.Applied{Unchanged: []string{temporal.HousekeepingID}, Removed: []string{"sync/staff"}}},
		{"it goes with the last", nil, temporal.Applied{Removed: []string{temporal.HousekeepingID}}},
	} {
		if diff := cmp.Diff(c.want, apply(t, store, c.specs...)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", c.name, diff)
		}
		states, err := temporal.List(context.Background(), store)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range states {
			if state.Connection != "staff" {
				t.Errorf("%s: it is listed among the schedules that start runs: %+v", c.name, state)
			}
		}
	}
}
