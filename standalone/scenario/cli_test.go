package scenario

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestCommandLineRunsAConnectionToItsEnd(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 30, Groups: 3, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	before := len(s.Box.Atlassian.State().Accounts)

	var plan struct {
		Outcome string
		Changes []struct{ Kind, User, State, After string }
	}
	o.rollcall("sync", s.Name, "--dry-run", "--json").want(t, cli.ExitDone).decode(t, &plan)
	people := 0
	for _, c := range plan.Changes {
		if c.Kind == "account.create" && c.State == "planned" && strings.Contains(c.User, "@") {
			people++
		}
	}
	if after := len(s.Box.Atlassian.State().Accounts); plan.Outcome != "dry" || people != 30 || after != before {
		t.Errorf("a dry run is %q, plans %d people and makes %d accounts; want dry, 30 and none", plan.Outcome, people, after-before)
	}

	o.rollcall("sync", s.Name).want(t, cli.ExitDone, "Run 2 of "+s.Name+": done", "by hand", "account.create  applied  30")
	s.wantEqual()
	o.rollcall("sync", s.Name, "--full", "--drift").want(t, cli.ExitDone, "Source read in full", "Nothing to change.")
	o.rollcall("runs").want(t, cli.ExitDone, "dry", "done", "Look at one with: rollcall run 3")
	o.rollcall("run", "2", "--kind", "account.create").want(t, cli.ExitDone, "Changes", "@")
	o.rollcall("check").want(t, cli.ExitDone, "reach a worker", "use SQLite")
}

func TestCommandLineSaysWhatIsHeldAndHowToLetItThrough(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 30, Groups: 3, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitDone)
	for _, u := range s.Box.Okta.State().Users[:8] {
		if err := s.Box.Okta.DeactivateUser(u.ID); err != nil {
			t.Fatal(err)
		}
	}
	o.rollcall("sync", s.Name).want(t, cli.ExitPartial, "account.suspend  held (over-limit)  8", "Held: 8 removals in cloud", "rollcall run 2 --state held", "rollcall approve 2")
	o.rollcall("sync", s.Name, "--allow-removals").want(t, cli.ExitDone, "removals allowed", "account.suspend  applied  8")
}

func TestCommandLineSaysThatNoWorkerRuns(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{})
	o := s.operator("")
	o.rollcall("sync", s.Name).want(t, cli.ExitFailed, "worker", "Next: ", "worker --config "+o.env["ROLLCALL_CONFIG"])
	o.rollcall("check").want(t, cli.ExitDone, "note: ", "worker --config")
}

func TestCommandLineSaysWhichCredentialToRenew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*config.Connection)
		says  string
	}{
		"the source's": {func(c *config.Connection) { c.Source.Token = config.NewSecret("no-longer-good") }, ".source.token"},
		"the target's": {func(c *config.Connection) {
			cloud := c.Targets["cloud"]
			cloud.APIKey = config.NewSecret("no-longer-good")
			c.Targets["cloud"] = cloud
		}, ".targets.cloud.api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{})
			o := s.operator("")
			connection := s.Config.Connections[s.Name]
			c.spoil(&connection)
			s.Config.Connections[s.Name] = connection
			s.start()
			o.rollcall("sync", s.Name).want(t, cli.ExitFailed, ": failed", "credential-refused", "connections."+s.Name+c.says)
		})
	}
}

func TestCommandLineDetachesAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 30, Groups: 3, Memberships: 1, Uniform: true}).start()
	o := s.operator("")
	slow := s.Box.Engine.Add(fault.Rule{Kind: fault.Latency, Delay: fault.Duration(time.Second)})

	ctx, interrupt := context.WithCancel(t.Context())
	stderr := &notice{wait: "Run 1 has begun.", seen: interrupt}
	o.rollcallTo(ctx, stderr, stderr.String, "sync", s.Name).want(t, cli.ExitInterrupted, "detached; the run goes on by itself", "rollcall run 1")
	o.rollcall("sync", s.Name).want(t, cli.ExitFailed, "run 1 of "+s.Name+" is under way", "by hand", "rollcall run 1")
	var busy struct {
		Outcome string `json:"outcome"`
		Run     int64  `json:"already_running"`
	}
	o.rollcall("sync", s.Name, "--json").want(t, cli.ExitFailed).decode(t, &busy)
	if busy.Outcome != workflows.OutcomeBusy || busy.Run != 1 {
		t.Errorf("%+v; want run 1 under way", busy)
	}

	s.Box.Engine.Remove(slow)
	var runs []struct {
		WorkflowID string `json:"workflow_id"`
	}
	o.rollcall("runs", "--json").want(t, cli.ExitDone).decode(t, &runs)
	var result workflows.SyncResult
	if err := s.Worker.Client.GetWorkflow(t.Context(), runs[0].WorkflowID, "").Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	s.wantEqual()
	o.rollcall("run", "1").want(t, cli.ExitDone, "Run 1 of "+s.Name+": done")
}

func TestCommandLineOperatesSchedules(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 10, Groups: 2, Memberships: 1, Uniform: true}).start()
	byHand := s.operator("")
	o := s.operator("    schedule: { every: weekly, timezone: Europe/Paris }\n")
	type schedule struct {
		Connection, State, Note, Timezone string
		Next                              []time.Time
	}
	list := func() schedule {
		t.Helper()
		var all []schedule
		o.rollcall("schedule", "list", "--json").want(t, cli.ExitDone).decode(t, &all)
		if len(all) != 1 || all[0].Connection != s.Name {
			t.Fatalf("%+v; want the schedule of %s alone", all, s.Name)
		}
		return all[0]
	}
	if got := list().State; got != "not-applied" {
		t.Errorf("before it is applied it is %s", got)
	}
	o.rollcall("schedule", "trigger", s.Name).want(t, cli.ExitFailed, "has no schedule", "rollcall schedule apply")
	o.rollcall("schedule", "apply").want(t, cli.ExitDone, "created: ", s.Name)
	o.rollcall("schedule", "apply").want(t, cli.ExitDone, "unchanged: ", s.Name)
	if got := list(); got.State != "active" || got.Timezone != "Europe/Paris" || len(got.Next) == 0 {
		t.Errorf("applied it is %+v", got)
	}
	o.rollcall("schedule", "pause", s.Name, "--note", "moving offices").want(t, cli.ExitDone, "is paused")
	if got := list(); got.State != "paused" || got.Note != "moving offices" {
		t.Errorf("paused it is %+v", got)
	}
	o.rollcall("schedule", "resume", s.Name).want(t, cli.ExitDone, "is resumed")
	o.rollcall("schedule", "trigger", s.Name).want(t, cli.ExitDone, "rollcall runs "+s.Name)
	o.waitForRun("done")
	o.rollcall("schedule", "pause", "nobody").want(t, cli.ExitUsage, "the configuration has "+s.Name)
	byHand.rollcall("schedule", "apply").want(t, cli.ExitDone, "removed: ", s.Name)
	if got := list().State; got != "not-applied" {
		t.Errorf("once removed it is %s", got)
	}
}
