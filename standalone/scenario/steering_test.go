package scenario

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// quietFor is how long nothing may happen in a paused run. Not paused, it
	// would do something every few hundred milliseconds.
	quietFor = 2 * time.Second
	// soon is what a run may take to end when it was stopped, and one person's
	// beside it. It is well below the heartbeat timeout, which would end it
	// otherwise, and leaves a busy machine its time.
	soon = 15 * time.Second
)

// slowRun is a run that puts everybody into a new group, one slow call after
// another, so that there is time to steer it.
type slowRun struct {
	*scenario
	run client.WorkflowRun
	id  int64
}

func newSlowRun(t *testing.T) *slowRun {
	t.Helper()
	s := &slowRun{scenario: newScenario(t, settings{People: 60, Groups: 4, Target: "concurrency: 2"}).start()}
	s.sync(workflows.SyncInput{})
	var all []string
	for _, u := range s.active() {
		all = append(all, u.ID)
	}
	s.found("everybody at once", all...)
	s.Box.Engine.ResetCalls()
	s.Box.Engine.Add(fault.Rule{API: "atlassian", Path: "/memberships", Kind: fault.Latency, Delay: fault.Duration(300 * time.Millisecond)})
	var err error
	s.run, err = s.begin(t.Context(), workflows.SyncInput{})
	s.no(err)
	s.eventually("the run is writing", func() (bool, any) { n := s.written(); return n >= 3, n })
	run, err := s.Worker.Store.RunOfWorkflow(t.Context(), s.run.GetID())
	s.no(err)
	s.id = run.ID
	return s
}

// written counts the memberships that were added.
func (s *slowRun) written() int {
	n := 0
	for key, times := range s.Box.Engine.AppliedKeys() {
		if strings.HasPrefix(key, "add-member:") {
			n += times
		}
	}
	return n
}

// sendControl steers a workflow by the update that the Web UI sends, and returns
// what stands.
func (s *scenario) sendControl(workflowID string, c workflows.Control) (stands workflows.Control, err error) {
	handle, err := s.Worker.Client.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: workflows.ControlUpdate, Args: []any{c}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return stands, err
	}
	return stands, handle.Get(s.Context(), &stands)
}

// steer sends an update to the run, as the Web UI would.
func (s *slowRun) steer(c workflows.Control) {
	s.Helper()
	stands, err := s.sendControl(s.run.GetID(), c)
	s.no(err)
	if stands.RunID != s.id {
		s.Errorf("%s was answered %+v, want run %d", c.Verb, stands, s.id)
	}
}

// wantQuiet waits until nothing more is counted, for as long as quietFor.
func (s *scenario) wantQuiet(what string, count func() int) {
	s.Helper()
	before := count()
	s.eventually(what, func() (bool, any) {
		select {
		case <-time.After(quietFor):
		case <-s.Context().Done():
		}
		last := before
		before = count()
		return before == last, before - last
	})
}

func (s *slowRun) ends(outcomes ...string) workflows.SyncResult {
	s.Helper()
	var result workflows.SyncResult
	s.no(s.run.Get(s.Context(), &result))
	s.wantOutcome(result, outcomes...)
	return result
}

func TestARunIsPausedSlowedAndResumedInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	s := newSlowRun(t)
	s.steer(workflows.Control{Verb: workflows.VerbPause})
	s.wantQuiet("nothing is written while the run is paused", s.written)
	before := s.written()
	s.steer(workflows.Control{Verb: workflows.VerbSlow, Pace: 1})
	s.steer(workflows.Control{Verb: workflows.VerbResume})
	more := func(than int) {
		s.Helper()
		s.eventually("more is written", func() (bool, any) { n := s.written(); return n > than, n })
	}
	more(before)
	began := time.Now()
	more(before + 4)
	// A busy machine makes it longer, never shorter. One write may have been
	// late when the first was counted.
	if took := time.Since(began); took < 2500*time.Millisecond {
		t.Errorf("four were written in %s at one a second", took)
	}
	s.steer(workflows.Control{Verb: workflows.VerbSlow})
	result := s.ends(workflows.OutcomeDone, workflows.OutcomePartial)
	s.explain(result)
	s.wantEqual()
	s.wantNothingTwice()
}

func TestAStoppedRunEndsSoonAndTheNextDoesTheRest(t *testing.T) {
	t.Parallel()
	s := newSlowRun(t)
	s.steer(workflows.Control{Verb: workflows.VerbStop})
	began := time.Now()
	stopped := s.ends(workflows.OutcomeStopped)
	if took := time.Since(began); took > soon {
		t.Errorf("it ended %s after it was stopped", took)
	}
	if stopped.Planned == 0 {
		t.Errorf("nothing was left: %+v", stopped)
	}
	ended := s.written()
	select {
	case <-time.After(time.Second):
	case <-t.Context().Done():
	}
	if n := s.written() - ended; n > 0 {
		t.Errorf("%d were written after the run's end", n)
	}
	run, err := s.Worker.Store.Run(t.Context(), s.id)
	s.no(err)
	if run.Outcome != workflows.OutcomeStopped || !strings.Contains(run.Reason, "person") {
		t.Errorf("it is recorded as %s, %s", run.Outcome, run.Reason)
	}
	s.Box.Engine.Clear()
	s.sync(workflows.SyncInput{})
	s.wantEqual()
	s.wantNothingTwice()
}

func TestWhoIsTakenOutOfARunIsTheNextOnes(t *testing.T) {
	t.Parallel()
	s := newSlowRun(t)
	s.steer(workflows.Control{Verb: workflows.VerbPause})
	s.wantQuiet("nothing is written while the run is paused", s.written)
	var someone store.Change
	for _, c := range s.changes(s.id, store.ChangeFilter{States: []string{string(directory.Planned)}}) {
		someone = c
	}
	if someone.UserID == 0 {
		t.Fatal("nothing is left to be written")
	}
	s.steer(workflows.Control{Verb: workflows.VerbSkip, UserID: someone.UserID})
	s.steer(workflows.Control{Verb: workflows.VerbResume})
	s.ends(workflows.OutcomeDone, workflows.OutcomePartial)
	for _, c := range s.changes(s.id, store.ChangeFilter{UserID: someone.UserID}) {
		if c.State != string(directory.Skipped) || c.Class != string(directory.ClassByHand) {
			t.Errorf("a change of the one who was taken out is %s, %s", c.State, c.Class)
		}
	}
	s.Box.Engine.Clear()
	next := s.sync(workflows.SyncInput{})
	if n := len(s.changes(next.RunID, store.ChangeFilter{UserID: someone.UserID, States: []string{string(directory.Applied)}})); n != 1 {
		t.Errorf("the next run made %d changes of theirs, want 1", n)
	}
	s.wantEqual()
}

func TestARunIsPausedAndStoppedWhileItReads(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 60, Groups: 4, Source: "page_size: 2"}).start()
	s.Box.Engine.Add(fault.Rule{API: "okta", Path: "/api/v1/users$", Kind: fault.Latency, Delay: fault.Duration(200 * time.Millisecond)})
	run, err := s.begin(t.Context(), workflows.SyncInput{})
	s.no(err)
	s.eventually("the run is reading", func() (bool, any) { n := s.calls(); return n > 3, n })
	steer := func(verb string) {
		_, err := s.sendControl(run.GetID(), workflows.Control{Verb: verb})
		s.no(err)
	}
	steer(workflows.VerbPause)
	s.wantQuiet("nobody is called while the run is paused", s.calls)
	steer(workflows.VerbStop)
	began := time.Now()
	var result workflows.SyncResult
	s.no(run.Get(t.Context(), &result))
	s.wantOutcome(result, workflows.OutcomeStopped)
	if took := time.Since(began); took > soon {
		t.Errorf("it ended %s after it was stopped", took)
	}
	s.Box.Engine.Clear()
	s.sync(workflows.SyncInput{})
	s.wantEqual()
}

func TestOnePersonIsDoneInSecondsWhileALargeRunIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newSlowRun(t)
	s.steer(workflows.Control{Verb: workflows.VerbPause}) // the largest run there is: one that does not end
	email := "hurried.joiner@" + "acme.example"
	s.join(email, s.ownGroups()[0].ID)
	began := time.Now()
	result := s.request(store.Request{Kind: store.RequestUser, Name: email}, "hand")
	took := time.Since(began)
	if result.Applied == 0 || result.Outcome != workflows.OutcomeDone || took > soon {
		t.Errorf("one person's run came to %+v after %s", result, took)
	}
	if a := s.account(email); a.ID == "" {
		t.Error("the account is not there")
	}
	s.steer(workflows.Control{Verb: workflows.VerbResume})
	s.Box.Engine.Clear()
	s.ends(workflows.OutcomeDone, workflows.OutcomePartial)
	s.sync(workflows.SyncInput{})
	s.wantEqual()
	s.wantNothingTwice()
}

func TestOnePersonsNewGroupIsMadeAlongWithThem(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{}).start()
	s.sync(workflows.SyncInput{})
	email := "early.bird@" + "acme.example"
	id := s.join(email)
	group := s.found("brand new", id)
	// The group is known once it was read, and not made yet where that run is dry.
	s.sync(workflows.SyncInput{DryRun: true})
	result := s.request(store.Request{Kind: store.RequestUser, Name: email}, "hand")
	if result.Outcome != workflows.OutcomeDone {
		s.explain(result.SyncResult)
		t.Errorf("one person's run came to %+v", result)
	}
	if g := s.targetGroup("brand new"); g.ID == "" || len(s.account(email).Groups) == 0 {
		t.Errorf("the group of %s is %+v, the account %+v", group, g, s.account(email))
	}
}

// request has a request carried out and returns what came of it.
func (s *scenario) request(r store.Request, trigger string) workflows.SubjectsResult {
	s.Helper()
	var err error
	r.ConnectionID, err = s.Worker.Store.ConnectionID(s.Context(), s.Name)
	s.no(err)
	id, err := s.Worker.Store.AddRequest(s.Context(), r, time.Now())
	s.no(err)
	s.no(temporal.NewEntities(s.Worker.Client).Subjects(s.Context(), s.Name, id, trigger))
	var result workflows.SubjectsResult
	s.no(s.Worker.Client.GetWorkflow(s.Context(), workflows.SubjectsID(s.Name, id), "").Get(s.Context(), &result))
	return result
}
