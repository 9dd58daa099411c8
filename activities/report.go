package activities

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Finish counts what a run came to, records its outcome and lets go of the connection.
func (a *Activities) Finish(ctx context.Context, in workflows.FinishInput) (workflows.SyncResult, error) {
	defer a.beat(ctx)()
	result, err := a.finish(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) finish(ctx context.Context, in workflows.FinishInput) (workflows.SyncResult, error) {
	counts, err := a.Store.Counts(ctx, in.RunID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	result, left := sum(in.RunID, counts)
	reason := ""
	switch {
	case in.Failure == directory.ClassCanceled:
		result.Outcome, reason = workflows.OutcomeStopped, "it was cancelled"
	case in.Failure == classStopped:
		result.Outcome, reason = workflows.OutcomeStopped, "a person has stopped it"
	case in.Failure != "":
		result.Outcome, reason = workflows.OutcomeFailed, string(in.Failure)
	case len(in.FailedTargets) > 0:
		result.Outcome, reason = workflows.OutcomeFailed, strings.Join(in.FailedTargets, ", ")
	case in.DryRun:
		result.Outcome = workflows.OutcomeDry
	default:
		result.Outcome = outcomeOf(result, left)
		if tripped, err := a.Store.Tripped(ctx, in.RunID); err != nil {
			return workflows.SyncResult{}, err
		} else if tripped && result.Outcome == workflows.OutcomeDone {
			// Lists that were not believed leave no change behind to tell.
			result.Outcome, reason = workflows.OutcomePartial, store.CodeSourceShort
		}
	}
	// A target that could not be used has no changes to tell what is left to do there.
	settled := in.Failure == "" && !in.DryRun && len(in.FailedTargets) == 0
	err = a.Store.Finish(ctx, claimOf(in.RunRef), result.Outcome, reason, settled, a.Now())
	if isFenced(err) {
		return a.closed(ctx, result)
	}
	if err != nil {
		return result, err
	}
	a.tell("run ended", in.Connection, result, counts)
	return result, a.afterwards(ctx, in, result, reason, counts)
}

// afterwards does what a run that has ended makes necessary.
func (a *Activities) afterwards(ctx context.Context, in workflows.FinishInput, result workflows.SyncResult, reason string, counts []store.Count) error {
	if !in.DryRun && in.Failure == "" {
		if err := a.trip(ctx, in.RunRef); err != nil {
			return err
		}
	}
	failure := in.Failure
	if failure == "" && len(in.FailedTargets) > 0 {
		_, class, _ := strings.Cut(in.FailedTargets[0], ": ")
		failure = directory.Class(class)
	}
	if err := a.tellOfRun(ctx, in.RunRef, result, failure, counts); err != nil || in.DryRun {
		return err
	}
	// Its own joiners came after its leavers: a licence that it freed they have had.
	return a.followUp(ctx, in.RunRef, workflows.TriggerSeats, counts)
}

// trip counts runs that the guard stopped, and tells of a connection that is put
// in quarantine for it.
func (a *Activities) trip(ctx context.Context, ref workflows.RunRef) error {
	c, err := a.connection(ref.Connection)
	if err != nil {
		return err
	}
	now, err := a.Store.Trip(ctx, ref.ConnectionID, ref.RunID, c.QuarantineAfter, a.Now())
	if err != nil {
		return err
	}
	if now {
		a.Log.Warn("a connection is in quarantine: no removal is admitted any more", "connection", ref.Connection, "run", ref.RunID)
	}
	// An earlier attempt may have put it there and told nobody; the same quarantine
	// is told once.
	since, _, err := a.Store.Quarantined(ctx, ref.ConnectionID)
	if err != nil || since.IsZero() {
		return err
	}
	return a.notify(ctx, ref.ConnectionID, notify.Quarantine(ref.Connection, ref.RunID, int64(c.QuarantineAfter), since))
}

// tell says in the log and in the metrics what a run came to.
func (a *Activities) tell(what, connection string, result workflows.SyncResult, counts []store.Count) {
	a.Log.Info(what, "connection", connection, "run", result.RunID, "outcome", result.Outcome, "applied", result.Applied,
		"failed", result.Failed, "held", result.Held, "waiting", result.Waiting, "skipped", result.Skipped, "contradicted", result.Contradicted)
	if a.RunEnded != nil {
		a.RunEnded(connection, result, counts, a.Now())
	}
}

// sum adds up what a run's changes came to, and how many have not come to an end.
func sum(runID int64, counts []store.Count) (result workflows.SyncResult, left int64) {
	result.RunID = runID
	for _, c := range counts {
		switch directory.State(c.State) {
		case directory.Applied:
			result.Applied += c.Count
		case directory.Held:
			result.Held += c.Count
		case directory.Skipped:
			result.Skipped += c.Count
		case directory.Contradicted:
			result.Contradicted += c.Count
		case directory.Failed, directory.Refused, directory.Blocked:
			result.Failed += c.Count
		case directory.Waiting:
			result.Waiting += c.Count
		case directory.Approved, directory.Rejected, directory.Expired: // decided about since
		default:
			left += c.Count
		}
	}
	result.Planned = left
	return result, left
}

// outcomeOf is the outcome of a run that came to its end.
func outcomeOf(r workflows.SyncResult, left int64) string {
	switch {
	case r.Failed+left+r.Contradicted+r.Waiting > 0:
		return workflows.OutcomePartial
	case r.Held > 0:
		return workflows.OutcomeHeld
	}
	return workflows.OutcomeDone
}

// closed is the result of a run that was closed before: by an earlier attempt
// whose answer was lost, or by a run that has taken the connection from it.
func (a *Activities) closed(ctx context.Context, result workflows.SyncResult) (workflows.SyncResult, error) {
	run, err := a.Store.Run(ctx, result.RunID)
	if err != nil {
		return workflows.SyncResult{}, err
	}
	if run.Outcome != result.Outcome {
		return workflows.SyncResult{RunID: result.RunID, Outcome: workflows.OutcomeFailed}, nil
	}
	return result, nil
}
