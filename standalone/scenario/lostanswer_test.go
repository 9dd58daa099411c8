package scenario

import (
	"net/http"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/workflows"
)

// The run makes a group, is not told so, and may ask nothing more from then on.
func TestAGroupMadeByARunThatWasNotToldSoIsTheNextRunsOwn(t *testing.T) {
	t.Parallel()
	const kind = sandbox.JiraDataCenter
	s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Targets: []string{kind}, Database: databases[0].address(t)}).start()
	api := s.Box.API(kind)
	s.Box.Engine.Add(fault.Rule{API: api, Method: http.MethodPost, Path: `/rest/api/2/group$`, Kind: fault.CutAfter, Times: 1})
	var once sync.Once
	s.Box.Engine.OnCall(func(phase string, c fault.Call) {
		if phase == "after" && c.Route == "POST /rest/api/2/group" {
			once.Do(func() { s.Box.Engine.Add(fault.Rule{API: api, Kind: fault.Status, Status: http.StatusUnauthorized}) })
		}
	})
	if first, err := s.trySync(workflows.SyncInput{}); err == nil && first.Outcome != workflows.OutcomeFailed {
		t.Errorf("the run whose credential was refused ended %+v", first)
	}
	if made := s.Box.Applied(kind); len(made) == 0 {
		t.Fatal("no group was made")
	}
	s.Box.Engine.Clear()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEach()
}

// A membership is made and its answer lost. It is sent again, refused since it is
// there, and what would tell so answers nonsense.
func TestAMembershipThatCannotBeReadBackIsTakenAwayWhenTheSourceTakesItAway(t *testing.T) {
	t.Parallel()
	const kind = sandbox.JiraDataCenter
	s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true, Targets: []string{kind}, Database: databases[1].address(t)}).start()
	api := s.Box.API(kind)
	s.Box.Engine.Add(fault.Rule{API: api, Method: http.MethodPost, Path: `/rest/api/2/group/user$`, Kind: fault.CutAfter, Times: 1})
	var once sync.Once
	s.Box.Engine.OnCall(func(phase string, c fault.Call) {
		if phase == "after" && c.Route == "POST /rest/api/2/group/user" {
			once.Do(func() {
				s.Box.Engine.Add(fault.Rule{API: api, Method: http.MethodGet, Path: `/rest/api/2/user$`, Kind: fault.Status, Status: http.StatusConflict, Times: 1})
			})
		}
	})
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEach()
	s.Box.Engine.Clear()
	for _, g := range s.ownGroups() {
		for _, id := range g.Members[1:] {
			s.no(s.Box.Okta.RemoveMember(g.ID, id))
		}
	}
	s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
	s.wantEach()
}
