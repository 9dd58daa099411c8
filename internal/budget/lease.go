package budget

import "time"

// Lease is an answer to a request for calls: leave to make some, or when to
// ask again.
type Lease struct {
	// Unlimited: make calls without counting.
	Unlimited bool
	// Calls may be made, none if 0.
	Calls int
	// Probe: the one call may go alone, and all others wait for its answer.
	Probe bool
	// Until is when leased calls expire, or, with no calls, when to ask again.
	// With Probing it may be worth asking sooner.
	Until   time.Time
	Probing bool
}

// Lease takes calls from the state, or says when to ask again, and returns the
// state that results.
func (s State) Lease(now time.Time, urgent bool, e Endpoint) (State, Lease) {
	if now.Before(s.BlockedUntil) {
		return s, Lease{Until: s.BlockedUntil}
	}
	s = s.roll(now, e)
	switch s.Phase {
	case PhaseUnlimited:
		return s, Lease{Unlimited: true}
	case PhaseAssumed:
		return s.leaseAssumed(now, urgent)
	case PhasePaced:
		n := min(s.room(urgent), max(1, s.Cap/10))
		s.Used += n
		return s, Lease{Calls: n, Until: s.Reset}
	}
	if s.Phase == PhaseUnknown || s.Reset.IsZero() {
		if now.Before(s.ProbeUntil) {
			return s, Lease{Until: s.ProbeUntil, Probing: true}
		}
		if s.Phase == PhaseLimited && s.room(true) == 0 {
			// Calls went alone until none is left, and no answer came: this
			// window is over once the longest one is.
			s.Reset = now.Add(s.Window)
			return s, Lease{Until: s.Reset.Add(e.Precision)}
		}
		s.ProbeUntil = now.Add(probeFor)
		s.Used++
		return s, Lease{Calls: 1, Probe: true, Until: s.ProbeUntil}
	}
	room, late := s.room(urgent), s.lateFrom(e.Precision)
	isLate := !now.Before(late)
	if room == 0 || isLate && s.UsedLate+1 >= s.Cap {
		// Late calls may fill the next window but for one: it needs a call to
		// learn when that one ends.
		return s, Lease{Until: s.Reset.Add(e.Precision)}
	}
	if isLate {
		s.Used++
		s.UsedLate++
		return s, Lease{Calls: 1, Until: s.Reset.Add(e.Precision)}
	}
	n := min(room, s.secondsWorth())
	s.Used += n
	return s, Lease{Calls: n, Until: late}
}
