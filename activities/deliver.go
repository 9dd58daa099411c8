package activities

import (
	"context"
	"errors"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// notify records a message for each of those who want to hear of its event, and
// has it delivered. The same thing is told to each of them once.
func (a *Activities) notify(ctx context.Context, connectionID int64, m notify.Message) error {
	if a.Notifier == nil {
		return nil
	}
	destinations := a.Notifier.Destinations(m.Connection, string(m.Event))
	if len(destinations) == 0 {
		return nil
	}
	payload, err := m.Encode()
	if err != nil {
		return err
	}
	for _, destination := range destinations {
		id, isNew, err := a.Store.AddNotification(ctx, store.Notification{
			ConnectionID: connectionID, Event: string(m.Event), Key: m.Key, Destination: destination, Payload: string(payload),
		}, a.Now())
		if err != nil {
			return err
		}
		if isNew {
			a.start(ctx, func(ctx context.Context) error { return a.Start.Notify(ctx, id) })
		}
	}
	return nil
}

// Deliver sends one notification. A destination that does not answer is worth
// another try; one that refuses is not.
func (a *Activities) Deliver(ctx context.Context, in workflows.NotifyInput) error {
	defer a.beat(ctx)()
	return a.classify(ctx, a.deliver(ctx, in))
}

func (a *Activities) deliver(ctx context.Context, in workflows.NotifyInput) error {
	n, err := a.Store.Notification(ctx, in.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // past its retention
	}
	if err != nil || !n.DeliveredAt.IsZero() {
		return err
	}
	if a.Notifier == nil {
		// Nobody is told of anything any more.
		return errors.Join(final(classUnknown), a.Store.GiveUp(ctx, in.ID, string(classUnknown)))
	}
	sendErr := a.Notifier.Deliver(ctx, n.Destination, []byte(n.Payload))
	if sendErr == nil {
		return a.Store.Delivered(ctx, in.ID, a.Now())
	}
	class := directory.ClassOf(sendErr)
	if class == directory.ClassUnavailable || class == directory.ClassRateLimited || class == directory.ClassCanceled {
		return errors.Join(sendErr, a.Store.DeliveryFailed(context.WithoutCancel(ctx), in.ID, string(class)))
	}
	// Nothing of it would be different at another try.
	a.Log.Warn("a notification cannot be delivered", "notification", in.ID, "destination", n.Destination, "class", class, "error", sendErr)
	if err := a.Store.GiveUp(context.WithoutCancel(ctx), in.ID, string(class)); err != nil {
		return err
	}
	return final(class)
}

// tellOfRun tells administrators what they should hear of a run that ended.
func (a *Activities) tellOfRun(ctx context.Context, ref workflows.RunRef, result workflows.SyncResult, failure directory.Class, counts []store.Count) error {
	if result.Outcome == workflows.OutcomeFailed {
		if err := a.notify(ctx, ref.ConnectionID, notify.Failure(ref.Connection, ref.RunID, failure, a.Now())); err != nil {
			return err
		}
	}
	waiting := map[string]int64{}
	for _, c := range counts {
		if directory.State(c.State) == directory.Waiting {
			waiting[c.Target] += c.Count
		}
	}
	for target, n := range waiting {
		if err := a.notify(ctx, ref.ConnectionID, notify.Seats(ref.Connection, target, ref.RunID, n, a.Now())); err != nil {
			return err
		}
	}
	return nil
}

// Expiry is when a credential ends, as the configuration says.
type Expiry struct {
	Connection string
	// Setting is where the date stands in the configuration.
	Setting string
	At      time.Time
}
