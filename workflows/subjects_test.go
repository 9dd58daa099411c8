package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/workflows"
)

// request plays Subjects over a request whose parts answer one after another.
type request struct {
	t     *testing.T
	parts []workflows.SubjectsResult
	fails error
	// during, when set, runs as a part is begun. It is called from the loop of
	// env, where alone an update may be sent.
	during func(env *testsuite.TestWorkflowEnvironment)
	cut    bool // the server suggests a new history after each part

	// mu guards calls: an update's activity runs beside the one of the request.
	mu        sync.Mutex
	calls     []string
	at        []time.Duration
	histories int
}

func (r *request) called(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
}

func (r *request) run() (workflows.SubjectsResult, error) {
	r.t.Helper()
	in := workflows.SubjectsInput{Connection: "staff", RequestID: 5, Trigger: "hand"}
	for {
		env := newEnvironment()
		r.histories++
		began := env.Now()
		env.SetContinueAsNewSuggested(r.cut)
		env.RegisterWorkflowWithOptions(workflows.Subjects, workflow.RegisterOptions{Name: workflows.SubjectsName})
		env.RegisterActivityWithOptions(func(_ context.Context, in workflows.ApplySubjectsInput) (workflows.SubjectsResult, error) {
			r.called("apply after %d for run %d", in.After, in.RunID)
			r.at = append(r.at, env.Now().Sub(began).Truncate(time.Second))
			if r.fails != nil {
				return workflows.SubjectsResult{}, r.fails
			}
			part := workflows.SubjectsResult{}
			if len(r.parts) > 0 {
				part, r.parts = r.parts[0], r.parts[1:]
			}
			part.Ref = workflows.RunRef{Connection: "staff", ConnectionID: 3, RunID: 11}
			return part, nil
		}, activity.RegisterOptions{Name: workflows.ActivityApplySubjects})
		env.RegisterActivityWithOptions(func(_ context.Context, in workflows.FinishSubjectsInput) (workflows.SyncResult, error) {
			r.called("finish request %d, run %d, not found %t, %q", in.RequestID, in.RunID, in.NotFound, in.Failure)
			return workflows.SyncResult{RunID: in.RunID, Outcome: workflows.OutcomeDone, Applied: 3}, nil
		}, activity.RegisterOptions{Name: workflows.ActivityFinishSubjects})
		env.RegisterActivityWithOptions(func(_ context.Context, in workflows.Control) (workflows.Control, error) {
			r.called("%s run %d", in.Verb, in.RunID)
			return in, nil
		}, activity.RegisterOptions{Name: workflows.ActivitySteer})
		env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
			if r.during != nil && info.ActivityType.Name == workflows.ActivityApplySubjects {
				r.during(env)
			}
		})
		env.ExecuteWorkflow(workflows.SubjectsName, in)
		err := env.GetWorkflowError()
		var anew *workflow.ContinueAsNewError
		if !errors.As(err, &anew) {
			var result workflows.SubjectsResult
			if err == nil {
				err = env.GetWorkflowResult(&result)
			}
			return result, err
		}
		in = workflows.SubjectsInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(anew.Input, &in); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestARequestIsCarriedOutPartByPart(t *testing.T) {
	t.Parallel()
	for _, cut := range []bool{false, true} {
		t.Run(fmt.Sprintf("with a new history each time: %t", cut), func(t *testing.T) {
			t.Parallel()
			r := &request{t: t, cut: cut, parts: []workflows.SubjectsResult{{After: 100}, {After: 200}, {}}}
			result, err := r.run()
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"apply after 0 for run 0", "apply after 100 for run 11", "apply after 200 for run 11", `finish request 5, run 11, not found false, ""`}
			if diff := cmp.Diff(want, r.calls); diff != "" {
				t.Error(diff)
			}
			if result.Outcome != workflows.OutcomeDone || result.Ref.RunID != 11 || result.Applied != 3 {
				t.Errorf("the request came to %+v", result)
			}
			if want := map[bool]int{false: 1, true: 3}[cut]; r.histories != want {
				t.Errorf("it took %d histories, want %d", r.histories, want)
			}
		})
	}
}

func TestWhatIsLeftOfARequestIsTriedAgainFromItsBeginning(t *testing.T) {
	t.Parallel()
	left := workflows.SubjectsResult{Left: 1, Class: directory.ClassUnavailable}
	slow := workflows.SubjectsResult{Left: 1, Class: directory.ClassRateLimited, Wait: 40 * time.Second}
	for _, c := range []struct {
		name  string
		parts []workflows.SubjectsResult
		calls int
		at    []time.Duration
	}{
		{"until nothing is left", []workflows.SubjectsResult{left, left, {}}, 3, []time.Duration{0, time.Second, 3 * time.Second}},
		{"as late as the target asked for", []workflows.SubjectsResult{slow, {}}, 2, []time.Duration{0, 40 * time.Second}},
		{"at most eight times more", []workflows.SubjectsResult{left, left, left, left, left, left, left, left, left, left, left}, 9,
			[]time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 31 * time.Second, 61 * time.Second, 91 * time.Second, 121 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &request{t: t, parts: c.parts}
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			if len(r.calls) != c.calls+1 {
				t.Errorf("%v, want %d tries and an end", r.calls, c.calls)
			}
			if diff := cmp.Diff(c.at, r.at); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheEndOfARequestIsRecordedHoweverItEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fails  error
		parts  []workflows.SubjectsResult
		finish string
		class  directory.Class
	}{
		{"nobody of that name is known", nil, []workflows.SubjectsResult{{NotFound: true}}, `finish request 5, run 11, not found true, ""`, ""},
		{"a person has stopped it", final("stopped"), nil, `finish request 5, run 0, not found false, "stopped"`, ""},
		{"it cannot be carried out", final("not-configured"), nil, `finish request 5, run 0, not found false, "not-configured"`, "not-configured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &request{t: t, fails: c.fails, parts: c.parts}
			_, err := r.run()
			if c.class != "" {
				failedAs(t, err, c.class)
			} else if err != nil {
				t.Error(err)
			}
			if got := r.calls[len(r.calls)-1]; got != c.finish {
				t.Errorf("at the end: %s, want %s", got, c.finish)
			}
		})
	}
}

// answer notes what became of an update.
type answer struct {
	rejected error
	control  workflows.Control
	decided  workflows.Decided
	err      error
	done     bool
}

func (a *answer) Accept()          {}
func (a *answer) Reject(err error) { a.rejected = err }
func (a *answer) Complete(result any, err error) {
	a.done, a.err = true, err
	switch r := result.(type) {
	case workflows.Control:
		a.control = r
	case workflows.Decided:
		a.decided = r
	}
}

func TestARunOfARequestIsSteeredByAnUpdate(t *testing.T) {
	t.Parallel()
	var before, pause, wrong answer
	r := &request{t: t, parts: []workflows.SubjectsResult{{After: 100}, {}}}
	first := true
	r.during = func(env *testsuite.TestWorkflowEnvironment) {
		if first {
			first = false
			env.UpdateWorkflow(workflows.ControlUpdate, "before", &before, workflows.Control{Verb: workflows.VerbPause})
			return
		}
		env.UpdateWorkflow(workflows.ControlUpdate, "pause", &pause, workflows.Control{Verb: workflows.VerbPause})
		env.UpdateWorkflow(workflows.ControlUpdate, "wrong", &wrong, workflows.Control{Verb: workflows.VerbPause, RunID: 12})
	}
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if before.rejected == nil || wrong.rejected == nil {
		t.Errorf("not refused: %v, %v", before.rejected, wrong.rejected)
	}
	if !pause.done || pause.err != nil || pause.control.RunID != 11 {
		t.Errorf("the pause came to %+v", pause)
	}
}

func TestAnUpdateThatAsksForTheImpossibleIsRefusedBeforeItIsRecorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   workflows.Control
	}{
		{"a verb that there is not", workflows.Control{Verb: "hurry"}},
		{"no verb", workflows.Control{}},
		{"a pace below none", workflows.Control{Verb: workflows.VerbSlow, Pace: -1}},
		{"nobody to be skipped", workflows.Control{Verb: workflows.VerbSkip}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got answer
			first := true
			r := &request{t: t, parts: []workflows.SubjectsResult{{After: 100}, {}}}
			r.during = func(env *testsuite.TestWorkflowEnvironment) {
				if !first {
					env.UpdateWorkflow(workflows.ControlUpdate, "u", &got, c.in)
				}
				first = false
			}
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			if got.rejected == nil {
				t.Errorf("it was taken: %+v", got)
			}
		})
	}
}
