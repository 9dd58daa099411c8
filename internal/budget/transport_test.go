package budget

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// vendor counts calls in fixed windows, as vendors do, and refuses those over
// the limit.
type vendor struct {
	limit  int
	window time.Duration

	mu       sync.Mutex
	ends     time.Time
	counts   []int
	refused  int
	inFlight int
	most     int
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	v.mu.Lock()
	now := time.Now()
	if !now.Before(v.ends) {
		v.ends = now.Add(v.window)
		v.counts = append(v.counts, 0)
	}
	v.counts[len(v.counts)-1]++
	used := v.counts[len(v.counts)-1]
	v.inFlight++
	v.most = max(v.most, v.inFlight)
	w.Header().Set("X-Limit", strconv.Itoa(v.limit))
	w.Header().Set("X-Left", strconv.Itoa(max(0, v.limit-used)))
	w.Header().Set("X-Ends", strconv.FormatInt(v.ends.UnixMicro(), 10))
	if used > v.limit {
		v.refused++
		w.WriteHeader(http.StatusTooManyRequests)
	}
	v.mu.Unlock()
	time.Sleep(2 * time.Millisecond) // the time that an answer takes
	v.mu.Lock()
	v.inFlight--
	v.mu.Unlock()
}

func readTest(h http.Header, _ time.Time) (Limits, bool) {
	limit, err := strconv.Atoi(h.Get("X-Limit"))
	if err != nil {
		return Limits{}, false
	}
	left, _ := strconv.Atoi(h.Get("X-Left"))
	ends, _ := strconv.ParseInt(h.Get("X-Ends"), 10, 64)
	return Limits{Limit: limit, Remaining: left, Reset: time.UnixMicro(ends)}, true
}

func endpoint(share float64) Endpoint {
	return Endpoint{
		Owner: "test:owner", Share: share, Precision: 75 * time.Millisecond,
		Bucket: func(r *http.Request) string { return r.Method + " " + r.URL.Path },
		Read:   readTest,
	}
}

// serve returns the address of a vendor that answers as h does, and the
// RoundTripper that reaches it. There is no network between them, so that a
// test has a clock of its own: how late a call arrives is no matter of how busy
// the machine is.
func serve(h http.Handler) (string, http.RoundTripper) {
	return "http://vendor.example", answers{h}
}

type answers struct{ http.Handler }

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, req)
	return recorder.Result(), nil
}

func call(ctx context.Context, t *testing.T, rt http.RoundTripper, url string) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}

func TestTwoTransportsOnOneStoreStayInsideTheShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{limit: 60, window: 1500 * time.Millisecond}
		url, base := serve(v)
		store := newMemoryStore()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()

		var wg sync.WaitGroup
		for range 2 {
			rt := NewTransport(base, store, endpoint(0.5))
			for i := range 8 {
				wg.Go(func() {
					ctx := ctx
					if i == 0 {
						ctx = WithPriority(ctx)
					}
					for ctx.Err() == nil {
						_, err := call(ctx, t, rt, url)
						var limited *directory.RateLimitError
						if errors.As(err, &limited) {
							return // the test's own end comes before the next window
						}
						if err != nil && ctx.Err() == nil {
							t.Errorf("call: %v", err)
							return
						}
					}
				})
			}
		}
		wg.Wait()

		v.mu.Lock()
		defer v.mu.Unlock()
		if v.refused != 0 {
			t.Errorf("%d calls were answered 429; want none", v.refused)
		}
		for i, n := range v.counts {
			if n > 30 {
				t.Errorf("window %d had %d calls; want at most 30 of 60", i, n)
			}
		}
		if len(v.counts) < 2 || v.counts[1] < 15 {
			t.Errorf("windows had %v calls; want the share used", v.counts)
		}
	})
}

func TestTheFirstCallGoesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var first, early bool
		release := make(chan struct{})
		url, base := serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			mine := !first
			first = true
			mu.Unlock()
			if mine {
				<-release
				return
			}
			select {
			case <-release:
			default:
				mu.Lock()
				early = true
				mu.Unlock()
			}
		}))
		store := newMemoryStore()
		var wg sync.WaitGroup
		for range 2 {
			rt := NewTransport(base, store, endpoint(0.5))
			for range 4 {
				wg.Go(func() {
					if _, err := call(t.Context(), t, rt, url); err != nil {
						t.Errorf("call: %v", err)
					}
				})
			}
		}
		time.AfterFunc(150*time.Millisecond, func() { close(release) })
		wg.Wait()
		if early {
			t.Error("a second call was sent before the first one was answered")
		}
	})
}

func TestAnUnlimitedBucketCostsNoDatabaseAccess(t *testing.T) {
	t.Parallel()
	url, base := serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	store := newMemoryStore()
	now := time.Now()
	e := endpoint(0.5)
	e.Now = func() time.Time { return now }
	rt := NewTransport(base, store, e)
	for range 3 {
		if _, err := call(t.Context(), t, rt, url); err != nil {
			t.Fatal(err)
		}
	}
	before := store.accesses()
	for range 50 {
		if _, err := call(t.Context(), t, rt, url); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.accesses() - before; n != 0 {
		t.Errorf("%d accesses in 50 calls; want none", n)
	}
	now = now.Add(rereadUnlimited)
	if _, err := call(t.Context(), t, rt, url); err != nil {
		t.Fatal(err)
	}
	if n := store.accesses() - before; n != 1 {
		t.Errorf("%d accesses after a second; want the row read once", n)
	}
}

func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		retryAfter string
		wantWait   time.Duration // at least
	}{
		{"after a 429 without Retry-After all wait for a while", "", 450 * time.Millisecond},
		{"a 429 with Retry-After in seconds is waited for", "1", 900 * time.Millisecond},
		{"a 429 with Retry-After as a date is waited for", "date", 0},
		{"a 429 with a long Retry-After is the caller's to plan", "60", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				calls := 0
				url, base := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					calls++
					if calls != 2 {
						return
					}
					switch tt.retryAfter {
					case "":
					case "date":
						w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
					default:
						w.Header().Set("Retry-After", tt.retryAfter)
					}
					w.WriteHeader(http.StatusTooManyRequests)
				}))
				rt := NewTransport(base, newMemoryStore(), endpoint(0.5))
				for i, want := range []int{200, 429} {
					if got, err := call(t.Context(), t, rt, url); err != nil || got != want {
						t.Fatalf("call %d: %d, %v; want %d", i+1, got, err, want)
					}
				}
				started := time.Now()
				got, err := call(t.Context(), t, rt, url)
				if tt.wantWait < 0 {
					var limited *directory.RateLimitError
					if !errors.As(err, &limited) || limited.RetryAfter < 55*time.Second || limited.RetryAfter > time.Minute {
						t.Errorf("%v; want a rate-limit error of about a minute", err)
					}
					return
				}
				if err != nil || got != 200 || time.Since(started) < tt.wantWait {
					t.Errorf("%d, %v after %s; want 200 after at least %s", got, err, time.Since(started), tt.wantWait)
				}
			})
		})
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		url, base := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		rt := NewTransport(base, newMemoryStore(), endpoint(0.5))
		if _, err := call(t.Context(), t, rt, url); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		started := time.Now()
		if _, err := call(ctx, t, rt, url); !errors.Is(err, context.Canceled) || time.Since(started) > 50*time.Millisecond {
			t.Errorf("%v after %s; want context.Canceled at once", err, time.Since(started))
		}
	})
}

func TestWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	v := &vendor{limit: 10, window: time.Minute}
	url, base := serve(v)
	store := newMemoryStore()
	rt := NewTransport(base, store, endpoint(1))
	if _, err := call(t.Context(), t, rt, url); err != nil {
		t.Fatal(err)
	}
	down := errors.New("database is down")
	store.failWith(down)
	for range 30 {
		_, err := call(t.Context(), t, rt, url)
		var failed *StoreError
		if err != nil && (!errors.As(err, &failed) || !errors.Is(err, down)) {
			t.Fatalf("%v; want a store error", err)
		}
	}
	v.mu.Lock()
	if n := v.counts[0]; n > 2 {
		t.Errorf("%d calls were sent while nothing could be counted", n)
	}
	v.mu.Unlock()
	store.failWith(nil)
	if _, err := call(t.Context(), t, rt, url); err != nil {
		t.Errorf("after the store came back: %v", err)
	}
}
