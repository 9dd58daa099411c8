package scenario

import (
	"fmt"
	"math/rand"
	"os"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// trouble is what goes wrong with calls, on both sides.
type trouble struct {
	name  string
	rules []fault.Rule
}

// troubles hit reads and writes of both vendors, often enough that each run
// meets them, and end by themselves.
var troubles = []trouble{
	{"429 with Retry-After", []fault.Rule{{Kind: fault.Status, Status: 429, RetryAfter: "1", Probability: 0.15, Times: 6}}},
	{"429 without Retry-After", []fault.Rule{{Kind: fault.Status, Status: 429, Probability: 0.15, Times: 6}}},
	{"500, 502, 503 and 504", []fault.Rule{
		{Kind: fault.Status, Status: 500, Probability: 0.1, Times: 4}, {Kind: fault.Status, Status: 502, Probability: 0.1, Times: 4},
		{Kind: fault.Status, Status: 503, RetryAfter: "1", Probability: 0.1, Times: 2}, {Kind: fault.Status, Status: 504, Probability: 0.1, Times: 4}}},
	{"connections cut before the call", []fault.Rule{{Kind: fault.CutBefore, Probability: 0.15, Times: 10}}},
	{"connections cut after the call", []fault.Rule{{Kind: fault.CutAfter, Probability: 0.15, Times: 10}}},
	{"writes done and not answered", []fault.Rule{{API: "atlassian", Path: `/(invite|groups|memberships|suspend|restore)$`, Kind: fault.CutAfter, Times: 12}}},
	{"slow answers", []fault.Rule{{Kind: fault.Latency, Delay: fault.Duration(30 * time.Millisecond)},
		{Kind: fault.Latency, Delay: fault.Duration(1500 * time.Millisecond), Probability: 0.02, Times: 3}}},
	{"all of it", []fault.Rule{
		{Kind: fault.Status, Status: 429, Probability: 0.05, Times: 3}, {Kind: fault.Status, Status: 503, Probability: 0.05, Times: 3},
		{Kind: fault.CutBefore, Probability: 0.05, Times: 3}, {Kind: fault.CutAfter, Probability: 0.05, Times: 3}}},
}

func TestARunConvergesThroughTrouble(t *testing.T) {
	t.Parallel()
	seeds := 1
	if os.Getenv("ROLLCALL_SWEEP") != "" {
		seeds = 10
	}
	for seed := range seeds {
		for i, trouble := range troubles {
			t.Run(fmt.Sprintf("%s, seed %d", trouble.name, seed+1), func(t *testing.T) {
				t.Parallel()
				playTrouble(t, trouble, int64(seed+1), databases[(i+seed)%2].address(t))
			})
		}
	}
}

func playTrouble(t *testing.T, trouble trouble, seed int64, database string) {
	s := newScenario(t, settings{People: 40, Groups: 6, Database: database}).start()
	s.disturb(trouble)
	s.sync(workflows.SyncInput{})
	s.wantDisturbed()
	s.Box.Mark()
	s.wantEqual()
	s.wantNothingTwice()

	s.Box.Engine.ResetCalls()
	if _, err := people.Change(rand.New(rand.NewSource(seed)), 20, s.Box.Okta); err != nil {
		t.Fatal(err)
	}
	s.disturb(trouble)
	second := s.sync(workflows.SyncInput{Drift: true, AllowRemovals: true})
	s.wantDisturbed()
	s.wantNothingTwice()
	for _, c := range s.changes(second.RunID, store.ChangeFilter{States: []string{"failed", "retry", "planned"}}) {
		t.Errorf("not done, though the trouble ended: %+v", c)
	}
	s.wantEqual()
}

// disturb puts the rules in force in place of earlier ones.
func (s *scenario) disturb(t trouble) {
	s.Helper()
	s.Box.Engine.Clear()
	for i, rule := range t.rules {
		rule.ID = fmt.Sprintf("trouble-%d", i)
		s.Box.Engine.Add(rule)
	}
}

// wantDisturbed asks that the rules in force were applied at all.
func (s *scenario) wantDisturbed() {
	s.Helper()
	var hits int
	for _, rule := range s.Box.Engine.Rules() {
		hits += s.Box.Engine.Hits(rule.ID)
	}
	if hits == 0 {
		s.Error("nothing went wrong with any call")
	}
}

func TestARetriedChangeIsReportedAppliedAndNotFailed(t *testing.T) {
	t.Parallel()
	s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.Box.Engine.ResetCalls()
	id := s.Box.Engine.Add(fault.Rule{API: "atlassian", Path: `/memberships$`, Kind: fault.Status, Status: 503, Times: 3})
	s.found("late", s.active()[0].ID, s.active()[1].ID)
	result := s.sync(workflows.SyncInput{})
	if s.Box.Engine.Hits(id) != 3 {
		t.Fatal("no membership was refused at first")
	}
	s.wantOutcome(result, workflows.OutcomeDone)
	for _, c := range s.changes(result.RunID, store.ChangeFilter{Kind: string(directory.AddMember)}) {
		if c.State != string(directory.Applied) || c.Attempts < 2 {
			t.Errorf("not applied at a later attempt: %+v", c)
		}
	}
	s.wantEqual()
	s.wantNothingTwice()
}
