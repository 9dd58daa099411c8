package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/config"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the documents tell an administrator to paste is a configuration: whole
// files as they are, sections of a connection within one.
func TestTheConfigurationsInTheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]int{"../../README.md": 2, "../../docs/scim.md": 5} {
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
			text := strings.ReplaceAll(completed(block[1]), "/etc/rollcall/", "")
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

// completed adds what a part of a file leaves out.
func completed(block string) string {
	const targets = "    targets: {cloud: {kind: atlassian-cloud, organization: o, directory: d, api_key: \"${ATLASSIAN_API_KEY}\"}}\n"
	switch {
	case strings.HasPrefix(block, "    source:"):
		return "connections:\n  staff:\n" + block + targets
	case strings.HasPrefix(block, "    scim:"):
		return "connections:\n  staff:\n    source: {kind: scim}\n" + block + targets
	case !strings.Contains(block, "connections:"):
		return block + "connections:\n  staff:\n    source: {kind: scim}\n" + targets
	case !strings.Contains(block, "targets:"):
		return block + targets
	}
	return block
}
