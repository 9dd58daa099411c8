package activities

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Tidy is what Housekeeping goes by.
type Tidy struct {
	// QuietAfter is how long a connection may be without a run that came to a
	// good end before administrators hear of it; 0 is for ever.
	QuietAfter time.Duration
	// TokenWarning is how long before a credential ends they hear of that.
	TokenWarning time.Duration
	// Expiries are when credentials end.
	Expiries []Expiry
}

// Housekeeping ends plans whose time is over, forgets what is past its
// retention, tells of credentials near their end and of connections that have
// gone silent, and starts workflows that are missing.
func (a *Activities) Housekeeping(ctx context.Context) (workflows.HousekeepingResult, error) {
	defer a.beat(ctx)()
	result, err := a.housekeeping(ctx)
	return result, a.classify(ctx, err)
}

func (a *Activities) housekeeping(ctx context.Context) (workflows.HousekeepingResult, error) {
	var result workflows.HousekeepingResult
	expired, err := a.Store.ExpireHeld(ctx, a.Now())
	if err != nil {
		return result, err
	}
	result.Expired = int64(len(expired))
	for _, plan := range expired {
		a.start(ctx, func(ctx context.Context) error { return a.Start.Held(ctx, plan.Connection, plan.PlanID) })
	}
	if result.Forgotten, err = a.Store.Forget(ctx, a.Retention, a.Now()); err != nil {
		return result, err
	}
	if result.Notified, err = a.warn(ctx); err != nil {
		return result, err
	}
	result.Woken, err = a.StartMissing(ctx, false)
	return result, err
}

// warn tells of credentials near their end and of silent connections.
func (a *Activities) warn(ctx context.Context) (int64, error) {
	n := int64(0)
	for _, e := range a.Tidy.Expiries {
		if e.At.IsZero() || a.Now().Before(e.At.Add(-a.Tidy.TokenWarning)) {
			continue
		}
		if err := a.notify(ctx, 0, notify.Token(e.Connection, e.Setting, e.At, a.Now())); err != nil {
			return n, err
		}
		n++
	}
	for _, name := range slices.Sorted(maps.Keys(a.Connections)) {
		silent, since, err := a.silent(ctx, a.Connections[name])
		if err != nil {
			return n, err
		}
		if !silent {
			continue
		}
		if err := a.notify(ctx, 0, notify.Silence(name, since, a.Now())); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// silent reports whether nothing has come to a good end for too long, and since
// when. Where people are pushed, nothing may have happened that was to be told.
func (a *Activities) silent(ctx context.Context, c *Connection) (bool, time.Time, error) {
	if a.Tidy.QuietAfter <= 0 || c.pushedOnly() {
		return false, time.Time{}, nil
	}
	last, err := a.Store.LastGood(ctx, c.Name)
	if err != nil || last == (store.LastRun{}) {
		return false, time.Time{}, err // never asked for yet
	}
	since := last.Ended
	if since.IsZero() {
		since = last.First
	}
	return a.Now().Sub(since) >= a.Tidy.QuietAfter, last.Ended, nil
}
