package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
)

func example() report {
	return report{
		Settings: settings{People: 10, Groups: 2, Memberships: 2, Latency: 0, Database: "postgres", Repeat: 1, postgres: "postgres://u:secret@h/d"},
		Phases: []phase{{
			Name: "initial", Seconds: 1.5, AllSeconds: []float64{1.5}, SourceCalls: 3, TargetCalls: 1,
			Calls: map[string]int{"GET /api/v1/users": 3, "POST /v2/orgs/{orgId}/users/invite": 1}, Changes: 30, ChangesPerSecond: 20,
			ChangedPeople: 10, HistoryEvents: 60, HistoryEventsPerPerson: 6, PeakRSSMB: 50, ProcessorSeconds: map[string]float64{"worker": 0.5}, Outcome: "done", Equal: true,
		}, {Name: "unchanged-full", Seconds: 1, Outcome: "partial", Differences: []string{"account-missing user 00u1"}}},
	}
}

func TestJSONIsOneObjectWithThePhases(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().write(&out, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("the database's password is in the report:\n%s", &out)
	}
	var got struct {
		Phases []map[string]any `json:"phases"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"phase": "initial", "seconds": 1.5, "all_seconds": []any{1.5}, "source_calls": 3., "target_calls": 1.,
		"calls": map[string]any{"GET /api/v1/users": 3., "POST /v2/orgs/{orgId}/users/invite": 1.}, "changes": 30., "changes_per_second": 20.,
		"changed_people": 10., "history_events": 60., "history_events_per_changed_person": 6., "peak_rss_mb": 50.,
		"processor_seconds": map[string]any{"worker": 0.5}, "outcome": "done", "equal": true,
	}
	if diff := cmp.Diff(want, got.Phases[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheTableHasEachPhaseItsCallsAndWhatDiffers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().write(&out, false); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"10 people, 2 groups", "initial", "1.50", "3  GET /api/v1/users", "not equal: account-missing user 00u1"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in:\n%s", part, &out)
		}
	}
}

func TestAPhaseThatIsNotEqualFailsTheMeasurement(t *testing.T) {
	t.Parallel()
	r := example()
	if err := r.verdict(); err == nil || !strings.HasSuffix(err.Error(), "after unchanged-full") || exitCode(err) != 1 {
		t.Errorf("got %v, want an error that names the phase", err)
	}
	r.Phases = r.Phases[:1]
	if err := r.verdict(); err != nil {
		t.Errorf("all equal: %v", err)
	}
}

func TestTheWorkersConfigurationIsValid(t *testing.T) {
	t.Parallel()
	env := map[string]string{"OKTA_TOKEN": "t", "BENCH_DATABASE": "postgres://u:p@localhost/rollcall"}
	for _, kind := range sandbox.Kinds() {
		for name, server := range map[string]bool{"on SQLite": false, "on a server": true} {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				box, err := sandbox.New(sandbox.Options{Targets: []string{kind}})
				if err != nil {
					t.Fatal(err)
				}
				a := box.Announcement()
				a.Okta, a.Targets[0].URL = "http://127.0.0.1:1", "http://127.0.0.1:2"
				text, err := configuration("127.0.0.1:7233", a, server)
				if err != nil {
					t.Fatal(err)
				}
				c, err := config.Parse("rollcall.yaml", []byte(text), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
				if err != nil {
					t.Fatal(err)
				}
				if (c.Database.Kind == config.Postgres) != server {
					t.Errorf("the database is %s", c.Database.Kind)
				}
				if diff := cmp.Diff([]string{connection}, c.ConnectionNames()); diff != "" {
					t.Errorf("connections, -want +got:\n%s", diff)
				}
			})
		}
	}
}
