package cli_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// pushedTo is a configuration whose connection staff lives from pushes, and
// whose connection office does not accept any.
func pushedTo() string {
	return `
temporal: { address: "127.0.0.1:1" }
scim: { base_url: "https://rollcall.example.com" }
connections:
  staff:
    source: { kind: scim }
    targets: { cloud: { kind: atlassian-cloud, organization: o, directory: d, api_key: "${ATLASSIAN_API_KEY}" } }
  office:
    source: { kind: okta, url: "https://example.okta.com", token: "${OKTA_TOKEN}" }
    targets: { cloud: { kind: atlassian-cloud, organization: o, directory: e, api_key: "${ATLASSIAN_API_KEY}" } }
`
}

// pushedShell has that configuration and a database.
func pushedShell(t *testing.T) *shell {
	t.Helper()
	s := newShell(t, pushedTo())
	s.database(func(*store.Store) {})
	return s
}

// database does something with the shell's database.
func (s *shell) database(do func(*store.Store)) {
	s.Helper()
	db, err := store.Open(s.Context(), "sqlite:"+filepath.Join(s.dir, "rollcall.db"))
	if err != nil {
		s.Fatal(err)
	}
	do(db)
	if err := db.Close(); err != nil {
		s.Fatal(err)
	}
}

// caller says whose a token is, or fails to.
func (s *shell) caller(connection, token string, now time.Time) (name string, err error) {
	s.Helper()
	s.database(func(db *store.Store) {
		var caller store.ScimCaller
		caller, err = db.ScimCaller(s.Context(), connection, scim.Digest(token), now)
		name = caller.TokenName
	})
	return name, err
}

var printedToken = regexp.MustCompile(`rcs_[A-Za-z0-9_-]{43}`)

// made is what `token create --json` and `token rotate --json` print.
type made struct {
	Connection, Name, Token string
	BaseURL                 string `json:"base_url"`
	Expires                 time.Time
	OldExpires              time.Time `json:"old_expires"`
}

func TestTokenCreatePrintsTheAddressAndTheTokenOnce(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	r := s.run("token", "create", "staff", "--name", "okta")
	r.want(t, cli.ExitDone, "Token okta of staff.", "SCIM base URL  https://rollcall.example.com/scim/v2/staff\n", "shown this once",
		"SCIM 2.0 Test App (OAuth Bearer Token)", "Test API Credentials", "docs/scim.md")
	tokens := printedToken.FindAllString(r.stdout, -1)
	if len(tokens) != 1 {
		t.Fatalf("%d tokens are printed; want one:\n%s", len(tokens), r.stdout)
	}
	if name, err := s.caller("staff", tokens[0], time.Now()); err != nil || name != "okta" {
		t.Errorf("the printed token is that of %q, %v; want okta's", name, err)
	}
	if _, err := s.caller("staff", tokens[0], time.Now().Add(366*24*time.Hour)); err == nil {
		t.Error("the token is still good after a year and a day")
	}
	if _, err := s.caller("office", tokens[0], time.Now()); err == nil {
		t.Error("the token is good for another connection")
	}
	s.run("token", "list").wantNot(t, tokens[0], scim.Digest(tokens[0]))
}

func TestTokenCreateIsOneObjectWithJSON(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	var got made
	r := s.run("token", "create", "staff", "--name", "okta", "--expires", "90d", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if !printedToken.MatchString(got.Token) {
		t.Errorf("token %q", got.Token)
	}
	if left := time.Until(got.Expires); left < 90*24*time.Hour-time.Minute || left > 90*24*time.Hour {
		t.Errorf("it expires in %s; want 90 days", left)
	}
	got.Token, got.Expires = "", time.Time{}
	if diff := cmp.Diff(made{Connection: "staff", Name: "okta", BaseURL: "https://rollcall.example.com/scim/v2/staff"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	r = s.run("token", "create", "staff", "--name", "entra", "--expires", "never", "--json")
	r.want(t, cli.ExitDone)
	var forever made
	r.decode(t, &forever)
	if !forever.Expires.IsZero() || strings.Contains(r.stdout, "expires") {
		t.Errorf("a token for ever has an end:\n%s", r.stdout)
	}
	if _, err := s.caller("staff", forever.Token, time.Now().AddDate(50, 0, 0)); err != nil {
		t.Errorf("a token for ever is not good in fifty years: %v", err)
	}
}

func TestTokenCreateSaysWhatIsToBeSetWithoutABaseURL(t *testing.T) {
	t.Parallel()
	s := newShell(t, strings.Replace(pushedTo(), `base_url: "https://rollcall.example.com"`, "", 1))
	s.database(func(*store.Store) {})
	s.run("token", "create", "staff", "--name", "okta").want(t, cli.ExitDone, "http://127.0.0.1:8088/scim/v2/staff", "Set scim.base_url in "+s.env["ROLLCALL_CONFIG"])
}

func TestTokenCommandsRefuseWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no name":                             {[]string{"create", "staff"}, "expected 1 to 40 of a-z, 0-9 and -"},
		"a name with a colon":                 {[]string{"create", "staff", "--name", "a:b"}, "expected 1 to 40"},
		"no connection":                       {[]string{"create", "--name", "okta"}, "expected one argument, the connection"},
		"a connection that is not configured": {[]string{"create", "stuff", "--name", "okta"}, `connection "stuff" is not configured`},
		"a connection without pushes":         {[]string{"create", "office", "--name", "okta"}, "connection office accepts no pushes"},
		"an end that is no duration":          {[]string{"create", "staff", "--name", "okta", "--expires", "soon"}, "expected a duration from 1m to 3650d"},
		"an end that is now":                  {[]string{"create", "staff", "--name", "okta", "--expires", "0"}, "expected a duration from 1m"},
		"an end beyond all plans":             {[]string{"create", "staff", "--name", "okta", "--expires", "20000d"}, "to 3650d"},
		"a rotation of nothing":               {[]string{"rotate", "staff", "okta"}, `connection staff has no valid token "okta"`},
		"a rotation of two thirds":            {[]string{"rotate", "staff"}, "expected two arguments, the connection and the token's name"},
		"an overlap that is no duration":      {[]string{"rotate", "staff", "okta", "--overlap", "week"}, "expected a duration such as 7d, or 0"},
		"an end to what is not there":         {[]string{"revoke", "staff", "okta"}, `connection staff has no valid token "okta"`},
		"an end in a connection of no name":   {[]string{"revoke", "stuff", "okta"}, `connection "stuff" is not configured`},
		"a list of two":                       {[]string{"list", "staff", "office"}, "expected at most one argument"},
		"a list of what is not there":         {[]string{"list", "stuff"}, `connection "stuff" is not configured`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pushedShell(t).run(append([]string{"token"}, test.args...)...)
			r.want(t, cli.ExitUsage, test.says)
			if r.stdout != "" {
				t.Errorf("standard output is not empty:\n%s", r.stdout)
			}
		})
	}
}

func TestTokenCreateRefusesANameThatIsInUse(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	s.run("token", "create", "staff", "--name", "okta").want(t, cli.ExitDone)
	s.run("token", "create", "staff", "--name", "okta").want(t, cli.ExitUsage, "has a token okta already", "rollcall token rotate staff okta")
	s.run("token", "revoke", "staff", "okta").want(t, cli.ExitDone, "Revoked 1 token okta of staff")
	s.run("token", "create", "staff", "--name", "okta").want(t, cli.ExitDone)
}

func TestTokenRevokeEndsATokenAtOnce(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	token := printedToken.FindString(s.run("token", "create", "staff", "--name", "okta").stdout)
	var got struct {
		Connection, Name string
		Revoked          int
	}
	r := s.run("token", "revoke", "staff", "okta", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if got.Connection != "staff" || got.Name != "okta" || got.Revoked != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := s.caller("staff", token, time.Now()); err == nil {
		t.Error("the token is still good")
	}
	s.run("token", "list").want(t, cli.ExitDone, "revoked")
}

func TestTokenRotateLetsBothBeGoodForAWhile(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	old := printedToken.FindString(s.run("token", "create", "staff", "--name", "okta").stdout)
	var got made
	r := s.run("token", "rotate", "staff", "okta", "--overlap", "2d", "--json")
	r.want(t, cli.ExitDone)
	r.decode(t, &got)
	if got.Token == old || !printedToken.MatchString(got.Token) {
		t.Fatalf("rotating gives token %q after %q", got.Token, old)
	}
	day := 24 * time.Hour
	for _, when := range []struct {
		name  string
		token string
		in    time.Duration
		good  bool
	}{
		{"the old one at first", old, day, true}, {"the old one later", old, 2*day + time.Minute, false},
		{"the new one at first", got.Token, 0, true}, {"the new one later", got.Token, 364 * day, true}, {"the new one in the end", got.Token, 366 * day, false},
	} {
		if _, err := s.caller("staff", when.token, time.Now().Add(when.in)); (err == nil) != when.good {
			t.Errorf("%s: %v; want good %t", when.name, err, when.good)
		}
	}
	s.run("token", "list", "staff").want(t, cli.ExitDone, "replaced", "valid")

	r = s.run("token", "rotate", "staff", "okta", "--overlap", "0")
	r.want(t, cli.ExitDone, "The old token has ended.", "put the new one where the old one is")
	if _, err := s.caller("staff", got.Token, time.Now().Add(time.Second)); err == nil {
		t.Error("without overlap the old token is still good")
	}
	if _, err := s.caller("staff", printedToken.FindString(r.stdout), time.Now()); err != nil {
		t.Errorf("the newest token: %v", err)
	}
}

func TestTokenListSaysWhenEachExpiresAndWhatToDo(t *testing.T) {
	t.Parallel()
	s := pushedShell(t)
	s.run("token", "list").want(t, cli.ExitDone, "There are no tokens. Make one with: rollcall token create staff --name okta")
	s.run("token", "create", "staff", "--name", "okta", "--expires", "12d").want(t, cli.ExitDone)
	s.run("token", "create", "staff", "--name", "script", "--expires", "never").want(t, cli.ExitDone)
	r := s.run("token", "list")
	r.want(t, cli.ExitDone, "CONNECTION", "LAST USED", "expires soon", "Token okta of staff expires in 11 days", "rollcall token rotate staff okta", "never")
	r.wantNot(t, "rotate staff script")

	rows := rowsOf(t, s.run("token", "list", "--csv"))
	var states []string
	for _, row := range rows {
		states = append(states, row[1]+" "+row[6])
	}
	if diff := cmp.Diff([]string{"name state", "okta expires soon", "script valid"}, states); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var tokens []map[string]any
	s.run("token", "list", "--json").decode(t, &tokens)
	if len(tokens) != 2 || tokens[0]["name"] != "okta" || tokens[0]["state"] != "expires soon" || tokens[1]["expires"] != nil {
		t.Errorf("%v", tokens)
	}
}

func TestValidateSaysWhereScimIsServed(t *testing.T) {
	t.Parallel()
	s := newShell(t, pushedTo())
	s.run("validate").want(t, cli.ExitDone, "staff: scim to cloud, runs by hand only", "SCIM is served on 127.0.0.1:8088:\n  staff: https://rollcall.example.com/scim/v2/staff\n")
	var got struct{ Scim map[string]string }
	s.run("validate", "--json").decode(t, &got)
	if diff := cmp.Diff(map[string]string{"staff": "https://rollcall.example.com/scim/v2/staff"}, got.Scim); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	newShell(t, nowhere()).run("validate").wantNot(t, "SCIM")
	both := strings.Replace(nowhere(), "kind: okta", "kind: okta, also: scim", 1)
	newShell(t, both).run("validate").want(t, cli.ExitDone, "staff: okta and scim to cloud")
}
