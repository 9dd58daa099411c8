package directory

import "errors"

// InDoubtError means that a write was sent and that what became of it could not
// be read: Err is what the read ended in. It is used where that must be told as it
// is, such as a refused credential; ClassOf is that of Err.
type InDoubtError struct{ Err error }

func (e *InDoubtError) Error() string { return e.Err.Error() }

// Unwrap returns what the read ended in.
func (e *InDoubtError) Unwrap() error { return e.Err }

// NotDone reports whether an error of a write says for certain that nothing was
// written: it was refused, or never sent. Anything else may have been done.
func NotDone(err error) bool {
	var doubt *InDoubtError
	var unavailable *UnavailableError
	switch class := ClassOf(err); {
	case err == nil, class == ClassCanceled, class == ClassInternal, errors.As(err, &doubt):
		return false
	case errors.As(err, &unavailable):
		return !unavailable.Ambiguous
	}
	return true
}
