package standintest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// WantRefused makes a call that has to be refused with a status and to change
// nothing, and returns the object that it is answered with.
func WantRefused[S Sim](t *testing.T, c Caller[S], call, body string, want int) map[string]any {
	t.Helper()
	before := c.Sim.Roster().State()
	status, answer := c.Ask(t, call, body)
	if status != want {
		t.Errorf("got %d %v, want %d", status, answer, want)
	}
	if diff := cmp.Diff(before, c.Sim.Roster().State()); diff != "" {
		t.Errorf("something changed (-before +after)\n%s", diff)
	}
	return answer
}

// WantLimited allows one call a minute and makes two, of which the second has to
// be refused.
func WantLimited[S Sim](t *testing.T, c Caller[S], engine *fault.Engine, api, call string) {
	t.Helper()
	engine.SetLimit(api, "*", fault.Limit{Requests: 1, Window: time.Minute})
	for i, want := range []int{200, 429} {
		if status, _ := c.Ask(t, call, ""); status != want {
			t.Errorf("call %d: %d, want %d", i, status, want)
		}
	}
}
