package sweep

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// program is the standalone program in a process of its own.
type program struct {
	*testing.T
	command *exec.Cmd
	client  client.Client
	ended   chan error
}

// buildStandalone builds the program once for a test.
func buildStandalone(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "standalone")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/rollcall-sync/rollcall/standalone")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, said)
	}
	return path
}

// startProgram returns when the program says where Temporal is.
func startProgram(t *testing.T, path, settings, dir string, secrets []string) *program {
	t.Helper()
	p := &program{T: t, ended: make(chan error, 1)}
	p.command = exec.Command(path, "--config", settings, "--data", dir, "--address", "127.0.0.1:0", "--ui-address", "")
	p.command.Env = append(os.Environ(), secrets...)
	p.command.Stderr = t.Output()
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	address := ""
	lines := bufio.NewScanner(stdout)
	for address == "" && lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "Temporal"); ok {
			address = strings.TrimSpace(rest)
		}
	}
	go func() {
		for lines.Scan() { // so that it never waits for a reader
		}
		p.ended <- p.command.Wait()
	}()
	if address == "" {
		t.Fatal("the program did not start")
	}
	p.client, err = temporal.Dial(t.Context(), temporal.Options{
		Temporal: config.Temporal{Address: address, Namespace: embedded.DefaultNamespace}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.Close)
	return p
}

// kill ends the program with SIGKILL and returns when it is gone. It may be
// called again.
func (p *program) kill() {
	// An error means that it has ended already.
	_ = p.command.Process.Kill()
	p.ended <- <-p.ended
}

// stop ends the program as an administrator does.
func (p *program) stop() {
	p.Helper()
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		p.Fatal(err)
	}
	err := <-p.ended
	p.ended <- err
	if err != nil {
		p.Fatalf("the program did not stop cleanly: %v", err)
	}
}

// run starts a run; result waits for it.
func (p *program) run(ctx context.Context, id string) {
	p.Helper()
	_, err := p.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: temporal.WorkflowQueue},
		workflows.SyncName, workflows.SyncInput{Connection: "people", Trigger: "hand"})
	if err != nil {
		p.Fatal(err)
	}
}

func (p *program) result(ctx context.Context, id string) (r workflows.SyncResult) {
	p.Helper()
	if err := p.client.GetWorkflow(ctx, id, "").Get(ctx, &r); err != nil {
		p.Fatalf("the run did not finish by itself: %v", err)
	}
	return r
}

func TestTheWholeProgramFinishesARunInWhichItWasKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	path := buildStandalone(t)
	box := newBox(t)
	found := adopted{}
	if err := happen(box, 0, found); err != nil {
		t.Fatal(err)
	}
	a := box.Announcement()
	secrets := []string{"OKTA_TOKEN=" + a.OktaToken, "ATLASSIAN_API_KEY=" + a.AtlassianKey}
	settings := writeSettings(t, box, "people", "temporal: { heartbeat_timeout: 1s }")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()

	first := startProgram(t, path, settings, dir, secrets)
	var calls callTrap
	box.Engine.OnCall(calls.pass)
	calls.set(point{Phase: after, Route: routeInvite, Call: 3}, func() error { first.kill(); return nil })
	first.run(ctx, "first")
	select {
	case err := <-first.ended:
		first.ended <- err
	case <-ctx.Done():
		t.Fatal(errors.Join(ctx.Err(), calls.sprung()))
	}

	second := startProgram(t, path, settings, dir, secrets)
	if r := second.result(ctx, "first"); r.Outcome != workflows.OutcomeDone {
		t.Errorf("the run that was cut off: %+v", r)
	}
	if report := box.Compare(compare.Options{GroupTypes: sandbox.OwnGroups()}); !report.Equal() {
		t.Errorf("the target differs from the source:\n%s", report)
	}
	made := effectsOf(box.Engine.Calls(), box.Atlassian.State())
	for _, wrong := range judge(made, made) {
		t.Error(wrong)
	}
	second.stop()

	third := startProgram(t, path, settings, dir, secrets)
	described, err := third.client.DescribeWorkflowExecution(ctx, "first", "")
	if err != nil {
		t.Fatalf("Temporal has forgotten the run: %v", err)
	}
	if status := described.GetWorkflowExecutionInfo().GetStatus(); status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Errorf("Temporal has the run as %s", status)
	}
	third.run(ctx, "second")
	if r := third.result(ctx, "second"); r.Outcome != workflows.OutcomeDone || r.RunID != 2 || r.Applied != 0 {
		t.Errorf("a run after which nothing should have changed: %+v", r)
	}
	third.stop()
}
