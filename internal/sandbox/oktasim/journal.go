package oktasim

import (
	"slices"
	"time"
)

// entry is one write, with what was before it: enough to show the lists as
// they were before the writes of the last seconds.
type entry struct {
	at time.Time
	// user or group is set; both are for a membership.
	user  *user
	group *group
	// beforeUser and beforeGroup are nil when the object did not exist.
	beforeUser  *userRecord
	beforeGroup *groupRecord
	// joined, for a membership, is whether the write added it.
	joined bool
}

// remember appends to the journal and drops what is too old to matter. The
// caller holds the lock.
func (s *Sim) remember(e entry) {
	e.at = s.opts.Now()
	s.journal = append(s.journal, e)
	// Dropping is amortised: only when half of the journal can go.
	if keep := s.journalStart(e.at); keep > len(s.journal)/2 {
		s.journal = slices.Clone(s.journal[keep:])
	}
}

// journalStart is the index of the first write of the last seconds.
func (s *Sim) journalStart(now time.Time) int {
	since := now.Add(-s.opts.StaleFor)
	at, _ := slices.BinarySearchFunc(s.journal, since, func(e entry, t time.Time) int { return e.at.Compare(t) })
	return at
}

// listed is a user or group in a list: an id and what is stated about it.
type listed[T, R any] struct {
	id  string
	of  T
	rec R
}

type (
	listedUser  = listed[*user, *userRecord]
	listedGroup = listed[*group, *groupRecord]
)

// staleUsers is all users as they were before the writes of the last seconds,
// in order of id. The caller holds the lock.
func (s *Sim) staleUsers() []listedUser {
	before := map[*user]*userRecord{}
	for _, e := range s.journal[s.journalStart(s.opts.Now()):] {
		if e.user == nil || e.group != nil {
			continue
		}
		if _, seen := before[e.user]; !seen {
			before[e.user] = e.beforeUser
		}
	}
	all := make([]listedUser, 0, len(s.users))
	for _, u := range s.users {
		if _, changed := before[u]; !changed {
			all = append(all, listedUser{u.id, u, u.rec})
		}
	}
	for u, rec := range before {
		if rec != nil {
			all = append(all, listedUser{u.id, u, rec})
		}
	}
	slices.SortFunc(all, func(a, b listedUser) int { return compareUsers(a.of, b.of) })
	return all
}

// staleGroups is all groups as they were. The caller holds the lock.
func (s *Sim) staleGroups() []listedGroup {
	before := map[*group]*groupRecord{}
	for _, e := range s.journal[s.journalStart(s.opts.Now()):] {
		if e.group == nil || e.user != nil {
			continue
		}
		if _, seen := before[e.group]; !seen {
			before[e.group] = e.beforeGroup
		}
	}
	all := make([]listedGroup, 0, len(s.groups))
	for _, g := range s.groups {
		if _, changed := before[g]; !changed {
			all = append(all, listedGroup{g.id, g, g.rec})
		}
	}
	for g, rec := range before {
		if rec != nil {
			all = append(all, listedGroup{g.id, g, rec})
		}
	}
	slices.SortFunc(all, func(a, b listedGroup) int { return compareIDs(a.id, b.id) })
	return all
}

// staleMembers is a group's members as they were. The caller holds the lock.
func (s *Sim) staleMembers(g *group) []*user {
	if g == s.everyone {
		var members []*user
		for _, u := range s.staleUsers() {
			members = append(members, u.of)
		}
		return members
	}
	members := slices.Clone(g.members)
	writes := s.journal[s.journalStart(s.opts.Now()):]
	for _, e := range slices.Backward(writes) {
		switch {
		case e.group != g || e.user == nil:
		case e.joined:
			members, _ = without(members, e.user)
		default:
			members, _ = insert(members, e.user)
		}
	}
	return members
}
