package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// leaversAhead is how near a step must be due for the sweep to see to it that
	// its workflow is there. What is further off is there since the last start,
	// or is found when it is nearer.
	leaversAhead = time.Hour
	// leaverSoonest is how soon a step is looked at again that is due by now.
	leaverSoonest = 100 * time.Millisecond
	// atOnceMissing bounds what one sweep starts.
	atOnceMissing = 1000
	// allLeavers bounds what is started at the start of a worker.
	allLeavers = 100_000
	// lateRequest is how old a request must be for the sweep to start it again:
	// younger ones are on their way.
	lateRequest = 30 * time.Second
	// farFuture is later than any step is due.
	farFuture = 100 * 365 * 24 * time.Hour
)

// followUp starts what a run that ended makes necessary: the workflows of plans
// that it held and of steps that are due soon, and another try for those who
// wait for licences that it has freed. It may be called again for the same run.
func (a *Activities) followUp(ctx context.Context, ref workflows.RunRef, trigger string, counts []store.Count) error {
	plans, err := a.Store.HeldPlans(ctx, ref.RunID)
	if err != nil {
		return err
	}
	for _, plan := range plans {
		if plan.State != "held" {
			continue
		}
		if err := a.tellOfPlan(ctx, ref, plan.ID); err != nil {
			return err
		}
		a.start(ctx, func(ctx context.Context) error { return a.Start.Held(ctx, ref.Connection, plan.ID) })
	}
	if err := a.startLeavers(ctx, ref.Connection); err != nil {
		return err
	}
	if trigger == workflows.TriggerSeats {
		return nil // it was the try
	}
	return a.seatWaiters(ctx, ref, counts)
}

func (a *Activities) tellOfPlan(ctx context.Context, ref workflows.RunRef, planID int64) error {
	plan, err := a.Store.Held(ctx, planID)
	if err != nil {
		return err
	}
	kinds := map[directory.Kind]int64{}
	for _, c := range plan.Counts {
		if directory.State(c.State) == directory.Held {
			kinds[directory.Kind(c.Kind)] += c.Count
		}
	}
	return a.notify(ctx, ref.ConnectionID, notify.Held(notify.HeldPlan{
		Connection: ref.Connection, Target: plan.Target, Run: plan.RunID, Plan: planID, Digest: plan.Digest, Reason: directory.Class(plan.Reason), Counts: kinds, Expires: plan.Expires,
	}, a.Now()))
}

// startLeavers starts the workflows of steps that are due soon.
func (a *Activities) startLeavers(ctx context.Context, connection string) error {
	due, err := a.Store.DueLeavers(ctx, a.Now().Add(leaversAhead), atOnceMissing)
	if err != nil {
		return err
	}
	for _, l := range due {
		if l.Connection == connection {
			a.start(ctx, func(ctx context.Context) error { return a.Start.Leaver(ctx, l.Connection, l.UserID) })
		}
	}
	return nil
}

// seatWaiters has as many joiners tried again as licences were freed, in their order.
func (a *Activities) seatWaiters(ctx context.Context, ref workflows.RunRef, counts []store.Count) error {
	freed := map[string]int64{}
	for _, c := range counts {
		switch directory.Kind(c.Kind) {
		case directory.SuspendAccount, directory.DeactivateAccount, directory.DeleteAccount:
			if directory.State(c.State) == directory.Applied {
				freed[c.Target] += c.Count
			}
		}
	}
	if len(freed) == 0 {
		return nil
	}
	c, err := a.connection(ref.Connection)
	if err != nil {
		return err
	}
	connection, err := a.ensure(ctx, c)
	if err != nil {
		return err
	}
	for target, n := range freed {
		waiters, err := a.Store.Waiters(ctx, connection.Targets[target], int(n))
		if err != nil {
			return err
		}
		if len(waiters) == 0 {
			continue
		}
		if err := a.request(ctx, ref.Connection, store.Request{
			ConnectionID: ref.ConnectionID, Kind: store.RequestUsers, Name: workflows.TriggerSeats, Users: waiters, Who: store.Who{Name: "a freed licence"},
		}, workflows.TriggerSeats); err != nil {
			return err
		}
	}
	return nil
}

// EnsureConnections makes every configured connection known, so that a person
// can ask for something of one before its first run. One whose targets have all
// moved is reported and left as it is: its runs say what to do.
func (a *Activities) EnsureConnections(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(a.Connections)) {
		connection, err := a.ensure(ctx, a.Connections[name])
		var moved *store.TargetChangedError
		if errors.As(err, &moved) {
			a.Log.Error("a connection cannot be used as it is configured", "connection", name, "error", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("connection %s: %w", name, err)
		}
		a.logMoved(name, connection.Moved)
	}
	return nil
}

// StartMissing starts the workflows that should be there and may not be: their
// own start was lost, or Temporal's database. It is called when a worker
// starts, then with all set, and every minute. It returns how many it started
// or found.
func (a *Activities) StartMissing(ctx context.Context, all bool) (int64, error) {
	if a.Start == nil {
		return 0, nil
	}
	n := int64(0)
	plans, err := a.Store.OpenHeld(ctx, "")
	if err != nil {
		return n, err
	}
	for _, plan := range plans {
		if a.Connections[plan.Connection] != nil {
			n++
			a.start(ctx, func(ctx context.Context) error { return a.Start.HeldThere(ctx, plan.Connection, plan.ID) })
		}
	}
	leavers, err := a.missingLeavers(ctx, all)
	if err != nil {
		return n, err
	}
	n += leavers
	requests, err := a.Store.OpenRequests(ctx, a.Now().Add(-lateRequest))
	if err != nil {
		return n, err
	}
	for _, r := range requests {
		if a.Connections[r.Connection] != nil {
			n++
			a.start(ctx, func(ctx context.Context) error { return a.Start.Subjects(ctx, r.Connection, r.ID, TriggerOf(r)) })
		}
	}
	messages, err := a.Store.Undelivered(ctx, atOnceMissing)
	if err != nil {
		return n, err
	}
	for _, m := range messages {
		n++
		a.start(ctx, func(ctx context.Context) error { return a.Start.Notify(ctx, m.ID) })
	}
	return n, nil
}

// missingLeavers starts the workflows of leavers: of steps that are overdue,
// which are woken even if they wait, and of those that are due soon, or at all.
func (a *Activities) missingLeavers(ctx context.Context, all bool) (int64, error) {
	before, limit := a.Now().Add(leaversAhead), atOnceMissing
	if all {
		before, limit = a.Now().Add(farFuture), allLeavers
	}
	overdue, err := a.Store.DueLeavers(ctx, a.Now().Add(-leaverSoonest), limit)
	if err != nil {
		return 0, err
	}
	late := make(map[store.LeaverRef]bool, len(overdue))
	for _, l := range overdue {
		late[l] = true
	}
	due, err := a.Store.DueLeavers(ctx, before, limit)
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for _, l := range due {
		if a.Connections[l.Connection] == nil {
			continue
		}
		n++
		a.start(ctx, func(ctx context.Context) error {
			if late[l] {
				return a.Start.Leaver(ctx, l.Connection, l.UserID)
			}
			return a.Start.LeaverThere(ctx, l.Connection, l.UserID)
		})
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
	}
	return n, nil
}

// TriggerOf is the trigger of the run that carries a request out.
func TriggerOf(r store.Request) string {
	switch r.Kind {
	case store.RequestApproval:
		return workflows.TriggerApproval
	case store.RequestUndo:
		return workflows.TriggerUndo
	case store.RequestUsers:
		if r.Name != "" {
			return r.Name // the machine's own
		}
	}
	return "hand"
}
