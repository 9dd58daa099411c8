package budget

import "time"

// Assumed is the limit of a vendor whose answers state none: so many calls in
// any stretch of time of a length. The zero value assumes nothing.
//
// What may be used of it (Endpoint.Share, less after a refusal) is given out in
// two ways: a quarter at once to whoever asks, and the rest evenly over the
// window. A stretch of a window's length never holds more than both together,
// wherever it begins, so that others who use the same credential keep theirs.
type Assumed struct {
	// Limit is how many calls the vendor allows in a Window.
	Limit  int
	Window time.Duration
}

const (
	// burstShare is the part of Cap that is given at once.
	burstShare = 0.25
	// assumedLease is how long a call that was leased may wait to be made: it
	// counts from the lease on.
	assumedLease = 5 * time.Second
	// assumedBlocks is the part of the window for which all wait after a 429 that
	// says nothing; twice as long after each that follows, a quarter of the
	// window at most. Whoever else has used the limit up will not be done sooner.
	assumedBlocks = 60
)

func (a Assumed) is() bool { return a.Limit > 0 && a.Window > 0 }

// assume brings a state in line with the assumed limit. A limit that the vendor
// states after all stays.
func (s State) assume(now time.Time, e Endpoint) State {
	if s.Phase == PhaseLimited {
		return s
	}
	if s.Phase != PhaseAssumed || s.Limit != e.Assumed.Limit || s.Window != e.Assumed.Window {
		s = State{
			Version: s.Version, Phase: PhaseAssumed, Epoch: s.Epoch + 1, Limit: e.Assumed.Limit, Window: e.Assumed.Window,
			LastRefused: s.LastRefused, Refusals: s.Refusals, BlockedUntil: s.BlockedUntil,
		}
		s.Cap = s.target(e.Share)
	}
	top := s.target(e.Share)
	if s.Cap > top || s.Cap < top && now.Sub(s.LastRefused) >= s.Window {
		s.Cap = top
	}
	return s
}

// burst is how many calls are given at once.
func (s State) burst() int { return max(1, int(float64(s.Cap)*burstShare)) }

// spacing is how long it takes until one more call is given.
func (s State) spacing() time.Duration { return s.Window / time.Duration(max(1, s.Cap-s.burst())) }

// leaseAssumed takes calls, or says when there will be some. Reset is when all
// that was taken will have been given back. Ordinary calls that find none wait
// until there is a whole lease, so that they do not come back for one each.
func (s State) leaseAssumed(now time.Time, urgent bool) (State, Lease) {
	burst := s.burst()
	if !urgent {
		burst = max(1, burst-int(float64(burst)*reserveShare))
	}
	// A process that ends loses what it has leased: never more than a little.
	most := max(1, burst/20)
	spacing := s.spacing()
	owed := max(0, s.Reset.Sub(now))
	room := int((time.Duration(burst)*spacing - owed) / spacing)
	if room <= 0 {
		if urgent {
			most = 1
		}
		return s, Lease{Until: now.Add(owed - time.Duration(burst-most)*spacing)}
	}
	n := min(room, most)
	s.Reset = now.Add(owed + time.Duration(n)*spacing)
	return s, Lease{Calls: n, Until: now.Add(assumedLease)}
}

// refusedAssumed is what a 429 does to an assumed limit. One that asks for a
// short wait says that there is more to be had soon: the pace is lowered a
// little. Any other means that somebody else has used the window up: nothing is
// left to be given at once, and the share is halved.
func (s State) refusedAssumed(r Refusal, now time.Time, e Endpoint) (State, time.Time) {
	if wait := r.Until.Sub(now); !r.Until.IsZero() && wait < s.Window/assumedBlocks {
		s.Cap = max(1, min(s.Cap, s.target(e.Share)/4), s.Cap*3/4)
		return s, r.Until
	}
	s.Cap = max(1, s.Cap/2)
	if empty := now.Add(time.Duration(s.burst()) * s.spacing()); empty.After(s.Reset) {
		s.Reset = empty
	}
	wait := s.Window / assumedBlocks << min(s.Refusals-1, 4)
	return s, now.Add(min(wait, s.Window/4))
}
