package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/rollcall-sync/rollcall/internal/config"
)

func parsed(t *testing.T, path, content string) *config.Config {
	t.Helper()
	c, err := config.Parse(path, []byte(content), environment)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, content)
	}
	return c
}

func TestValuesAreUnderstood(t *testing.T) {
	t.Parallel()
	source := func(c *config.Config) config.Source { return c.Connections["staff"].Source }
	target := func(c *config.Config) config.Target { return c.Connections["staff"].Targets["cloud"] }
	every := func(c *config.Config) any { return c.Connections["staff"].Schedule.Every }
	for name, test := range map[string]struct {
		with
		get  func(c *config.Config) any
		want any
	}{
		"a duration in days":                {with{connection: "guard: {held_expires: 1w2d}"}, func(c *config.Config) any { return c.Connections["staff"].Guard.HeldExpires }, 9 * 24 * time.Hour},
		"a share":                           {with{connection: "guard: {removals_share: 2.5%}"}, func(c *config.Config) any { return c.Connections["staff"].Guard.RemovalsShare }, config.Share(0.025)},
		"an interval in a word":             {with{source: "full_read: weekly"}, func(c *config.Config) any { return source(c).FullRead.Duration() }, 7 * 24 * time.Hour},
		"an interval of every run":          {with{target: "full_read: always"}, func(c *config.Config) any { return target(c).FullRead.Duration() }, time.Duration(0)},
		"an interval in hours":              {with{source: "full_read: 6h"}, func(c *config.Config) any { return source(c).FullRead.Duration() }, 6 * time.Hour},
		"a number as an id":                 {with{source: "app_id: 0123"}, func(c *config.Config) any { return source(c).AppID }, "0123"},
		"the characters ${ themselves":      {with{source: "groups: ['a$${b}']"}, func(c *config.Config) any { return source(c).Groups }, []string{"a${b}"}},
		"a variable within a text":          {with{source: "groups: ['x-${OKTA_TOKEN}-*']"}, func(c *config.Config) any { return source(c).Groups }, []string{"x-00hunter2okta-*"}},
		"plain http to this machine":        {with{source: "url: http://127.0.0.1:8080"}, func(c *config.Config) any { return source(c).URL }, "http://127.0.0.1:8080"},
		"plain http to this machine (IPv6)": {with{target: "url: 'http://[::1]:8080/base'"}, func(c *config.Config) any { return target(c).URL }, "http://[::1]:8080/base"},
		"patterns that overlap in part":     {with{source: "groups: ['eng-*', '*-eng']\nexclude_groups: ['eng-x*']"}, func(c *config.Config) any { return source(c).ExcludeGroups }, []string{"eng-x*"}},
		"a log that is polled":              {with{source: "system_log: {}"}, func(c *config.Config) any { return source(c).SystemLog }, &config.SystemLog{Poll: time.Minute}},
		"products in the file's order": {with{target: "products: {jira: user, confluence: {role: guest, site: a.atlassian.net}}"}, func(c *config.Config) any { return target(c).Products },
			config.Products{{Name: "jira", Role: "user"}, {Name: "confluence", Role: "guest", Site: "a.atlassian.net"}}},
		"a product on several sites": {with{target: "products: {jira: [{role: user, site: a.b.net}, {role: user, site: c.b.net}]}"}, func(c *config.Config) any { return target(c).Products },
			config.Products{{Name: "jira", Role: "user", Site: "a.b.net"}, {Name: "jira", Role: "user", Site: "c.b.net"}}},
		"any group to adopt":   {with{target: "adopt_groups: true"}, func(c *config.Config) any { return target(c).AdoptGroups }, config.AdoptGroups{All: true}},
		"some groups to adopt": {with{target: "adopt_groups: [eng]"}, func(c *config.Config) any { return target(c).AdoptGroups }, config.AdoptGroups{Names: []string{"eng"}}},
		"every hour":           {with{connection: "schedule: {every: hourly}"}, every, config.Recurrence{Word: config.EveryHour}},
		"every quarter":        {with{connection: "schedule: {every: 15m}"}, every, config.Recurrence{Interval: 15 * time.Minute}},
		"cron":                 {with{connection: "schedule: {every: cron 30 6 * * mon-fri}"}, every, config.Recurrence{Cron: "30 6 * * mon-fri"}},
		"cron in quotes":       {with{connection: `schedule: {every: 'cron "0 5 1 * *"'}`}, every, config.Recurrence{Cron: "0 5 1 * *"}},
		"a time without quotes": {with{connection: "schedule:\n  every: daily\n  at: 05:30"}, func(c *config.Config) any { return *c.Connections["staff"].Schedule.At },
			config.Clock{Hour: 5, Minute: 30}},
		"a weekday":                    {with{connection: "schedule: {every: weekly, weekday: Sunday}"}, func(c *config.Config) any { return c.Connections["staff"].Schedule.Weekday }, time.Sunday},
		"no schedule":                  {with{}, func(c *config.Config) any { return c.Connections["staff"].Schedule == nil }, true},
		"a level":                      {with{top: "log: {level: debug, format: json}"}, func(c *config.Config) any { return c.Log }, config.Log{Level: slog.LevelDebug, Format: "json"}},
		"the names":                    {with{}, func(c *config.Config) any { return []string{c.Connections["staff"].Name, target(c).Name} }, []string{"staff", "cloud"}},
		"a database from a variable":   {with{top: "database: ${DSN}"}, func(c *config.Config) any { return c.Database.Kind + " " + c.Database.DSN.Reveal() }, "postgres postgres://rollcall:hunter2@db/rollcall"},
		"an alias of another setting":  {with{source: "groups: &g ['a*']\ngroup_ids: []", target: "adopt_groups: *g"}, func(c *config.Config) any { return target(c).AdoptGroups.Names }, []string{"a*"}},
		"a secret from a variable":     {with{}, func(c *config.Config) any { return source(c).Token.Reveal() }, "00hunter2okta"},
		"a variable between braces":    {with{target: "protected: {accounts: [\"$${x}\", ${OKTA_TOKEN}-${OKTA_TOKEN}], groups: [a]}"}, func(c *config.Config) any { return target(c).Protected }, config.Protected{Accounts: []string{"${x}", "00hunter2okta-00hunter2okta"}, Groups: []string{"a"}}},
		"TLS with the system's trust":  {with{top: "temporal: {tls: {}}"}, func(c *config.Config) any { return c.Temporal.TLS }, &config.TLS{}},
		"no TLS when nothing is said":  {with{}, func(c *config.Config) any { return c.Temporal.TLS == nil }, true},
		"a port chosen by the machine": {with{top: "worker: {listen: '127.0.0.1:0'}"}, func(c *config.Config) any { return c.Worker.Listen }, "127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, "rollcall.yaml", test.yaml())
			if diff := cmp.Diff(test.want, test.get(c)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathsStartFromTheFilesFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"token":         "00secret\n",
		"rollcall.yaml": with{source: "token: file:token"}.yaml(),
		"other.yaml":    with{top: "database: sqlite:state/x.db"}.yaml(),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(folder, "rollcall.yaml"), environment)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Connections["staff"].Source.Token.Reveal(); got != "00secret" {
		t.Errorf("token %q; want the file's content without its line break", got)
	}
	want := config.Database{Kind: config.SQLite, Path: filepath.Join(folder, "rollcall.db"), Default: true}
	if diff := cmp.Diff(want, c.Database, cmp.AllowUnexported(config.Secret{})); diff != "" {
		t.Errorf("database by default (-want +got):\n%s", diff)
	}
	c, err = config.Load(filepath.Join(folder, "other.yaml"), environment)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "state", "x.db"); c.Database.Path != want || c.Database.Default {
		t.Errorf("database %+v; want %s, not by default", c.Database, want)
	}
}

func TestAnEmptySecretsFileIsReported(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "token"), []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	problems := problemsOf(t, filepath.Join(folder, "rollcall.yaml"), with{source: "token: file:token"}.yaml())
	if !strings.Contains(problems.Error(), "the file token is empty") {
		t.Errorf("problems: %v", problems)
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", with{top: "database: ${DSN}\ntemporal: {api_key: hunter2}"}.yaml())
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("text", "key", c.Temporal.APIKey, "config", c)
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "key", c.Temporal.APIKey, "config", c)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, printed := range map[string]string{
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", *c), "%#v": fmt.Sprintf("%#v", *c), "%#v of one": fmt.Sprintf("%#v", c.Connections["staff"]),
		"%s": c.Temporal.APIKey.String(), "%q": fmt.Sprintf("%q", c.Temporal.APIKey), "%x": fmt.Sprintf("%x", c.Temporal.APIKey),
		"JSON": string(asJSON), "YAML": string(asYAML), "log": log.String(), "error": fmt.Errorf("x: %v", c.Temporal.APIKey).Error(),
	} {
		if strings.Contains(printed, "hunter2") || strings.Contains(printed, "68756e746572") {
			t.Errorf("%s prints a secret: %s", name, printed)
		}
	}
	if c.Temporal.APIKey.Reveal() != "hunter2" {
		t.Error("Reveal does not return the value")
	}
}

func TestWarningsDoNotKeepAnythingFromStarting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		with
		want string
	}{
		"a secret in the file itself":         {with{source: "token: 00abc"}, "connections.staff.source.token: a secret stands in the file itself"},
		"a password in the file itself":       {with{top: "database: postgres://u:pass@db/x"}, "database: a password stands in the file itself"},
		"an hour that is left out":            {with{connection: "schedule: {every: daily, at: '02:30', timezone: Europe/Paris}"}, "schedule.at: in Europe/Paris the clocks change between 02:00 and 03:00: a run at 02:30"},
		"an hour that comes twice":            {with{connection: "schedule: {every: daily, at: '01:30', timezone: America/New_York}"}, "schedule.at: in America/New_York the clocks change between 01:00 and 02:00"},
		"the second of two":                   {with{connection: "schedule: {every: twice-daily, at: '14:00', timezone: Europe/Paris}"}, "a run at 02:00"},
		"a cron in that hour":                 {with{connection: "schedule: {every: 'cron 15 1-3 * * *', timezone: Europe/Paris}"}, "schedule.every: in Europe/Paris"},
		"midnight where clocks change then":   {with{connection: "schedule: {every: daily, at: '00:10', timezone: Africa/Cairo}"}, "a run at 00:10"},
		"no time of day":                      {with{connection: "schedule: {every: daily, timezone: Europe/Paris}"}, ""},
		"an hour that is safe":                {with{connection: "schedule: {every: daily, at: '03:00', timezone: Europe/Paris}"}, ""},
		"a zone whose clocks never change":    {with{connection: "schedule: {every: daily, at: '02:30', timezone: Asia/Tokyo}"}, ""},
		"UTC":                                 {with{connection: "schedule: {every: daily, at: '02:30'}"}, ""},
		"a cron of every hour":                {with{connection: "schedule: {every: 'cron 0 * * * *', timezone: Europe/Paris}"}, ""},
		"a secret from a variable":            {with{}, ""},
		"a database's password in a variable": {with{top: "database: ${DSN}"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, "rollcall.yaml", test.yaml())
			got := fmt.Sprint(config.Problems(c.Warnings).Error())
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("warnings %q; want %q", got, test.want)
			}
			if strings.Contains(got, "pass@") || strings.Contains(got, "00abc") {
				t.Errorf("a secret is in the warning: %s", got)
			}
		})
	}
}

// The shape of a first configuration, as it is written in one line each.
func TestAConnectionCanStandInAFewLines(t *testing.T) {
	t.Parallel()
	c := parsed(t, "rollcall.yaml", `temporal: { address: localhost:7233, namespace: default }
database: postgres://rollcall:${OKTA_TOKEN}@db/rollcall
connections:
  staff:
    source: { kind: okta, url: https://example.okta.com, token: ${OKTA_TOKEN}, app_id: 0oa1, groups: ["eng-*"] }
    targets:
      cloud: { kind: atlassian-cloud, organization: o, directory: d, api_key: ${ATLASSIAN_API_KEY}, products: {jira: user, confluence: user} }
    schedule: { every: hourly, timezone: Europe/Paris, jitter: 2m }
`)
	source := c.Connections["staff"].Source
	if diff := cmp.Diff([]string{"00hunter2okta", "hunter2atlassian", "0oa1", "postgres://rollcall:00hunter2okta@db/rollcall"},
		[]string{source.Token.Reveal(), c.Connections["staff"].Targets["cloud"].APIKey.Reveal(), source.AppID, c.Database.DSN.Reveal()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(c.Warnings) != 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
}
