package atlassiansim

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"time"
)

// The words of accountStatus and membershipStatus in the vendor's description.
const (
	lifecycleActive   = "active"
	lifecycleInactive = "inactive"
	lifecycleClosed   = "closed"

	memberActive    = "active"
	memberSuspended = "suspended"
	memberNone      = "no_membership"
)

// grant is a role on a resource.
type grant struct{ resource, role string }

// record is everything about an account that can change.
type record struct {
	email, name, nickname string
	locale, zoneinfo      string
	profile               extendedProfile
	lifecycle             string
	// deleting is set in the 14 days' grace after lifecycle/delete.
	deleting   bool
	membership string
	added      time.Time
	groups     map[*group]struct{}
	grants     map[grant]struct{}
}

func (r record) clone() record {
	r.groups, r.grants = maps.Clone(r.groups), maps.Clone(r.grants)
	return r
}

// version is what an account was until a moment.
type version struct {
	until time.Time
	record
}

type account struct {
	// seq is the place in the order of creation, from 1: pages are in it.
	seq     int64
	id      string
	managed bool
	// synced is the reason why another system owns the account
	// ("externalDirectory.scim"), "" when none does.
	synced  string
	created time.Time
	record
	past []version
}

// status is the composite that the description calls Status.
func (r *record) status() string {
	switch {
	case r.deleting:
		return "for_deletion"
	case r.lifecycle != lifecycleActive:
		return "deactivated"
	case r.membership == memberSuspended:
		return "suspended"
	case r.membership == memberNone:
		return "not_invited"
	}
	return "active"
}

// at returns what the account was at a moment, nil if it was not there yet.
func (a *account) at(t time.Time) *record {
	if a.created.After(t) {
		return nil
	}
	for i := range a.past {
		if a.past[i].until.After(t) {
			return &a.past[i].record
		}
	}
	return &a.record
}

type group struct {
	seq               int64
	id                string
	name, description string
	// external is set for a group that an identity provider owns.
	external bool
	// fixed is set for the group of the organisation's administrators, which
	// this API may not change.
	fixed bool
	// productDefault maps a resource to the role that this group gives to
	// newcomers; such a group cannot be deleted.
	productDefault   map[string]string
	grants           map[grant]struct{}
	created, deleted time.Time
	// members are in order of seq, so that pages need no sorting.
	members []*account
}

func (g *group) live() bool { return g.deleted.IsZero() }

func bySeq(a *account, seq int64) int {
	switch {
	case a.seq < seq:
		return -1
	case a.seq > seq:
		return 1
	}
	return 0
}

// seats returns the products in which an account takes a seat.
func (s *Sim) seats(r *record) []string {
	if r.membership != memberActive || r.lifecycle != lifecycleActive {
		return nil
	}
	var held []string
	add := func(grants map[grant]struct{}) {
		for g := range grants {
			if s.billable(g) && !slices.Contains(held, g.resource) {
				held = append(held, g.resource)
			}
		}
	}
	add(r.grants)
	for g := range r.groups {
		add(g.grants)
	}
	return held
}

// full says whether these grants would take a seat that is not there.
func (s *Sim) full(a *account, grants map[grant]struct{}) bool {
	if s.seatLimit <= 0 || len(grants) == 0 {
		return false
	}
	var held []string
	if a != nil {
		if a.lifecycle != lifecycleActive || a.membership == memberSuspended {
			return false
		}
		held = s.seats(&a.record)
	}
	for g := range grants {
		if s.billable(g) && !slices.Contains(held, g.resource) && s.taken[g.resource] >= s.seatLimit {
			return true
		}
	}
	return false
}

// change keeps what the account was for stale lists, applies a change, and
// counts seats again. The caller holds the lock.
func (s *Sim) change(a *account, apply func()) {
	now := s.opts.Now()
	horizon := now.Add(-2 * s.opts.Staleness)
	for len(a.past) > 0 && a.past[0].until.Before(horizon) {
		a.past = a.past[1:]
	}
	a.past = append(a.past, version{until: now, record: a.clone()})
	before := s.seats(&a.record)
	apply()
	s.count(before, s.seats(&a.record))
}

func (s *Sim) count(before, after []string) {
	for _, resource := range before {
		s.taken[resource]--
	}
	for _, resource := range after {
		s.taken[resource]++
	}
}

func (s *Sim) join(a *account, g *group) {
	s.change(a, func() { a.groups[g] = struct{}{} })
	i, found := slices.BinarySearchFunc(g.members, a.seq, bySeq)
	if !found {
		g.members = slices.Insert(g.members, i, a)
	}
}

func (s *Sim) leave(a *account, g *group) {
	s.change(a, func() { delete(a.groups, g) })
	if i, found := slices.BinarySearchFunc(g.members, a.seq, bySeq); found {
		g.members = slices.Delete(g.members, i, i+1)
	}
}

// fold is how Atlassian compares e-mail addresses and group names.
func fold(name string) string { return strings.ToLower(name) }

func (s *Sim) newAccount(email, name string) *account {
	a := &account{
		seq: int64(len(s.accounts)) + 1, id: "712020:" + s.uuid(), created: s.opts.Now(),
		managed: s.managedDomain(email),
		record: record{
			email: email, name: name, nickname: nicknameOf(name), locale: "en-GB", zoneinfo: "Etc/UTC",
			lifecycle: lifecycleActive, membership: memberNone,
			groups: map[*group]struct{}{}, grants: map[grant]struct{}{},
		},
	}
	s.accounts = append(s.accounts, a)
	s.accountByID[a.id] = a
	s.accountByEmail[fold(email)] = a
	return a
}

func (s *Sim) newGroup(name, description string) *group {
	g := &group{
		seq: int64(len(s.groups)) + 1, id: s.uuid(), name: name, description: description,
		grants: map[grant]struct{}{}, created: s.opts.Now(),
	}
	s.groups = append(s.groups, g)
	s.groupByID[g.id] = g
	s.groupByName[fold(name)] = g
	return g
}

func (s *Sim) managedDomain(email string) bool {
	_, domain, _ := strings.Cut(fold(email), "@")
	return slices.ContainsFunc(s.opts.Managed, func(d string) bool { return fold(d) == domain })
}

// nicknameOf shortens a name to the 30 characters that a nickname may have.
func nicknameOf(name string) string {
	if r := []rune(name); len(r) > 30 {
		return string(r[:30])
	}
	return name
}

// uuid makes a version 4 id from the seeded source, so that two runs of a test
// see the same ids.
func (s *Sim) uuid() string { return uuidFrom(s.rng) }

func uuidFrom(rng *rand.Rand) string {
	var b [16]byte
	for i := range b {
		b[i] = byte(rng.Intn(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
