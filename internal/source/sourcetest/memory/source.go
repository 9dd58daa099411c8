package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Options say what a Source is like.
type Options struct {
	// PageSize is how many elements a page has; 200 when zero.
	PageSize int
	// Now is the source's clock; time.Now when nil.
	Now func() time.Time
}

// Source keeps people and groups in memory. It is read in full every time. It
// is safe for concurrent use.
type Source struct {
	options Options

	mu      sync.Mutex
	users   map[string]directory.User
	groups  map[string]directory.Group
	members map[string]map[string]bool
	order   func(id string) uint64
	failure func(call string) Failure
}

var _ directory.Source = (*Source)(nil)

// Failure is how a call fails.
type Failure struct {
	// Delay is how long it takes, unless its context ends.
	Delay time.Duration
	Err   error
}

// New returns an empty source.
func New(options Options) *Source {
	if options.PageSize == 0 {
		options.PageSize = 200
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Source{options: options, users: map[string]directory.User{}, groups: map[string]directory.Group{}, members: map[string]map[string]bool{}}
}

// Order gives every object its place in the lists: those with a smaller one
// come first. Without it, or where two have the same, ids decide.
func (s *Source) Order(place func(id string) uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = place
}

// Fail makes calls fail as a function says, until it is called with nil.
func (s *Source) Fail(failure func(call string) Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = failure
}

// SetUser adds or changes somebody.
func (s *Source) SetUser(u directory.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Attributes = maps.Clone(u.Attributes)
	s.users[u.SourceID] = u
}

// EraseUser removes somebody for good.
func (s *Source) EraseUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, id)
	for _, members := range s.members {
		delete(members, id)
	}
}

// SetGroup adds or changes a group.
func (s *Source) SetGroup(g directory.Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[g.SourceID] = g
	if s.members[g.SourceID] == nil {
		s.members[g.SourceID] = map[string]bool{}
	}
}

// DeleteGroup removes a group.
func (s *Source) DeleteGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, id)
	delete(s.members, id)
}

// SetMember puts a user in a group that is there, or takes one out.
func (s *Source) SetMember(groupID, userID string, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if members, there := s.members[groupID]; there && in {
		members[userID] = true
	} else if there {
		delete(members, userID)
	}
}

func (s *Source) call(ctx context.Context, name string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	failing := s.failure
	s.mu.Unlock()
	if failing != nil {
		failure := failing(name)
		if failure.Delay > 0 {
			timer := time.NewTimer(failure.Delay)
			defer timer.Stop()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-timer.C:
			}
		}
		if failure.Err != nil {
			return failure.Err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do()
}

// page cuts the page that a cursor names out of the ids of a list, and returns
// the next page's cursor.
func (s *Source) page(ids []string, cursor string) ([]string, string, error) {
	slices.SortFunc(ids, func(a, b string) int {
		if s.order != nil {
			if by := cmp.Compare(s.order(a), s.order(b)); by != 0 {
				return by
			}
		}
		return cmp.Compare(a, b)
	})
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return nil, "", &directory.RefusedError{Call: "list", Status: 400, Code: "cursor"}
		}
	}
	from = min(from, len(ids))
	to := min(from+s.options.PageSize, len(ids))
	if to == len(ids) {
		return ids[from:], "", nil
	}
	return ids[from:to], strconv.Itoa(to), nil
}

// whole refuses a list by time of change, which this source does not have.
func whole(request directory.PageRequest, call string) error {
	if request.Since.IsZero() {
		return nil
	}
	return &directory.RefusedError{Call: call, Status: 400, Code: "not-incremental"}
}

// Check implements directory.Source.
func (s *Source) Check(ctx context.Context) (directory.SourceReport, error) {
	err := s.call(ctx, "Check", func() error { return nil })
	if directory.ClassOf(err) == directory.ClassAuth {
		return directory.SourceReport{Missing: []string{"The credential is refused."}}, nil
	}
	if err != nil {
		return directory.SourceReport{}, err
	}
	return directory.SourceReport{Identity: "memory", Can: []string{"everything"}}, nil
}

// Users implements directory.Source. As with most providers, the list leaves
// those out who are deprovisioned.
func (s *Source) Users(ctx context.Context, request directory.PageRequest) (directory.UserPage, error) {
	got := directory.UserPage{AskedAt: s.options.Now()}
	err := s.call(ctx, "Users", func() error {
		if err := whole(request, "Users"); err != nil {
			return err
		}
		var listed []string
		for id, u := range s.users {
			if u.Status != directory.StatusDeprovisioned {
				listed = append(listed, id)
			}
		}
		ids, next, err := s.page(listed, request.Cursor)
		for _, id := range ids {
			got.Users = append(got.Users, s.users[id])
		}
		got.Next = next
		return err
	})
	if err != nil {
		return directory.UserPage{}, err
	}
	return got, nil
}

// Groups implements directory.Source.
func (s *Source) Groups(ctx context.Context, request directory.PageRequest) (directory.GroupPage, error) {
	got := directory.GroupPage{AskedAt: s.options.Now()}
	err := s.call(ctx, "Groups", func() error {
		if err := whole(request, "Groups"); err != nil {
			return err
		}
		ids, next, err := s.page(slices.Collect(maps.Keys(s.groups)), request.Cursor)
		for _, id := range ids {
			got.Groups = append(got.Groups, s.groups[id])
		}
		got.Next = next
		return err
	})
	if err != nil {
		return directory.GroupPage{}, err
	}
	return got, nil
}

// Members implements directory.Source.
func (s *Source) Members(ctx context.Context, groupID, cursor string) (directory.MemberPage, error) {
	got := directory.MemberPage{AskedAt: s.options.Now()}
	err := s.call(ctx, "Members", func() error {
		members, there := s.members[groupID]
		if !there {
			return &directory.NotFoundError{Call: "Members", What: "group"}
		}
		ids, next, err := s.page(slices.Collect(maps.Keys(members)), cursor)
		got.UserIDs, got.Next = ids, next
		return err
	})
	if err != nil {
		return directory.MemberPage{}, err
	}
	return got, nil
}

// User implements directory.Source.
func (s *Source) User(ctx context.Context, id string) (directory.User, error) {
	var got directory.User
	err := s.call(ctx, "User", func() error {
		if u, there := s.users[id]; there {
			got = u
			return nil
		}
		for _, u := range s.users {
			if id != "" && (strings.EqualFold(u.Login, id) || strings.EqualFold(u.Email, id)) {
				got = u
				return nil
			}
		}
		return &directory.NotFoundError{Call: "User", What: "user"}
	})
	return got, err
}

// UserGroups implements directory.Source.
func (s *Source) UserGroups(ctx context.Context, userID string) ([]string, error) {
	var got []string
	err := s.call(ctx, "UserGroups", func() error {
		if _, there := s.users[userID]; !there {
			return &directory.NotFoundError{Call: "UserGroups", What: "user"}
		}
		for id, members := range s.members {
			if members[userID] {
				got = append(got, id)
			}
		}
		slices.Sort(got)
		return nil
	})
	return got, err
}

// Group implements directory.Source.
func (s *Source) Group(ctx context.Context, id string) (directory.Group, error) {
	var got directory.Group
	err := s.call(ctx, "Group", func() error {
		g, there := s.groups[id]
		if !there {
			return &directory.NotFoundError{Call: "Group", What: "group"}
		}
		got = g
		return nil
	})
	return got, err
}
