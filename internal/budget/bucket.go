package budget

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// bucket is one process's view of a State: the calls it holds a lease on and
// what it has not yet reported.
type bucket struct {
	name     string
	store    Store
	endpoint Endpoint

	mu sync.Mutex
	// changed is closed and replaced whenever waiting calls should look again.
	changed chan struct{}
	// syncing is set while one call talks to the store for all.
	syncing bool

	unlimited bool
	readAt    time.Time
	calls     int
	expires   time.Time
	epoch     int64

	// closed holds, for ordinary and for urgent calls, when to ask the store
	// again after it had none to give. It spares the store the asking of every
	// call that waits.
	closed [2]closure

	pending Report
	rate    rate
}

// closure says that there are no calls to be had until then, or, while some
// call goes alone, that it is worth asking again from askFrom on.
type closure struct {
	askFrom, until time.Time
	probing        bool
}

func class(urgent bool) int {
	if urgent {
		return 1
	}
	return 0
}

// try takes a call from the lease, or renews the lease, or says when to look
// again.
func (b *bucket) try(ctx context.Context, urgent bool) (permit, *pause, error) {
	b.mu.Lock()
	now := b.endpoint.Now()
	if b.unlimited && now.Sub(b.readAt) < rereadUnlimited {
		p := b.permit(now)
		b.mu.Unlock()
		return p, nil, nil
	}
	if b.calls > 0 && now.Before(b.expires) {
		b.calls--
		p := b.permit(now)
		b.mu.Unlock()
		return p, nil, nil
	}
	if c := b.closed[class(urgent)]; now.Before(c.askFrom) {
		wait := &pause{until: c.until, askFrom: c.askFrom, mayEndSooner: c.probing, changed: b.changed}
		b.mu.Unlock()
		return permit{}, wait, nil
	}
	if b.syncing {
		wait := &pause{until: now.Add(longestWait), askFrom: now.Add(pollProbe), mayEndSooner: true, changed: b.changed}
		b.mu.Unlock()
		return permit{}, wait, nil
	}
	b.syncing = true
	report := b.takePending()
	b.mu.Unlock()

	state, lease, err := b.exchange(ctx, report, func(s State, now time.Time) (State, Lease) {
		return s.Lease(now, urgent, b.endpoint)
	})

	b.mu.Lock()
	defer b.mu.Unlock()
	b.syncing = false
	defer b.wake()
	if err != nil {
		b.keep(report)
		return permit{}, nil, err
	}
	now = b.endpoint.Now()
	b.unlimited, b.readAt = lease.Unlimited, now
	b.calls, b.expires, b.epoch = 0, lease.Until, state.Epoch
	b.closed[class(urgent)] = closure{}
	if lease.Unlimited {
		return b.permit(now), nil, nil
	}
	if lease.Calls > 0 {
		b.calls = lease.Calls - 1
		p := b.permit(now)
		p.probe = lease.Probe
		return p, nil, nil
	}
	c := closure{askFrom: lease.Until, until: lease.Until, probing: lease.Probing}
	if lease.Probing {
		c.askFrom = earlier(lease.Until, now.Add(pollProbe))
	}
	b.closed[class(urgent)] = c
	return permit{}, &pause{until: c.until, askFrom: c.askFrom, mayEndSooner: c.probing, changed: b.changed}, nil
}

// permit gives leave for one call; b.mu is held.
func (b *bucket) permit(now time.Time) permit {
	b.rate.count(now)
	return permit{epoch: b.epoch, unlimited: b.unlimited, sentAt: now}
}

// wake makes waiting calls look again; b.mu is held.
func (b *bucket) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// takePending hands over what is to be reported; b.mu is held.
func (b *bucket) takePending() Report {
	r := b.pending
	b.pending = Report{Epoch: r.Epoch}
	return r
}

// keep adds to what is to be reported; b.mu is held. Of two windows only the
// later one counts, but a refusal always does.
func (b *bucket) keep(r Report) {
	p := &b.pending
	if r.Epoch > p.Epoch {
		*p = Report{Epoch: r.Epoch, Refused: p.Refused}
	}
	if r.Refused != nil {
		p.Refused = r.Refused
	}
	if r.Epoch < p.Epoch {
		return
	}
	p.Done += r.Done
	p.Probe = p.Probe || r.Probe
	p.Bare = p.Bare || r.Bare
	if l := r.Limits; l != nil && (p.Limits == nil || l.Reset.After(p.Limits.Reset) || l.Remaining < p.Limits.Remaining) {
		p.Limits = l
	}
}

// exchange applies the report and then step to the stored state, and stores
// the result if it differs. It returns a *StoreError when the store fails.
func (b *bucket) exchange(ctx context.Context, r Report, step func(State, time.Time) (State, Lease)) (State, Lease, error) {
	for {
		stored, err := b.store.ReadBudget(ctx, b.endpoint.Owner, b.name)
		if err != nil {
			return State{}, Lease{}, storeFailed(b.name, err)
		}
		now := b.endpoint.Now()
		next := stored
		if r != (Report{Epoch: r.Epoch}) {
			next = next.Apply(r, now, b.endpoint)
		}
		next, lease := step(next, now)
		if next == stored {
			return next, lease, nil
		}
		swapped, err := b.store.SwapBudget(ctx, b.endpoint.Owner, b.name, next)
		if err != nil {
			return State{}, Lease{}, storeFailed(b.name, err)
		}
		if swapped {
			return next, lease, nil
		}
		// Somebody else got through: each round one does.
		if err := ctx.Err(); err != nil {
			return State{}, Lease{}, storeFailed(b.name, err)
		}
	}
}

// release notes what the answer said, and reports at once what others must
// know at once.
func (b *bucket) release(ctx context.Context, p permit, resp *http.Response) {
	var (
		limits Limits
		stated bool
		now    = b.endpoint.Now()
		status = statusOf(resp)
	)
	if resp != nil {
		limits, stated = b.endpoint.Read(resp.Header, now)
	}
	refused := status == http.StatusTooManyRequests
	if p.unlimited && !stated && !refused {
		return
	}

	report := Report{
		Epoch: p.epoch, Done: 1, Probe: p.probe,
		Bare: p.probe && !stated && status >= 200 && status < 300,
	}
	if stated {
		report.Limits = &limits
	}

	b.mu.Lock()
	if refused {
		report.Refused = &Refusal{SentAt: p.sentAt, Until: comeBack(resp.Header, limits, stated, now), Rate: b.rate.recent(now)}
	}
	if refused || stated && p.epoch == b.epoch && limits.Remaining < b.calls {
		b.calls = 0
	}
	b.keep(report)
	if !p.probe && !p.unlimited && !refused {
		b.mu.Unlock()
		return
	}
	report = b.takePending()
	b.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportFor)
	defer cancel()
	_, _, err := b.exchange(ctx, report, func(s State, _ time.Time) (State, Lease) { return s, Lease{} })

	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		// The next call reports it, and fails itself if the store still does.
		b.keep(report)
	}
	if refused || p.unlimited {
		b.unlimited, b.calls = false, 0
	}
	b.closed = [2]closure{}
	b.wake()
}

// comeBack reads when the vendor said to come back after a 429; zero if it
// said nothing.
func comeBack(h http.Header, l Limits, stated bool, now time.Time) time.Time {
	if d, ok := RetryAfter(h, now); ok {
		return now.Add(d)
	}
	if stated && l.Reset.After(now) {
		return l.Reset
	}
	return time.Time{}
}

// RetryAfter reads a Retry-After header, in seconds or as a date, which is
// compared with the answer's own Date where it has one (RFC 9110, 10.2.3).
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(0, seconds)) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// rate counts the calls of about the last pacedWindow.
type rate struct {
	from           time.Time
	before, during int
}

func (r *rate) count(now time.Time) {
	if gap := now.Sub(r.from); gap >= pacedWindow {
		r.before, r.during, r.from = r.during, 0, now
		if gap >= 2*pacedWindow {
			r.before = 0
		}
	}
	r.during++
}

func (r *rate) recent(now time.Time) int {
	if now.Sub(r.from) >= pacedWindow {
		return r.during
	}
	return max(r.before, r.during)
}
