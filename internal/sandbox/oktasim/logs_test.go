package oktasim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
)

func eventTypes(events []object) []string {
	var types []string
	for _, e := range events {
		types = append(types, e.EventType)
	}
	return types
}

// poll reads one page of the log and returns the next link, which must be
// there.
func (o *org) poll(target string) ([]string, string) {
	o.t.Helper()
	a := o.must(200, "GET", target, "")
	_, next := links(o.t, a)
	if next == "" {
		o.t.Fatalf("polling has no next link: %v", a.header.Values("Link"))
	}
	return eventTypes(decode[[]object](o.t, a)), next
}

func TestPollingTheLogGoesOnForEver(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	ann, eve, engineers := o.userID("ann"), o.userID("eve"), o.groupID("Engineers")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/suspend", "")
	clock.add(time.Hour)
	since := clock.now().UTC().Format(time.RFC3339)
	clock.add(time.Hour)
	got, next := o.poll("/api/v1/logs?since=" + since + "&limit=2&sortOrder=ASCENDING")
	if len(got) != 0 {
		t.Errorf("what is older is not read: %v", got)
	}
	o.must(204, "PUT", "/api/v1/groups/"+engineers+"/users/"+eve, "")
	o.must(204, "DELETE", "/api/v1/users/"+eve, "")
	o.must(204, "DELETE", "/api/v1/users/"+eve, "")
	first, next := o.poll(next)
	second, next := o.poll(next)
	third, next := o.poll(next)
	want := [][]string{{"group.user_membership.add", "user.lifecycle.deactivate"}, {"user.lifecycle.delete.completed"}, nil}
	if diff := cmp.Diff(want, [][]string{first, second, third}); diff != "" {
		t.Error(diff)
	}
	o.must(204, "DELETE", "/api/v1/groups/"+engineers, "")
	if got, _ = o.poll(next); !cmp.Equal(got, []string{"group.lifecycle.delete"}) {
		t.Errorf("later events come with the same cursor: %v", got)
	}
}

func TestTheLogIsFiltered(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	ann := o.userID("ann")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/suspend", "")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/unsuspend", "")
	o.must(200, "POST", "/api/v1/groups", `{"profile":{"name":"New"}}`)
	until := "&until=2027-01-01T00:00:00Z"
	for filter, want := range map[string][]string{
		`eventType+eq+%22user.lifecycle.suspend%22`:                                     {"user.lifecycle.suspend"},
		`eventType+sw+%22user.lifecycle.%22`:                                            {"user.lifecycle.suspend", "user.lifecycle.unsuspend"},
		`target.id+eq+%22` + ann + `%22+and+not+(eventType+co+%22unsuspend%22)`:         {"user.lifecycle.suspend"},
		`eventType+eq+%22group.lifecycle.create%22+or+eventType+ew+%22.unsuspend%22`:    {"user.lifecycle.unsuspend", "group.lifecycle.create"},
		`target.type+eq+%22UserGroup%22+and+outcome.result+eq+%22SUCCESS%22`:            {"group.lifecycle.create"},
		`eventType+ne+%22group.lifecycle.create%22+and+displayMessage+co+%22suspend%22`: {"user.lifecycle.suspend", "user.lifecycle.unsuspend"},
	} {
		events, _ := o.list("/api/v1/logs?filter=" + filter + until)
		if diff := cmp.Diff(want, eventTypes(events)); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
	events, _ := o.list("/api/v1/logs?q=NEW+group" + until)
	if diff := cmp.Diff([]string{"group.lifecycle.create"}, eventTypes(events)); diff != "" {
		t.Error(diff)
	}
}

func TestABoundedReadEndsAndCanBeReversed(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use)
	ann := o.userID("ann")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/suspend", "")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/unsuspend", "")
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/deactivate", "")
	forward := []string{"user.lifecycle.suspend", "user.lifecycle.unsuspend", "user.lifecycle.deactivate"}
	events, pages := o.list("/api/v1/logs?limit=2&until=2027-01-01T00:00:00Z")
	if diff := cmp.Diff(forward, eventTypes(events)); diff != "" || len(pages) != 2 {
		t.Errorf("%v pages: %s", pages, diff)
	}
	events, _ = o.list("/api/v1/logs?limit=2&sortOrder=DESCENDING")
	if diff := cmp.Diff([]string{forward[2], forward[1], forward[0]}, eventTypes(events)); diff != "" {
		t.Error(diff)
	}
}

func TestAnEventIsReadOnceItIsPersisted(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, small(), clock.use, func(opts *oktasim.Options) { opts.LogLag = time.Minute })
	ann := o.userID("ann")
	_, next := o.poll("/api/v1/logs?since=" + clock.now().UTC().Format(time.RFC3339))
	o.must(200, "POST", "/api/v1/users/"+ann+"/lifecycle/suspend", "")
	got, next := o.poll(next)
	if len(got) != 0 {
		t.Errorf("read before it was persisted: %v", got)
	}
	clock.add(2 * time.Minute)
	if got, _ = o.poll(next); !cmp.Equal(got, []string{"user.lifecycle.suspend"}) {
		t.Errorf("missed: %v", got)
	}
}
