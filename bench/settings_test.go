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
)

func TestSettingsComeFromTheCommandLine(t *testing.T) {
	t.Parallel()
	defaults := settings{
		People: 1000, Groups: 50, Memberships: 2, Target: "atlassian-cloud", Latency: latency(20 * time.Millisecond), Database: "sqlite", Repeat: 3,
		Phases: []string{"initial", "unchanged-incremental", "unchanged-full", "unchanged-drift", "one-percent"},
	}
	for name, c := range map[string]struct {
		args   string
		change func(*settings)
	}{
		"nothing given is the first case of the figures": {"", func(*settings) {}},
		"numbers and latency": {"--people 10 --groups 0 --memberships 3 --latency 0ms", func(s *settings) {
			s.People, s.Groups, s.Memberships, s.Latency = 10, 0, 3, 0
		}},
		"phases are run in their own order, the initial load always": {"--phases one-percent,unchanged-full", func(s *settings) {
			s.Phases = []string{"initial", "unchanged-full", "one-percent"}
		}},
		"a server's address stays out of what is printed": {"--database postgres://u:secret@localhost/postgres", func(s *settings) {
			s.Database, s.postgres = "postgres", "postgres://u:secret@localhost/postgres"
		}},
		"switches": {"--json --keep --published-limits --repeat 1 --programs bin", func(s *settings) {
			s.JSON, s.Keep, s.PublishedLimits, s.Repeat, s.Programs = true, true, true, 1, "bin"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := defaults
			c.change(&want)
			got, err := parseSettings(strings.Fields(c.args), &bytes.Buffer{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeMeasuredIsWrongUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ args, says string }{
		"a target that there is not":     {"--target jira-server", `"jira-server" is none of`},
		"nobody":                         {"--people 0", "at least one person"},
		"a negative latency":             {"--latency -1ms", "negative"},
		"no repetition":                  {"--repeat 0", "--repeat"},
		"a phase that there is not":      {"--phases initial,half", `"half" is none of`},
		"a database of another kind":     {"--database mysql://localhost/x", "--database"},
		"an argument that is not a flag": {"all", `"all"`},
		"a flag that there is not":       {"--peoples 3", "peoples"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			err := Run(t.Context(), strings.Fields(c.args), &stdout, &stderr)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want an error that says %s", err, c.says)
			}
			if code := exitCode(err); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if stdout.Len() > 0 {
				t.Errorf("printed %q", &stdout)
			}
		})
	}
}

func TestHelpListsTheFlagsAndMeasuresNothing(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if _, err := parseSettings([]string{"--help"}, &stderr); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v, want flag.ErrHelp", err)
	}
	for _, name := range []string{"-people", "-latency", "-published-limits", "-keep"} {
		if !strings.Contains(stderr.String(), name) {
			t.Errorf("%s is not explained in:\n%s", name, &stderr)
		}
	}
}

func TestAFailureIsToldFromWrongUsage(t *testing.T) {
	t.Parallel()
	if code := exitCode(errors.New("the target does not equal the source")); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
