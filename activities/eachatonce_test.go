package activities

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestATargetThatCannotBeUsedLetsWhatIsUnderWayEndAndBeginsNothing(t *testing.T) {
	t.Parallel()
	for name, unusable := range map[string]error{
		"a rate limit":         &directory.RateLimitError{Call: "PUT /members", RetryAfter: time.Minute},
		"an outage":            &directory.UnavailableError{Call: "PUT /members", Status: 503},
		"a refused credential": &directory.AuthError{Call: "PUT /members", Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantLetEnd(t, unusable)
		})
	}
}

func wantLetEnd(t *testing.T, unusable error) {
	synctest.Test(t, func(t *testing.T) {
		underWay := make(chan struct{})
		var began, ended atomic.Int64
		err := eachAtOnce(t.Context(), 2, 10, func(ctx context.Context, i int) error {
			began.Add(1)
			if i > 0 {
				<-underWay
				return unusable
			}
			close(underWay)
			select {
			case <-ctx.Done():
				return ctx.Err() // cut off: nobody would know whether it was done
			case <-time.After(time.Second):
				ended.Add(1)
				return nil
			}
		})
		if !errors.Is(err, unusable) {
			t.Errorf("got %v, want %v", err, unusable)
		}
		if began.Load() != 2 || ended.Load() != 1 {
			t.Errorf("%d began and %d of the one under way ended; want 2 and 1", began.Load(), ended.Load())
		}
	})
}

func TestAnyOtherErrorEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	failure := errors.New("refused")
	err := eachAtOnce(t.Context(), 2, 2, func(ctx context.Context, i int) error {
		if i == 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want the failure", err)
	}
}
