package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// The classes of failure that come from Rollcall itself.
const (
	classFenced   directory.Class = "fenced"
	classUnknown  directory.Class = "not-configured"
	classDatabase directory.Class = "database"
	classMoved    directory.Class = "target-changed"
	// classBusy is a change whose subject another run is changing just now.
	classBusy directory.Class = "busy"
	// classEnded is the steering of a run that has ended.
	classEnded directory.Class = "ended"
)

// classify is the one place that turns errors into what Temporal retries, how
// soon, and what it does not. The words of an error stay out of history: they
// may hold a name or an address. Only its class goes there.
func (a *Activities) classify(ctx context.Context, err error) error {
	var application *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &application):
		return application // without the words of what it was joined with
	case isFenced(err):
		return final(classFenced)
	case errors.Is(err, errStopped):
		return final(classStopped)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	class := directory.ClassOf(err)
	var moved *store.TargetChangedError
	if errors.As(err, &moved) {
		class = classMoved
	}
	a.Log.Warn("an activity did not succeed", "activity", activity.GetInfo(ctx).ActivityType.Name, "attempt", activity.GetInfo(ctx).Attempt, "class", class, "error", err)
	switch class {
	case directory.ClassAuth, directory.ClassRefused, directory.ClassConflict, classMoved:
		return final(class)
	case directory.ClassRateLimited, directory.ClassUnavailable:
		return temporal.NewApplicationErrorWithOptions("", string(class), temporal.ApplicationErrorOptions{
			NextRetryDelay: retryAfter(err), Category: temporal.ApplicationErrorCategoryBenign,
		})
	case directory.ClassInternal:
		class = classDatabase
	}
	return temporal.NewApplicationErrorWithOptions("", string(class), temporal.ApplicationErrorOptions{})
}

// final is a failure that must not be tried again.
func final(class directory.Class) error {
	return temporal.NewApplicationErrorWithOptions("", string(class), temporal.ApplicationErrorOptions{NonRetryable: true})
}

func isFenced(err error) bool { return errors.Is(err, store.ErrFenced) }

// longestRetryAfter bounds what a vendor can ask us to wait, as the budget of its
// calls does: what asks for more is asked again after an hour. A wrong header is
// not to put what was pushed off for years.
const longestRetryAfter = time.Hour

// retryAfter is what a vendor asked us to wait, an hour at most; zero leaves it
// to the policy.
func retryAfter(err error) time.Duration {
	var rate *directory.RateLimitError
	if errors.As(err, &rate) {
		return min(rate.RetryAfter, longestRetryAfter)
	}
	var unavailable *directory.UnavailableError
	if errors.As(err, &unavailable) {
		return min(unavailable.RetryAfter, longestRetryAfter)
	}
	return 0
}
