package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/cli"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
)

// shell runs commands in a folder of its own.
type shell struct {
	*testing.T
	dir string
	env map[string]string
	// stdin is what is piped into a command; it is never a terminal.
	stdin string
}

// result is what a command came to.
type result struct {
	stdout, stderr string
	code           int
}

// newShell has a configuration file with that text, unless it is empty.
func newShell(t *testing.T, configuration string) *shell {
	t.Helper()
	s := &shell{T: t, dir: t.TempDir(), env: map[string]string{"OKTA_TOKEN": "okta-token-of-the-test", "ATLASSIAN_API_KEY": "atlassian-key-of-the-test"}}
	s.env["ROLLCALL_CONFIG"] = filepath.Join(s.dir, "rollcall.yaml")
	if configuration != "" {
		if err := os.WriteFile(s.env["ROLLCALL_CONFIG"], []byte(configuration), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *shell) run(args ...string) result {
	s.Helper()
	return s.runWith(s.Context(), args...)
}

func (s *shell) runWith(ctx context.Context, args ...string) result {
	s.Helper()
	var stdout, stderr bytes.Buffer
	err := cli.Run(ctx, args, strings.NewReader(s.stdin), &stdout, &stderr, func(name string) (string, bool) { v, ok := s.env[name]; return v, ok })
	r := result{stdout.String(), stderr.String(), cli.ExitCode(err)}
	for _, secret := range []string{s.env["OKTA_TOKEN"], s.env["ATLASSIAN_API_KEY"]} {
		if secret != "" && strings.Contains(r.stdout+r.stderr, secret) {
			s.Errorf("rollcall %s printed a secret:\n%s%s", strings.Join(args, " "), r.stdout, r.stderr)
		}
	}
	return r
}

func (r result) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d; want %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stdout+r.stderr, text) {
			t.Errorf("it does not say %q:\n%s%s", text, r.stdout, r.stderr)
		}
	}
}

func (r result) wantNot(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(r.stdout+r.stderr, text) {
			t.Errorf("it says %q:\n%s%s", text, r.stdout, r.stderr)
		}
	}
}

// decode reads standard output as exactly one JSON value.
func (r result) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		t.Fatalf("standard output is not one JSON value: %v\n%s", err, r.stdout)
	}
}

func newSandbox(t *testing.T) sandbox.Announcement {
	t.Helper()
	box := sandboxtest.Start(t, sandbox.Options{People: 20, Groups: 4, Seed: 1})
	return box.Announcement()
}

// configured is a configuration with one connection, staff, to one target, cloud.
func configured(a sandbox.Announcement) string {
	return fmt.Sprintf(`
temporal: { address: "127.0.0.1:1" }
connections:
  staff:
    source: { kind: okta, url: %q, token: "${OKTA_TOKEN}" }
    targets:
      cloud:
        kind: atlassian-cloud
        url: %q
        organization: %q
        directory: %q
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user}
    schedule: { every: hourly, timezone: Europe/Paris }
`, a.Okta, a.Atlassian, a.Organization, a.Directory)
}

// nowhere is a configuration whose servers are never asked.
func nowhere() string {
	return configured(sandbox.Announcement{Okta: "https://example.okta.com", Atlassian: "https://api.atlassian.com",
		Organization: "6f1f4b3e-0000-4000-8000-000000000001", Directory: "6f1f4b3e-0000-4000-8000-000000000002"})
}
