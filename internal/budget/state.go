package budget

import "time"

// Phase says what is known about a bucket.
type Phase string

// The phases of a bucket.
const (
	// PhaseUnknown: nothing was ever answered. One call at a time.
	PhaseUnknown Phase = ""
	// PhaseUnlimited: answers state no limit. Nothing is counted.
	PhaseUnlimited Phase = "unlimited"
	// PhaseLimited: the vendor states a limit and when its window ends.
	PhaseLimited Phase = "limited"
	// PhasePaced: the vendor refused calls without ever stating a limit, so
	// the pace is found by trying.
	PhasePaced Phase = "paced"
	// PhaseAssumed: no answer states a limit, and one is assumed.
	PhaseAssumed Phase = "assumed"
)

// State is what is known and used of one bucket. The zero State is a bucket
// that nobody has used.
type State struct {
	// Version is raised by the store at each write.
	Version int64
	Phase   Phase
	// Limit is the vendor's limit for a window; 0 unless PhaseLimited or
	// PhaseAssumed.
	Limit int
	// Cap is how many calls a window may have from all of us. It is at most
	// Share of Limit, less after a refusal.
	Cap int
	// Used counts the calls leased in this window, and UsedLate those of them
	// so near its end that the vendor may count them in the next.
	Used, UsedLate int
	// Done counts the calls of this window that were answered.
	Done int
	// Remaining is the least that the vendor stated in this window, and
	// Outside how many calls of others that implies.
	Remaining, Outside int
	// Epoch numbers the windows. An answer to a call of an earlier one says
	// nothing about this one.
	Epoch int64
	// Window is the longest time to the end of a window that was stated, or the
	// assumed one.
	Window time.Duration
	// Reset is when the window ends; zero until an answer says so. Of an assumed
	// limit it is when all that was used will have been given back.
	Reset time.Time
	// ProbeUntil is set while one call goes alone, to learn the limits.
	ProbeUntil time.Time
	// BlockedUntil is when the vendor said to come back.
	BlockedUntil time.Time
	// LastRefused is when a 429 last lowered Cap, and Refusals how many did
	// since a call was last answered otherwise.
	LastRefused time.Time
	Refusals    int
}

const (
	// reserveShare is the part of Cap that ordinary calls leave to urgent ones.
	reserveShare = 0.2
	// probeFor is how long one call may go alone before another is sent: the
	// process that sent it may be gone.
	probeFor = 10 * time.Second
	// pacedWindow is the window used while the vendor states none.
	pacedWindow = time.Second
	// pacedFirst is the least that the first paced window allows: a call that
	// was refused early says little about the pace. Further refusals halve it.
	pacedFirst = 10
	// pacedQuiet is how long after the last refusal pacing is given up.
	pacedQuiet = time.Minute
	// firstBlock is how long all calls wait after a 429 that says nothing,
	// twice as long after each that follows, 32 s at most.
	firstBlock = 500 * time.Millisecond
	// longestBlock bounds what a vendor's Retry-After can ask for.
	longestBlock = time.Hour
	// longestMargin is how long before the end of a window a call may leave
	// and still arrive after it.
	longestMargin = time.Second
)

// margin is longestMargin, or less for short windows.
func (s State) margin() time.Duration { return min(longestMargin, s.Window/20) }

// lateFrom is when calls begin to count in the next window too.
func (s State) lateFrom(precision time.Duration) time.Time {
	return s.Reset.Add(-precision - s.margin())
}

// secondsWorth is how many calls are leased at a time.
func (s State) secondsWorth() int {
	seconds := max(1, int(s.Window/time.Second))
	return max(1, s.Cap/seconds)
}

// room is how many more calls may be leased in this window.
func (s State) room(urgent bool) int {
	own := s.Cap
	if !urgent {
		own -= int(float64(s.Cap) * reserveShare)
	}
	own -= s.Used
	if s.Phase == PhaseLimited {
		own = min(own, s.Limit-s.Outside-s.Used)
	}
	return max(0, own)
}

// target is the highest Cap.
func (s State) target(share float64) int { return max(1, int(float64(s.Limit)*share)) }

// roll begins a new window if the old one has ended.
func (s State) roll(now time.Time, e Endpoint) State {
	switch {
	case e.Assumed.is():
		s = s.assume(now, e)
	case s.Phase == PhaseAssumed:
		s = State{Version: s.Version, Epoch: s.Epoch + 1, BlockedUntil: s.BlockedUntil}
	}
	switch s.Phase {
	case PhaseLimited:
		if s.Reset.IsZero() || now.Before(s.Reset.Add(e.Precision)) {
			return s
		}
		s = s.nextWindow(s.UsedLate, now, e)
	case PhasePaced:
		if now.Before(s.Reset) {
			return s
		}
		if now.Sub(s.LastRefused) >= pacedQuiet {
			return State{Version: s.Version, Phase: PhaseUnlimited, Epoch: s.Epoch + 1}
		}
		if now.Sub(s.LastRefused) >= pacedWindow {
			s.Cap += max(1, s.Cap/4)
		}
		s.Epoch++
		s.Used, s.Done = 0, 0
		s.Reset = now.Add(pacedWindow)
	}
	return s
}

// nextWindow begins a window of which used calls may have been counted
// already. Its end is not known yet.
func (s State) nextWindow(used int, now time.Time, e Endpoint) State {
	s.Epoch++
	s.Used, s.UsedLate, s.Done = used, 0, 0
	s.Remaining, s.Outside = s.Limit, 0
	s.Reset, s.ProbeUntil = time.Time{}, time.Time{}
	if top := s.target(e.Share); s.Cap < top && now.Sub(s.LastRefused) >= s.Window {
		s.Cap = min(top, s.Cap+max(1, top/10))
	}
	return s
}
