package memory

import (
	"context"
	"time"
)

// Failure is how a call fails.
type Failure struct {
	// Delay is how long it takes, unless its context ends.
	Delay time.Duration
	// Before fails it with nothing done, After with everything done.
	Before, After error
}

// Write is a call that changes something, whether or not it had an effect.
type Write struct {
	// Call is the method's name, "AddMember".
	Call string
	// AccountID and GroupID are whom and what it is about. For a create they are
	// the new one's, or empty when none was made.
	AccountID, GroupID string
	// Value is the name or address that a create or a rename asks for.
	Value string
}

// Fail makes calls fail as a function says, until it is called with nil.
func (t *Target) Fail(failure func(call string, write bool) Failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure = failure
}

// Writes returns all calls so far that change something, in their order.
func (t *Target) Writes() []Write {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Write(nil), t.writes...)
}

// Forget forgets the writes so far.
func (t *Target) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes = nil
}

func (t *Target) read(ctx context.Context, call string, do func() error) error {
	return t.call(ctx, call, false, do)
}

// write makes a change; note returns what is remembered of it once it was tried.
func (t *Target) write(ctx context.Context, note func() Write, do func() error) error {
	return t.call(ctx, note().Call, true, func() error {
		err := do()
		t.writes = append(t.writes, note())
		return err
	})
}

func (t *Target) call(ctx context.Context, call string, write bool, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	failing := t.failure
	t.mu.Unlock()
	var failure Failure
	if failing != nil {
		failure = failing(call, write)
	}
	if failure.Delay > 0 {
		timer := time.NewTimer(failure.Delay)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
	if failure.Before != nil {
		return failure.Before
	}
	t.mu.Lock()
	err := do()
	t.mu.Unlock()
	if failure.After != nil {
		return failure.After
	}
	return err
}
