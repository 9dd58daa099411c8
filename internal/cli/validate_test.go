package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

func TestValidateSaysWhatAValidConfigurationDoes(t *testing.T) {
	t.Parallel()
	r := newShell(t, nowhere()).run("validate")
	r.want(t, cli.ExitDone, "is valid.", "staff: okta to cloud, runs hourly (Europe/Paris)")
}

func TestValidateListsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	wrong := strings.NewReplacer("every: hourly", "every: sometimes", "jira: user", "jira: admin", "${OKTA_TOKEN}", "${NO_SUCH_TOKEN}").Replace(nowhere())
	s := newShell(t, wrong)
	file := s.env["ROLLCALL_CONFIG"]
	r := s.run("validate")
	r.want(t, cli.ExitUsage, file+":5:", "NO_SUCH_TOKEN", file+":13:", "connections.staff.targets.cloud.products", file+":14:", "connections.staff.schedule.every", "3 problems in "+file)
	if got := strings.Count(r.stdout, file+":"); got != 3 {
		t.Errorf("%d lines of problems; want 3:\n%s", got, r.stdout)
	}
	// Other commands say the same before they start anything.
	s.run("sync", "staff").want(t, cli.ExitUsage, "3 problems in the configuration", file+":5:", "connections.staff.schedule.every")
}

func TestValidateShowsWarnings(t *testing.T) {
	t.Parallel()
	s := newShell(t, "database: \"postgres://rollcall:hunter2@db/rollcall\"\n"+nowhere())
	r := s.run("validate")
	r.want(t, cli.ExitDone, "warning: ", "database: a password stands in the file itself")
	r.wantNot(t, "hunter2")
}

func TestValidateIsOneObjectWithJSON(t *testing.T) {
	t.Parallel()
	type finding struct {
		File, Path, Message string
		Line, Column        int
	}
	type validation struct {
		File               string
		Valid              bool
		Connections        []string
		Problems, Warnings []finding
	}
	s := newShell(t, nowhere())
	var valid validation
	r := s.run("validate", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &valid)
	file := s.env["ROLLCALL_CONFIG"]
	if diff := cmp.Diff(validation{File: file, Valid: true, Connections: []string{"staff"}, Problems: []finding{}, Warnings: []finding{}}, valid); diff != "" {
		t.Errorf("valid (-want +got):\n%s", diff)
	}

	s = newShell(t, strings.Replace(nowhere(), "every: hourly", "every: sometimes", 1))
	var wrong validation
	r = s.run("validate", "--json")
	r.want(t, cli.ExitUsage)
	r.decode(t, &wrong)
	if len(wrong.Problems) != 1 || wrong.Valid {
		t.Fatalf("%+v; want one problem", wrong)
	}
	p := wrong.Problems[0]
	got := fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Path)
	if want := s.env["ROLLCALL_CONFIG"] + ":14 connections.staff.schedule.every"; got != want {
		t.Errorf("the problem is at %q; want %q", got, want)
	}
}
