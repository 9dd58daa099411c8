package rest

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// SideBySide is how many calls of one batch are out at once, where a product
// takes one object a call. Beyond this the product's limits, and not the wait
// for answers, decide how fast it goes.
const SideBySide = 8

// outagesInARow is how many creates in a row may end in an outage before the
// rest of the batch is left alone: one may be a hiccup.
const outagesInARow = 3

// CreateEach does what directory.AccountCreator asks of CreateAccounts in a
// product that makes one account a call: it asks the gate before each element,
// runs SideBySide calls at once, hands each outcome to done, one at a time, and
// ends the batch once the target cannot be used. create returns the outcome of
// one element; an error in it that is about the target and came before anything
// was done leaves that element without an outcome.
func CreateEach(ctx context.Context, batch []directory.NewAccount, done func(directory.AccountCreated),
	create func(context.Context, directory.NewAccount) directory.AccountCreated) error {
	run := &batchRun{done: done}
	queue := make(chan directory.NewAccount)
	var workers sync.WaitGroup
	for range min(SideBySide, len(batch)) {
		workers.Go(func() {
			for wanted := range queue {
				run.one(ctx, wanted, create)
			}
		})
	}
	for _, wanted := range batch {
		if run.stopped() != nil {
			break
		}
		queue <- wanted
	}
	close(queue)
	workers.Wait()
	return run.stopped()
}

// batchRun is the state of one CreateEach.
type batchRun struct {
	mu   sync.Mutex
	done func(directory.AccountCreated)
	// stop is why nothing more is sent; nil while all is well.
	stop    error
	outages int
}

func (r *batchRun) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stop
}

func (r *batchRun) halt(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		r.stop = err
	}
}

func (r *batchRun) one(ctx context.Context, wanted directory.NewAccount, create func(context.Context, directory.NewAccount) directory.AccountCreated) {
	if r.stopped() != nil {
		return
	}
	if err := directory.Pass(ctx, wanted.Ref); err != nil {
		var out *directory.LeftOutError
		if !errors.As(err, &out) {
			r.halt(err)
			return
		}
		r.settle(directory.AccountCreated{Ref: wanted.Ref, Err: err})
		return
	}
	// The gate may have taken its time, and another element may have stopped the
	// batch meanwhile.
	if r.stopped() != nil {
		return
	}
	outcome := create(ctx, wanted)
	outcome.Ref = wanted.Ref
	if outcome.Err != nil && stops(ctx, outcome.Err) {
		r.halt(outcome.Err)
		return
	}
	r.settle(outcome)
}

// settle hands on an outcome and counts the outages in a row.
func (r *batchRun) settle(outcome directory.AccountCreated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done(outcome)
	if directory.ClassOf(outcome.Err) != directory.ClassUnavailable {
		r.outages = 0
		return
	}
	if r.outages++; r.outages >= outagesInARow && r.stop == nil {
		r.stop = outcome.Err
	}
}

// stops reports whether an error is about the target and not about one element,
// which was then not attempted, or was when the caller went away.
func stops(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	var unavailable *directory.UnavailableError
	switch {
	case errors.As(err, &unavailable):
		return !unavailable.Ambiguous
	case directory.ClassOf(err) == directory.ClassRateLimited, directory.ClassOf(err) == directory.ClassAuth:
		return true
	}
	return false
}

// Gather asks for many things, SideBySide at once, and returns all that was
// found in the order of the questions. The first error ends it.
func Gather[A, R any](ctx context.Context, asked []A, ask func(context.Context, A) ([]R, error)) ([]R, error) {
	found := make([][]R, len(asked))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(SideBySide)
	for i, one := range asked {
		group.Go(func() error {
			some, err := ask(ctx, one)
			found[i] = some
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var all []R
	for _, some := range found {
		all = append(all, some...)
	}
	return all, nil
}
