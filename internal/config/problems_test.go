package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// with puts lines into the source, the target, the connection and the top of
// the minimal file.
type with struct{ top, source, target, connection string }

func (w with) yaml() string {
	lines := func(indent int, block string) string {
		var b strings.Builder
		for line := range strings.SplitSeq(block, "\n") {
			if line != "" {
				b.WriteString(strings.Repeat(" ", indent) + line + "\n")
			}
		}
		return b.String()
	}
	without := func(block, other string) string {
		var kept []string
		for line := range strings.SplitSeq(block, "\n") {
			key, _, _ := strings.Cut(line, ":")
			if !strings.HasPrefix(other, key+":") && !strings.Contains(other, "\n"+key+":") {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "\n")
	}
	source := "kind: okta\nurl: https://example.okta.com\ntoken: ${OKTA_TOKEN}"
	target := "kind: atlassian-cloud\norganization: o\ndirectory: d\napi_key: ${ATLASSIAN_API_KEY}"
	return lines(0, w.top) + "connections:\n  staff:\n" +
		"    source:\n" + lines(6, without(source, w.source)) + lines(6, w.source) +
		"    targets:\n      cloud:\n" + lines(8, without(target, w.target)) + lines(8, w.target) +
		lines(4, w.connection)
}

func problemsOf(t *testing.T, path, content string) config.Problems {
	t.Helper()
	c, err := config.Parse(path, []byte(content), environment)
	if err == nil {
		t.Fatalf("loaded %+v; want problems", c)
	}
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error %v (%T); want Problems", err, err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is in the error: %v", err)
	}
	return problems
}

func TestEveryMistakeIsReportedWithItsPathAndWhatWasExpected(t *testing.T) {
	t.Parallel()
	const source, target, schedule = "connections.staff.source", "connections.staff.targets.cloud", "connections.staff.schedule"
	for name, test := range map[string]struct {
		with
		path, message string
	}{
		"an unknown setting":                 {with{top: "temporl: {}"}, "temporl", "unknown setting (did you mean temporal?); expected temporal, database, worker, scim, log, approvals, notifications, quiet_after, token_warning, retention or connections"},
		"an unknown setting further down":    {with{target: "apikey: x"}, target + ".apikey", "unknown setting (did you mean api_key?)"},
		"an unknown setting like no other":   {with{source: "zzz: 1"}, source + ".zzz", "unknown setting; expected kind, also, url"},
		"a setting twice":                    {with{top: "log: {level: info}\nlog: {level: info}"}, "log", `"log" is there twice, first in line 1`},
		"a merge key":                        {with{top: "log: &log {level: info}\nworker: {<<: *log}"}, "worker.<<", "merge keys are not supported"},
		"a variable that is not set":         {with{source: "token: ${NOT_SET}"}, source + ".token", "environment variable NOT_SET is not set"},
		"a variable that is empty":           {with{source: "token: ${EMPTY}"}, source + ".token", "environment variable EMPTY is empty"},
		"a variable in a plain setting":      {with{source: "app_id: ${NOT_SET}"}, source + ".app_id", "environment variable NOT_SET is not set"},
		"a variable without an end":          {with{source: "app_id: ${NOT_SET"}, source + ".app_id", "expected ${NAME}"},
		"a variable with a bad name":         {with{source: "app_id: '${hunter2 x}'"}, source + ".app_id", "bad name between ${ and }"},
		"a secret that is nothing":           {with{source: "token:"}, source + ".token", "expected ${NAME} or file:path, found nothing"},
		"a secret that is an empty text":     {with{source: "token: ''"}, source + ".token", "is empty; expected ${NAME} or file:path"},
		"a secret that is a list":            {with{source: "token: [hunter2]"}, source + ".token", "expected ${NAME} or file:path, found a list"},
		"a secret of two lines":              {with{source: "token: ${TWO_LINES}"}, source + ".token", "line break"},
		"a secret's file that is not there":  {with{source: "token: file:nowhere/token"}, source + ".token", "cannot read the file nowhere/token: no such file or directory"},
		"a secret's file without a path":     {with{source: "token: 'file:'"}, source + ".token", "expected file:path"},
		"a value from the environment":       {with{source: "timeout: ${WAIT}"}, source + ".timeout", `"${WAIT}" is not right; expected a duration from 1s to 10m`},
		"a duration without a unit":          {with{source: "timeout: 30"}, source + ".timeout", `"30" is not right; expected a duration`},
		"a duration that is too long":        {with{source: "timeout: 2w"}, source + ".timeout", "from 1s to 10m"},
		"an interval that is no word":        {with{source: "full_read: dayly"}, source + ".full_read", "expected always, hourly, daily, weekly or a duration"},
		"a share without a sign":             {with{source: "rate_limit_share: 0.5"}, source + ".rate_limit_share", "expected a percentage from 1% to 100%"},
		"a share above the whole":            {with{connection: "guard: {removals_share: 101%}"}, "connections.staff.guard.removals_share", "from 0% to 100%"},
		"a page that is too large":           {with{source: "page_size: 201"}, source + ".page_size", "expected a number from 1 to 200"},
		"a number that is a word":            {with{source: "page_size: many"}, source + ".page_size", "expected a whole number from 1 to 200"},
		"a switch that is neither":           {with{target: "send_invitations: yes"}, target + ".send_invitations", "expected true or false"},
		"a word that is not among those":     {with{source: "users: everyon"}, source + ".users", "expected everyone or group-members (did you mean everyone?)"},
		"a type that is not among those":     {with{source: "group_types: [OKTA_GROUP, GROUP]"}, source + ".group_types[1]", "expected OKTA_GROUP, APP_GROUP or BUILT_IN"},
		"a type twice":                       {with{source: "group_types: [OKTA_GROUP, OKTA_GROUP]"}, source + ".group_types[1]", "is there twice"},
		"an unknown kind of source":          {with{source: "kind: okto"}, source + ".kind", "expected okta or scim (did you mean okta?)"},
		"an unknown kind of target":          {with{target: "kind: jira-clod"}, target + ".kind", "expected atlassian-cloud, atlassian-guard, jira-cloud, confluence-cloud, bitbucket-cloud, jira-dc, confluence-dc, bitbucket-dc or crowd (did you mean jira-cloud?)"},
		"plain http to another machine":      {with{source: "url: http://example.okta.com"}, source + ".url", "plain http, which is for loopback only"},
		"another scheme":                     {with{source: "url: ftp://example.okta.com"}, source + ".url", "is not a web address"},
		"a host alone":                       {with{source: "url: example.okta.com"}, source + ".url", "is not a web address"},
		"a password in a URL":                {with{target: "url: https://me:hunter2@example.com"}, target + ".url", "has a user name in it"},
		"a broken URL with a password":       {with{target: "url: 'https://me:hunter2@exa mple.com:x'"}, target + ".url", "is not a URL"},
		"a query in a URL":                   {with{target: "url: https://example.com/?key=hunter2"}, target + ".url", "has a query"},
		"a path after an organisation":       {with{source: "url: https://example.okta.com/api/v1"}, source + ".url", "has a path"},
		"the administrators' console":        {with{source: "url: https://example-admin.okta.com"}, source + ".url", "without -admin"},
		"an id with a slash":                 {with{target: "organization: a/b"}, target + ".organization", "is not an id"},
		"every directory":                    {with{target: "directory: '-'"}, target + ".directory", "can be read only"},
		"a missing directory":                {with{target: "directory: ''"}, target + ".directory", "is empty"},
		"a level that is no level":           {with{top: "log: {level: loud}"}, "log.level", "expected debug, info, warn or error"},
		"an address without a port":          {with{top: "temporal: {address: localhost}"}, "temporal.address", "expected host:port"},
		"an unknown database":                {with{top: "database: mysql://me:hunter2@db/x"}, "database", "expected postgres://user:password@host/database or sqlite:path"},
		"a database URL that is broken":      {with{top: "database: ${BAD_DSN}"}, "database", "is not a URL"},
		"a database without a host":          {with{top: "database: 'postgres:///rollcall'"}, "database", "names no host"},
		"a database without a name":          {with{top: "database: 'postgres://u:hunter2@db/'"}, "database", "names no database"},
		"SQLite without a file":              {with{top: "database: 'sqlite:'"}, "database", "needs the path of a file"},
		"SQLite in memory":                   {with{top: "database: 'sqlite::memory:'"}, "database", "needs the path of a file"},
		"a key without a certificate":        {with{top: "temporal: {tls: {key: k.pem}}"}, "temporal.tls.cert", "go together"},
		"an authority that is not there":     {with{top: "temporal: {tls: {ca: nowhere.pem}}"}, "temporal.tls.ca", "cannot read the file"},
		"an administrator's role":            {with{target: "products: {jira: admin}"}, target + ".products.jira", "never gives"},
		"an unknown role":                    {with{target: "products: {jira: usr}"}, target + ".products.jira", "(did you mean user?)"},
		"a product without a role":           {with{target: "products: {jira: {site: a.atlassian.net}}"}, target + ".products.jira.role", "is missing"},
		"a site that is a URL":               {with{target: "products: {jira: {role: user, site: 'https://a.atlassian.net'}}"}, target + ".products.jira.site", "the site's host alone"},
		"a product's unknown setting":        {with{target: "products: {jira: {rol: user, role: user}}"}, target + ".products.jira.rol", "(did you mean role?)"},
		"one site twice":                     {with{target: "products: {jira: [{role: user, site: a.b.net}, {role: guest, site: a.b.net}]}"}, target + ".products.jira[1]", "the same site twice"},
		"groups to adopt that are a text":    {with{target: "adopt_groups: some"}, target + ".adopt_groups", "expected false, true or a list of group names"},
		"a group to adopt twice":             {with{target: "adopt_groups: [Eng, eng]"}, target + ".adopt_groups[1]", "the same group twice"},
		"a pattern that is broken":           {with{source: "groups: ['eng-[']"}, source + ".groups[0]", "is not a pattern"},
		"a pattern after a wider one":        {with{source: "groups: ['eng-*', 'ENG-back*']"}, source + ".groups[1]", `an unreachable rule: all that "ENG-back*" matches is already matched by "eng-*"`},
		"a pattern that is excluded":         {with{source: "groups: ['eng-*']\nexclude_groups: ['e*']"}, source + ".groups[0]", "an unreachable rule"},
		"an exclusion after a wider one":     {with{source: "exclude_groups: ['a*', 'ab?']"}, source + ".exclude_groups[1]", "an unreachable rule"},
		"an exclusion of what is not there":  {with{source: "groups: ['eng-*']\nexclude_groups: ['sales-*']"}, source + ".exclude_groups[0]", "nothing that it matches is selected"},
		"a schedule without a time":          {with{connection: "schedule: {jitter: 1m}"}, schedule + ".every", "is missing"},
		"a schedule that is no word":         {with{connection: "schedule: {every: dayly}"}, schedule + ".every", "(did you mean daily?)"},
		"a schedule below a minute":          {with{connection: "schedule: {every: 30s}"}, schedule + ".every", "a duration from 1m to 90d"},
		"a cron of four fields":              {with{connection: "schedule: {every: cron 1 2 3 4}"}, schedule + ".every", "five fields"},
		"a cron out of range":                {with{connection: "schedule: {every: cron 99 2 * * *}"}, schedule + ".every", "five fields"},
		"a cron with its own zone":           {with{connection: "schedule: {every: cron TZ=UTC 1 2 * * *}"}, schedule + ".every", "five fields"},
		"a cron that is a word":              {with{connection: "schedule: {every: cron @daily}"}, schedule + ".every", "five fields"},
		"a time of day that does not exist":  {with{connection: "schedule: {every: daily, at: '24:00'}"}, schedule + ".at", `a time of day such as "02:00"`},
		"a time of day for every hour":       {with{connection: "schedule: {every: hourly, at: '05:00'}"}, schedule + ".at", "daily, twice-daily and weekly only"},
		"a weekday for every day":            {with{connection: "schedule: {every: daily, weekday: monday}"}, schedule + ".weekday", "weekly only"},
		"a weekday that is none":             {with{connection: "schedule: {every: weekly, weekday: mo}"}, schedule + ".weekday", "expected monday"},
		"a time zone that is none":           {with{connection: "schedule: {every: daily, timezone: Europe/Pari}"}, schedule + ".timezone", "is not a time zone"},
		"the machine's own time zone":        {with{connection: "schedule: {every: daily, timezone: Local}"}, schedule + ".timezone", "an IANA name"},
		"a jitter longer than the time":      {with{connection: "schedule: {every: 5m, jitter: 5m}"}, schedule + ".jitter", "not shorter than the time between two runs"},
		"a section that is nothing":          {with{connection: "guard:"}, "connections.staff.guard", "found nothing"},
		"a section that is a text":           {with{connection: "guard: strict"}, "connections.staff.guard", "found a plain value"},
		"a list that is a text":              {with{source: "groups: eng-*"}, source + ".groups", "expected a list"},
		"an empty text in a list":            {with{source: "groups: ['']"}, source + ".groups[0]", "is empty"},
		"a bad default of the window":        {with{connection: "guard: {window: 1s}"}, "connections.staff.guard.window", "from 1m to 30d"},
		"a protected account twice":          {with{target: "protected: {accounts: [a@b.c, A@b.c]}"}, target + ".protected.accounts[1]", "is there twice"},
		"a concurrency above what is served": {with{target: "concurrency: 17"}, target + ".concurrency", "from 1 to 16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf(t, filepath.Join(t.TempDir(), "rollcall.yaml"), test.yaml())
			if len(problems) != 1 {
				t.Fatalf("%d problems; want one:\n%v\nin\n%s", len(problems), problems, test.yaml())
			}
			if got := problems[0]; got.Path != test.path || !strings.Contains(got.Message, test.message) {
				t.Errorf("got  %s: %s\nwant %s: …%s…", got.Path, got.Message, test.path, test.message)
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnceSortedByLine(t *testing.T) {
	t.Parallel()
	problems := problemsOf(t, "rollcall.yaml", `temporal:
  address: nowhere
  namspace: default
connections:
  Staff: {}
  staff:
    source:
      kind: okta
      url: http://example.okta.com
      token: ${NOT_SET}
    targets:
      cloud:
        kind: atlassian-cloud
        organization: o
        api_key: file:missing
      cloud:
        kind: atlassian-cloud
    schedule:
      every: hourly
      jitter: a while
`)
	var got []string
	for _, p := range problems {
		message, _, _ := strings.Cut(p.Message, ";")
		p.Message = message
		got = append(got, p.String())
	}
	want := []string{
		"rollcall.yaml:2:12: temporal.address: is not an address",
		"rollcall.yaml:3:3: temporal.namspace: unknown setting (did you mean namespace?)",
		"rollcall.yaml:5:3: connections.Staff: bad name",
		"rollcall.yaml:9:12: connections.staff.source.url: is plain http, which is for loopback only",
		"rollcall.yaml:10:14: connections.staff.source.token: environment variable NOT_SET is not set",
		"rollcall.yaml:13:9: connections.staff.targets.cloud.directory: is missing",
		"rollcall.yaml:15:18: connections.staff.targets.cloud.api_key: cannot read the file missing: no such file or directory",
		`rollcall.yaml:16:7: connections.staff.targets.cloud: "cloud" is there twice, first in line 12`,
		`rollcall.yaml:20:15: connections.staff.schedule.jitter: "a while" is not right`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoConfigurationAtAllIsSaid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"an empty file":                        {"", "r.yaml:1:1: the file is empty; expected at least connections"},
		"no connections":                       {"log: {level: info}\n", "r.yaml:1:1: connections: is missing"},
		"connections without one":              {"connections: {}\n", "r.yaml:1:14: connections: is empty; expected at least one"},
		"broken YAML":                          {"log:\n  level: info\n bad\n", ": not YAML: did not find expected key"},
		"a secret that looks like an anchor":   {"database: *hunter2\n", "r.yaml:1:1: not YAML: a value starts with * and names no anchor; expected quotes around it"},
		"two documents":                        {minimalYAML + "---\nlog: {}\n", "a second document (---) in the file; expected one"},
		"a variable between braces":            {"connections:\n  staff: {source: {kind: okta, token: ${NOT_SET}, url: http://x}}\n", "r.yaml:2:39: connections.staff.source.token: environment variable NOT_SET is not set\nr.yaml:2:56: connections.staff.source.url: is plain http"},
		"a list":                               {"- log\n", "expected a mapping with temporal, database, worker, scim, log, approvals, notifications, quiet_after, token_warning, retention or connections, found a list"},
		"a file's name that cannot be a place": {"connections: {a.b: {}}\n", "r.yaml:1:15: connections.a.b: bad name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problemsOf(t, "r.yaml", test.content).Error(); !strings.Contains(got, test.want) {
				t.Errorf("got  %s\nwant …%s…", got, test.want)
			}
		})
	}
}

func TestAFileThatCannotBeReadIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), environment)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v; want one that is os.ErrNotExist", err)
	}
}
