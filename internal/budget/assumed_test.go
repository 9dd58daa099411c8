package budget

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func assumedEndpoint(limit int, window time.Duration, share float64) Endpoint {
	e := testEndpoint(share)
	e.Assumed = Assumed{Limit: limit, Window: window}
	return e
}

func TestAnAssumedLimitHoldsInEveryStretchOfAWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := assumedEndpoint(
			rapid.IntRange(20, 2000).Draw(t, "limit"), time.Duration(rapid.IntRange(60, 7200).Draw(t, "seconds"))*time.Second,
			rapid.Float64Range(0.1, 1).Draw(t, "share"),
		)
		top := int(float64(e.Assumed.Limit) * e.Share)
		// Callers come at any time, take all they get, and go away for any time.
		var (
			s     State
			calls []time.Time
			now   = t0
			end   = t0.Add(4 * e.Assumed.Window)
		)
		for now.Before(end) {
			urgent := rapid.IntRange(0, 9).Draw(t, "urgent") == 0
			for {
				var l Lease
				if s, l = s.Lease(now, urgent, e); l.Calls == 0 {
					if !l.Until.After(now) {
						t.Fatalf("there is nothing, and it says to come back at once: %+v", s)
					}
					break
				}
				if l.Probe || l.Unlimited {
					t.Fatalf("%+v: nothing is to be learnt from an answer", l)
				}
				for range l.Calls {
					calls = append(calls, now)
				}
			}
			now = now.Add(time.Duration(rapid.Int64Range(1, int64(e.Assumed.Window/3)).Draw(t, "away")))
		}
		for from, until := 0, 0; until < len(calls); until++ {
			for calls[until].Sub(calls[from]) >= e.Assumed.Window {
				from++
			}
			if n := until - from + 1; n > max(2, top+1) {
				t.Fatalf("%d calls within %s from %s on, and %d are ours", n, e.Assumed.Window, calls[from], top)
			}
		}
	})
}

func TestAnAssumedLimit(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	e := assumedEndpoint(1000, hour, 0.8)

	t.Run("is used for the most part by a run that lasts", func(t *testing.T) {
		t.Parallel()
		var s State
		calls, now := 0, t0
		for now.Before(t0.Add(10 * hour)) {
			var n int
			s, n = drain(s, now, false, e)
			calls += n
			_, l := s.Lease(now, false, e)
			now = l.Until
		}
		if calls < 6000 || calls > 8000 {
			t.Errorf("%d calls in ten hours, want three quarters of 800 an hour at least", calls)
		}
	})
	t.Run("gives a small run what it needs at once", func(t *testing.T) {
		t.Parallel()
		if _, n := drain(State{}, t0, false, e); n != 160 {
			t.Errorf("%d calls at once, want a quarter of 800 without the reserve", n)
		}
	})
	t.Run("leaves a reserve to urgent calls", func(t *testing.T) {
		t.Parallel()
		s, _ := drain(State{}, t0, false, e)
		if _, n := drain(s, t0, true, e); n != 40 {
			t.Errorf("%d urgent calls, want a fifth of what is given at once", n)
		}
	})
	t.Run("lets ordinary calls come back for a lease, and urgent ones for one", func(t *testing.T) {
		t.Parallel()
		s, _ := drain(State{}, t0, true, e)
		_, urgent := s.Lease(t0, true, e)
		if wait := urgent.Until.Sub(t0); wait != 6*time.Second {
			t.Errorf("an urgent call waits %s, want the 6 s of one of 600 an hour", wait)
		}
		s, _ = drain(State{}, t0, false, e)
		_, ordinary := s.Lease(t0, false, e)
		if wait := ordinary.Until.Sub(t0); wait != 48*time.Second {
			t.Errorf("an ordinary call waits %s, want the time of eight", wait)
		}
	})
	t.Run("gives nothing for minutes after a 429, and half for an hour", func(t *testing.T) {
		t.Parallel()
		s, _ := State{}.Lease(t0, false, e)
		s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Refused: &Refusal{SentAt: t0}}, t0, e)
		for at, want := range map[time.Duration]bool{59 * time.Second: false, 2 * hour: true} {
			if _, l := s.Lease(t0.Add(at), true, e); (l.Calls > 0) != want {
				t.Errorf("%s after it: %+v", at, l)
			}
		}
		if s.Cap != 400 {
			t.Errorf("the share is %d, want half of 800", s.Cap)
		}
		second := t0.Add(10 * time.Minute)
		again := s.Apply(Report{Epoch: s.Epoch, Done: 1, Refused: &Refusal{SentAt: second}}, second, e)
		if wait := again.BlockedUntil.Sub(second); wait != 2*time.Minute {
			t.Errorf("after the second 429 in a row all wait %s, want 2 m", wait)
		}
		if whole, _ := s.Lease(t0.Add(61*time.Minute), true, e); whole.Cap != 800 {
			t.Errorf("an hour later the share is %d", whole.Cap)
		}
	})
	t.Run("comes back when the vendor says", func(t *testing.T) {
		t.Parallel()
		s, _ := State{}.Lease(t0, false, e)
		s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Refused: &Refusal{SentAt: t0, Until: t0.Add(20 * time.Minute)}}, t0, e)
		if _, l := s.Lease(t0.Add(19*time.Minute), true, e); l.Calls > 0 || !l.Until.Equal(t0.Add(20*time.Minute)) {
			t.Errorf("got %+v", l)
		}
	})
	t.Run("goes on after the short wait that the vendor asks for, a little slower", func(t *testing.T) {
		t.Parallel()
		s, now := State{}, t0
		for i, want := range []int{600, 450, 337, 252, 200, 200} {
			s, _ = s.Lease(now, false, e)
			s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Refused: &Refusal{SentAt: now, Until: now.Add(time.Second)}}, now, e)
			if now = now.Add(time.Second); s.Cap != want {
				t.Errorf("after %d: the share is %d, want %d", i+1, s.Cap, want)
			}
			if _, l := s.Lease(now, false, e); l.Calls == 0 {
				t.Errorf("after %d: nothing until %s", i+1, l.Until.Sub(now))
			}
		}
	})
	t.Run("gives way to a limit that the vendor states", func(t *testing.T) {
		t.Parallel()
		s, _ := State{}.Lease(t0, false, e)
		s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Limits: &Limits{Limit: 60, Remaining: 59, Reset: t0.Add(time.Minute)}}, t0, e)
		if s.Phase != PhaseLimited || s.Limit != 60 {
			t.Errorf("got %+v", s)
		}
		if s, _ = s.Lease(t0, false, e); s.Phase != PhaseLimited {
			t.Errorf("the next call assumes again: %+v", s)
		}
	})
	t.Run("takes the place of what was learnt without one, and leaves with its setting", func(t *testing.T) {
		t.Parallel()
		s, l := State{Version: 7, Phase: PhaseUnlimited, Epoch: 3}.Lease(t0, false, e)
		if s.Phase != PhaseAssumed || s.Version != 7 || l.Calls == 0 {
			t.Errorf("got %+v, %+v", s, l)
		}
		s, _ = s.Lease(t0, false, assumedEndpoint(5000, hour, 0.8))
		if s.Limit != 5000 || s.Cap != 4000 {
			t.Errorf("with another limit: %+v", s)
		}
		if s, l = s.Lease(t0, false, testEndpoint(0.8)); s.Phase != PhaseUnknown || !l.Probe {
			t.Errorf("without one: %+v, %+v", s, l)
		}
	})
}

func TestACallThatFindsTheHourUsedUpIsNotSent(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int64
	url, base := serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	store := newMemoryStore()
	e := endpoint(0.8)
	e.Read = func(http.Header, time.Time) (Limits, bool) { return Limits{}, false }
	e.Assumed = Assumed{Limit: 100, Window: time.Hour}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var sent, refused int
	var rate *directory.RateLimitError
	// Two processes share what is stored.
	for _, rt := range []http.RoundTripper{NewTransport(base, store, e), NewTransport(base, store, e)} {
		for {
			_, err := call(ctx, t, rt, url)
			if err != nil {
				if !errors.As(err, &rate) {
					t.Fatal(err)
				}
				refused++
				break
			}
			sent++
		}
	}
	// 80 of 100 are ours, a quarter of them at once but for the reserve.
	if sent != 16 || refused != 2 || arrived.Load() != 16 {
		t.Errorf("%d were sent and %d arrived, %d refused; want 16", sent, arrived.Load(), refused)
	}
	if rate.RetryAfter < 50*time.Second || rate.RetryAfter > time.Minute {
		t.Errorf("it says to wait %s, want the minute that one call of 60 an hour takes", rate.RetryAfter)
	}
}
