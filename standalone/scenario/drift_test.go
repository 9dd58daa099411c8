package scenario

import (
	"testing"

	"github.com/rollcall-sync/rollcall/workflows"
)

func TestWhatWasChangedByHandInTheTargetIsPutRight(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 20, Groups: 4, Uniform: true, Database: database}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.Box.Mark()
		who, groups := s.active(), s.ownGroups()
		account := func(i int) string { return s.account(who[i].Email).ID }
		removed := account(1)
		s.byHand("DELETE", "/groups/"+s.account(who[0].Email).Groups[len(s.account(who[0].Email).Groups)-1]+"/memberships/"+account(0), "")
		s.byHand("DELETE", "/users/"+removed, "")
		s.byHand("POST", "/users/"+account(2)+"/suspend", "")
		s.byHand("DELETE", "/groups/"+s.targetGroup(groups[3].Name).ID, "")
		if s.compare().Equal() {
			t.Fatal("the comparison does not see what was changed by hand")
		}
		s.Box.Engine.ResetCalls()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		if len(s.Box.Engine.AppliedKeys()) != 0 {
			t.Errorf("a run that does not read the target wrote to it: %v", s.Box.Engine.AppliedKeys())
		}
		s.wantOutcome(s.sync(workflows.SyncInput{Drift: true}), workflows.OutcomeDone)
		s.wantEqual()
		s.wantNothingTwice()
		runs, err := s.Worker.Store.Runs(t.Context(), s.Name, 1)
		s.no(err)
		codes := s.noteCodes(runs[0].ID)
		if codes["account-lost"] != 1 || codes["group-lost"] != 1 {
			t.Errorf("the report does not say what was lost: %v", codes)
		}

		// Once is enough: a second look finds nothing to do.
		s.Box.Engine.ResetCalls()
		again := s.sync(workflows.SyncInput{Drift: true})
		s.wantOutcome(again, workflows.OutcomeDone)
		if again.Applied != 0 || len(s.Box.Engine.AppliedKeys()) != 0 {
			t.Errorf("a second look did %+v", again)
		}
	})
}
