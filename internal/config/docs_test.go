package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/rollcall-sync/rollcall/internal/config"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the documents tell an administrator to paste is a configuration: whole
// files as they are, sections of a connection within one.
func TestTheConfigurationsInTheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]int{"../../README.md": 3, "../../docs/scim.md": 5, "../../docs/rules.md": 4} {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		blocks := yamlBlock.FindAllStringSubmatch(string(content), -1)
		if len(blocks) != want {
			t.Errorf("%s has %d configurations; want %d, each looked at here", document, len(blocks), want)
		}
		folder := t.TempDir()
		writePair(t, folder, "ca.pem", "fullchain.pem", "key.pem")
		for _, block := range blocks {
			text := strings.ReplaceAll(completed(t, block[1]), "/etc/rollcall/", "")
			c, err := config.Parse(filepath.Join(folder, "rollcall.yaml"), []byte(text), environment)
			if err != nil {
				t.Errorf("%s: %v\nin\n%s", document, err, text)
				continue
			}
			if len(c.Warnings) > 0 {
				t.Errorf("%s: %v\nin\n%s", document, c.Warnings, text)
			}
		}
	}
}

// Each kind of target has a page, and what it tells an administrator to paste
// is a configuration of that kind.
func TestThePagesOfTheTargetsHaveConfigurationsThatAreValid(t *testing.T) {
	t.Parallel()
	anything := func(string) (string, bool) { return "a-secret-value", true }
	for _, kind := range config.TargetKinds() {
		document := "../../docs/targets/" + kind + ".md"
		content, err := os.ReadFile(document)
		if err != nil {
			t.Error(err)
			continue
		}
		shown := false
		for _, block := range yamlBlock.FindAllStringSubmatch(string(content), -1) {
			text := completed(t, block[1])
			c, err := config.Parse("rollcall.yaml", []byte(text), anything)
			if err != nil {
				t.Errorf("%s: %v\nin\n%s", document, err, text)
				continue
			}
			if len(c.Warnings) > 0 {
				t.Errorf("%s: %v\nin\n%s", document, c.Warnings, text)
			}
			for _, connection := range c.Connections {
				for _, target := range connection.Targets {
					shown = shown || target.Kind == kind
				}
			}
		}
		if !shown {
			t.Errorf("%s shows no target of kind %s", document, kind)
		}
	}
}

// completed adds what a part of a file leaves out.
func completed(t *testing.T, block string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(block, "targets:"):
		block = "connections:\n  staff:\n    " + strings.ReplaceAll(block, "\n", "\n    ")
	case strings.HasPrefix(block, "    source:"):
		block = "connections:\n  staff:\n" + block
	case strings.HasPrefix(block, "    scim:"):
		block = "connections:\n  staff:\n    source: {kind: scim}\n" + block
	case strings.HasPrefix(block, "    "):
		block = "connections:\n  staff:\n" + block
	}
	// Outside of this package a brace needs quotes.
	block = regexp.MustCompile(`(: )(\$\{\w+\})`).ReplaceAllString(block, `$1"$2"`)
	var file map[string]any
	if err := yaml.Unmarshal([]byte(block), &file); err != nil {
		t.Fatalf("%v in\n%s", err, block)
	}
	connections := inside(file, "connections")
	if len(connections) == 0 {
		inside(connections, "staff")["source"] = map[string]any{"kind": "scim"}
	}
	for name := range connections {
		c := inside(connections, name)
		if c["source"] == nil {
			c["source"] = map[string]any{"kind": "okta", "url": "https://example.okta.com", "token": "${OKTA_TOKEN}"}
		}
		targets := inside(c, "targets")
		if len(targets) == 0 {
			inside(targets, "cloud")
		}
		for target := range targets {
			settings := inside(targets, target)
			if kind := settings["kind"]; kind != nil && kind != "atlassian-cloud" {
				continue
			}
			for setting, value := range map[string]any{"kind": "atlassian-cloud", "organization": "o", "directory": "d", "api_key": "${ATLASSIAN_API_KEY}"} {
				if settings[setting] == nil {
					settings[setting] = value
				}
			}
		}
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inside returns the mapping under a name, made if it is not there.
func inside(of map[string]any, name string) map[string]any {
	in, ok := of[name].(map[string]any)
	if !ok {
		in = map[string]any{}
		of[name] = in
	}
	return in
}
