package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/rollcall-sync/rollcall/activities"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
)

const (
	// housekeepingEvery is how often what is past its time is tidied up.
	housekeepingEvery = time.Hour
	// entitiesEvery is how soon a workflow is started whose own start was lost.
	entitiesEvery = time.Minute
)

// Notifier makes who is told of events from a configuration; nil where nobody is.
func Notifier(c *config.Config) (*notify.Notifier, error) {
	if len(c.Notifications) == 0 {
		return nil, nil
	}
	destinations := make([]notify.Destination, 0, len(c.Notifications))
	for _, name := range c.NotificationNames() {
		n := c.Notifications[name]
		destinations = append(destinations, notify.Destination{
			Name: name, Kind: n.Kind, Events: n.Events, Connections: n.Connections, URL: n.URL.Reveal(), Secret: n.Secret.Reveal(),
			Mail: notify.Mail{Address: n.Address, TLS: n.TLS, Username: n.Username, Password: n.Password.Reveal(), From: n.From, To: n.To},
		})
	}
	notifier, err := notify.New(destinations, notify.Options{})
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	return notifier, nil
}

// ApprovalPolicy says who may approve what is held.
func ApprovalPolicy(c *config.Config) store.ApprovalPolicy {
	return store.ApprovalPolicy{Persons: max(1, c.Approvals.Persons), Verified: c.Approvals.RequireVerified}
}

// control gives the activities what a configuration says about approvals,
// notifications, retention and reminders.
func control(c *config.Config, acts *activities.Activities) error {
	notifier, err := Notifier(c)
	if err != nil {
		return err
	}
	if notifier != nil {
		acts.Notifier = notifier
	}
	acts.Approvals = ApprovalPolicy(c)
	acts.Retention = store.Retention{Changes: c.Retention.Changes, Images: c.Retention.Images, Profiles: c.Retention.Profiles, Actions: c.Retention.Actions}
	acts.Tidy = activities.Tidy{QuietAfter: c.QuietAfter, TokenWarning: c.TokenWarning}
	for _, name := range c.ConnectionNames() {
		connection := c.Connections[name]
		at := "connections." + name
		acts.Tidy.Expiries = append(acts.Tidy.Expiries, activities.Expiry{Connection: name, Setting: at + ".source.token", At: connection.Source.TokenExpires})
		for _, target := range connection.TargetNames() {
			t, setting := connection.Targets[target], at+".targets."+target
			acts.Tidy.Expiries = append(acts.Tidy.Expiries,
				activities.Expiry{Connection: name, Setting: setting + ".api_key", At: t.APIKeyExpires},
				activities.Expiry{Connection: name, Setting: setting + ".token", At: t.TokenExpires})
		}
	}
	return nil
}

// sweepEntities starts the workflows that should be there and are not, at the
// start and again and again, until ctx ends.
func sweepEntities(ctx context.Context, acts *activities.Activities, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for all := true; ; all = false {
		if _, err := acts.StartMissing(ctx, all); err != nil && ctx.Err() == nil {
			log.Warn("it could not be read what should be running", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
