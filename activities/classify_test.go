package activities

import (
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestNoVendorPutsAnythingOffForMoreThanAnHour(t *testing.T) {
	t.Parallel()
	const years = 10 * 365 * 24 * time.Hour
	for name, test := range map[string]struct {
		err  error
		want time.Duration
	}{
		"a rate limit of seconds": {&directory.RateLimitError{RetryAfter: 7 * time.Second}, 7 * time.Second},
		"a rate limit of years":   {&directory.RateLimitError{RetryAfter: years}, time.Hour},
		"an outage of years":      {&directory.UnavailableError{RetryAfter: years}, time.Hour},
		"nothing asked for":       {&directory.UnavailableError{}, 0},
		"another error":           {&directory.AuthError{}, 0},
	} {
		if got := retryAfter(test.err); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
