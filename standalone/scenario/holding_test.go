package scenario

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/internal/temporal"
	"github.com/rollcall-sync/rollcall/workflows"
)

// holding is a scenario in which eight of thirty are suspended in the source,
// and the guard holds that.
type holding struct {
	*scenario
	left []oktasim.UserState
	plan store.Held
}

func newHolding(t *testing.T, s settings, change ...func(*scenario)) *holding {
	t.Helper()
	s.People, s.Groups, s.Memberships, s.Uniform = 30, 4, 1, true
	h := &holding{scenario: newScenario(t, s)}
	for _, c := range change {
		c(h.scenario)
	}
	h.start()
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeDone)
	h.Box.Mark()
	h.left = h.active()[:8]
	for _, u := range h.left {
		h.no(h.Box.Okta.SuspendUser(u.ID))
	}
	h.wantOutcome(h.sync(workflows.SyncInput{}), workflows.OutcomeHeld)
	h.plan = h.onlyPlan()
	return h
}

func (h *holding) onlyPlan() store.Held {
	h.Helper()
	open, err := h.Worker.Store.OpenHeld(h.Context(), h.Name)
	h.no(err)
	if len(open) != 1 {
		h.Fatalf("%d plans are held, want one", len(open))
	}
	return open[0]
}

// gone are those of who left that have no access any more, by e-mail.
func (h *holding) gone() []string {
	var emails []string
	for _, u := range h.left {
		if h.account(u.Email).Status == "suspended" {
			emails = append(emails, u.Email)
		}
	}
	slices.Sort(emails)
	return emails
}

// ids are the surrogate ids of people.
func (h *holding) ids(of ...oktasim.UserState) []int64 {
	h.Helper()
	var ids []int64
	for _, u := range of {
		found, _, err := h.Worker.Store.SubjectIDs(h.Context(), h.Name, u.Email)
		h.no(err)
		ids = append(ids, found...)
	}
	return ids
}

// answer records a person's answer to the plan as a request, and sends it to
// the workflow that owns the plan.
func (h *holding) answer(r store.Request, digest string) workflows.Decided {
	h.Helper()
	decided, err := h.tryAnswer(r, digest)
	h.no(err)
	return decided
}

func (h *holding) tryAnswer(r store.Request, digest string) (workflows.Decided, error) {
	h.Helper()
	var err error
	if r.ConnectionID, err = h.Worker.Store.ConnectionID(h.Context(), h.Name); err != nil {
		return workflows.Decided{}, err
	}
	r.Subject = h.plan.ID
	id, err := h.Worker.Store.AddRequest(h.Context(), r, time.Now())
	if err != nil {
		return workflows.Decided{}, err
	}
	ctx, cancel := context.WithTimeout(h.Context(), hung)
	defer cancel()
	return temporal.DecideHeld(ctx, h.Worker.Client, workflows.HeldInput{Connection: h.Name, PlanID: h.plan.ID}, r.Kind == store.RequestReject,
		workflows.Decision{Digest: digest, RequestID: id})
}

// carriedOut waits for the run of an approval.
func (h *holding) carriedOut(d workflows.Decided) workflows.SubjectsResult {
	h.Helper()
	if d.Refused != "" || d.RequestID == 0 {
		h.Fatalf("the approval came to %+v", d)
	}
	ctx, cancel := context.WithTimeout(h.Context(), hung)
	defer cancel()
	h.no(temporal.NewEntities(h.Worker.Client).Subjects(ctx, h.Name, d.RequestID, workflows.TriggerApproval))
	var result workflows.SubjectsResult
	h.no(h.Worker.Client.GetWorkflow(ctx, workflows.SubjectsID(h.Name, d.RequestID), "").Get(ctx, &result))
	return result
}

// outcomes counts the removals of a run by state and class.
func (h *holding) outcomes(runID int64) map[string]int {
	h.Helper()
	counts := map[string]int{}
	for _, c := range h.changes(runID, store.ChangeFilter{Kind: string(directory.SuspendAccount)}) {
		word := c.State
		if c.Class != "" {
			word += " " + c.Class
		}
		counts[word]++
	}
	return counts
}

func (h *holding) wantOutcomes(runID int64, want map[string]int) {
	h.Helper()
	got := h.outcomes(runID)
	for word, n := range want {
		if got[word] != n {
			h.Errorf("run %d: %v, want %v", runID, got, want)
			return
		}
	}
	if len(got) != len(want) {
		h.Errorf("run %d: %v, want %v", runID, got, want)
	}
}

var approver = store.Who{Name: "ada"}
