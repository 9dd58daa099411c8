package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// starts notes what is started; while down is set nothing can be.
type starts struct {
	mu   sync.Mutex
	all  []string
	down bool
}

func (s *starts) note(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("Temporal does not answer")
	}
	s.all = append(s.all, fmt.Sprintf(format, args...))
	return nil
}

func (s *starts) Subjects(_ context.Context, connection string, id int64, trigger string) error {
	return s.note("subjects %s %d %s", connection, id, trigger)
}

func (s *starts) Held(_ context.Context, connection string, id int64) error {
	return s.note("held %s %d", connection, id)
}

func (s *starts) HeldThere(_ context.Context, connection string, id int64) error {
	return s.note("held there %s %d", connection, id)
}

func (s *starts) Leaver(_ context.Context, connection string, id int64) error {
	return s.note("leaver %s %d", connection, id)
}

func (s *starts) LeaverThere(_ context.Context, connection string, id int64) error {
	return s.note("leaver there %s %d", connection, id)
}

func (s *starts) Notify(_ context.Context, id int64) error { return s.note("notify %d", id) }

// keeping is a run in a database of its own, with everything around it.
type keeping struct {
	*steeredRun
	starts *starts
	post   *post
	now    time.Time
}

func newKeeping(t *testing.T) *keeping {
	t.Helper()
	k := &keeping{steeredRun: newSteeredRun(t), starts: &starts{}, post: &post{names: []string{"mail", "chat"}}, now: time.Now()}
	k.a.Start, k.a.Notifier, k.a.Log, k.a.Heartbeat = k.starts, k.post, slog.New(slog.DiscardHandler), time.Second
	k.a.Now = func() time.Time { return k.now }
	k.a.Connections = map[string]*Connection{"staff": {Name: "staff"}}
	return k
}

func (k *keeping) ref() workflows.RunRef {
	return workflows.RunRef{Connection: "staff", ConnectionID: k.claim.ConnectionID, RunID: k.claim.RunID, Epoch: k.claim.Epoch}
}

// perform runs an activity as a worker does.
func (k *keeping) perform(activity any, in ...any) error {
	k.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activity)
	_, err := env.ExecuteActivity(activity, in...)
	return err
}

type silent struct{}

func (silent) Debug(string, ...any) {}

func (silent) Info(string, ...any) {}

func (silent) Warn(string, ...any) {}

func (silent) Error(string, ...any) {}

func TestTheSweepStartsRequestsThatAreLateWithTheirTrigger(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	made := k.now
	for _, r := range []store.Request{
		{Kind: store.RequestUser, Name: "somebody"}, {Kind: store.RequestUsers, Name: workflows.TriggerLeaver, Users: []int64{k.user}},
		{Kind: store.RequestApproval, Subject: 3}, {Kind: store.RequestUndo, Subject: 3}, {Kind: store.RequestApprove, Subject: 1},
	} {
		r.ConnectionID = k.claim.ConnectionID
		if _, err := k.a.Store.AddRequest(t.Context(), r, made); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.a.StartMissing(t.Context(), true); err != nil || len(k.starts.all) > 0 {
		t.Fatalf("started what had only just been asked for: %v, %v", k.starts.all, err)
	}
	k.now = made.Add(time.Minute)
	if _, err := k.a.StartMissing(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want := []string{"subjects staff 1 hand", "subjects staff 2 leaver", "subjects staff 3 approval", "subjects staff 4 undo"}
	if diff := cmp.Diff(want, k.starts.all); diff != "" {
		t.Error(diff)
	}
	delete(k.a.Connections, "staff")
	k.starts.all = nil
	if _, err := k.a.StartMissing(t.Context(), false); err != nil || len(k.starts.all) > 0 {
		t.Errorf("started for a connection that is not configured: %v, %v", k.starts.all, err)
	}
}

func TestRequestsOfTheMachineThatComeTogetherAreOne(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	ask := func(user int64) {
		t.Helper()
		if err := k.a.request(t.Context(), "staff", store.Request{ConnectionID: k.claim.ConnectionID, Kind: store.RequestUsers, Name: workflows.TriggerLeaver, Users: []int64{user}}, workflows.TriggerLeaver); err != nil {
			t.Fatal(err)
		}
	}
	ask(9)
	ask(4)
	ask(9)
	one, err := k.a.Store.Request(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{4, 9}, one.Users); diff != "" {
		t.Error(diff)
	}
	k.now = k.now.Add(time.Minute)
	ask(11)
	if other, err := k.a.Store.Request(t.Context(), 2); err != nil || !slices.Equal(other.Users, []int64{11}) {
		t.Errorf("a later one is %+v, %v", other, err)
	}
}

func TestHousekeepingTellsOfWhatComesAndOfWhatDoesNot(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for _, c := range []struct {
		name  string
		tidy  Tidy
		later time.Duration
		ended string // the outcome of the run
		told  int64
	}{
		{"nothing is configured", Tidy{}, 30 * day, workflows.OutcomeDone, 0},
		{"a credential has time", Tidy{TokenWarning: 14 * day, Expiries: []Expiry{{"staff", "token", time.Now().Add(20 * day)}}}, 0, "", 0},
		{"a credential is near its end", Tidy{TokenWarning: 14 * day, Expiries: []Expiry{{"staff", "token", time.Now().Add(13 * day)}}}, 0, "", 1},
		{"a credential has ended", Tidy{TokenWarning: 14 * day, Expiries: []Expiry{{"staff", "token", time.Now().Add(-day)}}}, 0, "", 1},
		{"a credential without a date", Tidy{TokenWarning: 14 * day, Expiries: []Expiry{{"staff", "token", time.Time{}}}}, 0, "", 0},
		{"a run came to a good end lately", Tidy{QuietAfter: 2 * day}, day, workflows.OutcomeDone, 0},
		{"none has for too long", Tidy{QuietAfter: 2 * day}, 3 * day, workflows.OutcomeDone, 1},
		{"the last failed", Tidy{QuietAfter: 2 * day}, 3 * day, workflows.OutcomeFailed, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKeeping(t)
			k.a.Tidy = c.tidy
			if c.ended != "" {
				if err := k.a.Store.Finish(t.Context(), k.claim, c.ended, "", true, k.now); err != nil {
					t.Fatal(err)
				}
			}
			k.now = k.now.Add(c.later)
			told, err := k.a.warn(t.Context())
			if err != nil || told != c.told {
				t.Fatalf("told of %d, %v; want %d", told, err, c.told)
			}
			if len(k.starts.all) != 2*int(c.told) {
				t.Errorf("started %v, want a delivery to each of two", k.starts.all)
			}
		})
	}
}

func TestARunThatFailedIsToldOfWithItsClass(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	err := k.perform(k.a.Finish, workflows.FinishInput{RunRef: k.ref(), Failure: directory.ClassAuth})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{1, 2} {
		if err := k.perform(k.a.Deliver, workflows.NotifyInput{ID: n}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"mail: staff: run 1 failed", "chat: staff: run 1 failed"}, k.post.sent); diff != "" {
		t.Error(diff)
	}
}

func TestAStoppedRunSaysSo(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	if err := k.perform(k.a.Finish, workflows.FinishInput{RunRef: k.ref(), Failure: classStopped}); err != nil {
		t.Fatal(err)
	}
	run, err := k.a.Store.Run(t.Context(), k.claim.RunID)
	if err != nil || run.Outcome != workflows.OutcomeStopped || run.Reason == "" {
		t.Errorf("it is recorded as %+v, %v", run, err)
	}
	if len(k.starts.all) > 0 {
		t.Errorf("somebody was told: %v", k.starts.all)
	}
}
