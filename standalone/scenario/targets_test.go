package scenario

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestOneOktaFillsTargetsOfEveryKindAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 60, Groups: 16, Targets: sandbox.Kinds(), Database: database}).start()
		// Two groups have names that differ in case only.
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomePartial)
		s.wantEach()
		s.change(2, 20)
		s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomePartial)
		s.wantEach()
		s.Box.Engine.ResetCalls()
		last := s.sync(workflows.SyncInput{Full: true, Drift: true})
		s.wantOutcome(last, workflows.OutcomePartial)
		for _, kind := range s.kinds() {
			if applied := s.Box.Applied(kind); len(applied) > 0 {
				s.Errorf("%s: a run with nothing to do did %v", kind, applied)
			}
		}
		s.wantEach()
	})
}

// targetTroubles are what goes wrong with a target's calls.
func targetTroubles(api string) []trouble {
	writes := func(kind fault.Kind, times int) []fault.Rule {
		var rules []fault.Rule
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			rules = append(rules, fault.Rule{API: api, Method: method, Kind: kind, Times: times})
		}
		return rules
	}
	return []trouble{
		{"429, 5xx and cut connections", []fault.Rule{
			{API: api, Kind: fault.Status, Status: 429, RetryAfter: "1", Probability: 0.08, Times: 4},
			{API: api, Kind: fault.Status, Status: 503, Probability: 0.08, Times: 4}, {API: api, Kind: fault.Status, Status: 500, Probability: 0.05, Times: 3},
			{API: api, Kind: fault.CutBefore, Probability: 0.08, Times: 4}, {API: api, Kind: fault.CutAfter, Probability: 0.08, Times: 4},
		}},
		{"writes done and not answered", writes(fault.CutAfter, 8)},
	}
}

func TestEveryKindOfTargetConvergesThroughTrouble(t *testing.T) {
	t.Parallel()
	for i, kind := range sandbox.Kinds() {
		for j := range targetTroubles("") {
			t.Run(kind+", "+targetTroubles("")[j].name, func(t *testing.T) {
				t.Parallel()
				s := newScenario(t, settings{People: 40, Groups: 6, Targets: []string{kind}, Database: databases[(i+j)%2].address(t)}).start()
				trouble := targetTroubles(s.Box.API(kind))[j]
				s.disturb(trouble)
				first := s.sync(workflows.SyncInput{})
				s.wantDisturbed()
				if blocked := s.changes(first.RunID, store.ChangeFilter{Kind: string(directory.PermitGroup), States: []string{string(directory.Blocked)}}); len(blocked) > 0 {
					// A group whose creation was not answered gets its permissions next time.
					s.sync(workflows.SyncInput{})
				}
				s.wantEach()
				s.change(int64(i), 20)
				s.disturb(trouble)
				second := s.sync(workflows.SyncInput{Drift: true, AllowRemovals: true})
				s.wantDisturbed()
				for _, c := range s.changes(second.RunID, store.ChangeFilter{States: []string{"failed", "retry", "planned"}}) {
					t.Errorf("not done, though the trouble ended: %+v", c)
				}
				s.wantEach()
			})
		}
	}
}

// Half of the kinds are down at a time: each is once, and once beside some that
// are.
func TestATargetThatIsDownDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"before the first run", "before a changed run"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if i > 0 && os.Getenv("ROLLCALL_SWEEP") == "" {
				// Each waits for two minutes until a target counts as down.
				t.Skip("only with ROLLCALL_SWEEP=1")
			}
			s := newScenario(t, settings{People: 40, Groups: 6, Uniform: true, Targets: sandbox.Kinds(), Database: databases[i].address(t)}).start()
			if i > 0 {
				s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
				s.change(4, 12)
			}
			var down []string
			for at, kind := range sandbox.Kinds() {
				if at%2 == i {
					down = append(down, kind)
					s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Kind: fault.Status, Status: http.StatusServiceUnavailable})
				}
			}
			result := s.sync(workflows.SyncInput{AllowRemovals: true})
			s.wantOutcome(result, workflows.OutcomeFailed)
			differing := s.differing()
			for _, kind := range sandbox.Kinds() {
				report, differs := differing[kind]
				if is := slices.Contains(down, kind); is && !differs {
					t.Errorf("%s was down, and equals the source", kind)
				} else if !is && differs {
					t.Errorf("%s was not down, and differs from the source:\n%s", kind, report)
				}
			}
			s.wantReportedDown(result.RunID, down)

			s.Box.Engine.Clear()
			s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
			s.wantEach()
		})
	}
}

// wantReportedDown asks that a run's report names the targets that failed, each
// with why, and no other.
func (s *scenario) wantReportedDown(runID int64, kinds []string) {
	s.Helper()
	runs, err := s.Worker.Store.Runs(s.Context(), s.Name, 1)
	s.no(err)
	var want []string
	for _, kind := range slices.Sorted(slices.Values(kinds)) {
		want = append(want, kind+": unavailable")
	}
	named := strings.Split(runs[0].Reason, ", ")
	slices.Sort(named)
	if runs[0].ID != runID || !slices.Equal(named, want) {
		s.Errorf("the report of run %d says %q, want %v", runs[0].ID, runs[0].Reason, want)
	}
}
