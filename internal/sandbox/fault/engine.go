package fault

import (
	"math/rand"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// Engine decides which calls misbehave, logs all of them and counts rate
// limits. One engine serves all stand-ins of a sandbox. It is safe for
// concurrent use.
type Engine struct {
	mu     sync.Mutex
	rng    *rand.Rand
	rules  []*compiled
	nextID int

	log    callLog
	limits limiter
}

// New returns an engine without rules or limits that logs calls. The seed
// decides what Probability draws.
func New(seed int64) *Engine {
	return &Engine{
		rng:    rand.New(rand.NewSource(seed)),
		log:    newCallLog(),
		limits: newLimiter(),
	}
}

// Add puts a rule in force and returns its id. A rule that does not Validate
// is a mistake of the caller's, and Add panics; check what comes from outside
// with Rule.Validate first. A rule with the id of another replaces it.
func (e *Engine) Add(rule Rule) string {
	c, err := compile(rule)
	if err != nil {
		panic(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.ID == "" {
		e.nextID++
		c.ID = "fault-" + strconv.Itoa(e.nextID)
	}
	e.rules = slices.DeleteFunc(e.rules, func(old *compiled) bool { return old.ID == c.ID })
	e.rules = append(e.rules, c)
	return c.ID
}

// Remove takes a rule out of force; an unknown id does nothing.
func (e *Engine) Remove(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rules = slices.DeleteFunc(e.rules, func(c *compiled) bool { return c.ID == id })
}

// Clear takes all rules out of force.
func (e *Engine) Clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rules = nil
}

// Rules returns the rules in force, in the order in which they were added.
func (e *Engine) Rules() []Rule {
	e.mu.Lock()
	defer e.mu.Unlock()
	rules := make([]Rule, 0, len(e.rules))
	for _, c := range e.rules {
		rules = append(rules, c.Rule)
	}
	return rules
}

// Hits returns how often a rule in force has been applied, so that a test can
// tell that its fault really happened.
func (e *Engine) Hits(id string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.rules {
		if c.ID == id {
			return c.applied
		}
	}
	return 0
}

// wantsBody says whether a rule for this request looks at its body.
func (e *Engine) wantsBody(api string, r *http.Request) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.rules, func(c *compiled) bool {
		return c.body != nil && c.concerns(api, r)
	})
}

// take returns the rules of the given kinds that apply to this request, and
// counts them as applied. All latencies apply; of the other kinds, the first.
func (e *Engine) take(kinds []Kind, api string, r *http.Request, body []byte) []Rule {
	e.mu.Lock()
	defer e.mu.Unlock()
	var (
		taken   []Rule
		decided bool
	)
	for _, c := range e.rules {
		if decided && c.Kind != Latency {
			continue
		}
		if !slices.Contains(kinds, c.Kind) || !c.concerns(api, r) || (c.body != nil && !c.body.Match(body)) {
			continue
		}
		c.matched++
		if c.matched <= c.After || (c.Times > 0 && c.applied >= c.Times) {
			continue
		}
		if c.Probability > 0 && e.rng.Float64() >= c.Probability {
			continue
		}
		c.applied++
		taken = append(taken, c.Rule)
		decided = decided || c.Kind != Latency
	}
	return taken
}

// ListEffect is asked by list handlers, once a request, for the way in which
// their answer must be wrong: Empty, Half, SkipPage, Stale, or "" for none. It
// counts as an application of the rule.
func (e *Engine) ListEffect(r *http.Request) Kind {
	state := stateOf(r)
	if state == nil {
		return ""
	}
	taken := e.take(listKinds, state.call.API, r, state.body)
	if len(taken) == 0 {
		return ""
	}
	return taken[0].Kind
}
