package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The application's lists and look-ups;
// developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationUsers and …/ApplicationGroups.
const (
	listAppUsers  = "GET /api/v1/apps/{appId}/users"
	getAppUser    = "GET /api/v1/apps/{appId}/users/{userId}"
	listAppGroups = "GET /api/v1/apps/{appId}/groups"
	getAppGroup   = "GET /api/v1/apps/{appId}/groups/{groupId}"
)

// appKnownFor is how long an answer of the application's is taken for a sign
// that it still exists.
const appKnownFor = time.Minute

func (s *Source) appPath(rest string) string {
	return "/api/v1/apps/" + url.PathEscape(s.config.AppID) + rest
}

func (s *Source) sawApp() { s.appSeen.Store(s.transport.now().UnixNano()) }

// noApp is what the application's own absence means: not that anybody has
// left, but that nothing can be told until a person looks.
func noApp(err error) error {
	var notFound *directory.NotFoundError
	if !errors.As(err, &notFound) {
		return err
	}
	return &directory.RefusedError{
		Call: notFound.Call, Status: http.StatusNotFound, Code: codeNotFound, Detail: "the application does not exist: " + notFound.Detail,
	}
}

// confirmApp tells an assignment that does not exist from an application that
// does not.
func (s *Source) confirmApp(ctx context.Context) error {
	if s.transport.now().UnixNano()-s.appSeen.Load() < int64(appKnownFor) {
		return nil
	}
	_, _, _, err := getList[idRecord](ctx, s, request{
		call: listAppUsers, what: "application", path: s.appPath("/users"), query: url.Values{"limit": {"1"}},
	}, "")
	if err != nil {
		return noApp(err)
	}
	s.sawApp()
	return nil
}

func (s *Source) appUsers(ctx context.Context, page directory.PageRequest) (directory.UserPage, error) {
	if !page.Since.IsZero() {
		return directory.UserPage{}, fmt.Errorf("%s: %w", listAppUsers, errNotIncremental)
	}
	records, next, x, err := getList[appUserRecord](ctx, s, request{
		call: listAppUsers, what: "application", path: s.appPath("/users"),
		query: url.Values{"limit": {s.pageLimit(mostAppUsers, 1, mostAppUsers)}, "expand": {"user"}},
	}, page.Cursor)
	if err != nil {
		return directory.UserPage{}, noApp(err)
	}
	s.sawApp()
	users := make([]directory.User, 0, len(records))
	for _, record := range records {
		user, err := s.assignedUser(ctx, record)
		var gone *directory.NotFoundError
		if errors.As(err, &gone) {
			continue // erased since the page was made
		}
		if err != nil {
			return directory.UserPage{}, err
		}
		users = append(users, user)
	}
	return directory.UserPage{Users: users, Next: next, AskedAt: x.askedAt}, nil
}

// assignedUser is the user of an assignment. The assignment's own status and
// profile are those of the application's account; what counts is the user's,
// looked up if it did not come along.
func (s *Source) assignedUser(ctx context.Context, record appUserRecord) (directory.User, error) {
	if user := record.Embedded.User; user != nil && user.ID == record.ID && user.Status != "" {
		return s.user(*user, record.assigned())
	}
	user, err := s.userByID(ctx, record.ID)
	if err != nil {
		return directory.User{}, err
	}
	return s.user(user, record.assigned())
}

// appUser looks an assignment up by the user's id. It returns false for a user
// who is not assigned.
func (s *Source) appUser(ctx context.Context, userID string) (directory.User, bool, error) {
	record, err := getOne[appUserRecord](ctx, s, request{
		call: getAppUser, what: "assignment", path: s.appPath("/users/" + url.PathEscape(userID)), query: url.Values{"expand": {"user"}},
	})
	var notFound *directory.NotFoundError
	if errors.As(err, &notFound) {
		return directory.User{}, false, s.confirmApp(ctx)
	}
	if err != nil {
		return directory.User{}, false, err
	}
	s.sawApp()
	user, err := s.assignedUser(ctx, record)
	return user, err == nil, err
}

func (s *Source) appGroups(ctx context.Context, page directory.PageRequest) (directory.GroupPage, error) {
	if !page.Since.IsZero() {
		return directory.GroupPage{}, fmt.Errorf("%s: %w", listAppGroups, errNotIncremental)
	}
	records, next, x, err := getList[appGroupRecord](ctx, s, request{
		call: listAppGroups, what: "application", path: s.appPath("/groups"),
		query: url.Values{"limit": {s.pageLimit(mostAppGroups, leastAppGroups, mostAppGroups)}, "expand": {"group"}},
	}, page.Cursor)
	if err != nil {
		return directory.GroupPage{}, noApp(err)
	}
	s.sawApp()
	groups := make([]groupRecord, 0, len(records))
	for _, record := range records {
		group, err := s.assignedGroup(ctx, record)
		var gone *directory.NotFoundError
		if errors.As(err, &gone) {
			continue // deleted since the page was made
		}
		if err != nil {
			return directory.GroupPage{}, err
		}
		groups = append(groups, group)
	}
	return s.groupPage(groups, next, x), nil
}

func (s *Source) assignedGroup(ctx context.Context, record appGroupRecord) (groupRecord, error) {
	if group := record.Embedded.Group; group != nil && group.ID == record.ID && group.Profile.Name != "" {
		return *group, nil
	}
	return s.groupByID(ctx, record.ID)
}
