package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

func TestACommandLineThatMakesNoSenseExitsWithTwoAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a command that is none":                      {[]string{"frobnicate"}, `unknown command "frobnicate"; see rollcall --help`},
		"a command that is nearly one":                {[]string{"valid"}, "did you mean validate?"},
		"a command under schedule that is nearly one": {[]string{"schedule", "pausee"}, "did you mean pause?"},
		"a flag that is none":                         {[]string{"runs", "--frob"}, "unknown flag: --frob; see rollcall runs --help"},
		"a flag whose value is no number":             {[]string{"runs", "--limit", "many"}, "--limit"},
		"a limit of nothing":                          {[]string{"runs", "--limit", "0"}, "expected 1 or more"},
		"an argument too many":                        {[]string{"validate", "it"}, `unexpected argument "it"`},
		"two connections where one is meant":          {[]string{"runs", "a", "b"}, "expected at most one argument"},
		"no connection":                               {[]string{"sync"}, "expected one argument, the connection"},
		"a connection that is not configured":         {[]string{"sync", "stuff"}, `connection "stuff" is not configured; the configuration has staff`},
		"a run that is no number":                     {[]string{"run", "last"}, `"last" is not the id of a run`},
		"a state that is none":                        {[]string{"run", "1", "--state", "done"}, "expected unguarded, doubted, planned"},
		"a kind that is none":                         {[]string{"run", "1", "--kind", "account"}, "expected account.create"},
		"failed and a state":                          {[]string{"run", "1", "--failed", "--state", "held"}, "exclude each other"},
		"JSON and CSV":                                {[]string{"runs", "--json", "--csv"}, "--json and --csv exclude each other"},
		"a command under scim that is nearly one":     {[]string{"scim", "logs"}, "did you mean log?"},
		"a command under token that is nearly one":    {[]string{"token", "creat"}, "did you mean create?"},
		"a log of nothing":                            {[]string{"scim", "log"}, "expected one argument, the connection"},
		"a log of no requests":                        {[]string{"scim", "log", "staff", "--limit", "0"}, "expected 1 to 10000"},
		"a log since no duration":                     {[]string{"scim", "log", "staff", "--since", "yesterday"}, "expected a duration such as 1h or 7d"},
		"an object without a name":                    {[]string{"scim", "show", "staff", "user"}, "expected three arguments, the connection, user or group, and an id or name"},
		"a run to approve that is no number":          {[]string{"approve", "last"}, `"last" is not the id of a run`},
		"an approval of what is never held":           {[]string{"approve", "1", "--only", "account.create"}, "only removals are held; expected account.suspend"},
		"an approval of a kind that is none":          {[]string{"approve", "1", "--only", "everything"}, "only removals are held"},
		"a run to pause that is none":                 {[]string{"run", "pause", "0"}, `"0" is not the id of a run`},
		"a run to slow without a pace":                {[]string{"run", "slow", "1"}, "--pace: expected the most changes a second, 1 to 1000"},
		"a pace below nothing":                        {[]string{"run", "slow", "1", "--pace", "-1"}, "--pace: expected"},
		"a run to skip without a person":              {[]string{"run", "skip", "1"}, "expected two arguments, the id of a run and a person"},
		"one person and one group":                    {[]string{"sync", "staff", "--user", "ada", "--group", "all"}, "--user and --group exclude each other"},
		"drift of one person":                         {[]string{"sync", "staff", "--user", "ada", "--drift"}, "--drift is for a run of the whole connection"},
		"a plan of a kind that is none":               {[]string{"plan", "staff", "--kind", "account.steal"}, "unknown kind"},
		"CSV of an undo that is done":                 {[]string{"undo", "1", "--csv"}, "it needs --dry-run"},
		"accounts without saying which":               {[]string{"accounts", "staff"}, "expected --unmanaged"},
		"links in a state that is none":               {[]string{"link", "staff", "--state", "guessed"}, "expected linked, matched, ambiguous"},
		"a link without an account":                   {[]string{"link", "set", "staff", "ada"}, "expected three arguments, the connection, a person and the id of an account"},
		"an audit since no time":                      {[]string{"audit", "--since", "yesterday"}, "expected a duration such as 7d, a day such as"},
		"two connections to list":                     {[]string{"held", "staff", "others"}, "expected at most one argument, a connection"},
		"quarantine of an unknown word":               {[]string{"quarantine", "lift"}, "unknown command"},
		"CSV of a run that is not dry":                {[]string{"sync", "staff", "--csv"}, "it needs --dry-run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newShell(t, nowhere()).run(c.args...)
			r.want(t, cli.ExitUsage, c.says)
			if r.stdout != "" {
				t.Errorf("standard output is not empty:\n%s", r.stdout)
			}
		})
	}
}

func TestHelpDocumentsEveryExitCode(t *testing.T) {
	t.Parallel()
	r := newShell(t, "").run("--help")
	r.want(t, cli.ExitDone, "0  done", "1  failed", "2  wrong usage or configuration", "3  done, with some changes failed or held", "130  interrupted",
		"ROLLCALL_CONFIG")
	for _, command := range []string{"validate", "check", "plan", "sync", "runs", "run", "held", "approve", "reject", "quarantine", "undo", "explain",
		"leavers", "link", "accounts", "audit", "erase", "schedule", "notify", "token", "scim", "version"} {
		r.want(t, cli.ExitDone, "\n  "+command)
	}
}

func TestNoConfigurationFileSaysHowToNameOne(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"validate"}, {"check"}, {"plan", "staff"}, {"sync", "staff"}, {"sync", "staff", "--user", "ada"}, {"held"}, {"approve", "1"}, {"reject", "1"}, {"quarantine"}, {"undo", "1"},
		{"explain", "staff", "ada"}, {"leavers"}, {"leavers", "hold", "staff", "ada"}, {"link", "staff"}, {"link", "set", "staff", "ada", "1"}, {"accounts", "staff", "--unmanaged"},
		{"audit"}, {"erase", "staff", "ada"}, {"notify", "test"}, {"run", "pause", "1"}, {"runs"}, {"run", "1"}, {"schedule", "list"},
		{"token", "list"}, {"token", "create", "staff", "--name", "okta"}, {"scim", "log", "staff"}, {"scim", "show", "staff", "user", "1"}} {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			t.Parallel()
			newShell(t, "").run(command...).want(t, cli.ExitUsage, "there is no configuration file", "--config or ROLLCALL_CONFIG")
		})
	}
}

func TestAnErrorIsAnObjectOnStandardErrorWithJSON(t *testing.T) {
	t.Parallel()
	r := newShell(t, nowhere()).run("runs", "--json")
	r.want(t, cli.ExitFailed)
	if r.stdout != "" {
		t.Errorf("standard output is not empty:\n%s", r.stdout)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(r.stderr), &got); err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	for _, field := range []string{"error", "exit", "next"} {
		if got[field] == nil {
			t.Errorf("no field %s in %s", field, r.stderr)
		}
	}
}

func TestVersionIsAnObjectWithJSON(t *testing.T) {
	t.Parallel()
	s := newShell(t, "")
	r := s.run("version", "--json")
	r.want(t, cli.ExitDone)
	var got map[string]string
	r.decode(t, &got)
	text := s.run("version")
	if diff := cmp.Diff("rollcall "+got["version"]+"\n", text.stdout); got["version"] == "" || diff != "" {
		t.Errorf("the version (-JSON +text):\n%s", diff)
	}
}

func TestATemporalServerThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"sync", "staff"}, {"plan", "staff"}, {"sync", "staff", "--user", "ada"}, {"schedule", "apply"}, {"schedule", "list"}, {"schedule", "pause", "staff"}, {"schedule", "trigger", "staff"}} {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			t.Parallel()
			newShell(t, nowhere()).run(command...).want(t, cli.ExitFailed, "connect to Temporal at 127.0.0.1:1", "Next: see that the Temporal server runs", "temporal.address")
		})
	}
}

func TestAnInterruptedCommandExitsWith130(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	newShell(t, configured(newSandbox(t))).runWith(ctx, "check").want(t, cli.ExitInterrupted, "interrupted")
}
