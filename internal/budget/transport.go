package budget

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

const (
	// longestWait is how long a call waits in place. A longer wait is the
	// caller's to plan: it gets a *directory.RateLimitError.
	longestWait = 10 * time.Second
	// rereadUnlimited is how soon a limit that another process met is noticed.
	rereadUnlimited = time.Second
	// pollProbe is how often it is looked whether a call that another process
	// sent alone was answered.
	pollProbe = 50 * time.Millisecond
	// reportFor bounds the write of what an answer said, which happens even
	// when the caller has gone away.
	reportFor = 5 * time.Second
)

// NewTransport returns a RoundTripper that sends requests through base as the
// shared budget allows. A request that must wait up to 10 s waits, while its
// context allows; one that must wait longer is not sent and fails with a
// *directory.RateLimitError. When the store fails, the request is not sent
// and fails with a *StoreError. A gate of its context (WithGate) is asked just
// before it is sent. What base returns is passed on as it is, a 429 too.
func NewTransport(base http.RoundTripper, store Store, e Endpoint) http.RoundTripper {
	return &transport{base: base, store: store, endpoint: e.withDefaults(), buckets: make(map[string]*bucket)}
}

type transport struct {
	base     http.RoundTripper
	store    Store
	endpoint Endpoint

	mu      sync.Mutex
	buckets map[string]*bucket
}

func (t *transport) bucket(name string) *bucket {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets[name]
	if b == nil {
		b = &bucket{name: name, store: t.store, endpoint: t.endpoint, changed: make(chan struct{})}
		t.buckets[name] = b
	}
	return b
}

// RoundTrip sends one request when its bucket allows.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	b := t.bucket(t.endpoint.Bucket(req))
	p, err := b.acquire(req.Context(), hasPriority(req.Context()))
	if err == nil {
		if err = passGate(req.Context()); err != nil {
			b.release(req.Context(), p, nil)
		}
	}
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper must; the request is not sent, so nothing is lost
		}
		return nil, err
	}
	resp, err := t.base.RoundTrip(req)
	b.release(req.Context(), p, resp)
	return resp, err
}

// permit is leave to make one call.
type permit struct {
	epoch     int64
	probe     bool
	unlimited bool
	sentAt    time.Time
}

// acquire waits for leave to make a call.
func (b *bucket) acquire(ctx context.Context, urgent bool) (permit, error) {
	started := b.endpoint.Now()
	for {
		if err := ctx.Err(); err != nil {
			return permit{}, err
		}
		p, pause, err := b.try(ctx, urgent)
		if err != nil || pause == nil {
			return p, err
		}
		now := b.endpoint.Now()
		delay := pause.until.Sub(now)
		deadline, bounded := ctx.Deadline()
		tooLong := pause.until.Sub(started) > longestWait || bounded && deadline.Before(pause.until)
		if tooLong && !pause.mayEndSooner || now.Sub(started) > longestWait {
			return permit{}, &directory.RateLimitError{Call: b.name, RetryAfter: max(0, delay)}
		}
		select {
		case <-b.endpoint.After(max(0, pause.askFrom.Sub(now))):
		case <-pause.changed:
		case <-ctx.Done():
			return permit{}, ctx.Err()
		}
	}
}

// pause says when to try again: from askFrom on, or when changed is closed.
type pause struct {
	askFrom time.Time
	// until is when there will be calls again, unless mayEndSooner.
	until        time.Time
	mayEndSooner bool
	changed      <-chan struct{}
}

// statusOf is 0 when there was no answer.
func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

func storeFailed(bucket string, err error) error {
	return &StoreError{Err: fmt.Errorf("bucket %s: %w", bucket, err)}
}
