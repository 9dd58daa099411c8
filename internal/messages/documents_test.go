package messages_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
)

// block is a fenced block of a document, with its language.
var block = regexp.MustCompile("(?s)```(yaml|json)\n(.*?)```")

// blocks returns the blocks of a document in a language.
func blocks(t *testing.T, document, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), document))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			all = append(all, m[2])
		}
	}
	return all
}

// environment has every variable, each with a value of its own that any
// setting takes.
func environment(name string) (string, bool) { return "https://example.com/" + name + "-" + name, true }

func TestTheConfigurationsInTheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	const (
		source  = "    source: {kind: okta, url: \"https://example.okta.com\", token: \"${OKTA_TOKEN}\"}\n"
		targets = "    targets: {cloud: {kind: atlassian-cloud, organization: o, directory: d, api_key: \"${ATLASSIAN_API_KEY}\"}}\n"
	)
	for document, want := range map[string]int{"docs/notifications.md": 1, "docs/leavers.md": 1, "docs/approvals.md": 2} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			all := blocks(t, document, "yaml")
			if len(all) != want {
				t.Errorf("%d configurations; want %d, each looked at here", len(all), want)
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "mail-password"), []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, text := range all {
				if !strings.Contains(text, "connections:\n") {
					text += "connections:\n  staff:\n"
				}
				text = strings.Replace(text, "  staff:\n", "  staff:\n"+source+targets, 1)
				text = strings.ReplaceAll(text, "/etc/rollcall/", "")
				c, err := config.Parse(filepath.Join(folder, "rollcall.yaml"), []byte(text), environment)
				if err != nil {
					t.Errorf("%v\nin\n%s", err, text)
					continue
				}
				if len(c.Warnings) > 0 {
					t.Errorf("%v\nin\n%s", c.Warnings, text)
				}
			}
		})
	}
}

func TestTheNotificationInTheDocumentIsOneThatIsSent(t *testing.T) {
	t.Parallel()
	all := blocks(t, "docs/notifications.md", "json")
	if len(all) != 1 {
		t.Fatalf("%d examples, want 1", len(all))
	}
	var shown notify.Message
	decoder := json.NewDecoder(strings.NewReader(all[0]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&shown); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	sent := notify.Held(notify.HeldPlan{Connection: "staff", Target: "cloud", Run: 42, Plan: 7, Digest: "9a3c", Reason: directory.ClassOverLimit, Expires: at.Add(72 * time.Hour),
		Counts: map[directory.Kind]int64{directory.SuspendAccount: 120, directory.RemoveMember: 3}}, at)
	payload, err := sent.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if sent, err = notify.Decode(payload); err != nil {
		t.Fatal(err)
	}
	sent.Text, sent.Next = "…", "…"
	if diff := cmp.Diff(sent, shown); diff != "" {
		t.Errorf("the document (-sent +shown):\n%s", diff)
	}
	// Every field of the real one is in the example.
	var fields, example map[string]any
	for text, into := range map[string]*map[string]any{string(payload): &fields, all[0]: &example} {
		if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	for name := range fields {
		if _, ok := example[name]; !ok {
			t.Errorf("the example lacks %q", name)
		}
	}
}
