package scenario

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// listener is an administrator's receiver of webhooks.
type listener struct {
	mu       sync.Mutex
	messages []notify.Message
}

// told returns what arrived of an event.
func (l *listener) told(event notify.Event) []notify.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []notify.Message
	for _, m := range l.messages {
		if m.Event == event {
			all = append(all, m)
		}
	}
	return all
}

// listen has a scenario that has not started tell a receiver, which takes what
// is signed and nothing else.
func (s *scenario) listen() *listener {
	s.Helper()
	const secret, hook = "a secret of sixteen characters", "/a-hook-of-rollcall"
	l := &listener{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != hook {
			// Somebody who still asks for a server that had this port before.
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.Error(err)
		}
		if want := notify.Sign(secret, r.Header.Get(notify.HeaderTimestamp), body); r.Header.Get(notify.HeaderSignature) != want {
			s.Errorf("a message is signed %q, want %q", r.Header.Get(notify.HeaderSignature), want)
		}
		m, err := notify.Decode(body)
		if err != nil {
			s.Error(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.messages = append(l.messages, m)
	}))
	s.Cleanup(receiver.Close)
	s.Config.Notifications = map[string]config.Notification{"oncall": {Name: "oncall", Kind: config.KindWebhook,
		URL: config.Hook{Secret: config.NewSecret(receiver.URL + hook)}, Secret: config.NewSecret(secret)}}
	return l
}

// hears waits until so many messages of an event have arrived, and returns the last.
func (s *scenario) hears(l *listener, event notify.Event, n int) notify.Message {
	s.Helper()
	s.eventually("a message of "+string(event)+" arrives", func() (bool, any) { told := l.told(event); return len(told) >= n, told })
	return l.told(event)[n-1]
}

// tidy does the housekeeping that a schedule does every hour.
func (s *scenario) tidy() workflows.HousekeepingResult {
	s.Helper()
	var result workflows.HousekeepingResult
	run, err := s.Worker.Client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: "housekeeping/" + s.Name, TaskQueue: temporal.WorkflowQueue}, workflows.HousekeepingName)
	s.no(err)
	s.no(run.Get(s.Context(), &result))
	return result
}

func TestAdministratorsHearOnceOfWhatNeedsThem(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := newScenario(t, settings{Connection: weekly + "\nguard: { quarantine_after: 2 }", Now: c.Now})
	l := s.listen()
	connection := s.Config.Connections[s.Name]
	connection.Source.TokenExpires = c.Now().Add(10 * 24 * time.Hour)
	s.Config.Connections[s.Name] = connection
	s.Config.TokenWarning, s.Config.QuietAfter = 14*24*time.Hour, 48*time.Hour
	s.start()
	s.sync(workflows.SyncInput{})

	// Every run may fail of the same; it is told once.
	down := s.Box.Engine.Add(fault.Rule{API: "okta", Kind: fault.Status, Status: http.StatusUnauthorized})
	for range 2 {
		if _, err := s.trySync(workflows.SyncInput{}); err == nil {
			t.Fatal("a run without a credential did not fail")
		}
	}
	s.Box.Engine.Remove(down)
	if m := s.hears(l, notify.EventFailure, 1); m.Class != directory.ClassAuth || m.Connection != s.Name {
		t.Errorf("the failure is told as %+v", m)
	}

	for _, u := range s.active()[:12] {
		s.no(s.Box.Okta.DeactivateUser(u.ID))
	}
	held := s.sync(workflows.SyncInput{})
	m := s.hears(l, notify.EventHeld, 1)
	if want := map[string]int64{"account.suspend": 12}; !maps.Equal(m.Counts, want) || m.Run != held.RunID || m.Class != directory.ClassOverLimit {
		t.Errorf("the plan is told as %+v, want %v of run %d", m, want, held.RunID)
	}
	if n := len(l.told(notify.EventQuarantine)); n != 0 {
		t.Errorf("%d quarantines are told after one run that was stopped", n)
	}
	// The same plan, which still waits, is no other stop; somebody more who leaves is.
	s.sync(workflows.SyncInput{})
	if n := len(l.told(notify.EventQuarantine)); n != 0 {
		t.Errorf("%d quarantines are told while one plan waits", n)
	}
	s.no(s.Box.Okta.DeactivateUser(s.active()[0].ID))
	s.sync(workflows.SyncInput{})
	s.hears(l, notify.EventQuarantine, 1)

	s.tidy()
	s.tidy()
	if m := s.hears(l, notify.EventToken, 1); m.Expires == nil || !m.Expires.Equal(connection.Source.TokenExpires.Truncate(time.Second)) {
		t.Errorf("the token's end is told as %+v", m)
	}
	if n := len(l.told(notify.EventSilence)); n != 0 {
		t.Errorf("%d silences are told though a run has just ended", n)
	}
	c.forward(49 * time.Hour)
	s.tidy()
	s.tidy()
	s.hears(l, notify.EventSilence, 1)

	for event, want := range map[notify.Event]int{notify.EventFailure: 1, notify.EventHeld: 2, notify.EventQuarantine: 1, notify.EventToken: 1, notify.EventSilence: 1} {
		if told := l.told(event); len(told) != want {
			t.Errorf("%s was told %d times, want %d: %+v", event, len(told), want, told)
		}
	}
}

func TestWhoFindsNoLicenceWaitsAndWhoCameFirstGetsTheNext(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{Connection: weekly})
	l := s.listen()
	s.start()
	s.sync(workflows.SyncInput{})
	s.Box.Atlassian.SetSeatLimit(slices.Max(slices.Collect(maps.Values(s.Box.Atlassian.State().Seats))))

	// In the order of joining, which is not that of names.
	joined := []string{"zelda.first@acme.example", "yvonne.second@acme.example", "anton.third@acme.example"}
	for i, email := range joined {
		s.join(email)
		if result := s.sync(workflows.SyncInput{}); result.Waiting != int64(i+1) {
			t.Errorf("the run says that %d wait, want %d: %+v", result.Waiting, i+1, result)
		}
	}
	if m := s.hears(l, notify.EventSeats, 1); m.Counts["waiting"] != 1 || m.Target != "cloud" {
		t.Errorf("who waits is told as %+v", m)
	}
	for i, email := range joined {
		s.no(s.Box.Okta.DeactivateUser(s.active()[0].ID))
		result := s.sync(workflows.SyncInput{})
		if want := int64(len(joined) - i - 1); result.Waiting != want {
			t.Errorf("after %d licences were freed %d wait, want %d: %+v", i+1, result.Waiting, want, result)
		}
		for j, other := range joined {
			if has := s.account(other).Status == "active"; has != (j <= i) {
				t.Errorf("after %s's turn, that %s has an account is %v", email, other, has)
			}
		}
	}
	if waiting := s.changes(s.sync(workflows.SyncInput{}).RunID, store.ChangeFilter{States: []string{string(directory.Waiting)}}); len(waiting) != 0 {
		t.Errorf("still waiting: %+v", waiting)
	}
}
