package store

import (
	"math"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Limits are the guard's limits on removals.
type Limits struct {
	// Share and Count bound the removals of one kind in a window; the smaller holds.
	Share float64
	Count int64
	// Always is how many removals in a window are admitted whatever the share says.
	Always int64
	Window time.Duration
	// HeldFor is how long what was held may be approved.
	HeldFor time.Duration
	// Override admits what the limits would hold. Protected objects stay
	// protected, and doubt is still looked up.
	Override bool
	// Preview counts against the window without using it up.
	Preview bool
	// Kinds are limits of single kinds of removal, in place of Share, Count and Always.
	Kinds map[directory.Kind]KindLimit
	// Approval, when set, admits what that approval is about and nothing else;
	// the rest is skipped, as it is still held where it was held.
	Approval int64
	// Quarantine holds every removal.
	Quarantine bool
	// Confirm makes every removal wait for a direct look-up, whatever speaks for it.
	Confirm bool
}

// KindLimit limits removals of one kind.
type KindLimit struct {
	Share  float64
	Count  int64
	Always int64
}

// Of returns the limits of a kind.
func (l Limits) Of(kind directory.Kind) KindLimit {
	if k, ok := l.Kinds[kind]; ok {
		return k
	}
	return KindLimit{Share: l.Share, Count: l.Count, Always: l.Always}
}

// of returns how many removals of a kind a window has room for.
func (l Limits) of(kind directory.Kind, linked int64) int64 {
	k := l.Of(kind)
	// 0.29 * 100 is a little less than 29 in binary.
	share := int64(math.Floor(k.Share*float64(linked) + 1e-6))
	return max(k.Always, min(k.Count, share))
}
