package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/cli"
)

// operator is somebody with the command line, at the configuration of a scenario.
type operator struct {
	*scenario
	env map[string]string
}

// operator writes the scenario's configuration to a file, as an operator has it.
func (s *scenario) operator(schedule string) *operator {
	s.Helper()
	source, target := s.Config.Connections[s.Name].Source, s.Config.Connections[s.Name].Targets["cloud"]
	path := filepath.Join(s.TempDir(), "rollcall.yaml")
	text := fmt.Sprintf(`
temporal: { address: %q, namespace: %q }
database: %q
connections:
  %s:
    source: { kind: okta, url: %q, token: "${OKTA_TOKEN}" }
    targets:
      cloud: { kind: atlassian-cloud, url: %q, organization: %q, directory: %q, api_key: "${ATLASSIAN_API_KEY}", products: {jira: user, confluence: user} }
%s`, s.Config.Temporal.Address, s.Config.Temporal.Namespace, "sqlite:"+s.Config.Database.Path, s.Name, source.URL, target.URL, target.Organization, target.Directory, schedule)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	return &operator{s, map[string]string{"ROLLCALL_CONFIG": path, "OKTA_TOKEN": source.Token.Reveal(), "ATLASSIAN_API_KEY": target.APIKey.Reveal()}}
}

// configure adds lines to the operator's configuration.
func (o *operator) configure(lines string) {
	o.Helper()
	path := o.env["ROLLCALL_CONFIG"]
	text, err := os.ReadFile(path)
	if err != nil {
		o.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, lines...), 0o600); err != nil {
		o.Fatal(err)
	}
}

// temporalDown points the operator's configuration at a server that is not there.
func (o *operator) temporalDown() {
	o.Helper()
	path := o.env["ROLLCALL_CONFIG"]
	text, err := os.ReadFile(path)
	if err != nil {
		o.Fatal(err)
	}
	text = bytes.Replace(text, []byte(o.Config.Temporal.Address), []byte("127.0.0.1:1"), 1)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.Fatal(err)
	}
}

// said is what a command printed, and its exit code.
type said struct {
	stdout, stderr string
	code           int
}

func (o *operator) rollcall(args ...string) said {
	o.Helper()
	var stderr bytes.Buffer
	return o.rollcallTo(o.Context(), &stderr, stderr.String, args...)
}

func (o *operator) rollcallTo(ctx context.Context, stderr interface{ Write([]byte) (int, error) }, text func() string, args ...string) said {
	o.Helper()
	var stdout bytes.Buffer
	ctx, cancel := context.WithTimeout(ctx, hung)
	defer cancel()
	err := cli.Run(ctx, args, strings.NewReader(""), &stdout, stderr, func(name string) (string, bool) { v, ok := o.env[name]; return v, ok })
	return said{stdout.String(), text(), cli.ExitCode(err)}
}

func (r said) want(t *testing.T, code int, texts ...string) said {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d; want %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stdout+r.stderr, text) {
			t.Errorf("it does not say %q:\n%s%s", text, r.stdout, r.stderr)
		}
	}
	return r
}

func (r said) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
		t.Fatalf("standard output is not one JSON value: %v\n%s", err, r.stdout)
	}
}

// notice is standard error that says when a text was written to it.
type notice struct {
	mu   sync.Mutex
	text bytes.Buffer
	wait string
	seen func()
}

func (n *notice) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text.Write(p)
	if strings.Contains(n.text.String(), n.wait) {
		n.seen()
	}
	return len(p), nil
}

func (n *notice) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// notices is standard error that says when each of several texts was written.
type notices struct {
	mu    sync.Mutex
	text  bytes.Buffer
	waits map[string]chan struct{}
}

func (n *notices) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text.Write(p)
	for wait, seen := range n.waits {
		if strings.Contains(n.text.String(), wait) {
			close(seen)
			delete(n.waits, wait)
		}
	}
	return len(p), nil
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// await waits until a text was written.
func (n *notices) await(t *testing.T, seen <-chan struct{}) {
	t.Helper()
	select {
	case <-seen:
	case <-time.After(hung):
		t.Fatalf("it was never said:\n%s", n)
	}
}

// waitForRun waits until the newest run has an outcome: nothing tells an
// operator of a run that the schedule started, so that they look again.
func (o *operator) waitForRun(outcome string) {
	o.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(hung)
	for {
		var runs []struct{ Outcome string }
		o.rollcall("runs", o.Name, "--json").want(o.T, cli.ExitDone).decode(o.T, &runs)
		if len(runs) > 0 && runs[0].Outcome == outcome {
			return
		}
		select {
		case <-deadline:
			o.Fatalf("the newest run is not %s: %+v", outcome, runs)
		case <-again.C:
		}
	}
}
