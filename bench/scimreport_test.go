package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

func TestSettingsOfTheGatewaysFigures(t *testing.T) {
	t.Parallel()
	defaults := scimSettings{
		users: 10_000, connections: 8, repeat: 3, seconds: 5,
		operations: []string{"get", "filter", "page", "patch", "post", "group-patch-1000", "group-patch-100000", "push-applied", "push-applied-busy"},
	}
	for name, c := range map[string]struct {
		args   string
		change func(*scimSettings)
	}{
		"nothing given is what the figures are about": {"", func(*scimSettings) {}},
		"PostgreSQL brings a bare SELECT to compare with": {"--db postgres", func(s *scimSettings) {
			s.postgres, s.operations = true, append([]string{"bare-select"}, s.operations...)
		}},
		"a server of one's own": {"--db postgres://u:p@localhost/x --operations get", func(s *scimSettings) {
			s.postgres, s.server, s.operations = true, "postgres://u:p@localhost/x", []string{"get"}
		}},
		"operations are measured in their own order": {"--operations push-applied,post,get --users 100 --seconds 0.5 --connections 1 --repeat 1 --json --keep --programs bin", func(s *scimSettings) {
			*s = scimSettings{users: 100, seconds: 0.5, connections: 1, repeat: 1, json: true, keep: true, programs: "bin", operations: []string{"get", "post", "push-applied"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := defaults
			c.change(&want)
			got, err := parseScimSettings(strings.Fields(c.args), &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(scimSettings{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	var stderr bytes.Buffer
	if _, err := parseScimSettings([]string{"--help"}, &stderr); !errors.Is(err, flag.ErrHelp) || !strings.Contains(stderr.String(), "-operations") {
		t.Errorf("got %v with %s", err, &stderr)
	}
}

func TestFiguresThatCannotBeMeasuredAreWrongUsage(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--users 99": "--users", "--seconds 0": "--seconds", "--operations get,put": `"put" is none of`, "--db mysql": "--db", "all": `"all"`, "--user 3": "user",
	} {
		var stdout, stderr bytes.Buffer
		err := Run(t.Context(), append([]string{"scim"}, strings.Fields(args)...), &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), says) || exitCode(err) != 2 {
			t.Errorf("%s: got %v with exit code %d, want 2 and %s", args, err, exitCode(err), says)
		}
	}
}

func TestTheReportIsATableOrTheObjectThatWasPromised(t *testing.T) {
	t.Parallel()
	var s sample
	for range 200 {
		s.latencies.add(2 * time.Millisecond)
	}
	s.took = 2 * time.Second
	report := scimReport{
		settings:   scimSettings{json: true, users: 10_000, connections: 8, postgres: true},
		Operations: []operationReport{{Operation: "bare-select", PerSecond: 200, P50: 1, P99: 2}, reportOf("get", s)},
	}
	var text bytes.Buffer
	if err := report.write(&text); err != nil {
		t.Fatal(err)
	}
	want := `{"operations":[{"operation":"bare-select","per_second":200,"p50_ms":1,"p99_ms":2},{"operation":"get","per_second":100,"p50_ms":2.015,"p99_ms":2.015}]}`
	if got := strings.Join(strings.Fields(text.String()), ""); got != want {
		t.Errorf("got %s", got)
	}
	report.settings.json = false
	text.Reset()
	if err := report.write(&text); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"10000 users, 8 connections, PostgreSQL", "of a bare select", "50 %"} {
		if !strings.Contains(text.String(), words) {
			t.Errorf("%q is not in\n%s", words, &text)
		}
	}
}

func TestTheMedianOfRepeatsIsReported(t *testing.T) {
	t.Parallel()
	of := func(rates ...float64) float64 {
		var reports []operationReport
		for _, r := range rates {
			reports = append(reports, operationReport{PerSecond: r})
		}
		return middle(reports).PerSecond
	}
	if got := of(30, 10, 20); got != 20 {
		t.Errorf("of three: %g", got)
	}
	if got := of(30, 10); got != 10 {
		t.Errorf("of two the slower: %g", got)
	}
}

func TestAnArrivalIsSeenOnceAndCounted(t *testing.T) {
	t.Parallel()
	a := &arrivals{waiting: map[string]chan time.Time{}, times: map[string]int{}}
	others, arrived := a.others(), a.await("ada@acme.example")
	call := fault.Call{API: atlassiansim.API, Key: "create-account:ada@acme.example\nadd-member:g-1:a-1"}
	a.hook("before", call)
	select {
	case <-arrived:
		t.Fatal("it is seen before it is performed")
	default:
	}
	a.hook("after", call)
	<-arrived
	if n := a.twice(); n != 0 {
		t.Errorf("%d were created twice", n)
	}
	a.hook("after", call)
	<-others
	if n := a.twice(); n != 1 {
		t.Errorf("%d were created twice, want one", n)
	}
}

func TestWhereStandaloneIsComesFromWhatItPrints(t *testing.T) {
	t.Parallel()
	p := newPlaces()
	for _, part := range []string{"Temporal  127.0.0.1:1\nWeb UI    \nMet", "rics   http://127.0.0.1:2/metrics\nSCIM      http://127.0.", "0.1:3/scim/v2/bench\nSCIM      http://127.0.0.1:3/scim/v2/ran\n"} {
		if _, err := p.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(<-p.complete), `{"temporal":"127.0.0.1:1","scim":"127.0.0.1:3"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheGatewaysConfigurationsAreValid(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Options{People: 1})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"OKTA_TOKEN": "t", "ATLASSIAN_API_KEY": "k", "BENCH_DATABASE": "postgres://u:p@localhost/rollcall"}
	for _, postgres := range []bool{false, true} {
		r := &applyRig{scimRig: &scimRig{rig: &rig{dir: t.TempDir()}, settings: scimSettings{postgres: postgres}}, box: box}
		// Addresses are known once it is started.
		applying := strings.NewReplacer("url: \n", "url: http://127.0.0.1:1\n").Replace(r.applyConfiguration(""))
		for text, pushed := range map[string][]string{r.gatewayConfiguration(): {connection}, applying: {connection, ranConnection}} {
			c, err := config.Parse("rollcall.yaml", []byte(text), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if diff := cmp.Diff(pushed, c.PushedNames()); diff != "" {
				t.Errorf("connections that are pushed, -want +got:\n%s", diff)
			}
		}
	}
}
