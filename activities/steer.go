package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
	"github.com/rollcall-sync/rollcall/workflows"
)

const (
	// steerEvery is how old what is known of a run's control row may be: what a
	// person asks for takes effect within two seconds, in the middle of a batch too.
	steerEvery = time.Second
	// steerWait is how soon a paused or slowed piece of work looks again.
	steerWait = 200 * time.Millisecond
)

// classStopped is the class of a run that a person has stopped.
const classStopped directory.Class = "stopped"

var (
	// errStopped means that a person has stopped the run: nothing more is written.
	errStopped = errors.New("the run was stopped")
	// errSkipped means that a person has taken this user out of the run.
	errSkipped = errors.New("the user was taken out of the run")
)

// steering is how one run is steered, as those who work for it in this process
// know it. They share it, so that a pace is one for all of them.
type steering struct {
	store *store.Store
	runID int64
	users int // activities that use it; guarded by Activities.steers

	mu      sync.Mutex
	control store.Control
	skips   map[int64]bool
	readAt  time.Time
	// next is when the pace lets the next change go.
	next time.Time
}

// steers are the steerings of the runs that this process works for.
type steers struct {
	mu   sync.Mutex
	runs map[int64]*steering
}

// steering returns how a run is steered, until the returned function is called.
func (a *Activities) steering(claim store.Claim) (s *steering, release func()) {
	a.steers.mu.Lock()
	defer a.steers.mu.Unlock()
	s = a.steers.runs[claim.RunID]
	if s == nil {
		s = &steering{store: a.Store, runID: claim.RunID}
		if a.steers.runs == nil {
			a.steers.runs = map[int64]*steering{}
		}
		a.steers.runs[claim.RunID] = s
	}
	s.users++
	return s, func() {
		a.steers.mu.Lock()
		defer a.steers.mu.Unlock()
		if s.users--; s.users == 0 {
			delete(a.steers.runs, claim.RunID)
		}
	}
}

type steeringKey struct{}

// steered makes everything that is done with a context obey how its run is
// steered. A call that waits for a rate limit is asked about once more when its
// turn has come: it is put off, not sent, when the run was paused meanwhile.
func steered(ctx context.Context, s *steering) context.Context {
	ctx = budget.WithGate(ctx, s.gate)
	return context.WithValue(ctx, steeringKey{}, s)
}

// steeringOf is the steering of a context; nil where nobody steers.
func steeringOf(ctx context.Context) *steering {
	s, _ := ctx.Value(steeringKey{}).(*steering)
	return s
}

// pass is called before a change of a user is sent, with 0 for one of a group
// and for a read. It waits while the run is paused, and for its turn where the
// run is slowed. It fails with errStopped or errSkipped, with the context's own
// error, or with the database's.
func (s *steering) pass(ctx context.Context, userID int64, paced bool) error {
	if s == nil {
		return nil
	}
	for {
		wait, err := s.try(ctx, userID, paced)
		if err != nil || wait == 0 {
			return err
		}
		timer := time.NewTimer(min(wait, steerWait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// try lets a piece of work pass, or says how long it has to wait.
func (s *steering) try(ctx context.Context, userID int64, paced bool) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx); err != nil {
		return 0, err
	}
	switch {
	case s.control.Verb == store.VerbStop:
		return 0, errStopped
	case s.control.Verb == store.VerbPause:
		return steerWait, nil
	case userID != 0 && s.skips[userID]:
		return 0, errSkipped
	case s.control.Pace <= 0 || !paced:
		return 0, nil
	}
	now := time.Now()
	every := time.Second / time.Duration(s.control.Pace)
	if s.next.After(now.Add(every)) {
		s.next = now.Add(every) // the pace was lower before
	}
	if wait := s.next.Sub(now); wait > 0 {
		return wait, nil
	}
	s.next = now.Add(every)
	return 0, nil
}

// look reads the control row when what is known of it is too old; s.mu is held.
func (s *steering) look(ctx context.Context) error {
	if time.Since(s.readAt) < steerEvery {
		return nil
	}
	at := time.Now()
	control, err := s.store.Control(ctx, s.runID)
	if err != nil {
		return err
	}
	if control.Skips != int64(len(s.skips)) {
		if s.skips, err = s.store.Skips(ctx, s.runID); err != nil {
			return err
		}
	}
	s.control, s.readAt = control, at
	return nil
}

// gate keeps a call that is about to be sent back where the run is paused or
// stopped by now, as one that has to come again a little later.
func (s *steering) gate(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.look(ctx); err != nil {
		return err
	}
	if s.control.Verb == store.VerbPause || s.control.Verb == store.VerbStop {
		return &directory.RateLimitError{Call: "a paused run's call", RetryAfter: steerEvery}
	}
	return nil
}

// pass is called before each write of a change to the target.
func (b *batch) pass(ctx context.Context, d store.DueChange) error {
	return steeringOf(ctx).pass(ctx, d.UserID, true)
}

// Steer records how a run is to be steered, and answers with what stands. Who
// asked over Temporal is not known by name.
func (a *Activities) Steer(ctx context.Context, in workflows.Control) (workflows.Control, error) {
	defer a.beat(ctx)()
	result, err := a.steer(ctx, in)
	return result, a.classify(ctx, err)
}

func (a *Activities) steer(ctx context.Context, in workflows.Control) (workflows.Control, error) {
	err := a.Store.Steer(ctx, in.RunID, in.Verb, in.Pace, in.UserID, store.Who{Name: "a Temporal update"}, a.Now())
	var ended *store.RunEndedError
	var stopped *store.RunStoppedError
	switch {
	case errors.As(err, &ended):
		return workflows.Control{}, final(classEnded)
	case errors.As(err, &stopped):
		return workflows.Control{}, final(classStopped)
	case errors.Is(err, store.ErrNotFound):
		return workflows.Control{}, final(directory.ClassNotFound)
	case err != nil:
		return workflows.Control{}, err
	}
	now, err := a.Store.Control(ctx, in.RunID)
	return workflows.Control{RunID: in.RunID, Verb: now.Verb, Pace: now.Pace}, err
}
