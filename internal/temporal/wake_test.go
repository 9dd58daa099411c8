package temporal_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// signals is a client that only signals: each signal is held until it is let go.
type signals struct {
	client.Client
	mu    sync.Mutex
	sent  map[string]int
	gate  chan struct{}
	err   error
	every chan string
}

func newSignals() *signals {
	return &signals{sent: map[string]int{}, gate: make(chan struct{}, 100), every: make(chan string, 100)}
}

func (s *signals) SignalWithStartWorkflow(ctx context.Context, id, name string, payload any, o client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	s.mu.Lock()
	s.sent[id]++
	s.mu.Unlock()
	if name != workflows.WakeSignal || payload != nil || o.TaskQueue != temporal.WorkflowQueue {
		return nil, errors.New("another signal was expected")
	}
	s.every <- id
	select {
	case <-s.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return nil, s.err
}

func (s *signals) count(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[id]
}

func nobody(context.Context) ([]temporal.ShardRef, error) { return nil, nil }

func TestWakeUpsOfAShardAreCoalesced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSignals()
		w := temporal.NewWaker(s, nobody, slog.New(slog.DiscardHandler))
		defer w.Close()
		w.Wake("staff", []int{3})
		id := <-s.every
		if id != "provision/staff/3" {
			t.Errorf("signalled %s", id)
		}
		for range 50 {
			w.Wake("staff", []int{3, 4})
		}
		if other := <-s.every; other != "provision/staff/4" {
			t.Errorf("signalled %s, want the other shard", other)
		}
		// What came while the signal was on its way is told of once more.
		s.gate <- struct{}{}
		s.gate <- struct{}{}
		<-s.every
		<-s.every
		s.gate <- struct{}{}
		s.gate <- struct{}{}
		if n := s.count("provision/staff/3"); n != 2 {
			t.Errorf("%d signals for 51 wake-ups, want 2", n)
		}
	})
}

func TestTheSweepWakesWhatIsPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSignals()
		close(s.gate)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		w := temporal.NewWaker(s, func(context.Context) ([]temporal.ShardRef, error) {
			return []temporal.ShardRef{{Connection: "staff", Shard: 1}, {Connection: "other", Shard: 7}}, nil
		}, slog.New(slog.DiscardHandler))
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx) }()
		got := map[string]bool{<-s.every: true, <-s.every: true}
		if !got["provision/staff/1"] || !got["provision/other/7"] {
			t.Errorf("signalled %v", got)
		}
		cancel()
		<-ended
		w.Close()
		w.Wake("staff", []int{2})
		if n := s.count("provision/staff/2"); n != 0 {
			t.Error("a closed waker signals")
		}
	})
}

func TestCloseEndsASignalThatIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSignals()
		w := temporal.NewWaker(s, nobody, slog.New(slog.DiscardHandler))
		w.Wake("staff", []int{1})
		<-s.every
		closed := make(chan struct{})
		go func() { w.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(3 * time.Second):
			t.Fatal("Close waits for a server that does not answer")
		}
	})
}
