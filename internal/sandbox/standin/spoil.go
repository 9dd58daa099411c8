package standin

import (
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// Spoil makes a whole list, before it is divided into pages of limit, as wrong
// as a list effect wants it; "" leaves it alone. fresh says what a list that is
// behind does not have yet. All effects leave the paging well formed.
func Spoil[T any](all []T, effect fault.Kind, limit int, fresh func(T) bool) []T {
	switch effect {
	case fault.Empty:
		return []T{}
	case fault.Half:
		half := make([]T, 0, (len(all)+1)/2)
		for i := 0; i < len(all); i += 2 {
			half = append(half, all[i])
		}
		return half
	case fault.SkipPage:
		// A page in the middle: with fewer than three there is none.
		if limit <= 0 || len(all) <= 2*limit {
			return all
		}
		return append(append(make([]T, 0, len(all)-limit), all[:limit]...), all[2*limit:]...)
	case fault.Stale:
		seen := make([]T, 0, len(all))
		for _, one := range all {
			if !fresh(one) {
				seen = append(seen, one)
			}
		}
		return seen
	}
	return all
}

// staleness is how far behind a list is while the fault "stale" is in force.
const staleness = 3 * time.Second

// Fresh remembers what was written just now, by keys of the caller's. It is
// safe for concurrent use; its zero value is ready.
type Fresh struct {
	mu      sync.Mutex
	written map[string]time.Time
}

// Mark remembers that something was written.
func (f *Fresh) Mark(key string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.written == nil {
		f.written = map[string]time.Time{}
	}
	f.written[key] = now
}

// Is reports whether something was written within the time that a stale list
// is behind.
func (f *Fresh) Is(key string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, known := f.written[key]
	return known && now.Sub(at) < staleness
}
