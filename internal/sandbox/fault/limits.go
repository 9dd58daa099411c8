package fault

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Limit is what a vendor allows in a bucket: so many requests in each window.
type Limit struct {
	Requests int
	Window   time.Duration
}

// BucketLimit is a limit in force, with the bucket that it is for.
type BucketLimit struct {
	API      string   `json:"api"`
	Bucket   string   `json:"bucket"`
	Requests int      `json:"requests"`
	Window   Duration `json:"window"`
}

type bucketKey struct{ api, bucket string }

// window is a fixed window that opens with the first request after the last
// one closed; vendors' windows are not aligned with the wall clock either.
type window struct {
	limit  Limit
	opened time.Time
	used   int
}

type limiter struct {
	mu       sync.Mutex
	windows  map[bucketKey]*window
	breaches map[string]int
}

func newLimiter() limiter {
	return limiter{windows: map[bucketKey]*window{}, breaches: map[string]int{}}
}

// SetLimit puts a limit in force for a bucket, which is a route or a name that
// the vendor uses. Requests 0 switches it off. The window starts anew.
func (e *Engine) SetLimit(api, bucket string, l Limit) {
	e.limits.mu.Lock()
	defer e.limits.mu.Unlock()
	key := bucketKey{api, bucket}
	if l.Requests <= 0 {
		delete(e.limits.windows, key)
		return
	}
	e.limits.windows[key] = &window{limit: l}
}

// Limits returns the limits in force, in order of API and bucket.
func (e *Engine) Limits() []BucketLimit {
	e.limits.mu.Lock()
	defer e.limits.mu.Unlock()
	all := make([]BucketLimit, 0, len(e.limits.windows))
	for key, w := range e.limits.windows {
		all = append(all, BucketLimit{key.api, key.bucket, w.limit.Requests, Duration(w.limit.Window)})
	}
	slices.SortFunc(all, func(a, b BucketLimit) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Bucket, b.Bucket))
	})
	return all
}

// Take counts a request that arrived at now against a bucket. It returns what
// the vendor says in its headers: the limit, what remains of it after this
// request, and when the window ends. ok is false, and the call a breach, when
// nothing was left. enabled is false when the bucket has no limit.
func (e *Engine) Take(api, bucket string, now time.Time) (limit, remaining int, reset time.Time, ok bool, enabled bool) {
	e.limits.mu.Lock()
	defer e.limits.mu.Unlock()
	w := e.limits.windows[bucketKey{api, bucket}]
	if w == nil {
		return 0, 0, time.Time{}, true, false
	}
	if w.opened.IsZero() || !now.Before(w.opened.Add(w.limit.Window)) {
		w.opened, w.used = now, 0
	}
	reset = w.opened.Add(w.limit.Window)
	if w.used >= w.limit.Requests {
		e.limits.breaches[bucket]++
		return w.limit.Requests, 0, reset, false, true
	}
	w.used++
	return w.limit.Requests, w.limit.Requests - w.used, reset, true, true
}

// Breaches returns, by bucket, how many calls arrived when nothing was left.
func (e *Engine) Breaches() map[string]int {
	e.limits.mu.Lock()
	defer e.limits.mu.Unlock()
	return maps.Clone(e.limits.breaches)
}
