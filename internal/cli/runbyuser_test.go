package cli_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/directory/rules"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// everywhere has a run of connection staff into two targets in its database:
// in cloud all is well, and server is down.
func everywhere(t *testing.T) *shell {
	t.Helper()
	s := newShell(t, nowhere())
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Compile(rules.Spec{Targets: map[string]rules.TargetSpec{"cloud": {}, "server": {}}})
	if err != nil {
		t.Fatal(err)
	}
	seed := &seeder{T: t, db: db, now: time.Now().Add(-time.Hour), rules: set}
	seed.begin("hand")
	connection, err := db.EnsureConnection(t.Context(), "staff", "rules", "", []store.TargetSpec{
		{Name: "cloud", Kind: "atlassian-cloud", Identity: "atlassian:o:d"}, {Name: "server", Kind: "jira-dc", Identity: "jira-dc:jira.example.com"},
	})
	seed.must(err)
	people := []directory.User{person(1, directory.StatusActive), person(2, directory.StatusActive)}
	for _, target := range []string{"cloud", "server"} {
		seed.target = connection.Targets[target]
		seed.plan(people, []directory.Group{{SourceID: "00g1", Name: "Engineering", Assigned: true}})
		var outcomes []store.Outcome
		for c, err := range db.Changes(t.Context(), seed.claim.RunID, store.ChangeFilter{Target: target}) {
			seed.must(err)
			o := store.Outcome{ChangeID: c.ID, UserID: c.UserID, GroupID: c.GroupID, State: directory.Applied, Origin: store.Created}
			switch {
			case target == "server":
				o.State, o.Class, o.Detail = directory.Failed, directory.ClassUnavailable, "maintenance"
			case c.Kind == string(directory.CreateAccount):
				o.Account = &directory.Account{ID: "account-of-" + c.User, Email: c.User, Status: directory.AccountActive, Managed: true}
				o.Note = "handed over: project ABC"
			case c.Kind == string(directory.CreateGroup):
				o.Group = &directory.TargetGroup{ID: "group-" + c.Group, Name: c.Group}
			default:
				o.Joined = []int64{c.GroupID}
			}
			outcomes = append(outcomes, o)
		}
		seed.must(db.Record(t.Context(), seed.claim, seed.target, "atlassian:o:d", outcomes, seed.now))
	}
	seed.must(db.Finish(t.Context(), seed.claim, workflows.OutcomePartial, "", true, seed.now.Add(time.Second)))
	seed.must(db.Close())
	return s
}

func TestTheChangesOfAPersonInAllTargetsAreShownTogether(t *testing.T) {
	t.Parallel()
	s := everywhere(t)
	r := s.run("run", "1", "--by-user")
	r.want(t, cli.ExitDone, "People", "person1@example.com", "cloud            account.create     applied", "server           account.create     failed (unavailable)",
		"server says: maintenance", "handed over: project ABC", "Engineering")
	_, people, _ := strings.Cut(r.stdout, "People\n")
	blocks := strings.Index(people, "person2@example.com\n")
	first := people[:max(blocks, 0)]
	if blocks < 0 || strings.Count(first, "cloud ") < 2 || strings.Count(first, "server ") < 2 || strings.Contains(people[blocks:], "person1@") {
		t.Errorf("the first block is not all of one person:\n%s", people)
	}
	if strings.Contains(people, "group.create") {
		t.Errorf("a change of a group is nobody's:\n%s", people)
	}
	s.run("run", "1", "--by-user", "--failed").wantNot(t, "cloud            account.create")
	s.run("run", "1", "--by-user", "--target", "cloud").wantNot(t, "server says")
}

func TestPeopleAreStreamedWithJSONAndCSV(t *testing.T) {
	t.Parallel()
	s := everywhere(t)
	var got struct {
		Run    json.RawMessage
		People []struct {
			UserID  int64 `json:"user_id"`
			User    string
			Changes []struct{ Target, Kind, State, Class, Detail, Note string }
		}
	}
	r := s.run("run", "1", "--by-user", "--json", "--kind", "account.create")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	var lines []string
	for _, person := range got.People {
		for _, c := range person.Changes {
			lines = append(lines, strings.Join([]string{person.User, c.Target, c.State, c.Class, c.Detail, c.Note}, "/"))
		}
	}
	want := []string{
		"person1@example.com/cloud/applied///handed over: project ABC", "person1@example.com/server/failed/unavailable/maintenance/",
		"person2@example.com/cloud/applied///handed over: project ABC", "person2@example.com/server/failed/unavailable/maintenance/",
	}
	if diff := cmp.Diff(want, lines); diff != "" || len(got.Run) == 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rows := rowsOf(t, s.run("run", "1", "--by-user", "--csv", "--kind", "account.create"))
	user, target := slices.Index(rows[0], "user"), slices.Index(rows[0], "target")
	lines = nil
	for _, row := range rows[1:] {
		lines = append(lines, row[user]+" "+row[target])
	}
	if diff := cmp.Diff([]string{"person1@example.com cloud", "person1@example.com server", "person2@example.com cloud", "person2@example.com server"}, lines); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestExplainSaysWhatTheLastRunCameToInEachTarget(t *testing.T) {
	t.Parallel()
	s := everywhere(t)
	s.run("explain", "staff", "login1").want(t, cli.ExitDone, "cloud (atlassian-cloud)", "Last run  1 change applied of 2", "handed over: project ABC")
	var got struct {
		Targets []struct {
			Target, Kind string
			Last         []struct{ Kind, State string } `json:"last_changes"`
		}
	}
	r := s.run("explain", "staff", "login1", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if len(got.Targets) != 1 || got.Targets[0].Kind != "atlassian-cloud" || len(got.Targets[0].Last) == 0 {
		t.Errorf("got %+v", got)
	}
}
