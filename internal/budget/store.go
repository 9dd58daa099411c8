package budget

import "context"

// Store keeps one State for each owner and bucket.
type Store interface {
	// ReadBudget returns the stored state, and the zero State for a bucket
	// that nobody has used yet.
	ReadBudget(ctx context.Context, owner, bucket string) (State, error)
	// SwapBudget stores next if the stored version is still next.Version (0:
	// there is none), raises the version by one, and says whether it did.
	SwapBudget(ctx context.Context, owner, bucket string, next State) (bool, error)
}

// StoreError means that the budget could not be read or written: the call was
// not sent. It is worth trying again.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "rate-limit budget: " + e.Err.Error() }

// Unwrap returns the store's own error.
func (e *StoreError) Unwrap() error { return e.Err }
