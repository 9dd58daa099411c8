package budget

import (
	"context"
	"net/http"
	"time"
)

// Limits is what a vendor's answer says about the bucket that the call was
// counted in.
type Limits struct {
	// Limit is how many calls the whole window allows.
	Limit int
	// Remaining is how many are left in it, whoever makes them.
	Remaining int
	// Reset is when the window ends, by the caller's clock.
	Reset time.Time
}

// Endpoint is a vendor's API under one credential.
type Endpoint struct {
	// Owner names endpoint and credential, such as
	// "okta:example.okta.com:1f0c33d2a9be", the last part a digest; it is
	// stored and never contains the credential itself.
	Owner string
	// Share is the most that is used of the vendor's limit, above 0 and at
	// most 1. Zero means 0.5.
	Share float64
	// Bucket names the vendor's bucket that a request counts in. The name is
	// stored and shown in errors: a path template, never a path.
	Bucket func(*http.Request) string
	// Read reads the limits from an answer's headers; false if it has none.
	Read func(h http.Header, now time.Time) (Limits, bool)
	// Assumed is the limit that is kept to as long as no answer states one.
	Assumed Assumed
	// Precision is how far from the truth Limits.Reset may be. Zero means
	// 1.5 s: headers are in whole seconds, rounded nobody says how, of another
	// clock that is known in whole seconds too.
	Precision time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// After delivers the time after d; nil means time.After.
	After func(d time.Duration) <-chan time.Time
}

const (
	defaultShare     = 0.5
	defaultPrecision = 1500 * time.Millisecond
)

func (e Endpoint) withDefaults() Endpoint {
	if e.Share <= 0 || e.Share > 1 {
		e.Share = defaultShare
	}
	if e.Precision <= 0 {
		e.Precision = defaultPrecision
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.After == nil {
		e.After = time.After
	}
	return e
}

type priorityKey struct{}

// WithPriority marks the calls made with this context as urgent: they may use
// the reserve. It is meant for leavers and for what was pushed.
func WithPriority(ctx context.Context) context.Context {
	return context.WithValue(ctx, priorityKey{}, true)
}

func hasPriority(ctx context.Context) bool {
	urgent, _ := ctx.Value(priorityKey{}).(bool)
	return urgent
}

type gateKey struct{}

// WithGate makes every call with this context ask first, once it may be sent
// and before it is: an error of the gate is the call's. A call may have waited
// for seconds since whoever makes it last looked whether it still should.
func WithGate(ctx context.Context, gate func(ctx context.Context) error) context.Context {
	return context.WithValue(ctx, gateKey{}, gate)
}

func passGate(ctx context.Context) error {
	gate, ok := ctx.Value(gateKey{}).(func(context.Context) error)
	if !ok {
		return nil
	}
	return gate(ctx)
}
