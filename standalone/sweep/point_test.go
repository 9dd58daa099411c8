package sweep

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// point is where in a run the worker is killed: before or after the n-th call
// of a route, before or after the n-th commit, or the n-th commit after a call,
// or after the commit of the plan.
type point struct {
	// Phase is before, after or planned; with planned, Commit is the run's id.
	Phase string
	// Route is method and path template of a remote call; empty for a commit
	// counted from the start of the run.
	Route string
	Call  int
	// Commit is counted from the start of the run or, with Route, from that
	// call on; 0 for the call itself.
	Commit int
}

func (p point) String() string {
	switch {
	case p.Phase == planned:
		return fmt.Sprintf("after the commit of the plan of run %d", p.Commit)
	case p.Route == "":
		return fmt.Sprintf("%s commit %d", p.Phase, p.Commit)
	case p.Commit == 0:
		return fmt.Sprintf("%s call %d of %s", p.Phase, p.Call, p.Route)
	}
	return fmt.Sprintf("%s commit %d since call %d of %s", p.Phase, p.Commit, p.Call, p.Route)
}

// callTrap acts at a remote call, from inside the stand-in.
type callTrap struct {
	mu    sync.Mutex
	at    point
	act   func() error
	count int
	err   error
}

// everyCall as the number of a call makes a trap act at each of them.
const everyCall = -1

var errNotReached = errors.New("the call was not reached")

// set makes the trap act at the call that a point names.
func (c *callTrap) set(at point, act func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.act, c.count, c.err = at, act, 0, errNotReached
}

// sprung returns nil once the trap has acted.
func (c *callTrap) sprung() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// pass is the fault engine's hook. A call that is trapped before it is
// performed is never performed when the trap kills its sender.
func (c *callTrap) pass(phase string, call fault.Call) {
	if c.trapped(phase, call) && phase == before {
		panic(http.ErrAbortHandler)
	}
}

func (c *callTrap) trapped(phase string, call fault.Call) (killed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.act == nil || phase != c.at.Phase && c.at.Commit == 0 || phase != before && c.at.Commit > 0 || call.Route != c.at.Route {
		return false
	}
	if c.count++; c.at.Call != everyCall && c.count != c.at.Call {
		return false
	}
	c.err = c.act()
	return c.at.Commit == 0
}
