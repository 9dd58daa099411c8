package workflows_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/rollcall-sync/rollcall/workflows"
)

// plan plays Held over a plan that expires after a time, and is what its
// database would say of it.
type plan struct {
	*testsuite.TestWorkflowEnvironment
	t       *testing.T
	expires time.Time
	// mu guards what follows, as the database does: activities run side by side.
	mu    sync.Mutex
	state workflows.Decided
	calls []string
	looks []time.Duration
	began time.Time
	// reading, when set, runs in a look between its reading and its answer.
	reading func(look int)
}

func newPlan(t *testing.T, lasts time.Duration) *plan {
	t.Helper()
	p := &plan{TestWorkflowEnvironment: newEnvironment(), t: t}
	p.began = p.Now()
	p.expires = p.began.Add(lasts)
	p.state = workflows.Decided{Remaining: 12, Expires: p.expires}
	p.RegisterWorkflowWithOptions(workflows.Held, workflow.RegisterOptions{Name: workflows.HeldName})
	p.RegisterActivityWithOptions(func(_ context.Context, in workflows.HeldInput) (workflows.Decided, error) {
		p.mu.Lock()
		p.looks = append(p.looks, p.Now().Sub(p.began).Truncate(time.Second))
		if !p.Now().Before(p.expires) {
			p.state.Ended = true
		}
		look, state := len(p.looks), p.state
		p.mu.Unlock()
		if p.reading != nil {
			p.reading(look)
		}
		return state, nil
	}, activity.RegisterOptions{Name: workflows.ActivityExpireHeld})
	p.RegisterActivityWithOptions(func(_ context.Context, in workflows.DecideHeldInput) (workflows.Decided, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, fmt.Sprintf("plan %d, digest %s, request %d, reject %t, update %s", in.PlanID, in.Digest, in.RequestID, in.Reject, in.Update))
		switch {
		case p.state.Ended:
			return workflows.Decided{Refused: "decided", Ended: true}, nil
		case in.Digest != "d1":
			return workflows.Decided{Refused: "digest", Remaining: p.state.Remaining, Expires: p.expires}, nil
		case in.RequestID == 8: // a part of it
			p.state.Remaining = 7
			return workflows.Decided{Approval: 1, RequestID: 20, Changes: 5, Remaining: 7, Expires: p.expires}, nil
		}
		p.state.Remaining, p.state.Ended = 0, true
		return workflows.Decided{Approval: 2, RequestID: 21, Changes: 12, Ended: true, Expires: p.expires}, nil
	}, activity.RegisterOptions{Name: workflows.ActivityDecideHeld})
	return p
}

func (p *plan) after(d time.Duration, update, id string, decision workflows.Decision) *answer {
	a := &answer{}
	p.RegisterDelayedCallback(func() { p.UpdateWorkflow(update, id, a, decision) }, d)
	return a
}

func (p *plan) run() (workflows.Decided, time.Duration) {
	p.t.Helper()
	p.ExecuteWorkflow(workflows.HeldName, workflows.HeldInput{Connection: "staff", PlanID: 4})
	var result workflows.Decided
	if err := p.GetWorkflowResult(&result); err != nil {
		p.t.Fatal(err)
	}
	return result, p.Now().Sub(p.began).Truncate(time.Second)
}

func TestAHeldPlanThatNobodyDecidesAboutEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 7*24*time.Hour)
	result, took := p.run()
	if !result.Ended || took != 7*24*time.Hour {
		t.Errorf("it came to %+v after %s", result, took)
	}
	if len(p.calls) > 0 {
		t.Errorf("somebody decided: %v", p.calls)
	}
}

func TestAHeldPlanEndsWithTheDecisionThatLeavesNothingOfIt(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 7*24*time.Hour)
	wrong := p.after(time.Minute, workflows.ApproveUpdate, "u1", workflows.Decision{Digest: "d0"})
	without := p.after(2*time.Minute, workflows.ApproveUpdate, "u2", workflows.Decision{})
	part := p.after(3*time.Minute, workflows.ApproveUpdate, "u3", workflows.Decision{Digest: "d1", RequestID: 8})
	whole := p.after(2*time.Hour, workflows.RejectUpdate, "u4", workflows.Decision{Digest: "d1", RequestID: 9})
	result, took := p.run()
	want := []string{
		"plan 4, digest d0, request 0, reject false, update u1",
		"plan 4, digest d1, request 8, reject false, update u3",
		"plan 4, digest d1, request 9, reject true, update u4",
	}
	if diff := cmp.Diff(want, p.calls); diff != "" {
		t.Error(diff)
	}
	if wrong.decided.Refused != "digest" || without.rejected == nil || part.decided.Changes != 5 || whole.decided.Changes != 12 {
		t.Errorf("answered %+v, %+v, %+v, %+v", wrong, without, part, whole)
	}
	if !result.Ended || took != 2*time.Hour {
		t.Errorf("it came to %+v after %s", result, took)
	}
}

func TestTwoDecisionsAtOnceAreBothAnsweredAndOneCounts(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 24*time.Hour)
	first := p.after(time.Minute, workflows.ApproveUpdate, "u1", workflows.Decision{Digest: "d1"})
	second := p.after(time.Minute, workflows.RejectUpdate, "u2", workflows.Decision{Digest: "d1"})
	p.run()
	counted := 0
	for _, a := range []*answer{first, second} {
		switch {
		case a.decided.Changes == 12 && a.err == nil:
			counted++
		case a.rejected == nil && a.decided.Refused != "decided":
			t.Errorf("answered %+v", a)
		}
	}
	if counted != 1 {
		t.Errorf("%d of them counted, want one", counted)
	}
}

// answered is an answer that tells when it is complete.
type answered struct {
	answer
	complete chan struct{}
}

func (a *answered) Complete(result any, err error) {
	a.answer.Complete(result, err)
	close(a.complete)
}

func TestADecisionDuringALookEndsTheHeldPlanAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 24*time.Hour)
	decision := &answered{complete: make(chan struct{})}
	read := make(chan struct{})
	p.reading = func(look int) {
		if look == 2 {
			close(read)
			<-decision.complete
		}
	}
	p.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		switch {
		case info.ActivityType.Name == workflows.ActivityDecideHeld:
			<-read
		case p.Now().Sub(p.began) == time.Hour:
			p.UpdateWorkflow(workflows.ApproveUpdate, "u1", decision, workflows.Decision{Digest: "d1"})
		}
	})
	result, took := p.run()
	if decision.decided.Changes != 12 || decision.err != nil {
		t.Errorf("answered %+v", decision.answer)
	}
	if !result.Ended || took != time.Hour {
		t.Errorf("it came to %+v after %s, want an hour: the decision came while its second look was under way", result, took)
	}
}

func TestAHeldPlanThatALaterRunTookOverEndsWhenItIsLookedAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		wake bool
		took time.Duration
	}{
		{"within the hour by itself", false, time.Hour},
		{"at once when it is woken", true, 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlan(t, 7*24*time.Hour)
			p.RegisterDelayedCallback(func() {
				p.mu.Lock()
				p.state.Ended = true
				p.mu.Unlock()
				if c.wake {
					p.SignalWorkflow(workflows.WakeSignal, nil)
				}
			}, 10*time.Minute)
			if _, took := p.run(); took != c.took {
				t.Errorf("it ended after %s, want %s", took, c.took)
			}
		})
	}
}

func TestAHeldPlanGoesOnInANewHistory(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 24*time.Hour)
	p.SetContinueAsNewSuggested(true)
	p.ExecuteWorkflow(workflows.HeldName, workflows.HeldInput{Connection: "staff", PlanID: 4})
	if err := p.GetWorkflowError(); !workflow.IsContinueAsNewError(err) {
		t.Errorf("it ended with %v", err)
	}
	if len(p.calls) > 0 {
		t.Errorf("somebody decided: %v", p.calls)
	}
}
