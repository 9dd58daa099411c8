package cli_test

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

// pushedAlone is the configuration of pushedTo without the connection that is
// read.
func pushedAlone() string {
	before, _, _ := strings.Cut(pushedTo(), "  office:")
	return before
}

// scimOf is what `check --json` says of pushes to a connection.
func (s *shell) scimOf(connection string) (ok bool, identity, can, missing, notes string, sources int) {
	s.Helper()
	var got struct {
		Checks []struct {
			Connection, Part, Identity string
			OK                         bool
			Can, Missing, Notes        []string
		}
	}
	s.run("check", "--json").decode(s.T, &got)
	for _, c := range got.Checks {
		if c.Connection == connection && c.Part == "source" {
			sources++
		}
		if c.Connection == connection && c.Part == "scim" {
			ok, identity = c.OK, c.Identity
			can, missing, notes = strings.Join(c.Can, "\n"), strings.Join(c.Missing, "\n"), strings.Join(c.Notes, "\n")
		}
	}
	return ok, identity, can, missing, notes, sources
}

func TestCheckSaysWhetherAnybodyCanPush(t *testing.T) {
	t.Parallel()
	s := newShell(t, pushedAlone())
	ok, identity, _, missing, _, sources := s.scimOf("staff")
	if ok || identity != "https://rollcall.example.com/scim/v2/staff" || !strings.Contains(missing, "rollcall token create staff --name okta") || sources != 0 {
		t.Errorf("without a database: ok %t at %q, missing %q, %d sources", ok, identity, missing, sources)
	}

	s = pushedShell(t)
	if ok, _, _, missing, _, _ := s.scimOf("staff"); ok || !strings.Contains(missing, "Nobody can push yet") {
		t.Errorf("without a token: ok %t, missing %q", ok, missing)
	}
	s.run("token", "create", "staff", "--name", "okta", "--expires", "90d").want(t, cli.ExitDone)
	if ok, _, can, missing, notes, _ := s.scimOf("staff"); !ok || can != "accept 1 token" || missing+notes != "" {
		t.Errorf("with a token: ok %t, can %q, missing %q, notes %q", ok, can, missing, notes)
	}
	s.run("token", "create", "staff", "--name", "entra", "--expires", "20d").want(t, cli.ExitDone)
	if ok, _, can, _, notes, _ := s.scimOf("staff"); !ok || can != "accept 2 tokens" || !strings.Contains(notes, "Token entra of staff expires in 19 days") ||
		!strings.Contains(notes, "rollcall token rotate staff entra") {
		t.Errorf("with one that expires: ok %t, can %q, notes %q", ok, can, notes)
	}
	// One that is being replaced ends soon too, as it should.
	s.run("token", "rotate", "staff", "entra").want(t, cli.ExitDone)
	if ok, _, can, _, notes, _ := s.scimOf("staff"); !ok || can != "accept 3 tokens" || notes != "" {
		t.Errorf("while one is replaced: ok %t, can %q, notes %q", ok, can, notes)
	}
	s.run("token", "revoke", "staff", "okta").want(t, cli.ExitDone)
	s.run("token", "revoke", "staff", "entra").want(t, cli.ExitDone)
	if ok, _, _, missing, _, _ := s.scimOf("staff"); ok || !strings.Contains(missing, "Nobody can push yet") {
		t.Errorf("with none left: ok %t, missing %q", ok, missing)
	}
	if _, identity, _, _, _, _ := s.scimOf("office"); identity != "" {
		t.Errorf("a connection without pushes is said to be at %s", identity)
	}
}

func TestCheckSaysThatAnAddressIsThisMachinesOwn(t *testing.T) {
	t.Parallel()
	s := newShell(t, strings.Replace(pushedAlone(), `base_url: "https://rollcall.example.com"`, "", 1))
	if _, identity, _, _, notes, _ := s.scimOf("staff"); identity != "http://127.0.0.1:8088/scim/v2/staff" || !strings.Contains(notes, "set scim.base_url") {
		t.Errorf("at %q, notes %q", identity, notes)
	}
}
