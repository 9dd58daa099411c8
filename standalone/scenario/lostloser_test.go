package scenario

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
)

// loser lets the answer of one write of each API be lost, and answers nothing
// of it any more from then on, whatever is under way.
type loser struct {
	engine *fault.Engine
	counts func(keys []string) bool
	status int
	// disowned is whether the write is answered as if it were refused, in place of
	// not at all.
	disowned bool

	mu sync.Mutex
	// left are how many writes of an API are still answered, of those whose turn
	// is to come.
	left map[string]int
	gone map[string]bool
	// again are the APIs that were called after it.
	again map[string]bool
}

// lose lets the nth of those writes be lost that count, in each kind that has as
// many.
func (s *scenario) lose(counts func(keys []string) bool, nth, status int, writes map[string]int) *loser {
	s.Helper()
	o := &loser{engine: s.Box.Engine, counts: counts, status: status, left: map[string]int{}, gone: map[string]bool{}, again: map[string]bool{}}
	for kind, n := range writes {
		if n >= nth {
			o.left[s.Box.API(kind)] = nth - 1
		}
	}
	if len(o.left) == 0 {
		s.Fatalf("no kind makes %d writes of it", nth)
	}
	s.Box.Engine.OnCall(o.called)
	return o
}

// disown lets the first write of each kind that makes any be answered as if it
// were refused, and nobody see what became of it.
func (s *scenario) disown(writes map[string]int) *loser {
	s.Helper()
	const then = http.StatusConflict
	o := s.lose(nil, 1, then, writes)
	o.disowned = true
	for api := range o.left {
		s.Box.Engine.Add(fault.Rule{API: api, Kind: fault.Disown, Status: http.StatusBadRequest, Then: fault.Answer{Status: then}})
	}
	return o
}

// writesOf counts the calls that count, by kind.
func (s *scenario) writesOf(counts func(keys []string) bool) map[string]int {
	writes := map[string]int{}
	for _, call := range s.Box.Engine.Calls() {
		for _, kind := range s.kinds() {
			if call.API == s.Box.API(kind) && call.Applied && counts(call.Keys()) {
				writes[kind]++
			}
		}
	}
	return writes
}

func (o *loser) called(phase string, c fault.Call) {
	if phase == "after" && o.swallows(c) {
		panic(http.ErrAbortHandler)
	}
}

// swallows is whether the answer of a call does not arrive.
func (o *loser) swallows(c fault.Call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	left, armed := o.left[c.API]
	switch {
	case o.gone[c.API]:
		o.again[c.API] = o.again[c.API] || c.Status == o.status
		return c.Applied && !o.disowned
	case armed && c.Applied && o.disowned:
		o.gone[c.API] = true
		return false
	case !armed || !c.Applied || !o.counts(c.Keys()):
		return false
	case left > 0:
		o.left[c.API]--
		return false
	}
	o.gone[c.API] = true
	o.engine.Add(fault.Rule{API: c.API, Kind: fault.Status, Status: o.status})
	return true
}

// rest makes every answer arrive again.
func (o *loser) rest() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.left)
	clear(o.gone)
}

func (o *loser) lost(api string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone[api]
}

// triedAgain is whether every API that was to lose an answer has, and was called
// after it.
func (o *loser) triedAgain() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.again) == len(o.left)
}

// loses is how a run's write comes to be unheard of.
func (u *unheard) loses(e ending, counts func(keys []string) bool, nth int, writes map[string]int) {
	u.Helper()
	if e.status == 0 {
		u.loser = u.disown(writes)
		return
	}
	u.loser = u.lose(counts, nth, e.status, writes)
}

// unheard is a scenario whose run never hears of what it did.
type unheard struct {
	*scenario
	loser *loser
	ahead atomic.Int64
}

// now is a clock that can be set ahead.
func (u *unheard) now() time.Time { return time.Now().Add(time.Duration(u.ahead.Load())) }

// ending is how such a run ends.
type ending struct {
	name string
	// status is what every call is answered with from then on; 0 is that the first
	// write is answered as if it were refused, and nothing can be read.
	status int
	end    func(u *unheard, run client.WorkflowRun)
}

var endings = []ending{
	{"its credential is refused", http.StatusUnauthorized, (*unheard).fails},
	{"it is cancelled while the target is down", http.StatusServiceUnavailable, (*unheard).isCancelled},
	{"it is terminated while the target is down", http.StatusServiceUnavailable, (*unheard).isTerminated},
	{"it is told that it was refused and cannot look", 0, (*unheard).isCancelled},
}

// fails waits until the run has ended by itself, however.
func (u *unheard) fails(run client.WorkflowRun) {
	u.Helper()
	u.no(run.Get(u.Context(), nil))
}

// awaitTriedAgain waits until all that lost an answer have been called again, or
// the run is over.
func (u *unheard) awaitTriedAgain(run client.WorkflowRun) {
	u.Helper()
	u.eventually("every target that is down is called again", func() (bool, any) {
		if u.loser.triedAgain() {
			return true, nil
		}
		description, err := u.Worker.Client.DescribeWorkflowExecution(u.Context(), run.GetID(), "")
		u.no(err)
		status := description.GetWorkflowExecutionInfo().GetStatus()
		return status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING, status
	})
}

func (u *unheard) isCancelled(run client.WorkflowRun) {
	u.Helper()
	u.awaitTriedAgain(run)
	var over *serviceerror.NotFound
	if err := u.Worker.Client.CancelWorkflow(u.Context(), run.GetID(), ""); err != nil && !errors.As(err, &over) {
		u.Fatal(err)
	}
	u.no(run.Get(u.Context(), nil))
}

// isTerminated ends a run as the Web UI does. Its worker is stopped, so that
// nothing of it calls anybody any more, and nobody waits for its claim to lapse.
func (u *unheard) isTerminated(run client.WorkflowRun) {
	u.Helper()
	u.awaitTriedAgain(run)
	u.no(u.Worker.Client.TerminateWorkflow(u.Context(), run.GetID(), "", "by hand"))
	u.Worker.Stop()
	u.ahead.Add(int64(10 * time.Minute))
	u.start()
}

// holdings are what a target holds, by names that are alike in any target like it:
// what somebody may do, who is in what.
type holdings map[string]bool

func holdingsOf(s roster.Snapshot) holdings {
	h, names := holdings{}, map[string]string{}
	for _, a := range s.Accounts {
		name := strings.ToLower(a.Email)
		if name == "" {
			name = strings.ToLower(a.UserName)
		}
		names[a.ID] = name
		if a.Active {
			h["access of "+name] = true
		}
		for _, p := range a.Permissions {
			h[fmt.Sprintf("permission %s of %s", p, name)] = true
		}
	}
	for _, g := range s.Groups {
		h["group "+strings.ToLower(g.Name)] = true
		for _, id := range g.Members {
			h[fmt.Sprintf("membership of %s in %s", names[id], strings.ToLower(g.Name))] = true
		}
		for scope, level := range g.Permissions {
			h[fmt.Sprintf("permission %s %s of group %s", scope, level, strings.ToLower(g.Name))] = true
		}
		for _, id := range g.Subgroups {
			at := slices.IndexFunc(s.Groups, func(one roster.GroupMembers) bool { return one.ID == id })
			h[fmt.Sprintf("group %s in %s", strings.ToLower(s.Groups[at].Name), strings.ToLower(g.Name))] = true
		}
	}
	return h
}

// beyond is what there is in a target and not in the one that it should be like.
func beyond(is, should holdings) []string {
	var over []string
	for _, what := range slices.Sorted(maps.Keys(is)) {
		if !should[what] {
			over = append(over, what)
		}
	}
	return over
}
