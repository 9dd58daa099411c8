package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
)

const examplePath = "../../rollcall.example.yaml"

func TestTheExampleLoadsWithoutAWarning(t *testing.T) {
	t.Parallel()
	c, err := config.Load(examplePath, environment)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Problem(nil), c.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// Loading proves that each key of the example is a setting; comparing proves
// that each setting is in the example.
func TestTheExampleHasEverySettingAndNothingElse(t *testing.T) {
	t.Parallel()
	content := uncommented(t)
	folder := t.TempDir()
	writePair(t, folder, "temporal-ca.pem", "temporal-client.pem", "temporal-client.key")
	writePair(t, folder, "scim-ca.pem", "scim.pem", "scim.key")
	if err := os.WriteFile(filepath.Join(folder, "approver-grace"), []byte("hunter2-grace-and-more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	content = strings.Replace(content, "every: daily", "every: weekly", 1)
	c, err := config.Parse(filepath.Join(folder, "rollcall.yaml"), []byte(content), environment)
	if err != nil {
		t.Fatal(err)
	}
	if c.Temporal.TLS.CA != filepath.Join(folder, "temporal-ca.pem") {
		t.Errorf("the authority's file is %s; want it beside the configuration", c.Temporal.TLS.CA)
	}
	if diff := cmp.Diff(config.SettingPaths(), keyPaths(t, content)); diff != "" {
		t.Errorf("settings (-schema +example):\n%s", diff)
	}
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	minimal, err := config.Parse("rollcall.yaml", []byte(minimalYAML), environment)
	if err != nil {
		t.Fatal(err)
	}
	example, err := config.Load(examplePath, environment)
	if err != nil {
		t.Fatal(err)
	}
	served, err := config.Parse("rollcall.yaml", []byte(pushed{}.yaml()), environment)
	if err != nil {
		t.Fatal(err)
	}
	want, got := minimal.Connections["staff"], example.Connections["staff"]
	wantPushed, gotPushed := served.Connections["staff"], example.Connections["contractors"]
	type defaults struct {
		Temporal config.Temporal
		Worker   config.Worker
		Log      config.Log
		Guard    config.Guard
		Approved config.Approvals
		Kept     config.Retention
		Quiet    [2]time.Duration
		Source   config.Source
		Target   config.Target
		Scim     config.Scim
		Pushed   config.Source
		Door     config.ConnectionScim
	}
	source, target := got.Source, got.Targets["cloud"]
	// Those that the example gives a value of its own.
	source.URL, source.Token, source.AppID = want.Source.URL, want.Source.Token, want.Source.AppID
	source.Groups, source.ExcludeGroups, source.GroupIDs, source.SystemLog = nil, nil, nil, nil
	target.Organization, target.Directory, target.APIKey = "o", "d", want.Targets["cloud"].APIKey
	target.Products, target.Protected = nil, config.Protected{}
	target.Scope, target.Attributes, target.Guard = "", nil, config.TargetGuard{}
	target.Groups, target.Leavers = want.Targets["cloud"].Groups, want.Targets["cloud"].Leavers
	gateway := *example.Scim
	gateway.BaseURL, gateway.TrustedProxies = "", nil
	gotPushed.Scim.Extensions, gotPushed.Scim.ResourceTypes = nil, nil
	if diff := cmp.Diff(
		defaults{minimal.Temporal, minimal.Worker, minimal.Log, want.Guard, minimal.Approvals, minimal.Retention, [2]time.Duration{minimal.QuietAfter, minimal.TokenWarning}, want.Source, want.Targets["cloud"], *served.Scim, wantPushed.Source, wantPushed.Scim},
		defaults{example.Temporal, example.Worker, example.Log, got.Guard, example.Approvals, example.Retention, [2]time.Duration{example.QuietAfter, example.TokenWarning}, source, target, gateway, gotPushed.Source, gotPushed.Scim},
		cmp.Comparer(func(a, b config.Secret) bool { return a.Reveal() == b.Reveal() }),
	); diff != "" {
		t.Errorf("defaults (-program +example):\n%s", diff)
	}
}

// uncommented is the example with the settings that are off switched on: a "#"
// directly before a key, not before a space.
func uncommented(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^( *)#([a-z_]+:)`).ReplaceAllString(string(content), "$1$2")
}

// The one text whose characteristics the example spells out has those that an
// attribute has by default.
func TestTheExampleShowsTheDefaultsOfAnAttribute(t *testing.T) {
	t.Parallel()
	example, err := config.Load(examplePath, environment)
	if err != nil {
		t.Fatal(err)
	}
	got := example.Connections["contractors"].Scim.Extensions[0].Attributes[0]
	got.Description, got.Canonical = "", nil
	c := parsed(t, "rollcall.yaml", pushed{door: "extensions: [{urn: 'urn:example:a', name: A, attributes: [{name: agency}]}]"}.yaml())
	if diff := cmp.Diff(c.Connections["staff"].Scim.Extensions[0].Attributes[0], got); diff != "" {
		t.Errorf("defaults (-program +example):\n%s", diff)
	}
}
