package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestTheDemonstrationsConfigurationHasATargetOfEachKindAskedFor(t *testing.T) {
	t.Parallel()
	box := sandboxtest.Start(t, sandbox.Options{People: 10, Groups: 3, Seed: 1, Targets: sandbox.Kinds()})
	text, err := demoConfiguration(box, sandboxtest.Start(t, sandbox.Options{Seed: 2}), "127.0.0.1:7233")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("rollcall.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, kind := range sandbox.Kinds() {
		if target, there := c.Connections[demoConnection].Targets[kind]; !there || target.Kind != kind {
			t.Errorf("there is no target of the kind %s", kind)
		}
	}
	if got := c.Connections[demoPushed].TargetNames(); len(got) != 1 {
		t.Errorf("what is pushed has the targets %v", got)
	}
	for _, warning := range c.Warnings {
		if strings.Contains(fmt.Sprint(warning), "a secret stands in the file itself") {
			continue // the keys of a sandbox are no secrets
		}
		t.Errorf("the demonstration's configuration is warned of: %s", warning)
	}
}

func TestTheDemonstrationSaysWhichTargetsDiffer(t *testing.T) {
	t.Parallel()
	box := sandboxtest.Start(t, sandbox.Options{People: 10, Groups: 3, Seed: 1, Targets: []string{sandbox.AtlassianCloud, sandbox.Crowd}})
	var out bytes.Buffer
	equal, err := demoCompare(&out, box)
	if err != nil {
		t.Fatal(err)
	}
	if equal || !strings.Contains(out.String(), "crowd: ") || !strings.Contains(out.String(), "account-missing") {
		t.Errorf("nobody has been provisioned, and it says equal %v:\n%s", equal, &out)
	}
	nobody := sandboxtest.Start(t, sandbox.Options{Targets: sandbox.Kinds()})
	if equal, err := demoCompare(io.Discard, nobody); err != nil || !equal {
		t.Errorf("nobody is there, and it says equal %v, %v", equal, err)
	}
}

func TestARunIsPrintedAsATableForEachTarget(t *testing.T) {
	t.Parallel()
	counts := []store.Count{
		{Target: "crowd", Kind: "account.create", State: "applied", Count: 3}, {Target: "jira-dc", Kind: "group.create", State: "refused", Class: "duplicate", Count: 1},
	}
	var out bytes.Buffer
	if err := printCounts(&out, []string{"crowd", "jira-dc"}, counts); err != nil {
		t.Fatal(err)
	}
	crowd, jira, ok := strings.Cut(out.String(), "\njira-dc\n")
	if !ok || !strings.HasPrefix(crowd, "crowd\n") || !strings.Contains(crowd, "account.create") || strings.Contains(crowd, "group.create") || !strings.Contains(jira, "duplicate") {
		t.Errorf("printed\n%s", &out)
	}
	out.Reset()
	if err := printCounts(&out, []string{"cloud"}, nil); err != nil || strings.Contains(out.String(), "cloud") {
		t.Errorf("the only target needs no title: %v\n%s", err, &out)
	}
}

func TestKindsThatAreNotThereAreWrongUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"a kind that there is not":   {[]string{"--demo", "--once", "--targets", "jira-server", "--data", t.TempDir()}, `no stand-in of "jira-server"`},
		"without the demonstration":  {[]string{"--targets", "all"}, "--targets goes with --demo"},
		"a kind that is named twice": {[]string{"--demo", "--once", "--targets", "crowd,crowd", "--data", t.TempDir()}, "twice"},
	} {
		err := Run(t.Context(), test.args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.says) || exitCode(err) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
