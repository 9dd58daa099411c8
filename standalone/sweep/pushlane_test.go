package sweep

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/sandboxtest"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/standalone/scimpush"
)

// The programs that are killed.
const (
	gatewayProgram  = "gateway"
	workerProgram   = "worker"
	temporalProgram = "temporal"
)

// pushLane is one connection that is pushed, with gateway, worker and Temporal
// in processes of its own.
type pushLane struct {
	*testing.T
	*pushes
	box                        *sandbox.Server
	calls                      callCount
	settings, log, temporalDir string
	secrets                    []string
	database                   string // as store.Open takes it
	db                         *sql.DB
	toTemporal, toGateway      *proxy
	temporal, gateway, worker  *child
	client                     *scimpush.Client
	// over is closed when the lane ends; restarts are those that wait for a
	// program to die.
	over     chan struct{}
	restarts sync.WaitGroup
}

func newPushLane(t *testing.T, database string, seed int64) *pushLane {
	t.Helper()
	box := sandboxtest.Start(t, sandbox.Options{Seed: seed})
	l := &pushLane{T: t, pushes: newPushes(seed), box: box, log: filepath.Join(t.TempDir(), "programs.log"), temporalDir: t.TempDir(),
		toTemporal: newProxy(t), toGateway: newProxy(t), over: make(chan struct{})}
	box.Engine.OnCall(l.calls.pass)
	var driver, dsn string
	l.database, driver, dsn = databases[database](t)
	a := box.Announcement()
	l.secrets = []string{"ATLASSIAN_API_KEY=" + a.AtlassianKey}
	l.settings = filepath.Join(t.TempDir(), "rollcall.yaml")
	if err := os.WriteFile(l.settings, []byte(fmt.Sprintf(`temporal: { address: %q, heartbeat_timeout: 1s }
database: %q
worker: { stop_timeout: 2s, listen: "127.0.0.1:0" }
scim: { listen: "127.0.0.1:0" }
connections:
  people:
    source: { kind: scim }
    targets:
      cloud:
        kind: atlassian-cloud
        url: %s
        organization: %s
        directory: %s
        api_key: ${ATLASSIAN_API_KEY}
        products: {jira: user}
        rate_limit_share: 100%%
    # The guard has tests of its own; here nothing is to be held.
    guard: { always_allowed: 1000 }
`, l.toTemporal.address(), l.database, a.Atlassian, a.Organization, a.Directory)), 0o600); err != nil {
		t.Fatal(err)
	}
	l.client = scimpush.New("http://"+l.toGateway.address()+"/scim/v2/people", l.token())
	var err error
	if l.db, err = sql.Open(driver, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.end)
	for _, program := range []string{temporalProgram, gatewayProgram, workerProgram} {
		if err := l.startAgain(program); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *pushLane) token() string {
	l.Helper()
	s, err := store.Open(l.Context(), l.database)
	if err != nil {
		l.Fatal(err)
	}
	token, digest := scim.NewToken()
	_, err = s.CreateScimToken(l.Context(), "people", "sweep", digest, time.Now().Add(time.Hour), time.Now())
	if err := errors.Join(err, s.Close()); err != nil {
		l.Fatal(err)
	}
	return token
}

// startAgain starts a program, in place of one that was killed.
func (l *pushLane) startAgain(program string) (err error) {
	switch program {
	case temporalProgram:
		if l.temporal, err = startChild(envTemporal, l.temporalDir, l.log, nil); err == nil {
			l.toTemporal.forward(l.temporal.address)
		}
	case gatewayProgram:
		if l.gateway, err = startChild(envGateway, l.settings, l.log, l.secrets); err == nil {
			l.toGateway.forward(l.gateway.address)
		}
	case workerProgram:
		l.worker, err = startChild(envWorker, l.settings, l.log, l.secrets)
	}
	if err != nil {
		return fmt.Errorf("start the %s: %w", program, err)
	}
	return nil
}

// whenKilled starts a program again once it was killed, and says so, unless
// stop is closed before.
func (l *pushLane) whenKilled(program string, stop <-chan struct{}) (restarted <-chan error) {
	doomed, done := l.running(program), make(chan error, 1)
	l.restarts.Go(func() {
		defer close(done)
		select {
		case <-doomed.ended:
		case <-stop:
			return
		}
		select {
		case <-l.over:
		default:
			done <- l.startAgain(program)
		}
	})
	return done
}

func (l *pushLane) running(program string) *child {
	return map[string]*child{gatewayProgram: l.gateway, workerProgram: l.worker, temporalProgram: l.temporal}[program]
}

// end kills what the lane has started. What the programs said is shown when
// something went wrong.
func (l *pushLane) end() {
	l.client.Close()
	close(l.over)
	kill := func() {
		for _, c := range []*child{l.worker, l.gateway, l.temporal} {
			if c != nil {
				c.kill()
			}
		}
	}
	kill()
	l.restarts.Wait()
	kill() // one may have been starting again
	said, err := os.ReadFile(l.log)
	if err := errors.Join(err, l.db.Close()); err != nil {
		l.Error(err)
	}
	if strings.Contains(string(said), "DATA RACE") {
		l.Error("a program has a data race")
	}
	if l.Failed() {
		l.Logf("the programs said:\n%s", said[max(0, len(said)-8000):])
	}
}

const (
	// patience is far more than a program takes to start again.
	patience = 60 * time.Second
	// lookAgain is how often what has no event is looked at.
	lookAgain = 20 * time.Millisecond
)

// statusOf is the status that a push was refused with; 0 when it was not.
func statusOf(err error) int {
	var refused *scimpush.RefusedError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// answer makes a push until it is answered 2xx, as an identity provider does:
// without an answer, or when the gateway is not well, it is made again.
func (l *pushLane) answer(p push) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), patience)
	defer cancel()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for tries := 0; ; tries++ {
		err := p.try(ctx, l.client, tries > 0)
		if err == nil {
			p.done()
			l.answered++
			return
		}
		if status := statusOf(err); status != 0 && status < 500 && status != http.StatusTooManyRequests {
			l.Fatalf("push %d, %s: %v", l.answered, p.name, err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			l.Fatalf("push %d, %s: not answered in %s: %v", l.answered, p.name, patience, err)
		}
	}
}

// pending is how many objects have something to be done about, and how many
// of those wait for nothing but their turn.
func (l *pushLane) pending() (all, due int) {
	l.Helper()
	if err := l.db.QueryRowContext(l.Context(), `SELECT COUNT(*), COUNT(CASE WHEN waiting THEN NULL ELSE 1 END) FROM inbox`).Scan(&all, &due); err != nil {
		l.Fatal(err)
	}
	return all, due
}

// settle waits until everything pushed is in the target, and returns what is
// wrong if that does not come.
func (l *pushLane) settle(within time.Duration) []string {
	l.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		var wrong []string
		if _, due := l.pending(); due > 0 {
			wrong = append(wrong, fmt.Sprintf("%d objects are still to be looked at", due))
		} else if wrong = l.missing(l.box.Atlassian.State()); len(wrong) == 0 {
			return l.excess(effectsOf(l.box.Engine.Calls(), l.box.Atlassian.State()))
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return wrong
		}
	}
}

// callCount acts before or after the n-th call to the target from now on.
type callCount struct {
	mu    sync.Mutex
	phase string
	left  int
	act   func()
	// cut is whether the call is not to be performed, as its sender is gone.
	cut bool
}

// set makes it act; n is 0 for never.
func (c *callCount) set(phase string, n int, cut bool, act func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.left, c.act, c.cut = phase, n, act, cut
}

// pass is the fault engine's hook.
func (c *callCount) pass(phase string, call fault.Call) {
	if call.API == atlassiansim.API && c.passed(phase) && phase == before {
		panic(http.ErrAbortHandler)
	}
}

func (c *callCount) passed(phase string) (cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 || phase != c.phase {
		return false
	}
	if c.left--; c.left > 0 {
		return false
	}
	c.act()
	return c.cut
}
