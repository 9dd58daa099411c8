package scenario

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/app"
	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// configure stops the worker and starts another with a target's settings
// changed. It returns what puts them back, without starting anything.
func (s *scenario) configure(kind string, change func(*config.Target)) (restore func()) {
	s.Helper()
	s.Worker.Stop()
	targets := s.Config.Connections[s.Name].Targets
	before := targets[kind]
	changed := before
	change(&changed)
	targets[kind] = changed
	s.start()
	return func() { targets[kind] = before }
}

// elsewhere is a server that nobody is to ask anything.
func elsewhere(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("another place was asked: %s %s", r.Method, r.URL.Path)
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// wantUnasked asks that nothing was asked of the target of a kind since the log
// of calls was last emptied.
func (s *scenario) wantUnasked(kind string) {
	s.Helper()
	for _, call := range s.Box.Engine.Calls() {
		if call.API == s.Box.API(kind) {
			s.Errorf("%s was asked: %s %s", kind, call.Method, call.Path)
		}
	}
}

func TestATargetWhoseConfigurationNamesAnotherPlaceIsLeftAloneAndTheOthersGoOn(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		kinds := []string{sandbox.JiraDataCenter, sandbox.ConfluenceDataCenter, sandbox.Crowd, sandbox.BitbucketCloud}
		s := newScenario(t, settings{People: 40, Groups: 6, Uniform: true, Targets: kinds, Database: database}).start()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantEach()

		place := elsewhere(t)
		restore := s.configure(sandbox.JiraDataCenter, func(c *config.Target) { c.URL = place })
		s.change(4, 14)
		for _, what := range []string{"a first time", "again", "with everything read"} {
			if what == "again" {
				s.Box.Engine.ResetCalls()
			}
			result := s.sync(workflows.SyncInput{AllowRemovals: true, Full: what != "again", Drift: what == "with everything read"})
			s.wantOutcome(result, workflows.OutcomeFailed)
			s.wantUnasked(sandbox.JiraDataCenter)
			if what == "again" {
				for _, kind := range kinds { // nothing has changed, and nothing is asked
					s.wantUnasked(kind)
				}
			}
			run, err := s.Worker.Store.Run(t.Context(), result.RunID)
			s.no(err)
			if want := sandbox.JiraDataCenter + ": target-changed"; run.Reason != want {
				s.Errorf("%s: the reason is %q, want %q", what, run.Reason, want)
			}
			if note := s.noteText(result.RunID, "target-changed"); !strings.Contains(note, place[len("http://"):]) || !strings.Contains(note, "put it right") {
				s.Errorf("%s: the note says neither where nor what to do: %q", what, note)
			}
			if planned := s.changes(result.RunID, store.ChangeFilter{Target: sandbox.JiraDataCenter}); len(planned) > 0 {
				s.Errorf("%s: something was planned: %+v", what, planned)
			}
			for kind, report := range s.differing() {
				if kind != sandbox.JiraDataCenter {
					s.Errorf("%s: %s differs from the source:\n%s", what, kind, report)
				}
			}
			if what != "a first time" && (result.Applied > 0 || result.Failed > 0) {
				s.Errorf("%s: there was nothing left to do, and yet %+v", what, result)
			}
		}
		if _, differs := s.differing()[sandbox.JiraDataCenter]; !differs {
			s.Error("nothing was due in the target that moved")
		}

		s.Worker.Stop()
		restore()
		s.start()
		s.wantOutcome(s.sync(workflows.SyncInput{AllowRemovals: true}), workflows.OutcomeDone)
		s.wantEach()
	})
}

func TestWhatIsPushedGoesToTheOtherTargetsAndWaitsForTheOneThatMoved(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		p := newPushed(t, settings{Pushed: true, Targets: []string{sandbox.AtlassianCloud, sandbox.JiraDataCenter}, Database: database})
		p.scenario.start()
		p.serve(app.GatewayOptions{Log: p.options.Log}) // it outlives the workers
		ids := p.joins(0, 3)
		p.arrives("the joiners", holds([]int{0, 1, 2}, nil))
		p.eventually("they are in both", func() (bool, any) { items := p.inbox(); return len(items) == 0, items })

		place := elsewhere(t)
		restore := p.configure(sandbox.JiraDataCenter, func(c *config.Target) { c.URL = place })
		p.Box.Engine.ResetCalls()
		p.joins(3, 5)
		_, err := p.Client.CreateGroup(t.Context(), "birds", ids[1:]...)
		p.no(err)
		p.no(p.Client.SetActive(t.Context(), ids[0], false))
		p.arrives("what was pushed, in the other", holds([]int{1, 2, 3, 4}, map[string][]int{"birds": {1, 2}}))
		p.eventually("all of it waits", func() (bool, any) {
			items := p.inbox()
			return len(items) > 3 && !slices.ContainsFunc(items, func(i store.InboxItem) bool { return i.Class != "target-changed" }), items
		})
		p.eventually("a run says why", func() (bool, any) {
			runs, err := p.Worker.Store.Runs(t.Context(), p.Name, 10)
			p.no(err)
			return slices.ContainsFunc(runs, func(r store.Run) bool {
				return r.Outcome == "" && p.noteText(r.ID, "target-changed") != "" || r.Reason == sandbox.JiraDataCenter+": target-changed"
			}), runs
		})
		p.wantUnasked(sandbox.JiraDataCenter)

		p.Worker.Stop()
		restore()
		p.scenario.start()
		p.eventually("nothing waits any more", func() (bool, any) { items := p.inbox(); return len(items) == 0, items })
		for _, kind := range p.kinds() {
			applied := p.Box.Applied(kind)
			if applied["create-group:birds"] != 1 {
				p.Errorf("%s: what was pushed meanwhile was not done: %v", kind, applied)
			}
			if again := twice(applied); len(again) > 0 {
				p.Errorf("%s: done more than once: %v", kind, again)
			}
		}
	})
}
