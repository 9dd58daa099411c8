package config

import (
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Guard limits how much a connection may take away before a person is asked.
// The limits hold for each target and kind of removal over a rolling window.
type Guard struct {
	// RemovalsShare is the share of the linked objects, 0 to 1.
	RemovalsShare Share `yaml:"removals_share" range:"0%..100%"`
	// RemovalsLimit is the count; the smaller of both limits holds.
	RemovalsLimit int `yaml:"removals_limit" range:"0..1000000"`
	// AlwaysAllowed removals in a window are never held, unless they are a
	// whole group or everybody.
	AlwaysAllowed int           `yaml:"always_allowed" range:"0..1000000"`
	Window        time.Duration `yaml:"window" range:"1m..30d"`
	// HeldExpires is how long a held plan waits for a decision.
	HeldExpires time.Duration `yaml:"held_expires" range:"1h..90d"`
	// Kinds are limits of single kinds of removal.
	Kinds KindLimits `yaml:"kinds"`
	// MinimumUsers and MinimumGroups are what a list of the source must come to
	// before anything is believed to be missing from it; 0 is no least.
	MinimumUsers  int `yaml:"minimum_users" range:"0..100000000"`
	MinimumGroups int `yaml:"minimum_groups" range:"0..100000000"`
	// MaxDrop is the largest share by which a list may be shorter than in the
	// runs before, 0 to 1.
	MaxDrop Share `yaml:"max_drop" range:"0%..100%"`
	// QuarantineAfter is how many runs the guard may stop, each for something new
	// and with no good one between, before no removal is admitted any more; 0 is never.
	QuarantineAfter int `yaml:"quarantine_after" range:"0..1000"`
}

// TargetGuard is what a target has in place of the connection's limits; nil is
// the connection's.
type TargetGuard struct {
	RemovalsShare *Share     `yaml:"removals_share" range:"0%..100%"`
	RemovalsLimit *int       `yaml:"removals_limit" range:"0..1000000"`
	AlwaysAllowed *int       `yaml:"always_allowed" range:"0..1000000"`
	Kinds         KindLimits `yaml:"kinds"`
}

// KindLimit limits one kind of removal; nil is the limit of all kinds.
type KindLimit struct {
	Share  *Share `yaml:"share" range:"0%..100%"`
	Limit  *int   `yaml:"limit" range:"0..1000000"`
	Always *int   `yaml:"always" range:"0..1000000"`
}

// KindLimits are limits by the kind of removal.
type KindLimits map[directory.Kind]KindLimit

// For returns the limits of a target: its own, and else the connection's.
func (g Guard) For(t TargetGuard) Guard {
	if t.RemovalsShare != nil {
		g.RemovalsShare = *t.RemovalsShare
	}
	if t.RemovalsLimit != nil {
		g.RemovalsLimit = *t.RemovalsLimit
	}
	if t.AlwaysAllowed != nil {
		g.AlwaysAllowed = *t.AlwaysAllowed
	}
	kinds := KindLimits{}
	for _, kind := range directory.Removals {
		limit := g.Kinds[kind].or(KindLimit{})
		limit = t.Kinds[kind].or(limit)
		if limit != (KindLimit{}) {
			kinds[kind] = limit.or(KindLimit{&g.RemovalsShare, &g.RemovalsLimit, &g.AlwaysAllowed})
		}
	}
	g.Kinds = kinds
	return g
}

// or fills in what a limit leaves open.
func (l KindLimit) or(other KindLimit) KindLimit {
	if l.Share == nil {
		l.Share = other.Share
	}
	if l.Limit == nil {
		l.Limit = other.Limit
	}
	if l.Always == nil {
		l.Always = other.Always
	}
	return l
}

func (k *KindLimits) readNode(r *reader, at place) {
	var known []string
	for _, kind := range directory.Removals {
		known = append(known, string(kind))
	}
	found, ok := r.entries(at, "a mapping with "+listed(known))
	if !ok {
		return
	}
	*k = make(KindLimits, len(found))
	for _, e := range found {
		path := join(at.path, e.name)
		if !slices.Contains(known, e.name) {
			r.nodes[path] = e.key
			r.problem(path, "no kind of removal%s; expected %s", didYouMean(e.name, known), listed(known))
			continue
		}
		var limit KindLimit
		r.read(place{e.value, path, ""}, valueOf(&limit))
		(*k)[directory.Kind(e.name)] = limit
	}
}
