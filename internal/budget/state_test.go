package budget

import (
	"container/heap"
	"fmt"
	"math/rand"
	"testing"
	"time"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testEndpoint(share float64) Endpoint {
	return Endpoint{Owner: "o", Share: share, Precision: time.Second}.withDefaults()
}

// known is the state after a first call was answered with a limit for a window
// that began then.
func known(limit int, window time.Duration, e Endpoint) State {
	s, _ := State{}.Lease(t0, false, e)
	return s.Apply(Report{Done: 1, Probe: true, Limits: &Limits{Limit: limit, Remaining: limit - 1, Reset: t0.Add(window)}}, t0, e)
}

// drain leases until nothing is left and returns how many calls there were.
func drain(s State, now time.Time, urgent bool, e Endpoint) (State, int) {
	total := 0
	for {
		var l Lease
		s, l = s.Lease(now, urgent, e)
		if l.Calls == 0 {
			return s, total
		}
		total += l.Calls
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	e := testEndpoint(0.5)

	t.Run("the first call of a bucket goes alone", func(t *testing.T) {
		t.Parallel()
		s, first := State{}.Lease(t0, false, e)
		_, second := s.Lease(t0, true, e)
		if !first.Probe || first.Calls != 1 || second.Calls != 0 || !second.Probing {
			t.Errorf("first %+v, second %+v; want one call alone", first, second)
		}
	})
	t.Run("a window that ends in ten years is not waited for beyond an hour", func(t *testing.T) {
		t.Parallel()
		s := known(2, 10*365*24*time.Hour, e)
		s, _ = drain(s, t0, true, e)
		if _, l := s.Lease(t0.Add(time.Hour+time.Minute), true, e); l.Calls == 0 {
			t.Errorf("%+v after an hour; want a call", l)
		}
	})
	t.Run("a first call whose process died is followed by another", func(t *testing.T) {
		t.Parallel()
		s, _ := State{}.Lease(t0, false, e)
		if _, l := s.Lease(t0.Add(probeFor), false, e); l.Calls != 1 {
			t.Errorf("%+v; want a call", l)
		}
	})
	t.Run("an answer without limits makes the bucket unlimited", func(t *testing.T) {
		t.Parallel()
		s, _ := State{}.Lease(t0, false, e)
		s = s.Apply(Report{Done: 1, Probe: true, Bare: true}, t0, e)
		if _, l := s.Lease(t0, false, e); !l.Unlimited {
			t.Errorf("%+v; want unlimited", l)
		}
	})
	t.Run("ordinary calls leave a fifth of the share to urgent ones", func(t *testing.T) {
		t.Parallel()
		s, ordinary := drain(known(100, time.Minute, e), t0, false, e)
		_, urgent := drain(s, t0, true, e)
		if ordinary != 39 || urgent != 10 { // 1 of the 50 was the first call
			t.Errorf("%d ordinary and %d urgent calls; want 39 and 10", ordinary, urgent)
		}
	})
	t.Run("a second's worth is leased at a time", func(t *testing.T) {
		t.Parallel()
		if _, l := known(600, time.Minute, e).Lease(t0, false, e); l.Calls != 5 {
			t.Errorf("%d calls leased; want 5", l.Calls)
		}
	})
	t.Run("calls of others are taken off what the vendor has left", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		s = s.Apply(Report{Epoch: s.Epoch, Limits: &Limits{Limit: 100, Remaining: 10, Reset: t0.Add(time.Minute)}}, t0, e)
		if _, n := drain(s, t0, true, e); n > 10 {
			t.Errorf("%d calls; the vendor said that 10 are left", n)
		}
	})
	t.Run("a new window begins with one call alone", func(t *testing.T) {
		t.Parallel()
		s, _ := drain(known(100, time.Minute, e), t0, true, e)
		s, l := s.Lease(t0.Add(61*time.Second), false, e)
		if !l.Probe {
			t.Fatalf("%+v; want one call alone", l)
		}
		s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Probe: true, Limits: &Limits{Limit: 100, Remaining: 99, Reset: t0.Add(2 * time.Minute)}}, t0.Add(61*time.Second), e)
		if _, n := drain(s, t0.Add(61*time.Second), true, e); n != 49 {
			t.Errorf("%d more calls; want 49", n)
		}
	})
	t.Run("an answer to a call of the window before does not end this one", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		old := s.Epoch
		s, _ = s.Lease(t0.Add(61*time.Second), false, e)
		s = s.Apply(Report{Epoch: old, Done: 1, Limits: &Limits{Limit: 100, Remaining: 3, Reset: t0.Add(62 * time.Second)}}, t0.Add(61*time.Second), e)
		if !s.Reset.IsZero() {
			t.Errorf("the window ends at %s; want it unknown", s.Reset)
		}
	})
	t.Run("late calls leave the next window one to learn its end by", func(t *testing.T) {
		t.Parallel()
		s := State{
			Phase: PhaseLimited, Limit: 100, Remaining: 100, Cap: 50, Used: 49, UsedLate: 49,
			Window: time.Minute, Reset: t0.Add(time.Second),
		}
		if _, l := s.Lease(t0, true, e); l.Calls != 0 {
			t.Errorf("%d more late calls; want none", l.Calls)
		}
	})
	t.Run("a limit that was lowered counts at once", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		s = s.Apply(Report{Epoch: s.Epoch, Limits: &Limits{Limit: 20, Remaining: 19, Reset: t0.Add(time.Minute)}}, t0, e)
		if _, n := drain(s, t0, true, e); n != 9 {
			t.Errorf("%d calls; want 9", n)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	e := testEndpoint(0.5)

	t.Run("a 429 halves the pace once for all calls that were under way", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		for range 5 {
			s = s.Apply(Report{Epoch: s.Epoch, Refused: &Refusal{SentAt: t0, Until: t0.Add(3 * time.Second)}}, t0.Add(time.Second), e)
		}
		if s.Cap != 25 || !s.BlockedUntil.Equal(t0.Add(3*time.Second)) {
			t.Errorf("cap %d, blocked until %s; want 25, %s", s.Cap, s.BlockedUntil, t0.Add(3*time.Second))
		}
	})
	t.Run("quiet windows raise it again to the share", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		s = s.Apply(Report{Epoch: s.Epoch, Refused: &Refusal{SentAt: t0}}, t0, e)
		now, caps := t0, []int{}
		for range 8 {
			now = now.Add(2 * time.Minute)
			s, _ = s.Lease(now, true, e)
			s = s.Apply(Report{Epoch: s.Epoch, Done: 1, Probe: true, Limits: &Limits{Limit: 100, Remaining: 99, Reset: now.Add(time.Minute)}}, now, e)
			caps = append(caps, s.Cap)
		}
		if got := fmt.Sprint(caps); got != "[30 35 40 45 50 50 50 50]" {
			t.Errorf("caps %s", got)
		}
	})
	t.Run("a 429 that says nothing blocks twice as long each time", func(t *testing.T) {
		t.Parallel()
		s, now := known(100, time.Minute, e), t0
		var blocks []time.Duration
		for range 9 {
			now = now.Add(time.Millisecond)
			s = s.Apply(Report{Epoch: s.Epoch, Refused: &Refusal{SentAt: now}}, now, e)
			blocks = append(blocks, s.BlockedUntil.Sub(now))
			now = s.BlockedUntil
		}
		if got := fmt.Sprint(blocks); got != "[500ms 1s 2s 4s 8s 16s 32s 32s 32s]" {
			t.Errorf("blocked for %s", got)
		}
	})
	t.Run("a 429 in an unlimited bucket sets a pace below the one refused, and quiet gives it up", func(t *testing.T) {
		t.Parallel()
		s := State{Phase: PhaseUnlimited}
		s = s.Apply(Report{Refused: &Refusal{SentAt: t0, Until: t0.Add(time.Second / 2), Rate: 40}}, t0, e)
		if s.Phase != PhasePaced || s.Cap != 20 {
			t.Fatalf("phase %q, cap %d; want paced at 20", s.Phase, s.Cap)
		}
		if _, n := drain(s, t0.Add(time.Second/2), true, e); n != 20 {
			t.Errorf("%d calls in a window; want 20", n)
		}
		if _, l := s.Lease(t0.Add(pacedQuiet+2*pacedWindow), false, e); !l.Unlimited {
			t.Errorf("%+v after a long quiet; want unlimited", l)
		}
	})
	t.Run("a limit first met in an unlimited bucket takes all use so far as ours", func(t *testing.T) {
		t.Parallel()
		s := State{Phase: PhaseUnlimited}.Apply(Report{Limits: &Limits{Limit: 100, Remaining: 60, Reset: t0.Add(time.Minute)}}, t0, e)
		if _, n := drain(s, t0, true, e); n != 10 {
			t.Errorf("%d calls; want the 10 that the share leaves", n)
		}
	})
	t.Run("an absurd Retry-After blocks for an hour at most", func(t *testing.T) {
		t.Parallel()
		s := known(100, time.Minute, e)
		s = s.Apply(Report{Epoch: s.Epoch, Refused: &Refusal{SentAt: t0, Until: t0.Add(9999 * time.Hour)}}, t0, e)
		if got := s.BlockedUntil.Sub(t0); got != longestBlock {
			t.Errorf("blocked for %s; want %s", got, longestBlock)
		}
	})
}

// TestTheShareIsNeverExceeded plays many processes, delays and windows in
// virtual time against a vendor that counts.
func TestTheShareIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for seed := range int64(300) {
		play(t, seed)
	}
}

type arrival struct {
	at      time.Time
	process int
	lease   int64
	probe   bool
	answer  *Limits
}

type arrivals []arrival

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func play(t *testing.T, seed int64) {
	t.Helper()
	rng := rand.New(rand.NewSource(seed))
	share := []float64{0.3, 0.5, 1}[rng.Intn(3)]
	e := testEndpoint(share)
	limit := 2 + rng.Intn(100)
	window := time.Duration(20+rng.Intn(60)) * time.Second
	sliding := rng.Intn(2) == 0 // the window begins with the first call, or by the clock
	allowed := max(1, int(float64(limit)*share))
	// Some want calls all the time; some only around the end of a window,
	// where it is unsure which window counts them.
	saturated := rng.Intn(2) == 0

	type process struct {
		calls   int
		expires time.Time
		epoch   int64
	}
	var (
		state     State
		processes = make([]process, 1+rng.Intn(4))
		sent      arrivals
		counted   int
		ends      = t0.Add(time.Duration(1+rng.Intn(int(window/time.Second))) * time.Second)
		total     int
		pending   = make([]Report, len(processes))
	)
	for now := t0; now.Before(t0.Add(6 * window)); now = now.Add(time.Duration(1+rng.Intn(60)) * time.Millisecond) {
		for len(sent) > 0 && !sent[0].at.After(now) {
			a := heap.Pop(&sent).(arrival)
			if a.answer == nil {
				if !a.at.Before(ends) {
					counted = 0
					if sliding {
						ends = a.at.Add(window)
					}
					for !a.at.Before(ends) {
						ends = ends.Add(window)
					}
				}
				counted++
				total++
				if counted > allowed {
					t.Fatalf("seed %d: %d calls in a window; want at most %d (limit %d, share %v, window %s)", seed, counted, allowed, limit, share, window)
				}
				// Whole seconds, so up to one off.
				reset := ends.Add(time.Duration(rng.Intn(1900)-950) * time.Millisecond)
				a.answer = &Limits{Limit: limit, Remaining: limit - counted, Reset: reset}
				a.at = a.at.Add(time.Duration(rng.Intn(900)) * time.Millisecond)
				heap.Push(&sent, a)
				continue
			}
			r := &pending[a.process]
			if a.lease > r.Epoch {
				*r = Report{Epoch: a.lease}
			}
			if a.lease == r.Epoch {
				r.Done++
				r.Limits = a.answer
			}
			if a.probe {
				r.Probe = true
				state = state.Apply(*r, now, e)
				*r = Report{Epoch: a.lease}
			}
		}
		if around := now.Sub(ends); !saturated && (around < -3*time.Second || around > 5*time.Second) && total > 0 {
			continue
		}
		i := rng.Intn(len(processes))
		p := &processes[i]
		probe := false
		if p.calls == 0 || !now.Before(p.expires) {
			state = state.Apply(pending[i], now, e)
			pending[i] = Report{Epoch: pending[i].Epoch}
			var l Lease
			state, l = state.Lease(now, rng.Intn(5) == 0, e)
			*p = process{calls: l.Calls, expires: l.Until, epoch: state.Epoch}
			probe = l.Probe
		}
		if p.calls > 0 {
			p.calls--
			delay := time.Duration(rng.Int63n(int64(state.margin()) + 1))
			if probe {
				delay = time.Duration(rng.Intn(100)) * time.Millisecond
			}
			heap.Push(&sent, arrival{at: now.Add(delay), process: i, lease: p.epoch, probe: probe})
		}
	}
	if floor := allowed * 2; saturated && total < floor {
		t.Errorf("seed %d: only %d calls in 6 windows of %d; the budget is wasted", seed, total, allowed)
	}
}
