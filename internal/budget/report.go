package budget

import "time"

// Report is what the answers to some calls said.
type Report struct {
	// Epoch is the window that the calls were leased in.
	Epoch int64
	// Done counts the answers.
	Done int
	// Limits is the last that was stated, nil for none.
	Limits *Limits
	// Probe is set when one of the calls went alone.
	Probe bool
	// Bare is set when a call that went alone succeeded and its answer stated
	// no limits.
	Bare bool
	// Refused is set when a call was answered 429.
	Refused *Refusal
}

// Refusal is a 429.
type Refusal struct {
	// SentAt is when the call was sent. Calls that were under way together
	// are refused together, and lower the pace once.
	SentAt time.Time
	// Until is when the vendor said to come back; zero if it said nothing.
	Until time.Time
	// Rate is how many calls were made in about the second before it.
	Rate int
}

// Apply returns the state corrected by what the vendor answered.
func (s State) Apply(r Report, now time.Time, e Endpoint) State {
	s = s.roll(now, e)
	current := r.Epoch == s.Epoch
	if current {
		s.Done += r.Done
		if r.Probe {
			s.ProbeUntil = time.Time{}
		}
	}
	switch {
	case r.Limits != nil && r.Limits.Limit > 0:
		s = s.correct(*r.Limits, current, now, e)
	case r.Bare && current:
		s = State{Version: s.Version, Phase: PhaseUnlimited, Epoch: s.Epoch + 1}
	}
	if r.Refused == nil && r.Done > 0 && current && !now.Before(s.BlockedUntil) {
		s.Refusals = 0
	}
	if r.Refused != nil {
		s = s.refused(*r.Refused, now, e)
	}
	return s
}

// correct takes over the limits that the vendor states.
func (s State) correct(l Limits, current bool, now time.Time, e Endpoint) State {
	if s.Phase != PhaseLimited {
		used := s.Used
		if s.Phase == PhaseUnlimited {
			// Nobody counted: whatever was used may have been ours.
			used = max(0, l.Limit-l.Remaining)
		}
		s = State{
			Version: s.Version, Phase: PhaseLimited, Epoch: s.Epoch + 1, Limit: l.Limit,
			Remaining: l.Limit, Used: used, Done: used,
			LastRefused: s.LastRefused, Refusals: s.Refusals, BlockedUntil: s.BlockedUntil,
		}
		s.Cap, current = s.target(e.Share), true
	}
	if l.Limit != s.Limit {
		whole := s.Cap >= s.target(e.Share)
		s.Limit = l.Limit
		if top := s.target(e.Share); whole || s.Cap > top {
			s.Cap = top
		}
	}
	if !current || !l.Reset.After(now) {
		return s
	}
	// A wrong clock or header must not stop all calls for years.
	l.Reset = earlier(l.Reset, now.Add(longestBlock))
	s.Window = max(s.Window, l.Reset.Sub(now))
	switch {
	case s.Reset.IsZero():
		s.Reset = l.Reset
	case l.Reset.After(s.Reset.Add(2 * e.Precision)):
		// More than two statements of one window can differ: the vendor's
		// next window has begun, before ours ended.
		used := max(s.UsedLate, min(s.Used, l.Limit-l.Remaining))
		s = s.nextWindow(used, now, e)
		s.Reset = l.Reset
	case l.Reset.After(s.Reset):
		s.Reset = l.Reset
	}
	if l.Remaining < s.Remaining {
		s.Remaining = l.Remaining
		s.Outside = max(0, l.Limit-l.Remaining-s.Done)
	}
	return s
}

// refused lowers the pace, once for all calls that were under way together,
// and blocks until the vendor said to come back.
func (s State) refused(r Refusal, now time.Time, e Endpoint) State {
	if !r.SentAt.After(s.LastRefused) {
		if r.Until.After(s.BlockedUntil) {
			s.BlockedUntil = earlier(r.Until, now.Add(longestBlock))
		}
		return s
	}
	s.LastRefused = now
	s.Refusals++
	until := now.Add(firstBlock << min(s.Refusals-1, 6))
	switch s.Phase {
	case PhaseLimited, PhasePaced:
		s.Cap = max(1, s.Cap/2)
	case PhaseAssumed:
		s, until = s.refusedAssumed(r, now, e)
	default:
		s = paced(s, max(pacedFirst, r.Rate/2), now)
	}
	if !r.Until.IsZero() {
		until = r.Until
	}
	if until = earlier(until, now.Add(longestBlock)); until.After(s.BlockedUntil) {
		s.BlockedUntil = until
	}
	return s
}

// paced begins to find the pace by trying, from limit calls a window.
func paced(s State, limit int, now time.Time) State {
	return State{
		Version: s.Version, Phase: PhasePaced, Epoch: s.Epoch + 1, Cap: limit,
		Window: pacedWindow, Reset: now.Add(pacedWindow), LastRefused: s.LastRefused, Refusals: s.Refusals,
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
