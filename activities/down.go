package activities

import (
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

const (
	// heldUpFor is how long a target without an answer may hold a pass up, and the
	// other targets with it, before it is left alone for a while: less than a read
	// is tried again for (steady), so that one that is down counts, and more than an
	// error that comes at once.
	heldUpFor = 2 * time.Second
	// leftAloneFor is how long that is: a target that hangs costs the others one
	// wait in so long, and is found up again soon.
	leftAloneFor = 30 * time.Second
)

// outage is until when a target is left alone by what is done beside runs.
type outage struct {
	mu    sync.Mutex
	until time.Time
}

func (a *Activities) outage(targetID int64) *outage {
	o, _ := a.outages.LoadOrStore(targetID, &outage{})
	return o.(*outage)
}

// left is how long the target is still left alone; 0 when it may be asked.
func (o *outage) left(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return max(0, o.until.Sub(now))
}

func (o *outage) leave(until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = until
}

// waitsOut puts what is due in the target off while it is left alone.
func (w *targetWork) waitsOut() bool {
	left := w.outage(w.id).left(w.Now())
	if left == 0 || len(w.c.Targets) < 2 {
		return false
	}
	w.class, w.wait = directory.ClassUnavailable, max(w.wait, left)
	return true
}

// timed notes how long the target took to give no answer. Where a connection has
// one target alone there is nobody to hold up.
func (w *targetWork) timed(started time.Time, silent bool) {
	if now := w.Now(); silent && len(w.c.Targets) > 1 && now.Sub(started) >= heldUpFor {
		w.outage(w.id).leave(now.Add(leftAloneFor))
	}
}
