package activities

import (
	"context"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// planAgain is how often a subject is planned again within a pass because
	// what is desired of it has moved meanwhile; after that it is another pass's.
	planAgain = 3
	// protectedFor is how long what must not be touched is believed where nothing
	// is taken away. A removal asks anew.
	protectedFor = time.Minute
)

// targetWork is what a piece of work does in one target.
type targetWork struct {
	*piece
	target *Target
	id     int64

	leased store.Leased
	// busy counts the subjects that another run is changing just now.
	busy    int64
	changes []store.SubjectChange
	counts  workflows.ApplyResult
	held    int64
	// linkedGroups is whether others may have waited for what was done.
	linkedGroups bool
	// class is that of what made the target unusable, wait what it asked for.
	class directory.Class
	wait  time.Duration
	// silent is whether the last calls of a batch had no answer.
	silent bool
}

// apply plans and applies what is desired of users and groups in the target,
// under their leases. Its error is the database's; that the target cannot be
// used is in class.
func (w *targetWork) apply(ctx context.Context, users, groups []int64) error {
	// Groups that several source groups share, or that everybody is in, are made
	// along the way.
	shared, err := w.Store.LeadsTo(ctx, w.id, users, groups)
	if err != nil {
		return err
	}
	groups = append(slices.Clone(groups), shared...)
	if w.whole {
		unlinked, err := w.Store.UnlinkedGroups(ctx, w.id, users)
		if err != nil {
			return err
		}
		groups = append(groups, unlinked...)
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	if w.leased, err = w.Store.Lease(ctx, w.claim, w.id, users, groups, w.Now()); err != nil {
		return err
	}
	wanted := len(users) + len(groups)
	users = slices.DeleteFunc(slices.Clone(users), func(id int64) bool { return !w.leased.Users[id] })
	groups = slices.DeleteFunc(groups, func(id int64) bool { return !w.leased.Groups[id] })
	w.busy = int64(wanted - len(users) - len(groups))
	all, from := users, int64(-1)
	for range planAgain {
		wishes, err := w.Store.Wishes(ctx, w.id, users)
		if err != nil {
			return err
		}
		plan, err := w.Store.PlanSubjects(ctx, w.claim, w.id, users, groups)
		if err != nil {
			return err
		}
		if from < 0 {
			from = plan.From
		}
		if plan.Total == 0 {
			break
		}
		if w.waitsOut() {
			break
		}
		started := w.Now()
		err = w.carryOut(ctx, plan, users, groups)
		w.timed(started, w.silent || directory.ClassOf(err) == directory.ClassUnavailable)
		if err != nil {
			if err = w.give(ctx, err); err != nil {
				return err
			}
			break
		}
		moved, err := w.moved(ctx, wishes, users)
		if err != nil {
			return err
		}
		for _, id := range plan.CalledOff {
			if !slices.Contains(moved, id) {
				moved = append(moved, id)
			}
		}
		if len(moved) == 0 {
			break
		}
		users, groups = moved, nil
	}
	w.changes, err = w.Store.SubjectChanges(ctx, w.claim.RunID, w.id, all, groupIDs(w.leased), max(from, 0))
	return err
}

func groupIDs(l store.Leased) []int64 {
	ids := make([]int64, 0, len(l.Groups))
	for id := range l.Groups {
		ids = append(ids, id)
	}
	return ids
}

// moved returns the users of whom something else is desired than before.
func (w *targetWork) moved(ctx context.Context, before map[int64]store.Wish, users []int64) ([]int64, error) {
	now, err := w.Store.Wishes(ctx, w.id, users)
	if err != nil {
		return nil, err
	}
	var moved []int64
	for _, id := range users {
		if now[id] != before[id] {
			moved = append(moved, id)
		}
	}
	return moved, nil
}

// carryOut guards a plan and applies its stages in their order.
func (w *targetWork) carryOut(ctx context.Context, plan store.SubjectPlan, users, groups []int64) error {
	if plan.Unguarded > 0 {
		verdict, err := w.guardTarget(ctx, w.c, w.claim, w.id, w.target, w.limits(w.target))
		if err != nil {
			return err
		}
		w.held += verdict.Held
		if verdict.Doubted > 0 {
			// Never remove on doubt: when nobody answers, these are put off.
			if _, err := w.lookUpDoubts(ctx, w.c, w.claim, w.id); err != nil {
				return err
			}
		}
	} else if len(plan.Stages) > 0 {
		if err := w.protectedSince(ctx, w.claim, w.id, w.target, protectedFor); err != nil {
			return err
		}
	}
	if w.dry {
		return nil
	}
	for _, stage := range plan.Stages {
		due, err := w.Store.DueSubjects(ctx, w.claim.RunID, w.id, stage, users, groups)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			continue
		}
		b := w.newBatch(w.ref(), w.id, w.target)
		result, err := b.run(ctx, stage, due)
		w.counts.Applied += result.Applied
		w.counts.Refused += result.Refused
		w.counts.Failed += result.Failed
		w.counts.Skipped += result.Skipped
		w.counts.Waiting += result.Waiting
		w.linkedGroups = w.linkedGroups || stage == directory.StageGroups && result.Applied > 0
		w.wait = max(w.wait, b.longestWait())
		w.silent = b.failures.Load() > 0
		if err != nil {
			return err
		}
	}
	return nil
}

// give keeps an error that makes this target unusable and nothing else. What
// concerns the run or the database is passed on.
func (w *targetWork) give(ctx context.Context, err error) error {
	class := directory.ClassOf(err)
	switch {
	case isFenced(err), ctx.Err() != nil:
		return err
	case class == directory.ClassInternal, class == directory.ClassCanceled:
		return err
	}
	w.Log.Warn("a target cannot be used; what is due there is put off", "connection", w.c.Name, "target", w.target.Name, "class", class, "error", err)
	w.class, w.wait = class, max(w.wait, retryAfter(err))
	return nil
}
