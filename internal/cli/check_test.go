package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

func TestCheckSaysWhatEachCredentialMayDo(t *testing.T) {
	t.Parallel()
	a := newSandbox(t)
	s := newShell(t, configured(a))
	s.env["OKTA_TOKEN"], s.env["ATLASSIAN_API_KEY"] = a.OktaToken, a.AtlassianKey
	r := s.run("check")
	// There is no Temporal server, and everything else is looked at all the same.
	r.want(t, cli.ExitFailed, "MISSING  temporal (127.0.0.1:1, namespace default)", "ok       database", "the worker makes it when it first starts",
		"ok       staff source", "list users", "ok       staff target cloud", "read accounts", "1 part cannot be used as configured")
}

func TestCheckSaysWhichCredentialIsRefusedAndWhatToDo(t *testing.T) {
	t.Parallel()
	a := newSandbox(t)
	s := newShell(t, configured(a))
	r := s.run("check")
	r.want(t, cli.ExitFailed, "MISSING  staff source", "The token was refused. Make a new one", "MISSING  staff target cloud", "The API key is wrong, expired or revoked",
		"3 parts cannot be used as configured")
}

func TestCheckRefusesACredentialThatCannotBeOne(t *testing.T) {
	t.Parallel()
	s := newShell(t, nowhere())
	s.env["OKTA_TOKEN"] = "pasted with blanks"
	s.run("check").want(t, cli.ExitUsage, "connection staff: ", "token", "Next: correct it in ")
}

func TestCheckSaysThatATargetIsNotThePlaceInWhichItsAccountsAreLinked(t *testing.T) {
	t.Parallel()
	a := newSandbox(t)
	s := seeded(t)
	if err := os.WriteFile(s.env["ROLLCALL_CONFIG"], []byte(configured(a)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env["OKTA_TOKEN"], s.env["ATLASSIAN_API_KEY"] = a.OktaToken, a.AtlassianKey
	s.run("check").want(t, cli.ExitFailed, "MISSING  staff target cloud", "and what is linked is in atlassian-cloud atlassian:o:d.", "Put its former address back")
}

func TestCheckSaysThatAVendorDoesNotAnswer(t *testing.T) {
	t.Parallel()
	a := newSandbox(t)
	a.Okta, a.Atlassian = "http://127.0.0.1:1", "http://127.0.0.1:1"
	r := newShell(t, configured(a)).run("check")
	r.want(t, cli.ExitFailed, "MISSING  staff source", "The source did not answer", "MISSING  staff target cloud", "cloud did not answer")
}

func TestCheckIsOneObjectWithJSON(t *testing.T) {
	t.Parallel()
	a := newSandbox(t)
	s := newShell(t, configured(a))
	s.env["OKTA_TOKEN"] = a.OktaToken
	r := s.run("check", "--json")
	r.want(t, cli.ExitFailed)
	var got struct {
		OK     bool
		Checks []struct {
			Connection, Part, Name, Kind, Identity string
			OK                                     bool
			Can, Missing, Notes                    []string
		}
	}
	r.decode(t, &got)
	var lines []string
	for _, c := range got.Checks {
		state := "missing"
		if c.OK {
			state = "ok"
		}
		lines = append(lines, strings.Join([]string{c.Connection, c.Part, c.Name, c.Kind, state}, "/"))
		if c.Can == nil || c.Missing == nil || c.Notes == nil || c.OK != (len(c.Missing) == 0) {
			t.Errorf("%+v: want arrays, and ok when nothing is missing", c)
		}
	}
	want := []string{"/temporal///missing", "/database//sqlite/ok", "staff/source//okta/ok", "staff/target/cloud/atlassian-cloud/missing"}
	if diff := cmp.Diff(want, lines); diff != "" || got.OK {
		t.Errorf("ok %v; checks (-want +got):\n%s", got.OK, diff)
	}
}
