package cli_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// wiki is a configuration with a target that tells no address, and one that does.
const wiki = `
temporal: { address: "127.0.0.1:1" }
connections:
  staff:
    source: { kind: okta, url: "https://example.okta.com", token: "${OKTA_TOKEN}" }
    targets:
      wiki: { kind: confluence-dc, url: "https://wiki.example.com", token: "${ATLASSIAN_API_KEY}" }
      work: { kind: jira-dc, url: "https://jira.example.com", token: "${ATLASSIAN_API_KEY}" }
    schedule: { every: hourly, timezone: Europe/Paris }
`

func TestLinksInATargetThatTellsNoAddressAreListedByUserName(t *testing.T) {
	t.Parallel()
	s := newShell(t, wiki)
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	seed := &seeder{T: t, db: db, now: time.Now().Add(-time.Hour)}
	connection, err := db.EnsureConnection(t.Context(), "staff", "rules", "", []store.TargetSpec{
		{Name: "wiki", Kind: "confluence-dc", Identity: "confluence-dc:wiki.example.com"}, {Name: "work", Kind: "jira-dc", Identity: "jira-dc:jira.example.com"}})
	seed.must(err)
	run, err := db.BeginRun(t.Context(), store.RunRequest{ConnectionID: connection.ID, WorkflowID: "sync/staff/1", Trigger: "hand", Full: true}, seed.now)
	seed.must(err)
	_, err = db.SaveUsers(t.Context(), run.Claim, []directory.User{person(1, directory.StatusActive)}, seed.now)
	seed.must(err)
	dirty, err := db.DirtyUsers(t.Context(), connection.ID, 0, 10, store.Want{})
	seed.must(err)
	for _, target := range connection.Targets {
		wanted := directory.DesiredAccount{State: directory.DesireActive, Email: "person1@example.com", UserName: "login1"}
		seed.must(db.SaveDecisions(t.Context(), run.Claim, target, []store.Decision{{UserID: dirty[0].ID, DesiredAccount: wanted}}, seed.now))
		_, err := db.ObserveAccounts(t.Context(), run.Claim, target, []directory.Account{{ID: "LOGIN1", UserName: "LOGIN1", Status: directory.AccountActive}}, seed.now)
		seed.must(err)
	}
	seed.must(db.Close())

	r := s.run("link", "staff")
	r.want(t, cli.ExitDone, "Matched, linked by the next run in wiki\n  person1@example.com = LOGIN1, active (same user name)",
		"People without an account in work\n  person1@example.com", "Accounts that no source knows in work\n  LOGIN1")
	r.wantNot(t, "People without an account in wiki", "in work\n  person1@example.com = ")
}
