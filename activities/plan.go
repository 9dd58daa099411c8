package activities

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// Begin claims the connection for a run, or says which run has it.
func (a *Activities) Begin(ctx context.Context, in workflows.BeginInput) (workflows.BeginResult, error) {
	defer a.beat(ctx)()
	result, err := a.begin(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) begin(ctx context.Context, in workflows.BeginInput) (workflows.BeginResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.BeginResult{}, err
	}
	connection, err := a.ensure(ctx, c)
	if err != nil {
		return workflows.BeginResult{}, err
	}
	full := in.Full
	if incremental, ok := c.Source.(directory.IncrementalReader); !ok || !incremental.Incremental() {
		full = true
	}
	run, err := a.Store.BeginRun(ctx, store.RunRequest{
		ConnectionID: connection.ID, WorkflowID: in.WorkflowID, Trigger: in.Trigger, DryRun: in.DryRun, AllowRemovals: in.AllowRemovals,
		Full: full, FullEvery: c.FullEvery, Overlap: c.Overlap,
	}, a.Now())
	var claimed *store.ClaimedError
	if errors.As(err, &claimed) {
		return workflows.BeginResult{AlreadyRunning: claimed.RunID, SearchAttributes: a.SearchAttributes}, nil
	}
	if err != nil {
		return workflows.BeginResult{}, err
	}
	result := workflows.BeginResult{
		RunRef: workflows.RunRef{Connection: in.Connection, ConnectionID: connection.ID, RunID: run.RunID, Epoch: run.Epoch},
		Pushed: c.pushedOnly(), Full: run.Full, Since: run.Since, SourceQueue: c.SourceQueue, Heartbeat: a.Heartbeat, SearchAttributes: a.SearchAttributes,
	}
	a.logMoved(c.Name, connection.Moved)
	if err := a.noteMoved(ctx, run.Claim, connection.Moved); err != nil {
		return workflows.BeginResult{}, err
	}
	for _, t := range c.Targets {
		if moved := connection.Moved[t.Name]; moved != nil {
			result.Targets = append(result.Targets, workflows.TargetRef{Name: t.Name, ID: moved.ID, Queue: t.Queue, Failure: classMoved})
			continue
		}
		id := connection.Targets[t.Name]
		age, err := a.Store.TargetAge(ctx, id)
		if err != nil {
			return workflows.BeginResult{}, err
		}
		if age.Empty {
			// What is written from now on is known: that is as good as having read it.
			if err := a.Store.TargetReadDone(ctx, run.Claim, id, a.Now()); err != nil {
				return workflows.BeginResult{}, err
			}
		}
		if err := a.Store.SeekAgain(ctx, run.Claim, id, a.Now().Add(-soughtFor)); err != nil {
			return workflows.BeginResult{}, err
		}
		due := !age.Empty && a.Now().Sub(age.ReadAt) >= t.FullEvery
		result.Targets = append(result.Targets, workflows.TargetRef{Name: t.Name, ID: id, Queue: t.Queue, ReadDue: due || in.Drift || c.pushedOnly() && !age.Empty})
	}
	return result, nil
}

// soughtFor is how long somebody who has no account in a target that makes none
// is not looked for again, as long as nothing about them changes and the target is
// not read: whoever gets one by other means has it taken over within a day.
const soughtFor = 24 * time.Hour

// decideAtOnce is how many subjects are decided between two commits: enough
// to make a commit's cost small, few enough to be repeated after a crash.
const decideAtOnce = 1000

// Decide decides about all dirty subjects, for every target.
func (a *Activities) Decide(ctx context.Context, in workflows.DecideInput) error {
	return a.classify(ctx, a.decide(ctx, in))
}

func (a *Activities) decide(ctx context.Context, in workflows.DecideInput) error {
	c, err := a.connection(in.Connection)
	if err != nil {
		return err
	}
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return err
	}
	defer stop()
	deciders := make([]store.TargetDecider, 0, len(in.Targets))
	for _, ref := range in.Targets {
		if ref.Failure != "" {
			continue // whoever is looked at now stays to be decided there
		}
		t, err := a.target(in.Connection, ref.Name)
		if err != nil {
			return err
		}
		decider := c.Decider(t, ref.ID)
		if err := a.Store.DecideGroups(ctx, claim, decider); err != nil {
			return err
		}
		deciders = append(deciders, decider)
	}
	for after := int64(0); ; {
		subjects, err := a.Store.DirtyUsers(ctx, in.ConnectionID, after, decideAtOnce, c.Want())
		if err != nil || len(subjects) == 0 {
			return err
		}
		decisions := make([]store.Decision, len(subjects))
		for _, d := range deciders {
			for i, s := range subjects {
				decisions[i] = store.Decision{UserID: s.ID, Pulled: s.Pulled}
				decisions[i].DesiredAccount, decisions[i].Ladder = d.Account(s.Subject)
			}
			if err := a.Store.SaveDecisions(ctx, claim, d.ID, decisions, a.Now()); err != nil {
				return err
			}
		}
		after = subjects[len(subjects)-1].ID
	}
}

// Plan writes the differences between desired and observed as changes.
func (a *Activities) Plan(ctx context.Context, in workflows.TargetInput) (workflows.PlanResult, error) {
	claim := claimOf(in.RunRef)
	ctx, stop, err := a.alive(ctx, claim, nil)
	if err != nil {
		return workflows.PlanResult{}, a.classify(ctx, err)
	}
	defer stop()
	if _, err := a.targetOf(ctx, in.Connection, in.Target); err != nil {
		return workflows.PlanResult{}, a.classify(ctx, err)
	}
	counts, err := a.Store.PlanTarget(ctx, claim, in.Target.ID, in.Full)
	if err != nil || counts.Due == 0 {
		return workflows.PlanResult{Total: counts.Total}, a.classify(ctx, err)
	}
	stages, err := a.Store.Stages(ctx, in.RunID, in.Target.ID)
	return workflows.PlanResult{Total: counts.Total, Due: counts.Due, Unguarded: counts.Unguarded, Stages: stages}, a.classify(ctx, err)
}

// Batches lists the batches of a stage.
func (a *Activities) Batches(ctx context.Context, in workflows.StageInput) (workflows.BatchesResult, error) {
	defer a.beat(ctx)()
	const limit = 500 // a window of 100,000 changes: two numbers each in history
	ranges, err := a.Store.Batches(ctx, in.RunID, in.Target.ID, in.Stage, in.After, batchSize, limit+1)
	if err != nil {
		return workflows.BatchesResult{}, a.classify(ctx, err)
	}
	result := workflows.BatchesResult{More: len(ranges) > limit}
	for _, r := range ranges[:min(limit, len(ranges))] {
		result.Ranges = append(result.Ranges, workflows.Range(r))
	}
	return result, nil
}

// eachAtOnce runs n pieces of work, at most limit side by side, and stops at
// the first error. When a person has stopped the run, or a target or source can
// be used no longer (a rate limit, an outage, a refused credential), those under
// way are let end: what they do to a target is known and recorded then.
func eachAtOnce(ctx context.Context, limit, n int, work func(ctx context.Context, i int) error) error {
	var (
		stopped  atomic.Bool
		unusable atomic.Pointer[error]
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range n {
		group.Go(func() error {
			if unusable.Load() != nil {
				return nil
			}
			err := work(ctx, i)
			if errors.Is(err, errStopped) {
				stopped.Store(true)
				return nil
			}
			switch directory.ClassOf(err) {
			case directory.ClassRateLimited, directory.ClassUnavailable, directory.ClassAuth:
				unusable.CompareAndSwap(nil, &err)
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	if err == nil && stopped.Load() {
		return errStopped
	}
	if first := unusable.Load(); err == nil && first != nil {
		return *first
	}
	return err
}
