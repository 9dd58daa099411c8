package directory

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The typed errors below are the decisions that a caller makes. What they
// carry in Detail is the vendor's own text: it goes to the database, for the
// administrator, and never into workflow history. Error() leaves it out.

// RateLimitError means: asked too often; try again after RetryAfter.
type RateLimitError struct {
	// Call is method and path template, such as "GET /api/v1/users".
	Call string
	// RetryAfter is how long to wait from now; zero if the vendor said nothing.
	RetryAfter time.Duration
}

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%s: rate limited, retry after %s", e.Call, e.RetryAfter)
}

// AuthError means that the credential was refused or lacks a right: no call
// with it will succeed until a person changes something.
type AuthError struct {
	Call   string
	Status int
	Code   string
	Detail string
}

func (e *AuthError) Error() string {
	return fmt.Sprintf("%s: credential refused (HTTP %d %s)", e.Call, e.Status, e.Code)
}

// NotFoundError means that the object asked for does not exist.
type NotFoundError struct {
	Call string
	// What is the kind of object: "user", "group", "account", …
	What   string
	Detail string
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s: %s not found", e.Call, e.What) }

// ConflictError means that an object of that name or address exists already.
type ConflictError struct {
	Call   string
	Detail string
}

func (e *ConflictError) Error() string { return e.Call + ": exists already" }

// RefusedError means that the vendor refuses this request and will refuse it
// again: a person must change the object.
type RefusedError struct {
	Call   string
	Status int
	// Code is the vendor's own error code, never free text.
	Code   string
	Detail string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: refused (HTTP %d %s)", e.Call, e.Status, e.Code)
}

// SeatError means that no licence is free. It is worth trying again later.
type SeatError struct {
	Call   string
	Detail string
}

func (e *SeatError) Error() string { return e.Call + ": no licence is free" }

// UnmanagedError means that the object exists and is not ours to write.
type UnmanagedError struct {
	Call   string
	Detail string
}

func (e *UnmanagedError) Error() string { return e.Call + ": not managed by this organization" }

// UnavailableError means an outage: 5xx, a cut connection, a timeout, an
// answer that is no answer. It is worth trying again.
type UnavailableError struct {
	Call string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// RetryAfter is what the vendor asked for; zero if nothing.
	RetryAfter time.Duration
	// Ambiguous is set when a write may have been done all the same.
	Ambiguous bool
	Detail    string
}

func (e *UnavailableError) Error() string {
	if e.Status == 0 {
		return e.Call + ": unavailable (no answer)"
	}
	return fmt.Sprintf("%s: unavailable (HTTP %d)", e.Call, e.Status)
}

// Class is a short word for a kind of failure. It is safe in workflow
// history, metrics and logs.
type Class string

// The classes of failure.
const (
	ClassRateLimited Class = "rate-limited"
	ClassAuth        Class = "credential-refused"
	ClassNotFound    Class = "not-found"
	ClassConflict    Class = "conflict"
	ClassRefused     Class = "refused"
	ClassSeat        Class = "no-seat"
	ClassUnmanaged   Class = "unmanaged"
	ClassUnavailable Class = "unavailable"
	ClassCanceled    Class = "canceled"
	ClassInternal    Class = "internal"
)

// ClassOf returns the class of an error, ClassInternal for one that is not of
// this package.
func ClassOf(err error) Class {
	var (
		rate        *RateLimitError
		auth        *AuthError
		notFound    *NotFoundError
		conflict    *ConflictError
		refused     *RefusedError
		seat        *SeatError
		unmanaged   *UnmanagedError
		unavailable *UnavailableError
	)
	switch {
	case errors.As(err, &rate):
		return ClassRateLimited
	case errors.As(err, &auth):
		return ClassAuth
	case errors.As(err, &notFound):
		return ClassNotFound
	case errors.As(err, &conflict):
		return ClassConflict
	case errors.As(err, &refused):
		return ClassRefused
	case errors.As(err, &seat):
		return ClassSeat
	case errors.As(err, &unmanaged):
		return ClassUnmanaged
	case errors.As(err, &unavailable):
		return ClassUnavailable
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ClassCanceled
	}
	return ClassInternal
}

// DetailOf returns the vendor's own words in an error, for the database.
func DetailOf(err error) string {
	var (
		auth        *AuthError
		notFound    *NotFoundError
		conflict    *ConflictError
		refused     *RefusedError
		seat        *SeatError
		unmanaged   *UnmanagedError
		unavailable *UnavailableError
	)
	switch {
	case errors.As(err, &auth):
		return auth.Detail
	case errors.As(err, &notFound):
		return notFound.Detail
	case errors.As(err, &conflict):
		return conflict.Detail
	case errors.As(err, &refused):
		return refused.Detail
	case errors.As(err, &seat):
		return seat.Detail
	case errors.As(err, &unmanaged):
		return unmanaged.Detail
	case errors.As(err, &unavailable):
		return unavailable.Detail
	}
	return ""
}
