package activities

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

func TestAReadIsAskedAgainOnlyWhenThatCanHelp(t *testing.T) {
	t.Parallel()
	hiccup := &directory.UnavailableError{Call: "GET /users", Status: 503}
	for name, tc := range map[string]struct {
		answers []error
		asked   int
		fails   bool
	}{
		"an answer ends it":                            {[]error{nil}, 1, false},
		"a hiccup is asked again":                      {[]error{hiccup, hiccup, nil}, 3, false},
		"a rate limit is waited for":                   {[]error{&directory.RateLimitError{RetryAfter: time.Second}, nil}, 2, false},
		"a long rate limit is left to the activity":    {[]error{&directory.RateLimitError{RetryAfter: time.Minute}}, 1, true},
		"an outage is given up after a few tries":      {[]error{hiccup, hiccup, hiccup, hiccup, hiccup}, steadyTries, true},
		"a refused credential is not asked again":      {[]error{&directory.AuthError{Status: 401}}, 1, true},
		"somebody who is gone is not looked for again": {[]error{&directory.NotFoundError{What: "user"}}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				_, err := steady(t.Context(), func() (int, error) {
					asked++
					return 0, tc.answers[asked-1]
				})
				if asked != tc.asked || (err != nil) != tc.fails {
					t.Errorf("asked %d times, got %v; want %d times, failure %v", asked, err, tc.asked, tc.fails)
				}
			})
		})
	}
}

func TestAReadThatIsCancelledDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		_, err := steady(ctx, func() (int, error) { return 0, &directory.UnavailableError{} })
		if err == nil || time.Since(began) > 0 {
			t.Errorf("got %v after %s, want the error at once", err, time.Since(began))
		}
	})
}

func TestTheOutcomeOfAChangeFollowsFromTheTargetsError(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err   error
		state directory.State
	}{
		"an outage is worth trying again":         {&directory.UnavailableError{Detail: "their words"}, directory.Retry},
		"a rate limit is worth trying again":      {&directory.RateLimitError{}, directory.Retry},
		"what is refused stays refused":           {&directory.RefusedError{Status: 400, Detail: "their words"}, directory.Refused},
		"a conflict is reported":                  {&directory.ConflictError{Detail: "their words"}, directory.Refused},
		"what is not ours to write is skipped":    {&directory.UnmanagedError{Detail: "their words"}, directory.Skipped},
		"no free licence is left to the next run": {&directory.SeatError{Detail: "their words"}, directory.Failed},
		"an object that is gone is reported":      {&directory.NotFoundError{What: "group", Detail: "their words"}, directory.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := failed(tc.err)
			if got.State != tc.state || got.Class != directory.ClassOf(tc.err) || got.Detail != directory.DetailOf(tc.err) || !errors.Is(got.err, tc.err) {
				t.Errorf("got %+v, want %s", got, tc.state)
			}
		})
	}
}
