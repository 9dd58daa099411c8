package scenario

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

// people is who is active in Okta, as the command line names them.
func (o *operator) people(n int) []string {
	o.Helper()
	var emails []string
	for _, u := range o.active()[:n] {
		emails = append(emails, u.Email)
	}
	return emails
}

func TestCommandLineShowsAPlanAndDoesNothing(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	before := len(s.Box.Atlassian.State().Accounts)
	one := o.people(1)[0]

	plan := o.rollcall("plan", s.Name).want(t, cli.ExitDone, "Run 1 of "+s.Name+": dry", "account.create  planned  20", "Plan\n", one)
	if strings.Index(plan.stdout, "account.create  planned  20") > strings.Index(plan.stdout, "Plan\n") {
		t.Errorf("the summary comes after the changes:\n%s", plan.stdout)
	}
	o.rollcall("plan", s.Name, "--user", one, "--kind", "account.create").want(t, cli.ExitDone, one+" [active]")
	o.rollcall("plan", s.Name, "--target", "cloud", "--state", "held").want(t, cli.ExitDone, "No change of the plan matches.")
	rows, err := csv.NewReader(strings.NewReader(o.rollcall("plan", s.Name, "--kind", "account.create", "--csv").want(t, cli.ExitDone).stdout)).ReadAll()
	if err != nil || len(rows) != 21 {
		t.Errorf("%d rows of CSV, %v; want 20 and headings", len(rows), err)
	}
	o.rollcall("plan", s.Name, "--kind", "account.destroy").want(t, cli.ExitUsage, "unknown kind")
	if after := len(s.Box.Atlassian.State().Accounts); after != before {
		t.Errorf("plans made %d accounts", after-before)
	}
}

func TestCommandLineBringsOverOnePersonOrOneGroup(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true}).start()
	o, before := s.operator(""), len(s.Box.Atlassian.State().Accounts)
	first := o.people(1)[0] // before anything has run, to see how it goes
	o.rollcall("sync", s.Name, "--user", first).want(t, cli.ExitDone, "account.create", first)
	if n := len(s.Box.Atlassian.State().Accounts); n != before+1 {
		t.Errorf("%d accounts were made; want the one", n-before)
	}
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	joined, later := s.join("joins.now@acme.example"), s.join("joins.later@acme.example")
	o.rollcall("sync", s.Name, "--user", joined).want(t, cli.ExitDone, "account.create", "joins.now@acme.example")
	if s.account("joins.now@acme.example").ID == "" || s.account("joins.later@acme.example").ID != "" || later == "" {
		t.Error("not the one who was asked for, and nobody else, has an account")
	}

	leaver, second := s.active()[1], s.active()[2]
	s.no(s.Box.Okta.DeactivateUser(leaver.ID))
	s.no(s.Box.Okta.DeactivateUser(second.ID))
	o.rollcall("sync", s.Name, "--user", leaver.Email, "--dry-run").want(t, cli.ExitDone, "account.suspend", "planned")
	began := time.Now()
	var done struct {
		Changes []struct{ Kind, User, State string }
	}
	o.rollcall("sync", s.Name, "--user", leaver.ID, "--json").want(t, cli.ExitDone).decode(t, &done)
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("one person took %s", took)
	}
	if len(done.Changes) != 1 || done.Changes[0].Kind != "account.suspend" || done.Changes[0].User != leaver.Email || done.Changes[0].State != "applied" {
		t.Errorf("the changes are %+v; want the one suspension", done.Changes)
	}
	if s.account(leaver.Email).Status != "suspended" || s.account(second.Email).Status == "suspended" {
		t.Errorf("%s is %s, %s is %s; want the first alone suspended", leaver.Email, s.account(leaver.Email).Status, second.Email, s.account(second.Email).Status)
	}

	group := s.found("Project Apollo")
	joiner := s.active()[0]
	s.no(s.Box.Okta.AddMember(group, s.active()[3].ID))
	o.rollcall("sync", s.Name, "--group", "project apollo").want(t, cli.ExitDone, "group.create", s.active()[3].Email+" in Project Apollo")
	// One that is new is found by its id, too.
	o.rollcall("sync", s.Name, "--group", s.found("Project Gemini")).want(t, cli.ExitDone, "group.create", "Project Gemini")
	s.no(s.Box.Okta.AddMember(group, joiner.ID))
	o.rollcall("sync", s.Name, "--group", "Project Apollo").want(t, cli.ExitDone, "membership.add", joiner.Email+" in Project Apollo")
	o.rollcall("sync", s.Name, "--group", group, "--dry-run").want(t, cli.ExitDone, "Nothing to change.")

	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"somebody who is nowhere":        {[]string{"--user", "nobody@example.com"}, cli.ExitFailed, `knows a person "nobody@example.com"`},
		"a group that is nowhere":        {[]string{"--group", "Nothing"}, cli.ExitFailed, `has no group "Nothing"`},
		"a group that is not selected":   {[]string{"--group", "Everyone"}, cli.ExitFailed, `has no group "Everyone"`},
		"a person and a group":           {[]string{"--user", leaver.Email, "--group", "x"}, cli.ExitUsage, "exclude each other"},
		"one person of the whole source": {[]string{"--user", leaver.Email, "--full"}, cli.ExitUsage, "--full is for a run of the whole connection"},
		"CSV of what was done":           {[]string{"--user", leaver.Email, "--csv"}, cli.ExitUsage, "needs --dry-run"},
	} {
		t.Run(name, func(t *testing.T) {
			o.rollcall(append([]string{"sync", s.Name}, c.args...)...).want(t, c.code, c.says)
		})
	}
}

func TestOnePersonNowIsWholeWhereTheirGroupHasNoCounterpartYet(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 2, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name, "--dry-run").want(t, cli.ExitDone)
	group := s.ownGroups()[0]
	var someone string
	for _, u := range s.active() {
		if slices.Contains(group.Members, u.ID) {
			someone = u.Email
		}
	}
	o.rollcall("sync", s.Name, "--user", someone).want(t, cli.ExitDone, "account.create", "group.create", "membership.add", someone+" in "+group.Name)
	for _, g := range s.Box.Atlassian.State().Groups {
		if g.Name == group.Name && !slices.Equal(g.Members, []string{s.account(someone).ID}) {
			t.Errorf("%s has the members %v, want %s alone", g.Name, g.Members, someone)
		}
	}
}

func TestCommandLineExplainsWhatTheRulesMakeOfSomebody(t *testing.T) {
	t.Parallel()
	const rules = "    scope: { users: 'user.email != \"nobody@example.com\"' }\n    leavers: { deactivated: \"suspend now, remove groups after 7d\" }\n"
	s := newScenario(t, settings{People: 20, Groups: 2, Memberships: 1, Uniform: true, Connection: rules}).start()
	o := s.operator(rules)
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	someone := s.active()[0]
	o.rollcall("sync", s.Name, "--user", someone.ID, "--dry-run").want(t, cli.ExitDone)
	o.rollcall("explain", s.Name, someone.Email).want(t, cli.ExitDone, "in scope: active", "Account   ", "created, active", "[the source's address]", "member, created", "Next run")

	s.no(s.Box.Okta.DeactivateUser(someone.ID))
	o.rollcall("sync", s.Name, "--user", someone.ID).want(t, cli.ExitDone, "account.suspend")
	o.rollcall("explain", s.Name, someone.ID).want(t, cli.ExitDone, "not in scope: suspended [deprovisioned]", "created, suspended", "Leaving   deactivated: suspend now, remove groups after 168h",
		"1 step done, the next due")
	var got struct {
		Person  struct{ Status string }
		Targets []struct {
			Target  string
			InScope bool `json:"in_scope"`
			Account struct{ Status string }
			Leaver  struct{ Step int }
			Values  []struct{ Name, Value, Rule string }
			Next    []struct{ Kind string } `json:"next_run"`
		}
	}
	o.rollcall("explain", s.Name, someone.ID, "--json").want(t, cli.ExitDone).decode(t, &got)
	if len(got.Targets) != 1 || got.Targets[0].InScope || got.Targets[0].Account.Status != "suspended" || got.Targets[0].Leaver.Step != 1 || got.Person.Status != "deprovisioned" || len(got.Targets[0].Next) != 0 {
		t.Errorf("%+v; want somebody suspended, on the first step, with nothing to do", got)
	}
	o.rollcall("explain", s.Name, "nobody").want(t, cli.ExitFailed, `no person "nobody"`)
	o.rollcall("explain", s.Name, someone.ID, "--target", "elsewhere").want(t, cli.ExitUsage, `no target "elsewhere"; it has cloud`)
}
