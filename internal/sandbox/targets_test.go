package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

func TestEveryKindOfTargetHasAStandInAtAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{People: 30, Groups: 12, Seed: 1, Targets: sandbox.Kinds()})
	where := s.Announcement()
	addresses, names := map[string]bool{where.Okta: true}, map[string]bool{}
	for _, target := range where.Targets {
		if addresses[target.URL] || target.URL == "" {
			t.Errorf("%s: the address %q is another's", target.Kind, target.URL)
		}
		addresses[target.URL] = true
		if names[target.API] || target.API != s.API(target.Kind) {
			t.Errorf("%s: its name in the engine, %q, is another's", target.Kind, target.API)
		}
		names[target.API] = true
		if len(target.Settings) == 0 {
			t.Errorf("%s: there is no setting to use it with", target.Kind)
		}
		var state struct {
			Accounts []struct{ ID string }
		}
		for _, base := range []string{where.Okta, target.URL} {
			if status := ask(t, http.MethodGet, base+"/_sandbox/target/"+target.Kind, "", "", &state); status != 200 || len(state.Accounts) == 0 {
				t.Errorf("%s: its state has no account at %s (%d)", target.Kind, base, status)
			}
		}
		applied := map[string]int{}
		if status := ask(t, http.MethodGet, where.Okta+"/_sandbox/target/"+target.Kind+"/applied", "", "", &applied); status != 200 || len(applied) > 0 {
			t.Errorf("%s: %d, applied %v before anybody called", target.Kind, status, applied)
		}
		var report struct {
			Equal bool
			compare.Report
		}
		if ask(t, http.MethodGet, where.Okta+"/_sandbox/compare?target="+target.Kind, "", "", &report); report.Equal || report.Compared.Users != 30 || report.Compared.Untouched == 0 {
			t.Errorf("%s: nothing was provisioned, and the comparison says equal %v, %+v", target.Kind, report.Equal, report.Compared)
		}
	}
	if len(where.Targets) != len(sandbox.Kinds()) {
		t.Errorf("%d targets are announced", len(where.Targets))
	}
}

func TestAFaultConcernsTheTargetThatItNames(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Targets: sandbox.Kinds()})
	for _, down := range s.Announcement().Targets {
		id := s.Engine.Add(fault.Rule{API: down.API, Kind: fault.Status, Status: http.StatusServiceUnavailable})
		for _, target := range s.Announcement().Targets {
			if status := ask(t, http.MethodGet, target.URL+"/nowhere", "", "", nil); (status == http.StatusServiceUnavailable) != (target.Kind == down.Kind) {
				t.Errorf("with %s down %s answers %d", down.Kind, target.Kind, status)
			}
		}
		s.Engine.Remove(id)
	}
}

func TestPeopleHaveAnAccountWhereTheyGetThemByOtherMeans(t *testing.T) {
	t.Parallel()
	seeding := slices.DeleteFunc(sandbox.Kinds(), func(kind string) bool { return !sandbox.Seeds(kind) })
	if len(seeding) == 0 {
		t.Fatal("there is no such kind")
	}
	s := start(t, sandbox.Options{People: 40, Groups: 6, Seed: 1, Targets: sandbox.Kinds()})
	accounts := func(kind string) int {
		report, _ := s.CompareWith(kind, compare.Options{GroupTypes: sandbox.OwnGroups()})
		return report.Compared.Accounts
	}
	for _, kind := range seeding {
		if n := accounts(kind); n != 40 {
			t.Errorf("%s: %d of 40 people have an account", kind, n)
		}
	}
	if _, err := s.Change(3, 5, people.Join); err != nil {
		t.Fatal(err)
	}
	for _, kind := range sandbox.Kinds() {
		want := 0
		if sandbox.Seeds(kind) {
			want = 45
		}
		if n := accounts(kind); n != want {
			t.Errorf("%s: after five joined %d people have an account, want %d", kind, n, want)
		}
	}
}

func TestASandboxHasTheTargetsThatItIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		targets []string
		want    []string
		wrong   string
	}{
		{name: "none said", want: []string{"atlassian-cloud"}},
		{name: "one, another", targets: []string{"jira-dc"}, want: []string{"jira-dc"}},
		{name: "two, in their order", targets: sandbox.KindsOf("crowd, atlassian-cloud"), want: []string{"crowd", "atlassian-cloud"}},
		{name: "all", targets: sandbox.KindsOf("all"), want: sandbox.Kinds()},
		{name: "one that is not there", targets: []string{"jira-server"}, wrong: `there is no stand-in of "jira-server"`},
		{name: "one twice", targets: []string{"crowd", "crowd"}, wrong: `"crowd" is asked for twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.New(sandbox.Options{Targets: test.targets})
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("error %v, want %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, target := range s.Announcement().Targets {
				kinds = append(kinds, target.Kind)
			}
			if diff := cmp.Diff(test.want, kinds); diff != "" {
				t.Error(diff)
			}
			if is := slices.Contains(test.want, "atlassian-cloud"); is != (s.Atlassian != nil) || is != (s.AtlassianHandler() != nil) {
				t.Error("Atlassian Cloud is there if and only if it was asked for")
			}
		})
	}
}

func TestAnAnnouncedTargetIsWrittenAsAConfigurationHasIt(t *testing.T) {
	t.Parallel()
	target := sandbox.AnnouncedTarget{Kind: "jira-dc", API: "jira-dc", URL: "http://127.0.0.1:1", Settings: map[string]any{
		"token": "a: b", "applications": []any{"jira-software"}, "calls_per_hour": 1e6, "share": 0.5,
	}}
	text, err := target.Configuration(4)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "    ") {
			t.Errorf("not indented: %q", line)
		}
	}
	var got map[string]any
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"kind": "jira-dc", "url": "http://127.0.0.1:1", "token": "a: b", "applications": []any{"jira-software"}, "calls_per_hour": 1000000, "share": 0.5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
