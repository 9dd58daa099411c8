package scenario

import (
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// heldIn is a scenario with two targets, in each of which the guard holds that
// eight of thirty left; its plan is of the target of a kind.
func heldIn(t *testing.T, kind, database string) *holding {
	t.Helper()
	h := &holding{scenario: newScenario(t, settings{People: 30, Groups: 4, Memberships: 1, Uniform: true, Database: database,
		Targets: []string{sandbox.AtlassianCloud, sandbox.JiraDataCenter}}).start()}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	h.left = h.active()[:8]
	for _, u := range h.left {
		h.no(h.Box.Okta.SuspendUser(u.ID))
	}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
	open, err := h.Worker.Store.OpenHeld(t.Context(), h.Name)
	h.no(err)
	i := slices.IndexFunc(open, func(p store.Held) bool { return p.Target == kind })
	if i < 0 || len(open) != 2 {
		t.Fatalf("%+v is held, want a plan in each target", open)
	}
	h.plan = open[i]
	return h
}

// notUsed are the ways in which a target of the configuration is not used any more.
var notUsed = []struct {
	name  string
	class directory.Class
	lose  func(h *holding, kind string)
}{
	{"it was taken out of the configuration", "not-configured", func(h *holding, kind string) {
		h.Worker.Stop()
		delete(h.Config.Connections[h.Name].Targets, kind)
		h.start()
	}},
	{"its configuration names another place", "target-changed", func(h *holding, kind string) {
		h.Worker.Stop()
		targets := h.Config.Connections[h.Name].Targets
		moved := targets[kind]
		moved.URL = elsewhere(h.T)
		targets[kind] = moved
		h.start()
	}},
}

func TestWhatIsHeldInATargetThatIsNotUsedAnyMoreCanBeRejectedAndNotApproved(t *testing.T) {
	t.Parallel()
	for i, how := range notUsed {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			h := heldIn(t, sandbox.JiraDataCenter, databases[i%2].address(t))
			how.lose(h, sandbox.JiraDataCenter)
			decided := h.answer(store.Request{Kind: store.RequestApprove, Who: approver}, h.plan.Digest)
			if decided.Refused != how.class || decided.RequestID != 0 || decided.Ended {
				t.Errorf("the approval came to %+v, want that it is refused as %q", decided, how.class)
			}
			if held := h.changes(h.plan.RunID, store.ChangeFilter{Target: sandbox.JiraDataCenter, States: []string{string(directory.Held)}}); int64(len(held)) != h.plan.Changes {
				t.Errorf("%d are still held, want all %d", len(held), h.plan.Changes)
			}
			decided = h.answer(store.Request{Kind: store.RequestReject, Who: approver}, h.plan.Digest)
			if decided.Refused != "" || !decided.Ended || decided.Changes != h.plan.Changes {
				t.Errorf("the rejection came to %+v", decided)
			}
		})
	}
}

func TestWhatWasApprovedInATargetThatIsNotUsedAnyMoreEndsWithTheReason(t *testing.T) {
	t.Parallel()
	for i, how := range notUsed {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			h := heldIn(t, sandbox.JiraDataCenter, databases[(i+1)%2].address(t))
			// It is approved, and nobody is there to carry it out before the target is lost.
			approved, err := h.Worker.Store.DecideHeld(t.Context(), store.HeldDecision{PlanID: h.plan.ID, Digest: h.plan.Digest, Who: approver, Key: "test"}, store.ApprovalPolicy{}, time.Now())
			h.no(err)
			how.lose(h, sandbox.JiraDataCenter)
			h.Box.Engine.ResetCalls()
			result := h.carriedOut(workflows.Decided{RequestID: approved.RequestID})
			if result.Failed != approved.Changes || result.Applied != 0 {
				t.Errorf("the approval came to %+v, want %d that were not done", result, approved.Changes)
			}
			for _, c := range h.changes(result.Ref.RunID, store.ChangeFilter{Target: sandbox.JiraDataCenter}) {
				if c.State != string(directory.Failed) || c.Class != string(how.class) {
					t.Errorf("%s of %d is %s (%s), want failed (%s)", c.Kind, c.UserID, c.State, c.Class, how.class)
				}
			}
			h.wantUnasked(sandbox.JiraDataCenter)
			open, err := h.Worker.Store.OpenRequests(t.Context(), time.Now().Add(time.Hour))
			h.no(err)
			if len(open) > 0 {
				t.Errorf("something waits to be carried out: %+v", open)
			}
		})
	}
}
