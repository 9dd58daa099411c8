package config

import (
	"maps"
	"slices"
)

// Approvals says who may decide about what the guard holds.
type Approvals struct {
	// Persons is how many different ones must say yes.
	Persons int `yaml:"persons" range:"1..2"`
	// Approvers are those who are known by a secret of their own, by name.
	Approvers Secrets `yaml:"approvers"`
	// RequireVerified is whether only approvers count.
	RequireVerified bool `yaml:"require_verified"`
}

// Secrets are secrets by name.
type Secrets map[string]Secret

// Names returns the names, sorted.
func (s Secrets) Names() []string { return slices.Sorted(maps.Keys(s)) }

func (s *Secrets) readNode(r *reader, at place) {
	found, ok := r.entries(at, "a mapping of names and secrets")
	if !ok {
		return
	}
	*s = make(Secrets, len(found))
	for _, e := range found {
		inner := place{e.value, join(at.path, e.name), `rule:"required"`}
		if !validName.MatchString(e.name) {
			r.nodes[inner.path] = e.key
			r.problem(inner.path, "bad name; expected 1 to 40 of a-z, 0-9 and -, not starting with -")
			continue
		}
		var secret Secret
		r.read(inner, valueOf(&secret))
		(*s)[e.name] = secret
	}
}

// shortestSecret keeps what a person could guess from being an approver's
// secret, or a webhook's.
const shortestSecret = 16

func (r *reader) validateApprovals(a Approvals) {
	const path = "approvals"
	for _, name := range a.Approvers.Names() {
		at := path + ".approvers." + name
		r.longEnough(at, a.Approvers[name])
		for _, other := range a.Approvers.Names() {
			if other < name && a.Approvers[other] == a.Approvers[name] {
				r.problem(at, "is the same secret as %s's; expected one of its own for each person", other)
			}
		}
	}
	if a.RequireVerified && len(a.Approvers) < a.Persons {
		r.problem(path+".require_verified", "leaves too few who could approve; expected at least %d in approvals.approvers", a.Persons)
	}
}

func (r *reader) longEnough(path string, s Secret) {
	if !s.IsZero() && len(s.Reveal()) < shortestSecret {
		r.problem(path, "is too short to be a secret; expected at least %d characters", shortestSecret)
	}
}
