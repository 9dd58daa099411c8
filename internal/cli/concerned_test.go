package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/store"
)

func TestADecisionGoesToThePlansOfTheTargetsThatItIsAbout(t *testing.T) {
	t.Parallel()
	plans := []store.HeldPlan{{ID: 1, Target: "bitbucket"}, {ID: 2, Target: "crowd"}, {ID: 3, Target: "jira"}}
	counts := []store.Count{{Target: "jira", Kind: "account.deactivate", Count: 2}, {Target: "crowd", Kind: "account.deactivate", Count: 1}}
	if diff := cmp.Diff([]store.HeldPlan{plans[1], plans[2]}, concerned(plans, counts)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(plans) != 3 || plans[0].ID != 1 {
		t.Errorf("the plans of the run were changed: %v", plans)
	}
}
