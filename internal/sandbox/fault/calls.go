package fault

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Call is one request that reached a stand-in.
type Call struct {
	// Seq counts calls from 1, over all APIs, in order of arrival.
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	API string    `json:"api"`
	// Method is the HTTP method.
	Method string `json:"method"`
	// Route is method and path template, such as
	// "POST /v2/orgs/{orgId}/users/invite".
	Route string `json:"route"`
	Path  string `json:"path"`
	// Status is the answer's HTTP status, 0 when there was none (yet).
	Status int `json:"status"`
	// Write is whether the method is not GET or HEAD.
	Write bool `json:"write"`
	// Applied is whether the call really changed the stand-in's state.
	Applied bool `json:"applied"`
	// Key names what was changed, such as "create-account:<email>"; several
	// are separated by line feeds (see Keys).
	Key string `json:"key,omitempty"`
}

// Keys returns the names of everything that the call changed.
func (c Call) Keys() []string {
	if c.Key == "" {
		return nil
	}
	return strings.Split(c.Key, "\n")
}

// callLog is a slice under a mutex of its own: hundreds of thousands of calls
// must cost next to nothing.
type callLog struct {
	mu     sync.Mutex
	seq    int64
	off    bool
	calls  []*Call
	counts map[string]int
	hooks  []func(phase string, c Call)
}

func newCallLog() callLog { return callLog{counts: map[string]int{}} }

func (l *callLog) begin(api string, r *http.Request, route string) *Call {
	write := r.Method != http.MethodGet && r.Method != http.MethodHead
	call := &Call{At: time.Now(), API: api, Method: r.Method, Route: route, Path: r.URL.Path, Write: write}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	call.Seq = l.seq
	l.counts[route]++
	if !l.off {
		l.calls = append(l.calls, call)
	}
	return call
}

func (l *callLog) status(call *Call, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call.Status = status
}

func (l *callLog) applied(call *Call, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call.Applied = true
	if call.Key != "" {
		key = call.Key + "\n" + key
	}
	call.Key = key
}

// changed reports whether a call has changed something.
func (l *callLog) changed(call *Call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return call.Applied
}

// hooked reports whether anybody wants to see calls as they are made.
func (l *callLog) hooked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.hooks) > 0
}

// hook runs the registered hooks outside the lock, so that they may read the
// log.
func (l *callLog) hook(phase string, call *Call) {
	l.mu.Lock()
	hooks, c := l.hooks, *call
	l.mu.Unlock()
	for _, hook := range hooks {
		hook(phase, c)
	}
}

// Applied is called by a handler when it really changed state. key names what
// was changed: it is by these keys that "nothing was done twice" is checked.
// A handler that changed several things calls it once for each. A request
// that did not come through Wrap is not logged.
func Applied(r *http.Request, key string) {
	if state := stateOf(r); state != nil {
		state.engine.log.applied(state.call, key)
	}
}

// Calls returns the log, in order of arrival.
func (e *Engine) Calls() []Call {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	calls := make([]Call, 0, len(e.log.calls))
	for _, call := range e.log.calls {
		calls = append(calls, *call)
	}
	return calls
}

// AppliedKeys returns how often each key was given to Applied.
func (e *Engine) AppliedKeys() map[string]int {
	times := map[string]int{}
	for _, call := range e.Calls() {
		for _, key := range call.Keys() {
			times[key]++
		}
	}
	return times
}

// ResetCalls empties the log and the counts; Seq goes on.
func (e *Engine) ResetCalls() {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	e.log.calls = nil
	e.log.counts = map[string]int{}
}

// Counts returns the number of calls by route, such as
// "GET /api/v1/users": 5.
func (e *Engine) Counts() map[string]int {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	return maps.Clone(e.log.counts)
}

// SetLogging switches the log of single calls on or off; counts are kept
// either way.
func (e *Engine) SetLogging(on bool) {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	e.log.off = !on
}

// OnCall registers a hook, run with "before" when a call is about to be
// performed and with "after" when it has been and nothing of its answer has
// left. A hook that blocks holds up that call alone.
func (e *Engine) OnCall(hook func(phase string, c Call)) {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	// A new slice each time: hook() reads the old one without the lock.
	e.log.hooks = append(slices.Clone(e.log.hooks), hook)
}
