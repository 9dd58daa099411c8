package okta_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/speccheck"
	"github.com/rollcall-sync/rollcall/internal/source/okta"
)

func TestTheLogBeginsAtOktasTime(t *testing.T) {
	t.Parallel()
	date := time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
	var asked []string
	source := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("since"))
		w.Header().Set("Date", date.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Link", `<https://x.example/api/v1/logs?after=p1>; rel="next"`)
		fmt.Fprint(w, `[]`)
	})
	changes, err := source.Changes(t.Context(), "")
	must(t, err)
	if len(asked) != 2 || !strings.HasPrefix(changes.Next, "2031-03-01T11:59:5") && !strings.HasPrefix(changes.Next, "2031-03-01T12:00:00") {
		t.Errorf("asked since %q, next %q; want it to begin shortly before %s", asked, changes.Next, date)
	}
}

func TestEventsOfOtherApplicationsDoNotCount(t *testing.T) {
	t.Parallel()
	source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Link", `<https://x.example/api/v1/logs?after=p2>; rel="next"`)
		fmt.Fprint(w, `[
			{"uuid":"1","eventType":"application.user_membership.add","target":[{"id":"00u1"},{"id":"0oa2"}]},
			{"uuid":"2","eventType":"application.user_membership.add","target":[{"id":"00u1"},{"id":"0oa1"}]},
			{"uuid":"3","eventType":"user.session.start","target":[{"id":"00u1"}]}]`)
	}, "0oa1")
	got, err := source.Changes(t.Context(), "2026-01-05T09:00:00.000Z p1")
	must(t, err)
	if want := (directory.Changes{Next: "2026-01-05T09:00:00.000Z p2", Events: 1, Full: true}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

func TestALogThatIsFullIsReadOn(t *testing.T) {
	t.Parallel()
	pages := 0
	source := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		pages++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Link", fmt.Sprintf(`<https://x.example/api/v1/logs?after=p%d>; rel="next"`, pages))
		events := make([]string, 1000)
		if pages == 3 {
			events = events[:1]
		}
		for i := range events {
			events[i] = `{"uuid":"x","eventType":"user.lifecycle.suspend"}`
		}
		fmt.Fprint(w, "["+strings.Join(events, ",")+"]")
	})
	got, err := source.Changes(t.Context(), "2026-01-05T09:00:00.000Z")
	must(t, err)
	if want := (directory.Changes{Next: "2026-01-05T09:00:00.000Z p3", Events: 2001}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

func TestACursorOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	source := newSource(t, okta.Config{URL: "http://127.0.0.1:1"})
	for _, cursor := range []string{"x", "2026-01-05", "2026-01-05T09:00:00.000Z " + strings.Repeat("c", 2049)} {
		if _, err := source.Changes(t.Context(), cursor); err == nil || directory.ClassOf(err) != directory.ClassInternal {
			t.Errorf("cursor of %d bytes: %v; want an error before any call", len(cursor), err)
		}
	}
	if _, err := source.Users(t.Context(), directory.PageRequest{Cursor: strings.Repeat("c", 2049)}); directory.ClassOf(err) != directory.ClassInternal {
		t.Errorf("%v; want an error before any call", err)
	}
}

// TestTrafficIsWhatOktaDescribes plays every call against the vendor's own
// description of its API.
func TestTrafficIsWhatOktaDescribes(t *testing.T) {
	t.Parallel()
	checker := speccheck.Load(t, speccheck.Okta)
	sim, _, _ := stand(t)
	server := httptest.NewServer(checker.Handler(sim.Handler()))
	t.Cleanup(server.Close)
	for _, app := range []string{"", sim.AppID()} {
		source := newSource(t, okta.Config{URL: server.URL, AppID: app, PageSize: 20})
		state := sim.State()
		_, err := source.Check(t.Context())
		must(t, err)
		users, err := source.Users(t.Context(), directory.PageRequest{})
		must(t, err)
		_, err = source.Users(t.Context(), directory.PageRequest{Cursor: users.Next})
		must(t, err)
		_, err = source.Groups(t.Context(), directory.PageRequest{})
		must(t, err)
		if app == "" {
			_, err = source.Users(t.Context(), directory.PageRequest{Since: time.Now()})
			must(t, err)
			_, err = source.Groups(t.Context(), directory.PageRequest{Since: time.Now()})
			must(t, err)
		}
		_, err = source.Members(t.Context(), state.Groups[1].ID, "")
		must(t, err)
		_, err = source.User(t.Context(), state.Users[0].ID)
		must(t, err)
		_, err = source.User(t.Context(), state.Users[0].Email)
		must(t, err)
		_, err = source.UserGroups(t.Context(), state.Users[0].ID)
		must(t, err)
		_, err = source.Group(t.Context(), state.Groups[1].ID)
		must(t, err)
		changes, err := source.Changes(t.Context(), "")
		must(t, err)
		_, err = source.Changes(t.Context(), changes.Next)
		must(t, err)
	}
	if len(checker.Checked()) < 8 {
		t.Errorf("only %v were checked", checker.Checked())
	}
}
