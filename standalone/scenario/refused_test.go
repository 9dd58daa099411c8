package scenario

import (
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

func TestOnePersonWhomTheTargetRefusesForEverIsReportedInItsWordsAndEverybodyElseIsDone(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		s := newScenario(t, settings{People: 60, Groups: 6, Uniform: true, Database: database}).start()
		refused := s.active()[7]
		s.Box.Engine.Add(fault.Rule{API: "atlassian", Path: `/users/invite$`, Kind: fault.Status, Status: 400, MatchBody: refused.Email})
		for range 2 {
			result := s.sync(workflows.SyncInput{})
			s.wantOutcome(result, workflows.OutcomePartial)
			users, _, err := s.Worker.Store.SubjectIDs(t.Context(), s.Name, refused.Email)
			s.no(err)
			failed := s.changes(result.RunID, store.ChangeFilter{States: []string{"failed", "refused", "blocked", "retry", "planned"}})
			var creates int
			for _, c := range failed {
				if c.UserID != users[0] {
					t.Errorf("somebody else is among the failed: %+v", c)
				}
				if c.Kind == string(directory.CreateAccount) {
					creates++
					if c.State != string(directory.Refused) || strings.TrimSpace(c.Detail) == "" {
						t.Errorf("the refusal is not reported in the target's words: %+v", c)
					}
				}
			}
			if creates != 1 {
				t.Errorf("%d creates are reported as refused, want one", creates)
			}
			for _, u := range s.active() {
				if u.ID != refused.ID && s.account(u.Email).Status != "active" {
					t.Errorf("%s has no account", u.ID)
				}
			}
		}
		s.wantNothingTwice()

		// Once the target takes the person, the next run does.
		s.Box.Engine.Clear()
		s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
		s.wantEqual()
	})
}

func TestARefusedCredentialEndsTheRunAndSaysSo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, api string
		status    int
		error     bool
	}{
		{"the source's, refused", "okta", 401, true},
		{"the source's, lacking a right", "okta", 403, true},
		{"the target's, refused", "atlassian", 401, false},
		{"the target's, lacking a right", "atlassian", 403, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, settings{People: 12, Groups: 2, Uniform: true}).start()
			s.Box.Engine.Add(fault.Rule{API: test.api, Kind: fault.Status, Status: test.status})
			result, err := s.trySync(workflows.SyncInput{})
			if test.error != (err != nil) {
				t.Fatalf("the run ended with %v and %+v", err, result)
			}
			runs, err := s.Worker.Store.Runs(t.Context(), s.Name, 1)
			s.no(err)
			if runs[0].Outcome != workflows.OutcomeFailed || runs[0].Reason == "" {
				t.Errorf("the run is recorded as %q because %q", runs[0].Outcome, runs[0].Reason)
			}
			if done := s.Box.Engine.AppliedKeys(); len(done) > 0 {
				t.Errorf("something was written: %v", done)
			}
			s.Box.Engine.Clear()
			s.wantOutcome(s.sync(workflows.SyncInput{}), workflows.OutcomeDone)
			s.wantEqual()
		})
	}
}
