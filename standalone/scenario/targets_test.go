package scenario

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	enums "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/standalone/embedded"
	"github.com/rollcall-sync/rollcall/workflows"
)

// kinds are the kinds of target of a scenario.
func (s *scenario) kinds() []string {
	var kinds []string
	for _, t := range s.Box.Announcement().Targets {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}

// differing are the kinds whose target differs from the source, with how.
func (s *scenario) differing() map[string]compare.Report {
	found := map[string]compare.Report{}
	for _, kind := range s.kinds() {
		report, _ := s.Box.CompareWith(kind, compare.Options{GroupTypes: sandbox.OwnGroups()})
		switch {
		case !report.Equal():
			found[kind] = report
		case report.Compared.Accounts == 0 || report.Compared.Memberships == 0:
			s.Errorf("%s: nothing was compared: %+v", kind, report.Compared)
		}
	}
	return found
}

// wantEach asks that every target equals the source, and that nothing was done
// twice in any since the call log was last emptied.
func (s *scenario) wantEach() {
	s.Helper()
	for kind, report := range s.differing() {
		s.Errorf("%s differs from the source:\n%s", kind, report)
	}
	for _, kind := range s.kinds() {
		if again := twice(s.Box.Applied(kind)); len(again) > 0 {
			s.Errorf("%s: done more than once:\n%s", kind, strings.Join(again, "\n"))
		}
	}
}

// change makes changes in Okta, and forgets what was done until then.
func (s *scenario) change(seed int64, n int) {
	s.Helper()
	s.Box.Engine.ResetCalls()
	_, err := s.Box.Change(seed, n)
	s.no(err)
}

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

func TestAWrongListOfATargetTakesNothingAway(t *testing.T) {
	t.Parallel()
	for i, kind := range sandbox.Kinds() {
		for j, effect := range []fault.Kind{fault.Empty, fault.Half} {
			t.Run(fmt.Sprintf("%s, %s", kind, effect), func(t *testing.T) {
				t.Parallel()
				playWrongList(t, kind, effect, databases[(i+j)%2].address(t))
			})
		}
	}
}

func playWrongList(t *testing.T, kind string, effect fault.Kind, database string) {
	s := newScenario(t, settings{People: 30, Groups: 5, Memberships: 2, Uniform: true, Targets: []string{kind}, Database: database}).start()
	s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	s.wantEach()
	s.Box.Engine.ResetCalls()
	before := s.Box.TargetState(kind)
	_, err := s.Box.Change(5, 3, people.Join)
	s.no(err)
	// All lists are wrong, those by which something is looked up as well.
	id := s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Kind: effect})
	wrong, err := s.begin(t.Context(), workflows.SyncInput{Full: true, Drift: true})
	s.no(err)
	s.endedOrTriedAgain(wrong)
	if s.Box.Engine.Hits(id) == 0 {
		t.Fatal("no list was wrong")
	}
	lost := takenFrom(before, s.Box.TargetState(kind))
	s.Box.Engine.Clear()
	s.no(wrong.Get(t.Context(), nil))
	var last workflows.SyncResult
	for range 3 {
		if last = s.sync(workflows.SyncInput{Full: true, Drift: true}); last.Outcome == workflows.OutcomeDone && last.Applied == 0 {
			break
		}
	}
	if lost = append(lost, takenFrom(before, s.Box.TargetState(kind))...); len(lost) > 0 {
		t.Errorf("taken away:\n%s", strings.Join(lost, "\n"))
	}
	if again := twice(s.Box.Applied(kind)); len(again) > 0 {
		t.Errorf("done more than once:\n%s", strings.Join(again, "\n"))
	}
	// A group that neither the list nor a look-up had is no longer Rollcall's.
	// Whether it is to be again is said by a person, and nobody joins it until.
	refused := s.changes(last.RunID, store.ChangeFilter{Kind: string(directory.CreateGroup), States: []string{string(directory.Refused)}})
	for _, d := range s.differing()[kind].Differences {
		if d.Kind != compare.MemberMissing || len(refused) == 0 {
			t.Errorf("it did not come right by itself: %s", d)
		}
	}
	for _, c := range refused {
		if c.Class != string(directory.ClassNotAdopted) {
			t.Errorf("a group is refused for another reason: %+v", c)
		}
	}
}

// endedOrTriedAgain returns when a run has ended, or an activity of it is tried
// again because an answer could not be believed.
func (s *scenario) endedOrTriedAgain(run client.WorkflowRun) {
	s.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(2 * time.Minute); ; {
		description, err := s.Worker.Client.DescribeWorkflowExecution(s.Context(), run.GetID(), "")
		s.no(err)
		if description.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return
		}
		if slices.ContainsFunc(description.GetPendingActivities(), func(a *workflowpb.PendingActivityInfo) bool { return a.GetAttempt() > 1 }) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			s.Fatal("the run neither ended nor tried anything again")
		}
	}
}

// takenFrom lists what somebody had in an earlier state of a target and has not
// in a later one: the account, access, a membership, a group.
func takenFrom(before, after roster.Snapshot) []string {
	var lost []string
	accounts, groups := map[string]roster.Account{}, map[string]roster.GroupMembers{}
	for _, a := range after.Accounts {
		accounts[a.ID] = a
	}
	for _, g := range after.Groups {
		groups[g.ID] = g
	}
	for _, a := range before.Accounts {
		now, there := accounts[a.ID]
		switch {
		case !there:
			lost = append(lost, "account "+a.ID)
		case a.Active && !now.Active:
			lost = append(lost, "access of "+a.ID)
		}
		for _, permission := range a.Permissions {
			if there && !slices.Contains(now.Permissions, permission) {
				lost = append(lost, "permission "+permission+" of "+a.ID)
			}
		}
	}
	for _, g := range before.Groups {
		now, there := groups[g.ID]
		if !there {
			lost = append(lost, "group "+g.ID)
			continue
		}
		for _, id := range g.Members {
			if !slices.Contains(now.Members, id) {
				lost = append(lost, "membership of "+id+" in "+g.ID)
			}
		}
	}
	return lost
}

func TestWhatIsTakenFromATargetIsFound(t *testing.T) {
	t.Parallel()
	state := func(change func(a *roster.Account, g *roster.GroupMembers)) roster.Snapshot {
		a := roster.Account{ID: "a", Active: true, Permissions: []string{"LICENSED_USER"}}
		g := roster.GroupMembers{Group: roster.Group{ID: "g"}, Members: []string{"a"}}
		change(&a, &g)
		return roster.Snapshot{Accounts: []roster.Account{a}, Groups: []roster.GroupMembers{g}}
	}
	before := state(func(*roster.Account, *roster.GroupMembers) {})
	for name, tc := range map[string]struct {
		change func(a *roster.Account, g *roster.GroupMembers)
		want   int
	}{
		"nothing":      {func(*roster.Account, *roster.GroupMembers) {}, 0},
		"the account":  {func(a *roster.Account, _ *roster.GroupMembers) { a.ID = "b" }, 1},
		"access":       {func(a *roster.Account, _ *roster.GroupMembers) { a.Active = false }, 1},
		"a permission": {func(a *roster.Account, _ *roster.GroupMembers) { a.Permissions = nil }, 1},
		"the group":    {func(_ *roster.Account, g *roster.GroupMembers) { g.ID = "h" }, 1},
		"a membership": {func(_ *roster.Account, g *roster.GroupMembers) { g.Members = nil }, 1},
		"an addition":  {func(_ *roster.Account, g *roster.GroupMembers) { g.Members = append(g.Members, "b") }, 0},
	} {
		if lost := takenFrom(before, state(tc.change)); len(lost) != tc.want {
			t.Errorf("%s: found %v", name, lost)
		}
	}
}

func TestHistoriesOfRunsOverEveryKindHoldNothingAboutPeopleAndNoSecret(t *testing.T) {
	t.Parallel()
	var log captured
	registry := prometheus.NewRegistry()
	a := newAudit()
	s := newScenario(t, settings{People: 40, Groups: 16, Targets: sandbox.Kinds(), Front: a.listening}).on(ownServer(t, embedded.Options{}))
	s.options.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.options.Registry = registry
	a.organisation(s)
	s.start()
	var shapes []shape
	play := func(name string) {
		run, err := s.begin(t.Context(), workflows.SyncInput{AllowRemovals: true})
		s.no(err)
		first := run.GetRunID()
		s.no(run.Get(t.Context(), nil))
		shapes = append(shapes, shape{name, run.GetID(), first})
	}
	play("first")
	s.change(3, 15)
	a.organisation(s)
	for i, kind := range s.kinds() {
		s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Kind: fault.Status, Status: []int{500, 429, 503, 400}[i%4], Times: 4, After: i % 3})
		s.Box.Engine.Add(fault.Rule{API: s.Box.API(kind), Method: http.MethodPost, Kind: fault.Status, Status: http.StatusForbidden, Times: 1})
	}
	play("through refusals")
	s.Box.Engine.Clear()
	play("after them")
	for _, one := range shapes {
		for _, leak := range leaksIn(t.Context(), t, a, s.Worker.Client, one, true) {
			t.Error(leak)
		}
	}
	if log.String() == "" {
		t.Fatal("nothing was logged: there is nothing to audit")
	}
	for line := range strings.Lines(log.String()) {
		for _, found := range a.find(line) {
			t.Errorf("logged %q: %s", found, line)
		}
	}
	exposition := metricsOf(t, registry)
	for _, kind := range s.kinds() {
		if !strings.Contains(exposition, `part="`+kind+`"`) {
			t.Errorf("the metrics say nothing about calls of %s", kind)
		}
	}
	for _, found := range a.find(exposition) {
		t.Errorf("the metrics hold %q", found)
	}
}
