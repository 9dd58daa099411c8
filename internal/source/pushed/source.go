package pushed

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// pageSize is how many objects a page of the source has: as many as Okta's.
const pageSize = 200

// Resources is where pushed resources are kept.
type Resources interface {
	PushedResource(ctx context.Context, connection, resourceType, scimID string) (store.Pushed, error)
	PushedList(ctx context.Context, connection, resourceType string, after int64, limit int) ([]store.Pushed, error)
	PushedGroups(ctx context.Context, userID int64) ([]string, error)
	PushedMembers(ctx context.Context, groupID, after int64, limit int) ([]store.PushedMember, error)
}

// Source is a directory.Source of what was pushed to a connection. The id of
// an object is the one that clients know it by. Where the database cannot be
// asked, the source is unavailable.
type Source struct {
	connection string
	resources  Resources
	now        func() time.Time
	keep       Attributes
}

// New returns the source of a connection. Without resources it can be checked,
// and nothing else.
func New(connection string, resources Resources, now func() time.Time, keep Attributes) *Source {
	return &Source{connection: connection, resources: resources, now: now, keep: keep}
}

// Check says what is known of the source, which cannot be asked anything.
func (s *Source) Check(ctx context.Context) (directory.SourceReport, error) {
	report := directory.SourceReport{Identity: "pushed to " + s.connection, Can: []string{"receive people and groups over SCIM"}}
	if s.resources == nil {
		return report, nil
	}
	users, err := s.resources.PushedList(ctx, s.connection, "User", 0, 1)
	if err != nil {
		return directory.SourceReport{}, unavailable("check", err)
	}
	if len(users) == 0 {
		report.Missing = []string{"nobody has been pushed yet: give the identity provider the SCIM base URL and a token (rollcall token create " + s.connection + ")"}
	}
	return report, nil
}

// Users lists the pushed users.
func (s *Source) Users(ctx context.Context, page directory.PageRequest) (directory.UserPage, error) {
	list, next, err := s.list(ctx, "User", page.Cursor)
	if err != nil {
		return directory.UserPage{}, err
	}
	result := directory.UserPage{Next: next, AskedAt: s.now()}
	for _, p := range list {
		u, err := UserOf(p, s.keep)
		if err != nil {
			return directory.UserPage{}, unavailable("list users", err)
		}
		result.Users = append(result.Users, u)
	}
	return result, nil
}

// Groups lists the pushed groups.
func (s *Source) Groups(ctx context.Context, page directory.PageRequest) (directory.GroupPage, error) {
	list, next, err := s.list(ctx, "Group", page.Cursor)
	if err != nil {
		return directory.GroupPage{}, err
	}
	result := directory.GroupPage{Next: next, AskedAt: s.now()}
	for _, p := range list {
		g, err := GroupOf(p)
		if err != nil {
			return directory.GroupPage{}, unavailable("list groups", err)
		}
		result.Groups = append(result.Groups, g)
	}
	return result, nil
}

func (s *Source) list(ctx context.Context, resourceType, cursor string) ([]store.Pushed, string, error) {
	after, err := position(cursor)
	if err != nil {
		return nil, "", err
	}
	list, err := s.resources.PushedList(ctx, s.connection, resourceType, after, pageSize)
	if err != nil {
		return nil, "", unavailable("list", err)
	}
	if len(list) < pageSize {
		return list, "", nil
	}
	return list, strconv.FormatInt(list[len(list)-1].ID, 10), nil
}

// Members lists the users who were pushed to a group.
func (s *Source) Members(ctx context.Context, groupID, cursor string) (directory.MemberPage, error) {
	after, err := position(cursor)
	if err != nil {
		return directory.MemberPage{}, err
	}
	group, err := s.one(ctx, "Group", groupID)
	if err != nil {
		return directory.MemberPage{}, err
	}
	members, err := s.resources.PushedMembers(ctx, group.ID, after, pageSize)
	if err != nil {
		return directory.MemberPage{}, unavailable("list members", err)
	}
	page := directory.MemberPage{AskedAt: s.now()}
	for _, m := range members {
		page.UserIDs = append(page.UserIDs, m.ScimID)
	}
	if len(members) == pageSize {
		page.Next = strconv.FormatInt(members[len(members)-1].ID, 10)
	}
	return page, nil
}

// User looks a pushed user up.
func (s *Source) User(ctx context.Context, id string) (directory.User, error) {
	p, err := s.one(ctx, "User", id)
	if err != nil {
		return directory.User{}, err
	}
	u, err := UserOf(p, s.keep)
	if err != nil {
		return directory.User{}, unavailable("read user", err)
	}
	return u, nil
}

// UserGroups lists the groups that a user was pushed to.
func (s *Source) UserGroups(ctx context.Context, userID string) ([]string, error) {
	p, err := s.one(ctx, "User", userID)
	if err != nil {
		return nil, err
	}
	ids, err := s.resources.PushedGroups(ctx, p.ID)
	if err != nil {
		return nil, unavailable("list groups of user", err)
	}
	return ids, nil
}

// Group looks a pushed group up.
func (s *Source) Group(ctx context.Context, id string) (directory.Group, error) {
	p, err := s.one(ctx, "Group", id)
	if err != nil {
		return directory.Group{}, err
	}
	return GroupOf(p)
}

func (s *Source) one(ctx context.Context, resourceType, id string) (store.Pushed, error) {
	p, err := s.resources.PushedResource(ctx, s.connection, resourceType, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && p.Deleted():
		return store.Pushed{}, &directory.NotFoundError{Call: "look up a pushed " + resourceType}
	case err != nil:
		return store.Pushed{}, unavailable("look up", err)
	}
	return p, nil
}

func unavailable(call string, err error) error {
	return &directory.UnavailableError{Call: call + " what was pushed", Detail: err.Error()}
}

func position(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	after, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	return after, nil
}
