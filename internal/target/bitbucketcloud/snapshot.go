package bitbucketcloud

import (
	"sync"
	"time"
)

// snapshotFor is how long the members that came with the list of groups are as
// good as those that would be read now. A run reads them right after the list.
const snapshotFor = time.Minute

// snapshot holds the members of groups as the list of groups told them, for the
// one reading of each that follows it: the list has them all, and each group
// would be a call of the few that an hour has.
type snapshot struct {
	mu      sync.Mutex
	until   time.Time
	members map[string][]wireUser
	now     func() time.Time
}

// fill takes over a whole list.
func (s *snapshot) fill(groups []wireGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until, s.members = s.now().Add(snapshotFor), make(map[string][]wireUser, len(groups))
	for _, group := range groups {
		if group.Members != nil {
			s.members[group.Slug] = *group.Members
		}
	}
}

// take returns a group's members, once.
func (s *snapshot) take(slug string) ([]wireUser, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	members, known := s.members[slug]
	delete(s.members, slug)
	return members, known && s.now().Before(s.until)
}

// forget is called before a group's members change.
func (s *snapshot) forget(slug string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, slug)
}
