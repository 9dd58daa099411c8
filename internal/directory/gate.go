package directory

import (
	"context"
	"fmt"
)

// Gate is asked before each write of an element of a batch whether it may be
// made now; it may take its time to answer. A *LeftOutError leaves that element
// out, with that error as its outcome; any other error ends the batch, and what
// was not attempted stays without an outcome.
type Gate func(ctx context.Context, ref int64) error

// LeftOutError means that one element of a batch is not to be written.
type LeftOutError struct{ Err error }

func (e *LeftOutError) Error() string { return fmt.Sprintf("left out: %v", e.Err) }

// Unwrap returns why.
func (e *LeftOutError) Unwrap() error { return e.Err }

type gateKey struct{}

// WithGate puts a gate before the writes that a target makes for a batch
// (CreateAccounts, GrantAccess), so that a run can be steered in its middle.
func WithGate(ctx context.Context, gate Gate) context.Context {
	return context.WithValue(ctx, gateKey{}, gate)
}

// Pass asks the context's gate about one element of a batch. Without a gate
// everything passes.
func Pass(ctx context.Context, ref int64) error {
	if gate, ok := ctx.Value(gateKey{}).(Gate); ok {
		return gate(ctx, ref)
	}
	return nil
}
