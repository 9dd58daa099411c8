package temporal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// wakeTimeout bounds one signal: the server takes milliseconds, and what it
	// did not take is found by the sweep.
	wakeTimeout = 5 * time.Second
	// sweepEvery is how soon a shard is woken whose own signal was lost, because
	// Temporal was down or the sender died.
	sweepEvery = 5 * time.Second
)

// ShardRef names a shard of a connection.
type ShardRef struct {
	Connection string
	Shard      int
}

// Waker makes sure that what was pushed is looked at: it starts, or signals,
// the workflow of a shard. It is safe for concurrent use.
type Waker struct {
	client  client.Client
	pending func(ctx context.Context) ([]ShardRef, error)
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	failing bool
	sending map[ShardRef]*wakeUp
	group   sync.WaitGroup
}

// wakeUp is a signal on its way to a shard.
type wakeUp struct {
	// again is set when something was pushed since it left, which it may not
	// have told of.
	again bool
}

// NewWaker returns a Waker that signals over a client. pending lists the
// shards that have something to do now; the sweep asks it.
func NewWaker(c client.Client, pending func(ctx context.Context) ([]ShardRef, error), log *slog.Logger) *Waker {
	ctx, cancel := context.WithCancel(context.Background())
	return &Waker{client: c, pending: pending, log: log, ctx: ctx, cancel: cancel, sending: map[ShardRef]*wakeUp{}}
}

// Wake wakes shards of a connection and does not wait for it. While a signal
// to a shard is on its way, further ones are kept and sent as one.
func (w *Waker) Wake(connection string, shards []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	for _, shard := range shards {
		ref := ShardRef{connection, shard}
		if underway := w.sending[ref]; underway != nil {
			underway.again = true
			continue
		}
		one := &wakeUp{}
		w.sending[ref] = one
		w.group.Add(1)
		go w.send(ref, one)
	}
}

func (w *Waker) send(ref ShardRef, one *wakeUp) {
	defer w.group.Done()
	for {
		err := w.signal(ref)
		w.mu.Lock()
		w.note(err)
		if err != nil || !one.again || w.closed {
			// After a failure the sweep goes on: Temporal is down, and asking again
			// at once would not bring it back.
			delete(w.sending, ref)
			w.mu.Unlock()
			return
		}
		one.again = false
		w.mu.Unlock()
	}
}

// note says once that signals fail, and once that they do not any more; w.mu is held.
func (w *Waker) note(err error) {
	switch {
	case w.ctx.Err() != nil:
	case err != nil && !w.failing:
		w.failing = true
		w.log.Warn("what was pushed is stored; Temporal could not be told of it, and will be when it answers", "error", err)
	case err == nil && w.failing:
		w.failing = false
		w.log.Info("Temporal answers again; what was pushed goes on")
	}
}

func (w *Waker) signal(ref ShardRef) error {
	ctx, cancel := context.WithTimeout(w.ctx, wakeTimeout)
	defer cancel()
	_, err := w.client.SignalWithStartWorkflow(ctx, workflows.ProvisionID(ref.Connection, ref.Shard), workflows.WakeSignal, nil,
		client.StartWorkflowOptions{TaskQueue: WorkflowQueue, Priority: sdk.Priority{PriorityKey: 1}, StaticSummary: "what was pushed to " + ref.Connection},
		workflows.ProvisionName, workflows.ProvisionInput{Connection: ref.Connection, Shard: ref.Shard})
	return err
}

// Run sweeps until ctx ends: it wakes the shards that have something to do, at
// the start and every few seconds. An accepted push whose own signal was lost
// is found here.
func (w *Waker) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		w.sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-w.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Waker) sweep(ctx context.Context) {
	shards, err := w.pending(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Warn("it could not be read what was pushed and is still to be done", "error", err)
		}
		return
	}
	for _, ref := range shards {
		w.Wake(ref.Connection, []int{ref.Shard})
	}
}

// Close ends the signals that are on their way; none leaves afterwards. What
// they were about is found by another's sweep, or by the next start's.
func (w *Waker) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.group.Wait()
}
