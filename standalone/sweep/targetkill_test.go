package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// killsOf is how often a worker is killed in the runs of each kind of target.
func killsOf() int {
	if os.Getenv("ROLLCALL_SWEEP") != "" {
		return 12
	}
	return 3
}

// A worker is killed in the middle of what it writes to a target of each kind.
func TestARunIntoAnyKindOfTargetGoesOnAfterItsWorkerWasKilled(t *testing.T) {
	t.Parallel()
	names := []string{"SQLite", "PostgreSQL"}
	for i, kind := range sandbox.Kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newTargetLane(t, kind, names[i%2])
			rng := rand.New(rand.NewSource(seedOf(t) + int64(i)))
			for run := range killsOf() {
				// The first run makes everything, a later one some twenty calls.
				at := 1 + rng.Intn(25)
				if run > 0 {
					at = 1 + rng.Intn(4)
					if _, err := l.box.Change(int64(run), 10); err != nil {
						t.Fatal(err)
					}
				}
				l.killed(run, []string{before, after}[(run+i)%2], at)
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
}

// targetLane is a connection with one target, a database and a worker of its
// own.
type targetLane struct {
	*lane
	kind string
	trap writeTrap
}

func newTargetLane(t *testing.T, kind, database string) *targetLane {
	t.Helper()
	address, namespace := shared.namespace(t)
	box := sandboxtest.Start(t, sandbox.Options{People: 24, Groups: 4, Uniform: true, Seed: 1, Targets: []string{kind}})
	l := &targetLane{
		lane: &lane{T: t, box: box, name: "people", workerLog: filepath.Join(t.TempDir(), "worker.log")},
		kind: kind, trap: writeTrap{api: box.API(kind)},
	}
	box.Engine.OnCall(l.trap.pass)
	databaseAddress, _, _ := databases[database](t)
	a := box.Announcement()
	target, err := a.Targets[0].Configuration(8)
	if err != nil {
		t.Fatal(err)
	}
	l.settings = filepath.Join(t.TempDir(), "rollcall.yaml")
	text := fmt.Sprintf(`temporal: { address: %q, namespace: %s, heartbeat_timeout: 1s }
database: %q
worker: { stop_timeout: 2s, listen: "127.0.0.1:0" }
connections:
  %s:
    source: { kind: okta, url: %q, token: %q, rate_limit_share: 100%% }
    targets:
      %s:
%s        rate_limit_share: 100%%
    guard: { always_allowed: 1000 }
`, address, namespace, databaseAddress, l.name, a.Okta, a.OktaToken, kind, target)
	if err := os.WriteFile(l.settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l.client, err = temporal.Dial(t.Context(), temporal.Options{
		Temporal: config.Temporal{Address: address, Namespace: namespace}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	t.Cleanup(func() {
		l.worker.kill()
		if said, err := os.ReadFile(l.workerLog); t.Failed() {
			t.Logf("the workers said (%v):\n%s", err, said[max(0, len(said)-8000):])
		}
	})
	l.startWorker()
	return l
}

// killed makes a run whose worker is killed at a write, starts another, and
// checks what came of it.
func (l *targetLane) killed(run int, phase string, at int) {
	l.Helper()
	l.box.Engine.ResetCalls()
	doomed := l.worker
	l.trap.set(phase, at, doomed.kill)
	ctx, cancel := context.WithTimeout(l.Context(), runTimeout)
	defer cancel()
	started, err := l.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("sync/%s/%s/%d", l.name, l.kind, run), TaskQueue: temporal.WorkflowQueue,
	}, workflows.SyncName, workflows.SyncInput{Connection: l.name, Trigger: "hand", AllowRemovals: true})
	if err != nil {
		l.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- started.Get(ctx, nil) }()
	select {
	case <-doomed.ended:
	case err := <-over:
		l.Fatalf("run %d ended (%v) and the worker was not killed %s write %d", run, err, phase, at)
	}
	l.startWorker()
	var result workflows.SyncResult
	if err := started.Get(ctx, &result); err != nil {
		l.Fatalf("run %d, killed %s write %d, did not finish by itself: %v", run, phase, at, err)
	}
	if result.Outcome != workflows.OutcomeDone {
		l.Errorf("run %d, killed %s write %d, ended %q: %+v", run, phase, at, result.Outcome, result)
	}
	report, _ := l.box.CompareWith(l.kind, compare.Options{GroupTypes: sandbox.OwnGroups()})
	if !report.Equal() || report.Compared.Memberships == 0 {
		l.Errorf("run %d, killed %s write %d: the target differs from the source:\n%s", run, phase, at, report)
	}
	applied := l.box.Applied(l.kind)
	if wrong := doneAndUndone(applied); len(wrong) > 0 {
		l.Errorf("run %d, killed %s write %d:\n%s", run, phase, at, strings.Join(wrong, "\n"))
	}
	l.Logf("run %d, killed %s write %d: %s, %d things done", run, phase, at, result.Outcome, len(applied))
}

// undoes are the kinds of effect of which, in one run, none is right after the
// other.
var undoes = map[string]string{
	"add-member": "remove-member", "create-group": "remove-group", "deactivate-account": "activate-account", "suspend": "restore", "join-directory": "remove-account",
}

// doneAndUndone is what was done more than once, or taken back in the same run.
func doneAndUndone(applied map[string]int) []string {
	var wrong []string
	for key, times := range applied {
		if times > 1 {
			wrong = append(wrong, fmt.Sprintf("%s was done %d times", key, times))
		}
		kind, subject, _ := strings.Cut(key, ":")
		if undo, ok := undoes[kind]; ok && applied[undo+":"+subject] > 0 {
			wrong = append(wrong, key+" was done and undone")
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestWhatWasDoneTwiceOrTakenBackIsFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		applied map[string]int
		wrong   int
	}{
		"each once":     {map[string]int{"create-account:a": 1, "add-member:g:a": 1, "remove-member:g:b": 1}, 0},
		"twice":         {map[string]int{"create-account:a": 2}, 1},
		"and taken out": {map[string]int{"add-member:g:a": 1, "remove-member:g:a": 1}, 1},
	} {
		if wrong := doneAndUndone(test.applied); len(wrong) != test.wrong {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

// writeTrap acts once at a write to a target, from inside its stand-in.
type writeTrap struct {
	api string

	mu    sync.Mutex
	phase string
	left  int
	act   func()
}

// set makes the trap act at the n-th write from now.
func (w *writeTrap) set(phase string, n int, act func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.left, w.act = phase, n, act
}

// pass is the fault engine's hook. A call that is trapped before it is
// performed is never performed.
func (w *writeTrap) pass(phase string, call fault.Call) {
	if call.API != w.api || !call.Write || !w.due(phase) {
		return
	}
	if phase == before {
		panic(http.ErrAbortHandler)
	}
}

func (w *writeTrap) due(phase string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.act == nil || phase != w.phase {
		return false
	}
	if w.left--; w.left > 0 {
		return false
	}
	w.act()
	w.act = nil
	return true
}
