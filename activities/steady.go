package activities

import (
	"context"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// A read that meets a hiccup is asked again, a few times, before the activity
// gives up: a batch of a hundred groups would otherwise begin anew for each.
const (
	steadyTries = 5
	steadyWait  = 200 * time.Millisecond // doubled from one try to the next
	// steadyMost is the longest wait that is made in place, with heartbeats;
	// a longer one that a vendor asks for becomes the activity's next delay.
	steadyMost = 10 * time.Second
)

// steady asks again what may be asked twice without harm: reads, and nothing
// else. While the run is paused it asks nothing; of one that was stopped it
// fails with errStopped.
func steady[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		if err := steeringOf(ctx).pass(ctx, 0, false); err != nil {
			var nothing T
			return nothing, err
		}
		answer, err := ask()
		class := directory.ClassOf(err)
		if err == nil || try == steadyTries || class != directory.ClassUnavailable && class != directory.ClassRateLimited {
			return answer, err
		}
		wait := max(steadyWait<<(try-1), retryAfter(err))
		if wait > steadyMost {
			return answer, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return answer, err
		case <-timer.C:
		}
	}
}
