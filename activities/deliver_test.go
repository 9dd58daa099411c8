package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// post delivers to destinations by name, and fails as it is told.
type post struct {
	names []string
	fails error
	sent  []string
}

func (p *post) Destinations(string, string) []string { return p.names }

func (p *post) Deliver(_ context.Context, destination string, payload []byte) error {
	m, err := notify.Decode(payload)
	if err != nil {
		return err
	}
	p.sent = append(p.sent, destination+": "+m.Title)
	return p.fails
}

func TestTheSameIsToldToEachDestinationOnce(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	for range 2 {
		if err := k.a.notify(t.Context(), k.claim.ConnectionID, notify.Failure("staff", 7, directory.ClassAuth, k.now)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"notify 1", "notify 2"}, k.starts.all); diff != "" {
		t.Error(diff)
	}
}

func TestANotificationThatCouldNotBeStartedIsStartedByTheSweep(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	k.starts.down = true
	if err := k.a.notify(t.Context(), k.claim.ConnectionID, notify.Failure("staff", 7, directory.ClassAuth, k.now)); err != nil {
		t.Fatal(err)
	}
	k.starts.down = false
	if n, err := k.a.StartMissing(t.Context(), false); err != nil || n != 2 {
		t.Fatalf("the sweep found %d, %v", n, err)
	}
	if diff := cmp.Diff([]string{"notify 1", "notify 2"}, k.starts.all); diff != "" {
		t.Error(diff)
	}
}

func TestADeliveryIsTriedAgainOnlyWhereThatCanHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fails error
		final bool
		open  int
	}{
		{"it arrives", nil, false, 0},
		{"the destination does not answer", &directory.UnavailableError{Call: "POST hook"}, false, 1},
		{"the destination asks for time", &directory.RateLimitError{Call: "POST hook", RetryAfter: time.Minute}, false, 1},
		{"the destination refuses it", &directory.RefusedError{Call: "POST hook"}, true, 0},
		{"the destination refuses the credential", &directory.AuthError{Call: "POST hook"}, true, 0},
		{"the destination is not configured any more", errors.New("no such destination"), true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKeeping(t)
			k.post.names, k.post.fails = []string{"mail"}, c.fails
			if err := k.a.notify(t.Context(), k.claim.ConnectionID, notify.Failure("staff", 7, directory.ClassAuth, k.now)); err != nil {
				t.Fatal(err)
			}
			err := k.perform(k.a.Deliver, workflows.NotifyInput{ID: 1})
			if (err == nil) != (c.fails == nil) {
				t.Fatalf("it ended with %v", err)
			}
			var application *temporal.ApplicationError
			if err != nil && (!errors.As(err, &application) || application.NonRetryable() != c.final) {
				t.Errorf("it ended with %v, final %t; want final %t", err, application.NonRetryable(), c.final)
			}
			open, err := k.a.Store.Undelivered(t.Context(), 10)
			if err != nil || len(open) != c.open {
				t.Errorf("%d are still to be delivered, %v; want %d", len(open), err, c.open)
			}
			if c.fails == nil {
				if err := k.perform(k.a.Deliver, workflows.NotifyInput{ID: 1}); err != nil {
					t.Error(err)
				}
			}
			if len(k.post.sent) != 1 {
				t.Errorf("it was sent %d times, want once", len(k.post.sent))
			}
		})
	}
}

func TestANotificationIsGivenUpWhereNobodyIsToldAnyMore(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	k.post.names = []string{"mail"}
	if err := k.a.notify(t.Context(), k.claim.ConnectionID, notify.Failure("staff", 7, directory.ClassAuth, k.now)); err != nil {
		t.Fatal(err)
	}
	k.a.Notifier, k.starts.all = nil, nil
	err := k.perform(k.a.Deliver, workflows.NotifyInput{ID: 1})
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || !application.NonRetryable() || application.Type() != string(classUnknown) {
		t.Errorf("it ended with %v, want a final %s", err, classUnknown)
	}
	if n, err := k.a.StartMissing(t.Context(), true); err != nil || n != 0 {
		t.Errorf("the sweep started %d again, %v: %v", n, err, k.starts.all)
	}
}

// cutOff stops the activity that is about to tell somebody.
type cutOff struct {
	*post
	cut context.CancelFunc
}

func (c cutOff) Destinations(connection, event string) []string {
	c.cut()
	return c.post.Destinations(connection, event)
}

func TestAQuarantineOfWhichNobodyCouldBeToldIsToldLaterAndOnce(t *testing.T) {
	t.Parallel()
	k := newKeeping(t)
	k.a.Connections["staff"].QuarantineAfter = 1
	if err := k.a.Store.Note(t.Context(), k.claim, store.Note{Code: store.CodeSourceShort, Text: "too short"}); err != nil {
		t.Fatal(err)
	}
	ctx, cut := context.WithCancel(t.Context())
	k.a.Notifier = cutOff{k.post, cut}
	if err := k.a.trip(ctx, k.ref()); err == nil {
		t.Fatal("the activity was cut off and says that it was not")
	}
	since, _, err := k.a.Store.Quarantined(t.Context(), k.claim.ConnectionID)
	if err != nil || since.IsZero() || len(k.starts.all) > 0 {
		t.Fatalf("in quarantine since %v, %v, and told: %v; want it to be so and nobody told", since, err, k.starts.all)
	}
	k.a.Notifier = k.post
	for range 2 { // the next attempt, and a later run
		k.now = k.now.Add(time.Hour)
		if err := k.a.trip(t.Context(), k.ref()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"notify 1", "notify 2"}, k.starts.all); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
