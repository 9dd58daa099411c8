package targettest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// fixtureFor is a fixture for an operation; without it the test is skipped.
func fixtureFor(t *testing.T, fixture func(t *testing.T) Fixture, operation operation) Fixture {
	t.Helper()
	f := fixture(t)
	if operation.can != nil && !operation.can(f) {
		t.Skipf("this target has no %s", operation.name)
	}
	return f
}

func testFaults(t *testing.T, fixture func(t *testing.T) Fixture) {
	faults := []struct {
		name  string
		fault Fault
		want  directory.Class
		// unsure is set when a write may have been done.
		unsure bool
		// wait is the RetryAfter that is expected, at most a second less.
		wait time.Duration
	}{
		{name: "a 429 with Retry-After is a RateLimitError that says when", fault: Fault{Status: 429, RetryAfter: "7"}, want: directory.ClassRateLimited, wait: 7 * time.Second},
		{name: "a 429 without Retry-After is a RateLimitError", fault: Fault{Status: 429}, want: directory.ClassRateLimited},
		{name: "a 401 is an AuthError", fault: Fault{Status: 401}, want: directory.ClassAuth},
		{name: "a 500 is an UnavailableError", fault: Fault{Status: 500}, want: directory.ClassUnavailable, unsure: true},
		{name: "a 503 with Retry-After is an UnavailableError that says when", fault: Fault{Status: 503, RetryAfter: "7"}, want: directory.ClassUnavailable, unsure: true, wait: 7 * time.Second},
		{name: "a connection cut before the write is an UnavailableError", fault: Fault{CutBefore: true}, want: directory.ClassUnavailable, unsure: true},
		{name: "a connection cut after the write is an UnavailableError", fault: Fault{CutAfter: true}, want: directory.ClassUnavailable, unsure: true},
	}
	for _, fault := range faults {
		for _, operation := range operations() {
			t.Run(fault.name+", from "+operation.name, func(t *testing.T) {
				t.Parallel()
				f := fixtureFor(t, fixture, operation)
				w := seedWorld(t, f)
				stop := f.Misbehave(t, fault.fault)
				err := operation.call(t.Context(), t, f, w)
				stop()
				if got := directory.ClassOf(err); got != fault.want {
					t.Fatalf("got %s: %v", got, err)
				}
				wantDiscreet(t, f, err, w.email, w.newEmail, w.account, w.member, w.group)
				wait, unsure := facts(err)
				if wait > fault.wait || fault.wait-wait > time.Second {
					t.Errorf("RetryAfter is %s, want %s", wait, fault.wait)
				}
				want := fault.unsure && operation.write
				if unsure != want && !slices.Contains(f.ReadsFirst, operation.name) {
					t.Errorf("Ambiguous is %t, want %t", unsure, want)
				}
				// Once the fault is gone, doing it again does it once.
				err = operation.call(t.Context(), t, f, w)
				if class := directory.ClassOf(err); err != nil && (operation.again == "" || class != operation.again) {
					t.Fatalf("once the fault was gone: %v: %s", err, directory.DetailOf(err))
				}
				if operation.settled != nil {
					operation.settled(t, f, w)
				}
			})
		}
	}
}

// facts returns what an error says about waiting and about a write.
func facts(err error) (wait time.Duration, ambiguous bool) {
	var rate *directory.RateLimitError
	var unavailable *directory.UnavailableError
	switch {
	case errors.As(err, &rate):
		return rate.RetryAfter, false
	case errors.As(err, &unavailable):
		return unavailable.RetryAfter, unavailable.Ambiguous
	}
	return 0, false
}

// wantDiscreet fails the test if an error's text holds the credential, the
// vendor's own words, or what names a person or group; or if the vendor's
// words hold the credential.
func wantDiscreet(t *testing.T, f Fixture, err error, private ...string) {
	t.Helper()
	text, detail := err.Error(), directory.DetailOf(err)
	if strings.Contains(text, f.Secret) || strings.Contains(detail, f.Secret) {
		t.Error("the credential is in the error")
	}
	if detail != "" && strings.Contains(text, detail) {
		t.Errorf("the vendor's words are in the error: %s", text)
	}
	for _, word := range private {
		if word != "" && strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			t.Errorf("%s is in the error: %s", word, text)
		}
	}
}

func testCancelling(t *testing.T, fixture func(t *testing.T) Fixture) {
	for _, operation := range operations() {
		t.Run(operation.name+" ends when its context does", func(t *testing.T) {
			t.Parallel()
			f := fixtureFor(t, fixture, operation)
			w := seedWorld(t, f)
			stop := f.Misbehave(t, Fault{Delay: time.Minute})
			defer stop()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			started := time.Now()
			err := operation.call(ctx, t, f, w)
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's error", err)
			}
			wantDiscreet(t, f, err, w.email, w.newEmail)
		})
		t.Run(operation.name+" asks nothing when its context has ended", func(t *testing.T) {
			t.Parallel()
			f := fixtureFor(t, fixture, operation)
			w := seedWorld(t, f)
			stop := f.Misbehave(t, Fault{Status: http.StatusInternalServerError})
			defer stop()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := operation.call(ctx, t, f, w); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the context's error", err)
			}
		})
	}
}
