package rest

import (
	"errors"
	"net/http"

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

// Unclear is the outcome of a write whose fate had to be read, where the read
// ended in err and so did not tell it: it may have been done, whatever the answer
// to the read was. It is an *directory.UnavailableError of the write's name with
// Ambiguous set, and with the status, the vendor's words and the time to wait of
// the read.
//
// What stops all calls is told as what it is, in a *directory.InDoubtError: a refused
// credential, a limit, a context that ended. Everything about a call that only
// reads is kept, and nil.
func Unclear(call Call, err error) error {
	if err == nil || call.reads() {
		return err
	}
	switch directory.ClassOf(err) {
	case directory.ClassAuth, directory.ClassRateLimited, directory.ClassCanceled:
		return &directory.InDoubtError{Err: err}
	}
	doubt := &directory.UnavailableError{Call: call.Name(), Ambiguous: true, Detail: directory.DetailOf(err)}
	var (
		unavailable *directory.UnavailableError
		refused     *directory.RefusedError
		conflict    *directory.ConflictError
		missing     *directory.NotFoundError
	)
	switch {
	case errors.As(err, &unavailable):
		doubt.Status, doubt.RetryAfter = unavailable.Status, unavailable.RetryAfter
	case errors.As(err, &refused):
		doubt.Status = refused.Status
	case errors.As(err, &conflict):
		doubt.Status = http.StatusConflict
	case errors.As(err, &missing):
		doubt.Status = http.StatusNotFound
	}
	return doubt
}

// UnclearUnlessGone is Unclear for a read whose *directory.NotFoundError settles
// the matter, and is kept: what the write was about is gone.
func UnclearUnlessGone(call Call, err error) error {
	if directory.ClassOf(err) == directory.ClassNotFound {
		return err
	}
	return Unclear(call, err)
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
