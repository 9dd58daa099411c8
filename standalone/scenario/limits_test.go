package scenario

import (
	"sync"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/pgtest"
	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/workflows"
)

// narrow puts limits in force that a run would break at once if it did not
// look at them.
func (s *scenario) narrow() {
	for _, bucket := range []string{oktasim.BucketUsers, oktasim.BucketGroups, oktasim.BucketOther} {
		s.Box.Engine.SetLimit(oktasim.API, bucket, fault.Limit{Requests: 6, Window: 2 * time.Second})
	}
	for _, route := range []string{
		"POST /v2/orgs/{orgId}/users/invite", "POST /v2/orgs/{orgId}/directories/{directoryId}/users/search",
		"POST /v2/orgs/{orgId}/directories/{directoryId}/groups/search", "POST /v2/orgs/{orgId}/directories/{directoryId}/groups",
		"POST /v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships",
	} {
		s.Box.Engine.SetLimit(atlassiansim.API, route, fault.Limit{Requests: 10, Window: 2 * time.Second})
	}
}

func TestCallsAreNeverMadeFasterThanAllowed(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 40, Groups: 10, Uniform: true}).start()
	s.narrow()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEqual()
	if breaches := s.Box.Engine.Breaches(); len(breaches) > 0 {
		t.Errorf("calls came when nothing was left: %v", breaches)
	}
	s.wantNothingTwice()
}

func TestTwoWorkersAndTwoConnectionsShareOneLimit(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{
		People: 40, Groups: 10, Uniform: true, Database: pgtest.Database(t),
		Source: `groups: ["team-0000*"]`, Second: &rules{Source: `groups: ["team-0001*"]` + "\nusers: group-members"},
	}).start()
	s.another()
	s.narrow()
	var both sync.WaitGroup
	results := make([]workflows.SyncResult, 2)
	errs := make([]error, 2)
	for i, name := range []string{s.Name, s.Name + "-b"} {
		both.Go(func() { results[i], errs[i] = s.trySync(workflows.SyncInput{Connection: name}) })
	}
	both.Wait()
	for i := range results {
		s.no(errs[i])
		if results[i].Users == 0 {
			t.Errorf("connection %d read nobody: %+v", i, results[i])
		}
	}
	if breaches := s.Box.Engine.Breaches(); len(breaches) > 0 {
		t.Errorf("calls came when nothing was left: %v", breaches)
	}
	s.wantNothingTwice()
}
