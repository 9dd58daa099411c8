package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

func TestWhatIsHeldIsListedWithWhatToDo(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("held").want(t, cli.ExitDone, "8 account.suspend", "over-limit", "rollcall run 2 --state held", "rollcall approve 2, or rollcall reject 2")
	var plans []struct {
		Run     int64
		Target  string
		Changes int64
		Digest  string
	}
	r := s.run("held", "staff", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &plans)
	if len(plans) != 1 || plans[0].Run != 2 || plans[0].Target != "cloud" || plans[0].Changes != 8 || plans[0].Digest == "" {
		t.Errorf("%+v; want the plan of run 2", plans)
	}
	if rows := rowsOf(t, s.run("held", "--csv")); len(rows) != 2 {
		t.Errorf("%d rows of CSV; want one and headings", len(rows))
	}
	s.run("held", "stuff").want(t, cli.ExitUsage, `connection "stuff" is not configured`)
}

func TestADecisionIsShownBeforeItIsAskedFor(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	for _, verb := range []string{"approve", "reject"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			// Temporal is nowhere: what is shown comes from the database.
			s.run(verb, "2").want(t, cli.ExitFailed, "Run 2 of staff holds 8 removals in cloud (over-limit)", "account.suspend  8", "person0@example.com", "connect to Temporal")
			r := s.run(verb, "2", "--user", "login1")
			r.want(t, cli.ExitFailed, "account.suspend  1", "person1@example.com")
			r.wantNot(t, "person0@example.com")
			s.run(verb, "2", "--only", "membership.remove").want(t, cli.ExitFailed, "run 2 holds nothing like that", "rollcall run 2 --state held")
			s.run(verb, "2", "--target", "elsewhere").want(t, cli.ExitFailed, "waits for a decision")
			s.run(verb, "1").want(t, cli.ExitFailed, "run 1 of staff holds nothing", "rollcall held")
			s.run(verb, "77").want(t, cli.ExitFailed, "there is no run 77", "the newest are 2, 1")
		})
	}
}

func TestTheRecordIsExportedAsLinesOfJSONAndAsCSV(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	r := s.run("audit", "staff", "--state", "refused,blocked", "--json")
	r.want(t, cli.ExitDone)
	var got []string
	for line := range strings.Lines(r.stdout) {
		var row struct {
			Run            int64
			Kind, State    string
			Trigger, Class string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("a line is not an object: %v\n%s", err, line)
		}
		got = append(got, fmt.Sprintln(row.Run, row.Trigger, row.Kind, row.State, row.Class))
	}
	want := []string{"1 hand group.create refused duplicate\n", "1 hand account.create refused refused\n", "1 hand membership.add blocked waits-for-link\n", "1 hand membership.add blocked waits-for-link\n",
		"2 schedule group.create refused duplicate\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows := rowsOf(t, s.run("audit", "staff", "--state", "refused,blocked", "--csv")); len(rows) != len(want)+1 {
		t.Errorf("%d rows of CSV; want %d and headings", len(rows), len(want))
	}
	s.run("audit", "--run", "1", "--kind", "group.create").want(t, cli.ExitDone, "run 1 of staff, by hand", "Engineering")
	s.run("audit", "staff", "--user", "login11").want(t, cli.ExitDone, "person11@example.com")
	s.run("audit", "--user", "login11").want(t, cli.ExitUsage, "--user and --group need the connection")
	s.run("audit", "--until", "2001-01-01").want(t, cli.ExitDone, "Nothing to show.")
	s.run("audit", "--actions").want(t, cli.ExitDone, "Nothing to show.")
	s.run("audit", "--actions", "--kind", "account.create").want(t, cli.ExitUsage, "--actions goes with")
}

func TestSomebodyIsExplainedFromTheDatabaseAndTheRules(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("explain", "staff", "person9@example.com").want(t, cli.ExitDone, "person9@example.com in staff", `login "login9"`, "in scope: active [active]", "account-of-person9@example.com, created, active",
		`"person9@example.com"`, "[the source's address]", "Next run  nothing to do")
	s.run("explain", "staff", "login1").want(t, cli.ExitDone, "not in scope: suspended [deprovisioned]", "Engineering", "member, created", "account.suspend")
	s.run("explain", "staff", "person11@example.com").want(t, cli.ExitDone, "Account   none", "account.create")
	var got struct {
		Person  struct{ Groups []string }
		Targets []struct {
			Target  string
			InScope bool `json:"in_scope"`
			Values  []struct{ Name, Value string }
		}
	}
	r := s.run("explain", "staff", "login1", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if len(got.Targets) != 1 || got.Targets[0].InScope || len(got.Targets[0].Values) != 2 || len(got.Person.Groups) == 0 {
		t.Errorf("%+v; want one target, out of scope, with an address and a name", got)
	}
	s.run("explain", "staff", "nobody").want(t, cli.ExitFailed, `connection staff has no person "nobody"`)
	s.run("explain", "staff", "9999").want(t, cli.ExitFailed, `connection staff has no person "9999"`)
	s.run("explain", "staff", "login1", "--target", "elsewhere").want(t, cli.ExitUsage, `has no target "elsewhere"; it has cloud`)
}

func TestARunThatHasEndedIsNotSteered(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	for _, args := range [][]string{{"pause", "1"}, {"resume", "1"}, {"stop", "1"}, {"slow", "1", "--pace", "5"}, {"skip", "1", "login1"}} {
		s.run(append([]string{"run"}, args...)...).want(t, cli.ExitFailed, "run 1 of staff has ended (partial)", "rollcall run 1")
	}
	s.run("run", "pause", "77").want(t, cli.ExitFailed, "there is no run 77")
}

func TestLinksAreListedByTheirState(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.run("link", "staff").want(t, cli.ExitDone, "Linked in cloud", "person9@example.com = account-of-person9@example.com", "People without an account", "person11@example.com")
	s.run("link", "staff", "--state", "unmatched-user").wantNot(t, "person9@example.com")
	s.run("link", "staff", "--state", "ambiguous").want(t, cli.ExitDone, "Nothing is ambiguous.")
	s.run("link", "staff", "--target", "elsewhere").want(t, cli.ExitFailed, "target elsewhere of connection staff is not known")
	s.run("link", "stuff").want(t, cli.ExitUsage, `connection "stuff" is not configured`)
	s.run("accounts", "staff", "--unmanaged").want(t, cli.ExitDone, "Every account that was seen is linked to somebody")
}

func TestWhatIsDestructiveIsNotDoneWithoutAYes(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.stdin = "yes\n" // which is not a person at a terminal
	for _, args := range [][]string{{"link", "remove", "staff", "login9"}, {"erase", "staff", "login9"}} {
		s.run(args...).want(t, cli.ExitUsage, "this asks for a yes, and nobody is at a terminal to give it", "add --yes")
	}
	s.run("explain", "staff", "login9").want(t, cli.ExitDone, "account-of-person9@example.com")
}
