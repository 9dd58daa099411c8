package activities

import (
	"sync"

	"github.com/rollcall-sync/rollcall/internal/store"
)

// seats remembers, for one batch, that the target has no licence left: nobody
// else is asked for then, and everybody waits.
type seats struct {
	mu  sync.Mutex
	err error
}

func (s *seats) none(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *seats) left() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// mostWaiters is how many of those who wait for a licence are created at once:
// as many as one invitation carries in the target with the narrowest one.
const mostWaiters = 25

// turns divides those to be created into what is sent one after another:
// those who wait, in their order, first one alone, then twice as many each
// time, so that a single free licence is the first one's and many are soon
// used; then all others together.
func turns(due []store.DueChange) [][]store.DueChange {
	var waiting, others []store.DueChange
	for _, d := range due {
		if d.WaitsSince != 0 {
			waiting = append(waiting, d)
		} else {
			others = append(others, d)
		}
	}
	var turns [][]store.DueChange
	for size := 1; len(waiting) > 0; size = min(2*size, mostWaiters) {
		n := min(size, len(waiting))
		turns = append(turns, waiting[:n])
		waiting = waiting[n:]
	}
	if len(others) > 0 {
		turns = append(turns, others)
	}
	return turns
}
