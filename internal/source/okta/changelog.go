package okta

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// listLogs is GET /api/v1/logs without "until", which polls: events come in the
// order in which they were stored, and there is always a next link;
// developer.okta.com/docs/reference/system-log-query.
const listLogs = "GET /api/v1/logs"

// Event types; developer.okta.com/docs/reference/api/event-types.
var (
	// changeEvents can be seen by an incremental read.
	changeEvents = []string{
		"user.lifecycle.create", "user.lifecycle.activate", "user.lifecycle.reactivate",
		"user.lifecycle.suspend", "user.lifecycle.unsuspend", "user.lifecycle.deactivate",
		"user.account.update_profile",
		"group.lifecycle.create", "group.profile.update",
		"group.user_membership.add", "group.user_membership.remove",
	}
	// deletionEvents cannot: what is gone is in no list.
	deletionEvents = []string{
		"user.lifecycle.delete.initiated", "user.lifecycle.delete.completed", "group.lifecycle.delete",
	}
	// assignmentEvents matter when one application is read, and only its own.
	assignmentEvents = []string{
		"application.user_membership.add", "application.user_membership.remove", "application.user_membership.update",
		"group.application_assignment.add", "group.application_assignment.remove",
	}
)

const (
	// mostEvents is the largest page of the log.
	mostEvents = 1000
	// mostLogPages bounds one call of Changes; the rest is for the next.
	mostLogPages = 20
	// mostSkew is how far our clock may be from Okta's before the log is asked
	// again with Okta's time.
	mostSkew = 2 * time.Second
)

type eventRecord struct {
	UUID      string `json:"uuid"`
	EventType string `json:"eventType"`
	Target    []struct {
		ID string `json:"id"`
	} `json:"target"`
}

func (r eventRecord) key() string { return r.UUID }

// Changes counts the events of the system log after a cursor that matter to
// the configuration.
func (s *Source) Changes(ctx context.Context, cursor string) (directory.Changes, error) {
	if cursor == "" {
		return s.startOfChanges(ctx)
	}
	since, after, err := splitLogCursor(cursor)
	if err != nil {
		return directory.Changes{}, err
	}
	changes := directory.Changes{Next: cursor}
	for range mostLogPages {
		events, next, _, err := s.logPage(ctx, since, after)
		if err != nil {
			return directory.Changes{}, err
		}
		for _, event := range events {
			s.countEvent(&changes, event)
		}
		if next != "" {
			changes.Next = since + " " + next
		}
		if len(events) < mostEvents || next == "" || next == after {
			return changes, nil
		}
		after = next
	}
	return changes, nil
}

// startOfChanges begins at now by Okta's clock.
func (s *Source) startOfChanges(ctx context.Context) (directory.Changes, error) {
	now := s.transport.now().UTC()
	since := now.Format(timeLayout)
	_, next, x, err := s.logPage(ctx, since, "")
	if err != nil {
		return directory.Changes{}, err
	}
	if skew := x.askedAt.Sub(now); skew.Abs() > mostSkew {
		since = x.askedAt.Format(timeLayout)
		if _, next, _, err = s.logPage(ctx, since, ""); err != nil {
			return directory.Changes{}, err
		}
	}
	return directory.Changes{Next: strings.TrimSuffix(since+" "+next, " ")}, nil
}

func (s *Source) logPage(ctx context.Context, since, after string) ([]eventRecord, string, *exchange, error) {
	return getPage[eventRecord](ctx, s, request{
		call: listLogs, what: "organisation", path: "/api/v1/logs",
		query: url.Values{
			"since": {since}, "sortOrder": {"ASCENDING"}, "limit": {strconv.Itoa(mostEvents)}, "filter": {s.logFilter()},
		},
	}, after)
}

// logFilter selects the event types that matter.
func (s *Source) logFilter() string {
	types := slices.Concat(changeEvents, deletionEvents)
	if s.config.AppID != "" {
		types = append(types, assignmentEvents...)
	}
	for i, name := range types {
		types[i] = `eventType eq "` + name + `"`
	}
	return strings.Join(types, " or ")
}

func (s *Source) countEvent(changes *directory.Changes, event eventRecord) {
	switch {
	case slices.Contains(assignmentEvents, event.EventType):
		for _, target := range event.Target {
			if target.ID == s.config.AppID {
				changes.Events++
				changes.Full = true
				return
			}
		}
	case slices.Contains(deletionEvents, event.EventType):
		changes.Events++
		changes.Full = true
	case slices.Contains(changeEvents, event.EventType):
		changes.Events++
		// An application's lists cannot be read by time of change at all.
		changes.Full = changes.Full || s.config.AppID != ""
	}
}

// splitLogCursor takes apart "since" or "since after".
func splitLogCursor(cursor string) (since, after string, err error) {
	since, after, _ = strings.Cut(cursor, " ")
	if _, err := time.Parse(timeLayout, since); err != nil || len(after) > mostCursor {
		return "", "", errors.New(listLogs + ": the cursor is not one that Changes returned")
	}
	return since, after, nil
}
