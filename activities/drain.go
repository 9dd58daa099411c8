package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// drainAtOnce is how many pushed objects are applied together: enough for a
	// burst to be a few commits and calls, few enough that somebody who is
	// deactivated meanwhile is next within a second.
	drainAtOnce = 100
	// drainFor is how long one activity goes on: a worker that stops waits for it.
	drainFor = 15 * time.Second
	// soon is how near something must be due to be waited for in place; beyond it
	// the workflow waits, at the cost of a few events.
	soon = time.Second
	// busyFor is how soon an object is looked at again that a run is changing.
	busyFor = 150 * time.Millisecond
)

// Drain applies what was pushed to a shard until nothing more is due: each
// object as it is by then, through the same rules, guard and apply code as a
// run. What fails is put off, each object with its reason; the activity's own
// error means that the database cannot be used.
func (a *Activities) Drain(ctx context.Context, in workflows.DrainInput) (workflows.DrainResult, error) {
	defer a.beat(ctx)()
	result, err := a.drain(ctx, in)
	var moved *store.TargetChangedError
	if errors.As(err, &moved) {
		a.Log.Error("what was pushed cannot be applied", "connection", in.Connection, "error", err)
		err = errors.New("a target names another place than its links belong to") // until the configuration is put right
	}
	return result, a.classify(ctx, err)
}

func (a *Activities) drain(ctx context.Context, in workflows.DrainInput) (workflows.DrainResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.DrainResult{}, err
	}
	connection, err := a.ensure(ctx, c)
	if err != nil {
		return workflows.DrainResult{}, err
	}
	d := &drain{piece: piece{Activities: a, c: c, targets: connection.Targets, moved: connection.Moved, claim: store.Claim{ConnectionID: connection.ID, RunID: in.RunID}}, in: in}
	// What was pushed is what the source says now: no look-up could tell more.
	d.limits = func(t *Target) store.Limits { return limitsFor(c, t) }
	d.result.Heartbeat, d.result.SearchAttributes = min(a.Heartbeat, workflows.FirstHeartbeat), a.SearchAttributes
	defer func() { d.stop() }()
	if in.RunID != 0 {
		if ctx, err = d.begin(ctx); err != nil {
			return workflows.DrainResult{}, err
		}
	}
	// Pushes may use the part of a rate limit that everything else leaves alone.
	ctx = budget.WithPriority(ctx)
	for until := a.Now().Add(drainFor); ; {
		items, err := a.Store.DueInbox(ctx, connection.ID, in.Shard, drainAtOnce, a.Now())
		if err != nil {
			return d.result, err
		}
		if len(items) == 0 {
			again, err := d.rest(ctx)
			if err != nil || !again {
				return d.result, err
			}
			continue
		}
		if d.claim.RunID == 0 {
			if ctx, err = d.begin(ctx); err != nil {
				return workflows.DrainResult{}, err
			}
		}
		if err := d.pass(ctx, items); err != nil {
			return d.result, err
		}
		if a.Now().After(until) {
			d.result.More = true
			return d.result, nil
		}
	}
}

// ensure makes a connection known as it is configured. Targets whose
// configuration names another place are in Moved; its error is a
// *store.TargetChangedError when that is so of all of them.
func (a *Activities) ensure(ctx context.Context, c *Connection) (store.Connection, error) {
	specs := make([]store.TargetSpec, len(c.Targets))
	for i, t := range c.Targets {
		specs[i] = t.spec()
	}
	return a.Store.EnsureConnection(ctx, c.Name, c.RulesDigest, c.keeps(), specs)
}

// keeps names the source's attributes that are kept of people.
func (c *Connection) keeps() string {
	names, all := c.Rules.Attributes()
	if all {
		return "*"
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ",")
}

// drain is one Drain under way.
type drain struct {
	piece
	in     workflows.DrainInput
	result workflows.DrainResult
}

// begin makes or finds the run, and keeps its leases alive from then on.
func (d *drain) begin(ctx context.Context) (context.Context, error) {
	ctx, err := d.hold(ctx, func() (store.Claim, bool, error) {
		return d.Store.BeginPush(ctx, store.PushRequest{
			ConnectionID: d.claim.ConnectionID, WorkflowID: activity.GetInfo(ctx).WorkflowExecution.ID, Execution: d.in.Execution, RunID: d.claim.RunID,
		}, d.Now())
	})
	d.result.Ref = d.ref()
	if err == nil {
		err = d.noteMoved(ctx, d.claim, d.moved) // the log has it from the start and from each run
	}
	if err != nil || d.c.pushedOnly() {
		return ctx, err
	}
	return ctx, d.sameSource(ctx, d.c, d.claim)
}

// rest is called when nothing is due. It waits for what is due soon, and says
// whether to look again; otherwise it records when that is worth it.
func (d *drain) rest(ctx context.Context) (bool, error) {
	next, left, err := d.Store.NextDue(ctx, d.claim.ConnectionID, d.in.Shard)
	if err != nil {
		return false, err
	}
	d.result.Left, d.result.Next = left, 0
	if next.IsZero() {
		d.result.Class = ""
		return false, nil
	}
	wait := max(next.Sub(d.Now()), time.Millisecond)
	if wait > soon {
		d.result.Next = wait
		return false, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		return true, nil
	}
}

// pass applies some objects: pull, decide, then each target by itself, and
// what became of each goes into the inbox.
func (d *drain) pass(ctx context.Context, items []store.InboxItem) error {
	subjects, err := d.pull(ctx, items)
	if err != nil {
		return err
	}
	work, err := d.undertake(ctx, subjects.users(), subjects.groups())
	if err != nil {
		return err
	}
	return d.settle(ctx, items, subjects, work)
}

// settle records what became of the objects of a pass.
func (d *drain) settle(ctx context.Context, items []store.InboxItem, subjects subjects, work []*targetWork) error {
	var settled store.Settlement
	leases := make(map[int64]store.Leased, len(work))
	wake := false
	for _, w := range work {
		leases[w.id] = w.leased
		wake = wake || w.linkedGroups
		d.result.Applied += w.counts.Applied
		d.result.Failed += w.counts.Failed + w.counts.Refused
		d.result.Held += w.held
	}
	for _, item := range items {
		one := store.Disposal{InboxItem: item}
		if p, put := subjects.putOff[item.ResourceID]; put {
			one.Class, one.After = p.class, p.after
			settled.PutOff = append(settled.PutOff, one)
			continue
		}
		fate := fateOf(item, subjects, work)
		one.Class, one.After, one.UserID = fate.class, fate.after, subjects.userOf[item.ResourceID]
		if fate.changes || item.Attempts > 0 || subjects.noted[item.ResourceID] {
			one.RunID = d.claim.RunID
		}
		switch fate.becomes {
		case becomesPutOff:
			settled.PutOff = append(settled.PutOff, one)
			d.result.Class = fate.class
		case becomesWaiting:
			settled.Wait = append(settled.Wait, one)
		default:
			settled.Ack = append(settled.Ack, one)
			d.result.Done++
		}
	}
	if err := d.Store.SettleInbox(context.WithoutCancel(ctx), d.claim, settled, leases, d.Now()); err != nil {
		return err
	}
	if wake {
		d.wakeOthers(ctx, d.c)
	}
	return nil
}

// subjects are what the objects of a pass became.
type subjects struct {
	userOf, groupOf map[int64]int64
	// putOff are the objects that could not be taken over.
	putOff map[int64]fate
	// noted are the objects that the run has a note about.
	noted map[int64]bool
}

func (s subjects) users() []int64  { return distinct(s.userOf) }
func (s subjects) groups() []int64 { return distinct(s.groupOf) }

func distinct(of map[int64]int64) []int64 {
	seen := make(map[int64]bool, len(of))
	ids := make([]int64, 0, len(of))
	for _, id := range of {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
