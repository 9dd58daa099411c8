package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// A batch's outcomes are stored as they come: after this many, or this long.
// A crash forgets at most that much, and what it forgot is found out again by
// reading back.
const (
	recordEvery = 128
	recordAfter = 100 * time.Millisecond
)

// recorder stores outcomes in the background, many in one commit.
type recorder struct {
	b      *batch
	ctx    context.Context
	queue  chan queued
	ended  chan struct{}
	mu     sync.Mutex
	err    error
	result workflows.ApplyResult
}

type queued struct {
	store.Outcome
	subject string
	// settled, when set, is no outcome: it is closed once all before it are stored.
	settled chan struct{}
}

func newRecorder(ctx context.Context, b *batch) *recorder {
	// What was done must be stored even when the batch is being stopped.
	r := &recorder{b: b, ctx: context.WithoutCancel(ctx), queue: make(chan queued, recordEvery), ended: make(chan struct{})}
	go r.loop()
	return r
}

// add hands an outcome over. It returns the error of an earlier store, so
// that no more is written to a target than can be remembered.
func (r *recorder) add(o store.Outcome, subject string) error {
	r.mu.Lock()
	err := r.err
	r.mu.Unlock()
	r.queue <- queued{Outcome: o, subject: subject}
	return err
}

// settle waits until what was handed over is stored, for what builds on it.
func (r *recorder) settle() error {
	settled := make(chan struct{})
	r.queue <- queued{settled: settled}
	<-settled
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// close stores what is left and returns what the outcomes came to.
func (r *recorder) close() (workflows.ApplyResult, error) {
	close(r.queue)
	<-r.ended
	return r.result, r.err
}

func (r *recorder) loop() {
	defer close(r.ended)
	var waiting []queued
	timer := time.NewTimer(recordAfter)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case o, ok := <-r.queue:
			if !ok {
				r.flush(waiting)
				return
			}
			if o.settled != nil {
				r.flush(waiting)
				waiting = nil
				close(o.settled)
				continue
			}
			waiting = append(waiting, o)
			if len(waiting) == 1 {
				timer.Reset(recordAfter)
			}
			if len(waiting) >= recordEvery {
				r.flush(waiting)
				waiting = nil
			}
		case <-timer.C:
			r.flush(waiting)
			waiting = nil
		}
	}
}

func (r *recorder) flush(waiting []queued) {
	if len(waiting) == 0 {
		return
	}
	outcomes := make([]store.Outcome, len(waiting))
	for i, o := range waiting {
		outcomes[i] = o.Outcome
	}
	if err := r.b.Store.Record(r.ctx, r.b.claim, r.b.targetID, r.b.target.Identity, outcomes, r.b.Now()); err != nil {
		r.mu.Lock()
		r.err = err
		r.mu.Unlock()
		return
	}
	for _, o := range waiting {
		r.count(o)
	}
}

func (r *recorder) count(o queued) {
	if o.ChangeID == 0 {
		return // an observation beside the changes
	}
	switch o.State {
	case directory.Applied:
		r.result.Applied++
		if o.Account != nil {
			r.result.Applied += int64(len(o.Joined)) // changes of their own, carried along
		}
	case directory.Skipped:
		r.result.Skipped++
	case directory.Retry:
		r.result.Retry = append(r.result.Retry, workflows.RetryRef{ChangeID: o.ChangeID, Subject: o.subject, Class: o.Class})
	case directory.Failed:
		r.result.Failed++
	case directory.Waiting:
		r.result.Waiting++
	default:
		r.result.Refused++
	}
}

// lastAttempt reports whether the activity's retry policy has no attempt left.
func lastAttempt(ctx context.Context) bool {
	info := activity.GetInfo(ctx)
	return info.RetryPolicy != nil && info.RetryPolicy.MaximumAttempts > 0 && info.Attempt >= info.RetryPolicy.MaximumAttempts
}
