package rest

import (
	"errors"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// ReadBack settles a write after which something is to be so, or not: err is
// what the write ended in, and is asks what is there. A refusal is success where
// the vendor is seen to have what was wanted, and Unclear where it cannot be
// asked. What is not settled was refused, and is returned as it is.
func ReadBack(call Call, err error, want bool, is func() (bool, error)) (settled bool, outcome error) {
	if !Answered(err) {
		return true, err
	}
	found, readErr := is()
	switch {
	case readErr != nil:
		return true, Unclear(call, readErr)
	case found == want:
		return true, nil
	}
	return false, err
}

// Unclear is the outcome of a write that was refused when what is there could
// not be asked: it may have been done.
func Unclear(call Call, err error) error {
	var unavailable *directory.UnavailableError
	if errors.As(err, &unavailable) {
		return &directory.UnavailableError{
			Call: call.Name(), Status: unavailable.Status, RetryAfter: unavailable.RetryAfter, Ambiguous: true, Detail: unavailable.Detail,
		}
	}
	return err
}

// NotPossible keeps what a vendor said about a change that was not made although
// all that it is about is there; what says the opposite is not believed, and is
// tried again.
func NotPossible(call Call, err error) error {
	switch directory.ClassOf(err) {
	case directory.ClassConflict, directory.ClassNotFound:
		return &directory.UnavailableError{Call: call.Name(), Detail: directory.DetailOf(err)}
	}
	return err
}
