package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestADatabaseThatIsNotThereIsNotMade(t *testing.T) {
	t.Parallel()
	s := newShell(t, nowhere())
	s.run("runs").want(t, cli.ExitFailed, "there is no database", "rollcall.db yet", "Next: the worker makes it")
	if _, err := os.Stat(filepath.Join(s.dir, "rollcall.db")); !os.IsNotExist(err) {
		t.Errorf("the file is there: %v", err)
	}
}

func TestRunsListsTheNewestFirst(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	r := s.run("runs")
	r.want(t, cli.ExitDone, "partial", "held", "2.5s", "schedule", "Look at one with: rollcall run 2")
	if strings.Index(r.stdout, "held") > strings.Index(r.stdout, "partial") {
		t.Errorf("the older run is first:\n%s", r.stdout)
	}
	s.run("runs", "staff", "--limit", "1").wantNot(t, "partial")
	s.run("runs", "stuff").want(t, cli.ExitUsage, `connection "stuff" is not configured; the configuration has staff`)
}

func TestRunsIsAnArrayWithJSONAndRowsWithCSV(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	var runs []map[string]any
	r := s.run("runs", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &runs)
	var got []string
	for _, run := range runs {
		got = append(got, fmt.Sprint(run["id"], " ", run["connection"], " ", run["trigger"], " ", run["outcome"]))
	}
	if diff := cmp.Diff([]string{"2 staff schedule held", "1 staff hand partial"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rows := rowsOf(t, s.run("runs", "--csv"))
	if diff := cmp.Diff([][]string{{"id", "connection"}, {"2", "staff"}, {"1", "staff"}}, [][]string{rows[0][:2], rows[1][:2], rows[2][:2]}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func rowsOf(t *testing.T, r result) [][]string {
	t.Helper()
	r.want(t, cli.ExitDone)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	return rows
}

func TestARunShowsItsCountsAndEachChangeWithItsOutcome(t *testing.T) {
	t.Parallel()
	r := seeded(t).run("run", "1")
	r.want(t, cli.ExitDone, "Run 1 of staff: partial", "by hand, took 2.5s", "account.create  applied", "refused (duplicate)", "Note: The list lacked 1.",
		"person3@example.com", "person1@example.com in Engineering")
}

func TestWhatATargetSaysIsShownAndCannotReachTheTerminal(t *testing.T) {
	t.Parallel()
	r := seeded(t).run("run", "1", "--failed")
	r.want(t, cli.ExitDone, "person11@example.com", "cloud says: the domain is \ufffd[31mblocked")
	r.wantNot(t, "\x1b")
}

func TestARunSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("run", "1").want(t, cli.ExitDone, "What to do next", "refused in cloud (1 change): cloud refuses this, and will again", `"rollcall run 1 --failed"`,
		"duplicate in cloud", "waits-for-link in cloud")
	s.run("run", "2").want(t, cli.ExitDone, "Held: 8 removals in cloud, since run 2 (over-limit)", `"rollcall run 2 --state held"`, `"rollcall approve 2"`)
}

func TestChangesOfARunAreSelected(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	const refused, duplicate = "account.create person11@example.com refused", "group.create engineering refused"
	blocked := []string{"membership.add person1@example.com in engineering blocked", "membership.add person2@example.com in engineering blocked"}
	ofPerson1 := []string{"account.create person1@example.com applied", "membership.add person1@example.com in Engineering applied", blocked[0]}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"by failure":                           {[]string{"1", "--failed"}, append([]string{duplicate, refused}, blocked...)},
		"by state":                             {[]string{"1", "--state", "blocked"}, blocked},
		"by states":                            {[]string{"1", "--state", "blocked,refused"}, append([]string{duplicate, refused}, blocked...)},
		"by kind":                              {[]string{"1", "--kind", "group.create"}, []string{"group.create Engineering applied", duplicate}},
		"by a person's e-mail, in any case":    {[]string{"1", "--user", "Person1@Example.com"}, ofPerson1},
		"by a person's login":                  {[]string{"1", "--user", "login1"}, ofPerson1},
		"by a person's id in the source":       {[]string{"1", "--user", "00u1"}, ofPerson1},
		"by a person's account id":             {[]string{"1", "--user", "account-of-person1@example.com"}, ofPerson1},
		"by Rollcall's own id of a person":     {[]string{"1", "--user", "2"}, ofPerson1},
		"by a group's id in the source":        {[]string{"1", "--group", "00g2"}, append([]string{duplicate}, blocked...)},
		"by a person and a group":              {[]string{"1", "--user", "login1", "--group", "00g2"}, blocked[:1]},
		"by a person that the run left alone":  {[]string{"2", "--user", "login11"}, []string{"account.create person11@example.com planned"}},
		"by a person and a state they are not": {[]string{"1", "--user", "login1", "--state", "held"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run"}, c.args...)
			var got struct {
				Changes []struct{ Kind, User, Group, State string }
			}
			r := s.run(append(args, "--json")...)
			r.want(t, cli.ExitDone)
			r.decode(t, &got)
			var lines []string
			for _, change := range got.Changes {
				subject := strings.TrimPrefix(strings.TrimSuffix(change.User+" in "+change.Group, " in "), " in ")
				lines = append(lines, change.Kind+" "+subject+" "+change.State)
			}
			if diff := cmp.Diff(c.want, lines); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			rows := rowsOf(t, s.run(append(args, "--csv")...))
			state := slices.Index(rows[0], "state")
			for i, change := range got.Changes {
				if rows[i+1][state] != change.State {
					t.Errorf("row %d of CSV is %v; want state %s", i, rows[i+1], change.State)
				}
			}
			if len(rows) != len(got.Changes)+1 {
				t.Errorf("%d rows of CSV; want %d and headings", len(rows), len(got.Changes))
			}
		})
	}
}

func TestWhoIsNotThereIsSaidWithWhatToGive(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("run", "1", "--user", "nobody@example.com").want(t, cli.ExitFailed, `connection staff has no person "nobody@example.com"`, "e-mail address, login")
	s.run("run", "1", "--group", "none").want(t, cli.ExitFailed, `connection staff has no group "none"`, "name, id in the source")
	s.run("run", "9").want(t, cli.ExitFailed, "there is no run 9", "the newest are 2, 1")
	s.run("run", "1", "--target", "elsewhere").want(t, cli.ExitFailed, "target elsewhere of connection staff is not known")
}

func TestARunIsOneObjectWithJSON(t *testing.T) {
	t.Parallel()
	r := seeded(t).run("run", "2", "--json", "--state", "held")
	r.want(t, cli.ExitDone)
	var got map[string]json.RawMessage
	r.decode(t, &got)
	var fields []string
	for field := range got {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	if diff := cmp.Diff([]string{"advice", "changes", "counts", "held_plans", "notes", "run"}, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	var held []struct {
		Run     int64
		Target  string
		Reason  string
		Changes int64
	}
	var changes []map[string]any
	if err := json.Unmarshal(got["held_plans"], &held); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got["changes"], &changes); err != nil {
		t.Fatal(err)
	}
	if len(held) != 1 || held[0].Run != 2 || held[0].Target != "cloud" || held[0].Reason != "over-limit" || held[0].Changes != 8 || len(changes) != 8 {
		t.Errorf("held plans %+v and %d changes; want one of 8, over-limit", held, len(changes))
	}
}

func TestARunOfPushesSaysSo(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	s.database(func(db *store.Store) {
		seed := &seeder{T: t, db: db, now: time.Now().Add(-time.Minute)}
		seed.begin("scim")
		seed.must(db.Finish(t.Context(), seed.claim, workflows.OutcomeDone, "", false, seed.now.Add(time.Second)))
	})
	r := s.run("runs")
	r.want(t, cli.ExitDone, "scim")
	if fields := strings.Fields(strings.Split(r.stdout, "\n")[1]); !slices.Contains(fields, "pushes") {
		t.Errorf("it does not say that pushes were read:\n%s", r.stdout)
	}
	s.run("run", "1").want(t, cli.ExitDone, "by scim", "Source pushed: ")
}
