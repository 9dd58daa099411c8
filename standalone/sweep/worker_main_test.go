package sweep

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// envWorker makes this binary a worker; its value is the configuration file.
const envWorker = "ROLLCALL_SWEEP_WORKER"

// The phases of a remote call and of a commit. A plan is one commit among
// many; it is found by what the database holds after it.
const (
	before  = "before"
	after   = "after"
	planned = "planned"
)

// workerMain is the worker as it is shipped, with a hook in its store. It says
// "ready", takes orders on standard input, one a line, and ends when that ends,
// so that none is left when the test process dies.
func workerMain(ctx context.Context, path string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c, err := config.Load(path, os.LookupEnv)
	if err != nil {
		log.Error("the configuration cannot be used", "error", err)
		return 2
	}
	var trap commitTrap
	hooks := store.WithHooks(store.Hooks{BeforeCommit: func() { trap.pass(before) }, AfterCommit: func() { trap.pass(after) }})
	w, err := app.StartWorker(ctx, c, app.WorkerOptions{Log: log, StoreOptions: []store.Option{hooks}, SweepEvery: 3 * time.Second})
	if err != nil {
		log.Error("the worker did not start", "error", err)
		return 1
	}
	defer w.Stop()
	trap.planned = func(runID int64) bool {
		counts, err := w.Store.Counts(ctx, runID)
		if err != nil {
			panic(err)
		}
		return len(counts) > 0
	}
	return trap.obey("", log)
}

// obey says "ready", and where the program listens if it does, and takes
// orders until standard input ends. It returns the exit code.
func (c *commitTrap) obey(address string, log *slog.Logger) int {
	fmt.Println("ready", address)
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		answer, err := c.order(orders.Text())
		if err != nil {
			log.Error("an order was not understood", "error", err)
			return 2
		}
		fmt.Println(answer)
	}
	return 0
}

// commitTrap counts commits and kills the process at one of them.
type commitTrap struct {
	mu    sync.Mutex
	count map[string]int
	phase string
	at    int
	// planned reports whether a run has a plan; set before the first order.
	planned func(runID int64) bool
}

// order takes "arm PHASE N", which counts from now on and kills at the N-th
// (0: never), or after the commit of the plan of run N, or "count", which is
// answered with the commits since.
func (c *commitTrap) order(line string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if line == "count" {
		return fmt.Sprint(c.count[after]), nil
	}
	var phase string
	var at int
	if _, err := fmt.Sscanf(line, "arm %s %d", &phase, &at); err != nil {
		return "", fmt.Errorf("order %q: %w", line, err)
	}
	c.count, c.phase, c.at = map[string]int{}, phase, at
	return "armed", nil
}

func (c *commitTrap) pass(phase string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		return // not armed yet
	}
	c.count[phase]++
	if c.phase == planned && (phase != after || !c.planned(int64(c.at))) || c.phase != planned && (phase != c.phase || c.count[phase] != c.at) {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // with the lock held: no commit passes any more
}
