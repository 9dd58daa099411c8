package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// world stands for the activities: by default a source with two parts of
// everything, and three targets. "first" is read too and has many changes,
// "quiet" has none, and "second" has a few. A test replaces what it is about.
type world struct {
	t *testing.T

	begin       func(workflows.BeginInput) (workflows.BeginResult, error)
	readUsers   func(workflows.ReadInput) (workflows.ReadResult, error)
	readTarget  func(workflows.TargetReadInput) (workflows.ReadResult, error)
	plan        func(workflows.TargetInput) (workflows.PlanResult, error)
	guard       func(workflows.TargetInput) (workflows.GuardResult, error)
	lookUp      func(workflows.TargetInput) (workflows.LookUpResult, error)
	applyBatch  func(workflows.BatchInput) (workflows.ApplyResult, error)
	applyChange func(workflows.ChangeInput) (workflows.ApplyResult, error)
	finish      func(workflows.FinishInput) (workflows.SyncResult, error)

	// suggest says whether the server suggests a new history once so many
	// activities of the whole run, in so many histories, have completed.
	suggest func(completed, histories int) bool

	mu        sync.Mutex
	env       *testsuite.TestWorkflowEnvironment
	calls     []string
	finished  []workflows.FinishInput
	completed int
	histories int
	inFlight  map[string]int
	most      map[string]int
}

var (
	began   = workflows.RunRef{Connection: "staff", ConnectionID: 3, RunID: 7, Epoch: 2}
	readAt  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	targets = []workflows.TargetRef{{Name: "first", ID: 1, Queue: "q1", ReadDue: true}, {Name: "quiet", ID: 2, Queue: "q2"}, {Name: "second", ID: 3, Queue: "q3"}}
	// ranges are the batches of each stage.
	ranges = map[string]map[directory.Stage][]workflows.Range{
		"first": {
			directory.StageLeavers: {{From: 0, To: 3}}, directory.StageGroups: {{From: 4, To: 8}},
			directory.StageAccounts: {{From: 9, To: 208}, {From: 209, To: 408}, {From: 409, To: 500}},
			directory.StageJoins:    {{From: 501, To: 700}, {From: 701, To: 900}}, directory.StageParts: {{From: 901, To: 902}},
		},
		"second": {directory.StageAccounts: {{From: 0, To: 9}}},
	}
)

func newWorld(t *testing.T) *world {
	w := &world{t: t, inFlight: map[string]int{}, most: map[string]int{}}
	w.begin = func(workflows.BeginInput) (workflows.BeginResult, error) {
		return workflows.BeginResult{RunRef: began, Full: true, SourceQueue: "source", Targets: targets, Heartbeat: 30 * time.Second}, nil
	}
	w.readUsers = func(in workflows.ReadInput) (workflows.ReadResult, error) { return twoParts(in.Cursor, in.Part) }
	w.readTarget = func(in workflows.TargetReadInput) (workflows.ReadResult, error) { return twoParts(in.Cursor, in.Part) }
	w.plan = func(in workflows.TargetInput) (workflows.PlanResult, error) {
		if in.Target.Name == "quiet" {
			return workflows.PlanResult{Total: 1}, nil
		}
		return workflows.PlanResult{Total: 100, Due: 100, Unguarded: 4, Stages: directory.Stages[:]}, nil
	}
	w.guard = func(workflows.TargetInput) (workflows.GuardResult, error) {
		return workflows.GuardResult{Admitted: 3, Doubted: 1}, nil
	}
	w.lookUp = func(workflows.TargetInput) (workflows.LookUpResult, error) {
		return workflows.LookUpResult{Confirmed: 1}, nil
	}
	w.applyBatch = func(in workflows.BatchInput) (workflows.ApplyResult, error) {
		return workflows.ApplyResult{Applied: in.Range.To - in.Range.From + 1}, nil
	}
	w.applyChange = func(workflows.ChangeInput) (workflows.ApplyResult, error) {
		return workflows.ApplyResult{Applied: 1}, nil
	}
	w.finish = func(in workflows.FinishInput) (workflows.SyncResult, error) {
		return workflows.SyncResult{RunID: in.RunID, Outcome: workflows.OutcomeDone}, nil
	}
	return w
}

// twoParts answers a list in two parts of a hundred, and insists on being
// asked for them in their order.
func twoParts(cursor string, part int) (workflows.ReadResult, error) {
	switch {
	case cursor == "" && part == 0:
		return workflows.ReadResult{Cursor: "second part", Count: 100, New: 5, AskedAt: readAt}, nil
	case cursor == "second part" && part == 1:
		return workflows.ReadResult{Count: 40, AskedAt: readAt.Add(time.Minute)}, nil
	}
	return workflows.ReadResult{}, final(directory.Class(fmt.Sprintf("part %d was asked for with cursor %q", part, cursor)))
}

// final and again are failures as the activities classify them.
func final(class directory.Class) error {
	return temporal.NewApplicationErrorWithOptions("", string(class), temporal.ApplicationErrorOptions{NonRetryable: true})
}

func again(class directory.Class) error {
	return temporal.NewApplicationErrorWithOptions("", string(class), temporal.ApplicationErrorOptions{})
}

// serve registers an activity that notes its call and then answers.
func serve[I, O any](w *world, name string, describe func(I) string, answer func(I) (O, error)) {
	w.env.RegisterActivityWithOptions(func(_ context.Context, in I) (O, error) {
		target := describe(in)
		w.mu.Lock()
		w.calls = append(w.calls, name+" "+target)
		w.inFlight[name]++
		w.most[name] = max(w.most[name], w.inFlight[name])
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			w.inFlight[name]--
			w.mu.Unlock()
		}()
		return answer(in)
	}, activity.RegisterOptions{Name: name})
}

type nothing struct{}

func (w *world) register() {
	serve(w, workflows.ActivityBegin, func(in workflows.BeginInput) string { return in.Connection }, w.begin)
	serve(w, workflows.ActivityReadUsers, func(in workflows.ReadInput) string { return fmt.Sprint(in.Part) }, w.readUsers)
	serve(w, workflows.ActivityReadGroups, func(in workflows.ReadInput) string { return fmt.Sprint(in.Part) },
		func(in workflows.ReadInput) (workflows.ReadResult, error) { return twoParts(in.Cursor, in.Part) })
	serve(w, workflows.ActivityReadMembers, func(in workflows.MembersInput) string {
		return fmt.Sprintf("after %d, new users %t", in.After, in.NewUsers)
	},
		func(in workflows.MembersInput) (workflows.MembersResult, error) {
			if in.After == 0 {
				return workflows.MembersResult{After: 100, Groups: 100, Count: 900}, nil
			}
			return workflows.MembersResult{Groups: 7, Count: 60}, nil
		})
	serve(w, workflows.ActivityFinishRead, func(in workflows.FinishReadInput) string {
		return fmt.Sprintf("%d users, %d groups, %d memberships, from %s", in.Users, in.Groups, in.Members, in.ReadFrom.Format(time.TimeOnly))
	}, func(workflows.FinishReadInput) (workflows.FinishReadResult, error) {
		return workflows.FinishReadResult{}, nil
	})
	serve(w, workflows.ActivityPullPushed, func(in workflows.ReadInput) string { return in.Connection },
		func(workflows.ReadInput) (workflows.PullResult, error) {
			return workflows.PullResult{Users: 12, Groups: 2}, nil
		})
	serve(w, workflows.ActivityReadTarget, func(in workflows.TargetReadInput) string {
		return fmt.Sprintf("%s %s %d", in.Target.Name, in.List, in.Part)
	}, w.readTarget)
	serve(w, workflows.ActivityDecide, func(in workflows.DecideInput) string { return fmt.Sprint(len(in.Targets)) },
		func(workflows.DecideInput) (nothing, error) { return nothing{}, nil })
	onTarget := func(in workflows.TargetInput) string { return in.Target.Name }
	serve(w, workflows.ActivityPlan, onTarget, w.plan)
	serve(w, workflows.ActivityGuard, onTarget, w.guard)
	serve(w, workflows.ActivityLookUp, onTarget, w.lookUp)
	serve(w, workflows.ActivityHoldDoubts, onTarget, func(workflows.TargetInput) (nothing, error) { return nothing{}, nil })
	serve(w, workflows.ActivityBatches, func(in workflows.StageInput) string { return in.Target.Name + " " + in.Stage.String() }, batchesOf)
	serve(w, workflows.ActivityApplyBatch, func(in workflows.BatchInput) string {
		return fmt.Sprintf("%s %s %d-%d", in.Target.Name, in.Stage, in.Range.From, in.Range.To)
	}, func(in workflows.BatchInput) (workflows.ApplyResult, error) { return w.applyBatch(in) })
	serve(w, workflows.ActivityApplyChange, func(in workflows.ChangeInput) string { return fmt.Sprintf("%s %s", in.Target.Name, in.Subject) },
		func(in workflows.ChangeInput) (workflows.ApplyResult, error) { return w.applyChange(in) })
	serve(w, workflows.ActivityFailStage, func(in workflows.StageInput) string {
		return fmt.Sprintf("%s %s: %s", in.Target.Name, in.Stage, in.Class)
	},
		func(workflows.StageInput) (nothing, error) { return nothing{}, nil })
	serve(w, workflows.ActivityFinish, func(in workflows.FinishInput) string { return string(in.Failure) }, func(in workflows.FinishInput) (workflows.SyncResult, error) {
		w.mu.Lock()
		w.finished = append(w.finished, in)
		w.mu.Unlock()
		return w.finish(in)
	})
}

// batchesOf lists at most two batches at a time, so that there are windows.
func batchesOf(in workflows.StageInput) (workflows.BatchesResult, error) {
	var left []workflows.Range
	for _, r := range ranges[in.Target.Name][in.Stage] {
		if r.From > in.After {
			left = append(left, r)
		}
	}
	return workflows.BatchesResult{Ranges: left[:min(2, len(left))], More: len(left) > 2}, nil
}

// run plays Sync to its end, through as many histories as it takes.
func (w *world) run(in workflows.SyncInput) (workflows.SyncResult, error) {
	w.t.Helper()
	in.Connection, in.Trigger = "staff", "hand"
	for {
		w.histories++
		w.env = newEnvironment()
		w.register()
		w.env.RegisterWorkflowWithOptions(workflows.Sync, workflow.RegisterOptions{Name: workflows.SyncName})
		suggested := func() {
			if w.suggest != nil {
				w.env.SetContinueAsNewSuggested(w.suggest(w.completed, w.histories))
			}
		}
		suggested()
		w.env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) {
			w.completed++
			suggested()
		})
		w.env.ExecuteWorkflow(workflows.SyncName, in)
		if !w.env.IsWorkflowCompleted() {
			w.t.Fatal("the run did not end")
		}
		err := w.env.GetWorkflowError()
		var anew *workflow.ContinueAsNewError
		if !errors.As(err, &anew) {
			var result workflows.SyncResult
			if err == nil {
				err = w.env.GetWorkflowResult(&result)
			}
			return result, err
		}
		if w.histories > 200 {
			w.t.Fatal("the run continues as new and gets nowhere")
		}
		in = workflows.SyncInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(anew.Input, &in); err != nil {
			w.t.Fatal(err)
		}
	}
}

// called returns the calls of the activities named, in the order in which they were made.
func (w *world) called(names ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var calls []string
	for _, c := range w.calls {
		for _, name := range names {
			if len(c) > len(name) && c[:len(name)+1] == name+" " {
				calls = append(calls, c)
			}
		}
	}
	return calls
}

// work returns all calls but those that only list what is left to do, sorted:
// what happens side by side has no order.
func (w *world) work() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := slices.DeleteFunc(slices.Clone(w.calls), func(c string) bool {
		return len(c) > len(workflows.ActivityBatches) && c[:len(workflows.ActivityBatches)+1] == workflows.ActivityBatches+" "
	})
	slices.Sort(calls)
	return calls
}
