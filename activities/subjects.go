package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

// subjectsAtOnce is how many subjects of a request are decided, planned and
// applied together: as many as of what was pushed, for the same reasons.
const subjectsAtOnce = drainAtOnce

// ApplySubjects carries out a part of a request: it finds out whom it is about,
// asks the source about them where the request is for now, decides, plans,
// guards and applies by the same code as a run. What fails is put off; the
// activity's own error means that the database cannot be used, or that a person
// has stopped the run.
func (a *Activities) ApplySubjects(ctx context.Context, in workflows.ApplySubjectsInput) (workflows.SubjectsResult, error) {
	defer a.beat(ctx)()
	result, err := a.applySubjects(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) applySubjects(ctx context.Context, in workflows.ApplySubjectsInput) (workflows.SubjectsResult, error) {
	c, err := a.connection(in.Connection)
	if err != nil {
		return workflows.SubjectsResult{}, err
	}
	request, err := a.Store.Request(ctx, in.RequestID)
	if errors.Is(err, store.ErrNotFound) || err == nil && request.Connection != in.Connection {
		return workflows.SubjectsResult{}, final(directory.ClassNotFound)
	}
	if err != nil {
		return workflows.SubjectsResult{}, err
	}
	if !request.EndedAt.IsZero() {
		// An earlier execution has done it; the sweep was late.
		return workflows.SubjectsResult{Ref: workflows.RunRef{Connection: in.Connection, ConnectionID: request.ConnectionID}}, nil
	}
	connection, err := a.ensure(ctx, c)
	if err != nil {
		return workflows.SubjectsResult{}, err
	}
	r := &requested{piece: piece{Activities: a, c: c, targets: connection.Targets, moved: connection.Moved, claim: store.Claim{ConnectionID: connection.ID, RunID: in.RunID}}, in: in, request: request}
	r.limits, r.dry, r.whole = r.guardLimits, request.DryRun, request.Kind == store.RequestUser
	r.result.SearchAttributes, r.result.After = a.SearchAttributes, in.After
	defer func() { r.stop() }()
	if ctx, err = r.begin(ctx); err != nil {
		return workflows.SubjectsResult{}, err
	}
	r.result.Ref = r.ref()
	if err := r.noteMoved(ctx, r.claim, r.moved); err != nil {
		return workflows.SubjectsResult{}, err
	}
	if in.RunID == 0 {
		// Nobody joins it from now on; until now somebody may have.
		if r.request, err = a.Store.Request(ctx, in.RequestID); err != nil {
			return workflows.SubjectsResult{}, err
		}
	}
	if request.Kind == store.RequestUser || in.Trigger == workflows.TriggerLeaver {
		// One person may use the part of a rate limit that everything else leaves alone.
		ctx = budget.WithPriority(ctx)
	}
	return r.result, r.parts(ctx)
}

// requested is one ApplySubjects under way.
type requested struct {
	piece
	in      workflows.ApplySubjectsInput
	request store.Request
	result  workflows.SubjectsResult
}

func (r *requested) begin(ctx context.Context) (context.Context, error) {
	return r.hold(ctx, func() (store.Claim, bool, error) {
		begin := store.SubjectsRequest{
			ConnectionID: r.claim.ConnectionID, WorkflowID: activity.GetInfo(ctx).WorkflowExecution.ID, Execution: r.in.Execution, RunID: r.claim.RunID,
			RequestID: r.request.ID, Trigger: r.in.Trigger, DryRun: r.request.DryRun, Who: r.request.Who, RulesDigest: r.c.RulesDigest,
		}
		switch r.request.Kind {
		case store.RequestApproval:
			begin.Approval = r.request.Subject
		case store.RequestUndo:
			begin.Undoes = r.request.Subject
		}
		return r.Store.BeginSubjects(ctx, begin, r.Now())
	})
}

// guardLimits are the guard's for a request. A removal that rests on what is
// stored is looked up first; one person's, who was just looked up, is not. Of an
// undo's the guard leaves out what a person takes back: the source would speak against it.
func (r *requested) guardLimits(t *Target) store.Limits {
	limits := limitsFor(r.c, t)
	limits.Preview = r.request.DryRun
	switch r.request.Kind {
	case store.RequestUser:
	case store.RequestApproval:
		limits.Approval = r.request.Subject
		limits.Confirm = !r.c.pushedOnly()
	default:
		limits.Confirm = !r.c.pushedOnly()
	}
	return limits
}

// parts carries the request out, some subjects after others, until it is done
// or enough for one activity.
func (r *requested) parts(ctx context.Context) error {
	for until := r.Now().Add(drainFor); ; {
		if err := steeringOf(ctx).pass(ctx, 0, false); err != nil {
			return err
		}
		part, err := r.next(ctx)
		if err != nil {
			return err
		}
		if len(part.users)+len(part.groups) > 0 {
			if err := r.apply(ctx, part.users, part.groups); err != nil {
				return err
			}
		}
		r.result.After = part.next
		if part.next == 0 || r.Now().After(until) {
			return nil
		}
	}
}

// apply decides, plans, guards and applies for some subjects.
func (r *requested) apply(ctx context.Context, users, groups []int64) error {
	work, err := r.carry(ctx, users, groups)
	for _, w := range work {
		if w == nil {
			continue
		}
		r.result.Applied += w.counts.Applied
		r.result.Failed += w.counts.Failed + w.counts.Refused
		r.result.Waiting += w.counts.Waiting
		r.result.Held += w.held
		r.result.Wait = max(r.result.Wait, w.wait)
		if w.busy > 0 {
			r.result.Left, r.result.Class = r.result.Left+w.busy, classBusy
		}
		if r.dry {
			continue
		}
		for _, ch := range w.changes {
			switch directory.State(ch.State) {
			case directory.Unguarded, directory.Doubted, directory.Planned, directory.Retry:
				r.result.Left, r.result.Class = r.result.Left+1, w.why(ch)
			}
		}
		if w.linkedGroups {
			r.wakeOthers(ctx, r.c)
		}
	}
	return err
}

// piece is the work of one run on some subjects beside others: of what was
// pushed, or of a request.
type piece struct {
	*Activities
	c       *Connection
	targets map[string]int64
	// moved are the targets that are left alone: their configuration names another place.
	moved map[string]*store.TargetChangedError
	claim store.Claim
	// limits are the guard's in a target.
	limits func(*Target) store.Limits
	// dry plans and guards, and writes to no target.
	dry bool
	// whole is whether the groups of people that have no counterpart yet are made
	// along with them, so that what was asked for is done.
	whole bool
	ended func()
}

func (p *piece) stop() {
	if p.ended != nil {
		p.ended()
	}
}

func (p *piece) ref() workflows.RunRef {
	return workflows.RunRef{Connection: p.c.Name, ConnectionID: p.claim.ConnectionID, RunID: p.claim.RunID, Epoch: p.claim.Epoch}
}

// hold makes or finds the run, and keeps its leases alive from then on.
func (p *piece) hold(ctx context.Context, begin func() (store.Claim, bool, error)) (context.Context, error) {
	claim, overtook, err := begin()
	if err != nil {
		return ctx, err
	}
	p.claim = claim
	if activity.GetInfo(ctx).Attempt > 1 || overtook {
		if err := p.outlive(ctx); err != nil {
			return ctx, err
		}
	}
	ctx, p.ended, err = p.alive(ctx, p.claim, nil)
	return ctx, err
}

// outlive makes sure that an attempt which was thought dead is: it is fenced off
// by now, and stops within the time in which it looks whether it is. The leases
// that it held nobody else would give back.
func (p *piece) outlive(ctx context.Context) error {
	timer := time.NewTimer(min(p.Heartbeat, workflows.FirstHeartbeat)/3 + busyFor)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return p.Store.ReleaseAll(ctx, p.claim)
}

// carry decides about some subjects, and plans and applies in each target by
// itself what that makes of them, under their leases. It lets go of those when
// it returns; what they were is in the work.
func (p *piece) carry(ctx context.Context, users, groups []int64) ([]*targetWork, error) {
	work, err := p.undertake(ctx, users, groups)
	for _, w := range work {
		if w == nil {
			continue
		}
		// What was written is recorded by now, even when the work was stopped.
		err = errors.Join(err, p.Store.Release(context.WithoutCancel(ctx), p.claim, w.id, w.leased))
	}
	return work, err
}

// undertake is carry without letting go of the leases.
func (p *piece) undertake(ctx context.Context, users, groups []int64) ([]*targetWork, error) {
	if err := p.Store.DecideSubjects(ctx, p.claim, p.deciders(), users, groups, p.c.Want(), p.Now()); err != nil {
		return nil, err
	}
	work := make([]*targetWork, len(p.c.Targets))
	err := eachAtOnce(ctx, max(1, len(work)), len(work), func(ctx context.Context, i int) error {
		t := p.c.Targets[i]
		work[i] = &targetWork{piece: p, target: t, id: p.targets[t.Name]}
		if moved := p.moved[t.Name]; moved != nil {
			work[i].id, work[i].class = moved.ID, classMoved
			return nil
		}
		return work[i].apply(ctx, users, groups)
	})
	return work, err
}

// deciders are what the rules make of people and groups in each target that is used.
func (p *piece) deciders() []store.TargetDecider {
	deciders := make([]store.TargetDecider, 0, len(p.c.Targets))
	for _, t := range p.c.Targets {
		if id, used := p.targets[t.Name]; used {
			deciders = append(deciders, p.c.Decider(t, id))
		}
	}
	return deciders
}

// Decider is what the rules make of people and groups in a target.
func (c *Connection) Decider(t *Target, id int64) store.TargetDecider {
	return store.TargetDecider{
		ID: id,
		Account: func(s directory.Subject) (directory.DesiredAccount, directory.Ladder) {
			desired := c.Rules.Decide(t.Name, s)
			return desired, c.Rules.Ladder(t.Name, desired.Reason)
		},
		Group:    func(g directory.Group) directory.DesiredGroup { return c.Rules.Group(t.Name, g) },
		Defaults: c.Rules.Defaults(t.Name),
		Nests:    t.nests(),
	}
}

// Want is what the rules have to know of people beside themselves.
func (c *Connection) Want() store.Want {
	return store.Want{InGroup: c.Rules.NeedsInGroup(), Groups: c.Rules.NeedsGroups()}
}

// part is some of those whom a request is about.
type part struct {
	users, groups []int64
	// next is where to go on; 0 when there is no more.
	next int64
}

// after returns the ids of a list after one, as many as go together.
func after(ids []int64, last int64) part {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	from, _ := slices.BinarySearch(ids, last+1)
	ids = ids[from:]
	p := part{users: ids[:min(subjectsAtOnce, len(ids))]}
	if len(p.users) < len(ids) {
		p.next = p.users[len(p.users)-1]
	}
	return p
}
