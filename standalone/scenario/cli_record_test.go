package scenario

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestCommandLineListsSetsAndTakesAwayLinks(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("link", s.Name).want(t, cli.ExitDone, "Nothing to show", "rollcall plan "+s.Name)
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	who := s.active()[0].Email
	account := s.account(who).ID
	o.rollcall("link", s.Name).want(t, cli.ExitDone, "Linked in cloud", who+" = "+account)
	o.rollcall("link", s.Name, "--state", "guessed").want(t, cli.ExitUsage, "expected linked, matched")
	o.rollcall("link", "remove", s.Name, who).want(t, cli.ExitUsage, "add --yes")
	o.rollcall("link", "remove", s.Name, who, "--yes").want(t, cli.ExitDone, "has no account in cloud any more")
	o.rollcall("sync", s.Name).want(t, cli.ExitPartial, "unlinked-by-hand")
	if got := s.account(who); got.ID != account || got.Status != "active" {
		t.Errorf("the account is %+v; want it as it was", got)
	}
	o.rollcall("accounts", s.Name, "--unmanaged").want(t, cli.ExitDone, account, who)
	o.rollcall("accounts", s.Name).want(t, cli.ExitUsage, "expected --unmanaged")
	o.rollcall("link", "set", s.Name, who, "no-such-account").want(t, cli.ExitFailed, "has no account no-such-account that is free", "rollcall accounts")
	other := s.account(s.active()[1].Email).ID
	o.rollcall("link", "set", s.Name, who, other).want(t, cli.ExitFailed, "is linked to user")
	o.rollcall("link", "set", s.Name, who, account).want(t, cli.ExitDone, "is linked to account "+account)
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	o.rollcall("audit", s.Name, "--actions").want(t, cli.ExitDone, "link.remove", "link.set")
	s.wantEqual()
}

func TestCommandLineHoldsAndReleasesLeavers(t *testing.T) {
	t.Parallel()
	const ladder = "    leavers: { deactivated: \"suspend now, remove groups after 7d, deactivate after 30d\" }\n"
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true, Connection: ladder}).start()
	o := s.operator(ladder)
	o.rollcall("leavers").want(t, cli.ExitDone, "Nobody is leaving.")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	left, stays := s.active()[0], s.active()[1]
	s.no(s.Box.Okta.DeactivateUser(left.ID))
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "account.suspend  applied  1")
	o.rollcall("leavers", s.Name).want(t, cli.ExitDone, left.Email, "deactivated", "1 of 3", "remove groups after 168h")
	o.rollcall("leavers", "hold", s.Name, left.Email, "--by", "Ada").want(t, cli.ExitDone, "stays on the step")
	var held []struct {
		User string
		Held bool
		Step int
	}
	o.rollcall("leavers", "--json").want(t, cli.ExitDone).decode(t, &held)
	if len(held) != 1 || held[0].User != left.Email || !held[0].Held || held[0].Step != 1 {
		t.Errorf("%+v; want %s held on the first step", held, left.Email)
	}
	o.rollcall("leavers", "release", s.Name, left.Email).want(t, cli.ExitDone, "goes on")
	o.rollcall("leavers", "hold", s.Name, stays.Email).want(t, cli.ExitFailed, "is not leaving")
	o.rollcall("leavers", "nowhere").want(t, cli.ExitUsage, "is not configured")
	o.rollcall("audit", s.Name, "--actions").want(t, cli.ExitDone, "leaver.hold", "leaver.release", "Ada (unverified)")
}

func TestCommandLineExportsTheRecordAndErasesWhoIsGone(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	gone := s.active()[0]
	o.rollcall("erase", s.Name, gone.Email, "--yes").want(t, cli.ExitFailed, "is still in the source", "nothing was removed", "rollcall sync "+s.Name+" --user")

	o.rollcall("audit", s.Name, "--user", gone.Email).want(t, cli.ExitDone, "run 1 of "+s.Name+", by hand", "account.create", gone.Email)
	lines := strings.Split(strings.TrimSpace(o.rollcall("audit", s.Name, "--kind", "account.create", "--json").want(t, cli.ExitDone).stdout), "\n")
	for _, line := range lines {
		var row struct{ Kind, Connection, Trigger, State string }
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Kind != "account.create" || row.Connection != s.Name || row.Trigger != "hand" {
			t.Fatalf("a line of the export is %s: %v", line, err)
		}
	}
	if len(lines) != 20 {
		t.Errorf("%d lines; want one for each account", len(lines))
	}
	o.rollcall("audit", "--since", "yesterday").want(t, cli.ExitUsage, "expected a duration such as 7d, a day")
	o.rollcall("audit", s.Name, "--until", "2001-01-01").want(t, cli.ExitDone, "Nothing to show.")

	s.no(s.Box.Okta.DeactivateUser(gone.ID))
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "account.suspend")
	if _, err := s.Box.Okta.DeleteUser(gone.ID); err != nil {
		t.Fatal(err)
	}
	o.rollcall("sync", s.Name, "--user", gone.ID).want(t, cli.ExitDone)
	o.rollcall("erase", s.Name, gone.Email).want(t, cli.ExitUsage, "add --yes")
	o.rollcall("erase", s.Name, gone.Email, "--yes", "--by", "Ada").want(t, cli.ExitDone, "Removed what was kept of user", "is left as it is, and is nobody's now")
	o.rollcall("explain", s.Name, gone.Email).want(t, cli.ExitFailed, "no person")
	o.rollcall("audit", s.Name, "--actions").want(t, cli.ExitDone, "erase", "Ada (unverified)")
	if record := o.rollcall("audit", s.Name, "--json").stdout; strings.Contains(record, gone.Email) {
		t.Errorf("the record still names %s", gone.Email)
	}
}

func TestCommandLineTriesNotificationsOut(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Rollcall-Signature") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		bodies <- string(body)
	}))
	t.Cleanup(hook.Close)
	s := newScenario(t, settings{})
	o := s.operator("")
	o.rollcall("notify", "test").want(t, cli.ExitUsage, "configures no notifications", "docs/notifications.md")
	o.configure("notifications:\n  ops: { kind: webhook, url: \"" + hook.URL + "\", secret: \"${HOOK}\" }\n  lost: { kind: webhook, url: \"http://127.0.0.1:1/\", secret: \"${HOOK}\" }\n")
	o.env["HOOK"] = "a-secret-of-the-test-only"
	o.rollcall("notify", "test", "ops").want(t, cli.ExitDone, "ops: sent")
	if body := <-bodies; !strings.Contains(body, "test") {
		t.Errorf("the message is %s", body)
	}
	failed := o.rollcall("notify", "test", "lost").want(t, cli.ExitFailed, "lost: ", "not sent: lost")
	if strings.Contains(failed.stdout+failed.stderr, o.env["HOOK"]) {
		t.Errorf("the secret is shown:\n%s%s", failed.stdout, failed.stderr)
	}
	o.rollcall("notify", "test", "nobody").want(t, cli.ExitUsage, "the configuration has lost, ops")
}

func TestWhatNeedsTheDatabaseAloneWorksWhileTemporalIsDown(t *testing.T) {
	t.Parallel()
	o, leavers := heldLeavers(t, nil)
	o.temporalDown()
	who := o.email(leavers[0])
	for _, args := range [][]string{{"held"}, {"leavers"}, {"explain", o.Name, who}, {"link", o.Name}, {"accounts", o.Name, "--unmanaged"}, {"audit"}, {"audit", "--actions"},
		{"quarantine"}, {"undo", "1", "--dry-run"}, {"undo", "release", o.Name}, {"link", "remove", o.Name, who, "--yes"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) { o.rollcall(args...).want(t, cli.ExitDone) })
	}
	for _, args := range [][]string{{"plan", o.Name}, {"approve", "2", "--yes"}, {"reject", "2", "--yes"}, {"undo", "1", "--yes"}, {"sync", o.Name, "--user", who}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			o.rollcall(args...).want(t, cli.ExitFailed, "connect to Temporal at 127.0.0.1:1", "Next: see that the Temporal server runs")
		})
	}
	if n := o.suspended(leavers); n != 0 {
		t.Errorf("%d are suspended", n)
	}
}

func TestCommandLineAcceptsAnotherSourceOnlyByAPersonsWord(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 10, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	o.rollcall("check", "--accept-source", s.Name).want(t, cli.ExitDone, "as before. Nothing to accept.")
	connection, err := s.Worker.Store.ConnectionID(t.Context(), s.Name)
	s.no(err)
	// As if the people had been read from another organization before.
	s.no(s.Worker.Store.AcceptSource(t.Context(), connection, "https://other.example.com", store.Who{Name: "the test"}, time.Now()))
	// A worker looks at its source's name once; another configuration is another worker.
	s.Worker.Stop()
	s.start()
	o.rollcall("check").want(t, cli.ExitFailed, "were read from https://other.example.com", "rollcall check --accept-source "+s.Name)
	o.rollcall("sync", s.Name).want(t, cli.ExitFailed, "source-changed")
	o.rollcall("check", "--accept-source", s.Name).want(t, cli.ExitUsage, "were read from https://other.example.com", "add --yes")
	o.rollcall("check", "--accept-source", s.Name, "--by", "Ada", "--yes").want(t, cli.ExitDone, "Accepted.")
	o.rollcall("check", "--accept-source", "nowhere", "--yes").want(t, cli.ExitUsage, "is not configured")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "Source read in full")
	o.rollcall("audit", "--actions").want(t, cli.ExitDone, "source.accept", "Ada (unverified)")
	s.wantEqual()
}
