package scenario

import (
	"strings"

	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
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
