package atlassiancloud

import (
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// maxInvite is how many people one invitation carries.
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-users-invite-post
const maxInvite = 25

// inviteWeight is what one invitation costs, in memberships: each is a call,
// and calls are what the vendor counts. An invitation of its own must save more
// memberships than that.
const inviteWeight = 1

// person is one e-mail address to invite. Elements of a batch that share an
// address, ignoring case, are one person.
type person struct {
	email  string
	refs   []int64
	groups []string // sorted, distinct
}

// invitation is one call: up to maxInvite people and groups that all of them
// should be in.
type invitation struct {
	people []*person
	groups []string
}

func personsOf(batch []directory.NewAccount) []*person {
	byEmail := make(map[string]*person, len(batch))
	var people []*person
	for _, wanted := range batch {
		groups := slices.Compact(slices.Sorted(slices.Values(wanted.GroupIDs)))
		key := foldKey(wanted.Email)
		if known := byEmail[key]; known != nil {
			known.refs = append(known.refs, wanted.Ref)
			// Only what every one of them asks for can be carried along.
			known.groups = intersect(known.groups, groups)
			continue
		}
		byEmail[key] = &person{email: wanted.Email, refs: []int64{wanted.Ref}, groups: groups}
		people = append(people, byEmail[key])
	}
	return people
}

// partition divides people into invitations so that invitations and the
// memberships that they cannot carry are few: first those whose groups are
// exactly the same, then by the group that most of the others share, and what
// is left together. It is deterministic, so that a retry sends the same calls.
func partition(people []*person) []invitation {
	var out []invitation
	emit := func(people []*person) {
		groups := people[0].groups
		for _, p := range people[1:] {
			groups = intersect(groups, p.groups)
		}
		out = append(out, invitation{people: people, groups: groups})
	}

	sets := make(map[string][]*person)
	for _, p := range people {
		key := strings.Join(p.groups, "\x00")
		sets[key] = append(sets[key], p)
	}
	var rest []*person
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		same := sets[key]
		for ; len(same) >= maxInvite; same = same[maxInvite:] {
			emit(same[:maxInvite])
		}
		// A smaller set goes by itself if that carries enough memberships more
		// than sharing one group with others would.
		if len(same) > 0 && len(same)*(len(same[0].groups)-1) > inviteWeight {
			emit(same)
			continue
		}
		rest = append(rest, same...)
	}

	left := newSharing(rest)
	for {
		members := left.mostShared()
		if len(members) <= inviteWeight {
			break
		}
		if len(members) > maxInvite {
			members = members[:maxInvite]
		}
		left.take(members)
		emit(members)
	}
	for chunk := range slices.Chunk(left.people(), maxInvite) {
		emit(chunk)
	}
	return out
}

// sharing knows which of the people not yet invited share which group.
type sharing struct {
	open    map[*person]bool
	order   []*person
	byGroup map[string][]*person
	count   map[string]int
}

func newSharing(people []*person) *sharing {
	s := &sharing{
		open: make(map[*person]bool, len(people)), order: people,
		byGroup: make(map[string][]*person), count: make(map[string]int),
	}
	for _, p := range people {
		s.open[p] = true
		for _, group := range p.groups {
			s.byGroup[group] = append(s.byGroup[group], p)
			s.count[group]++
		}
	}
	return s
}

// mostShared returns the people of the group that most of them share, those
// first who could least be invited by another of their groups.
func (s *sharing) mostShared() []*person {
	best, most := "", 0
	for group, n := range s.count {
		if n > most || n == most && group < best {
			best, most = group, n
		}
	}
	var members []*person
	for _, p := range s.byGroup[best] {
		if s.open[p] {
			members = append(members, p)
		}
	}
	alternative := func(p *person) int {
		n := 0
		for _, group := range p.groups {
			if group != best {
				n = max(n, s.count[group])
			}
		}
		return n
	}
	slices.SortStableFunc(members, func(a, b *person) int { return alternative(a) - alternative(b) })
	return members
}

func (s *sharing) take(people []*person) {
	for _, p := range people {
		delete(s.open, p)
		for _, group := range p.groups {
			s.count[group]--
		}
	}
}

func (s *sharing) people() []*person {
	var left []*person
	for _, p := range s.order {
		if s.open[p] {
			left = append(left, p)
		}
	}
	return left
}

// intersect returns what two sorted lists have in common.
func intersect(a, b []string) []string {
	var both []string
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both = append(both, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return both
}
