package propertytest

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/workflows"
)

// cautious runs as the schedule does: nothing is let through.
func (e *engine) cautious(t *testing.T) workflows.SyncResult {
	t.Helper()
	e.ran++
	var result workflows.SyncResult
	if err := e.play(workflows.SyncName, fmt.Sprintf("sync/%s-%d", connection, e.ran), workflows.Sync,
		workflows.SyncInput{Connection: connection, Trigger: "schedule", Full: true, Drift: true}, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestATargetThatHasLostMostOfWhatIsLinkedIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lost    int
		outcome string
		links   int
	}{
		"a few may go":            {3, workflows.OutcomeDone, 12},
		"almost all are too many": {12, workflows.OutcomeFailed, 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			for i := range 12 {
				names = append(names, fmt.Sprintf("p%d", i))
			}
			over(t, small(names...), func(t *testing.T, e *engine) {
				e.run(t)
				for _, a := range e.target.State().Accounts[:test.lost] {
					if err := e.target.DeleteAccount(t.Context(), a.ID); err != nil {
						t.Fatal(err)
					}
				}
				if result := e.cautious(t); result.Outcome != test.outcome {
					t.Errorf("the run is %+v, want %s", result, test.outcome)
				}
				target, err := e.store.ConnectionID(t.Context(), connection)
				if err != nil {
					t.Fatal(err)
				}
				links, _, err := e.store.LinkCounts(t.Context(), target) // one connection with one target
				if err != nil || links != test.links {
					t.Errorf("%d accounts are linked, want %d: %v", links, test.links, err)
				}
				e.run(t) // a person lets it through
				same(t, "accounts", len(e.addresses()), 12)
			})
		})
	}
}
