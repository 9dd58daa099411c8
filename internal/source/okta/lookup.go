package okta

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Direct look-ups;
// developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/getUser.
const (
	getUser        = "GET /api/v1/users/{id}"
	listUserGroups = "GET /api/v1/users/{id}/groups"
	getGroup       = "GET /api/v1/groups/{groupId}"
)

// User looks one user up by id or login, and failing that by e-mail address.
// With an application, Assigned says whether the user is assigned to it. An
// address that several users have is a *directory.RefusedError.
func (s *Source) User(ctx context.Context, id string) (directory.User, error) {
	if s.config.AppID != "" && !strings.ContainsRune(id, '@') && isPathSafe(id) {
		user, assigned, err := s.appUser(ctx, id)
		if err != nil || assigned {
			return user, err
		}
	}
	record, err := s.findUser(ctx, id)
	if err != nil {
		return directory.User{}, err
	}
	if s.config.AppID == "" {
		return s.user(record, true)
	}
	if record.ID != id {
		// The assignment is known by id only, and a login was given.
		user, assigned, err := s.appUser(ctx, record.ID)
		if err != nil || assigned {
			return user, err
		}
	}
	return s.user(record, false)
}

func (s *Source) findUser(ctx context.Context, id string) (userRecord, error) {
	if id == "" {
		return userRecord{}, &directory.NotFoundError{Call: getUser, What: "user"}
	}
	if isPathSafe(id) {
		record, err := s.userByID(ctx, id)
		var notFound *directory.NotFoundError
		if !errors.As(err, &notFound) || !strings.ContainsRune(id, '@') {
			return record, err
		}
	}
	return s.userByAttribute(ctx, id)
}

// isPathSafe is false for what cannot be one segment of a path: a login with a
// slash, which Okta takes by filter only, and dots, which lead to another
// path. "me" is the token's owner.
func isPathSafe(id string) bool {
	return id != "" && id != "me" && id != "." && id != ".." && !strings.Contains(id, "/")
}

func (s *Source) userByID(ctx context.Context, id string) (userRecord, error) {
	return getOne[userRecord](ctx, s, request{call: getUser, what: "user", path: "/api/v1/users/" + url.PathEscape(id)})
}

func (s *Source) userByAttribute(ctx context.Context, text string) (userRecord, error) {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	records, _, _, err := getList[userRecord](ctx, s, request{
		call: listUsers, what: "user", path: "/api/v1/users",
		query: url.Values{"limit": {"2"}, "filter": {"profile.login eq " + quoted + " or profile.email eq " + quoted}},
	}, "")
	switch {
	case err != nil:
		return userRecord{}, err
	case len(records) == 0:
		return userRecord{}, &directory.NotFoundError{Call: listUsers, What: "user"}
	case len(records) > 1:
		return userRecord{}, &directory.RefusedError{
			Call: listUsers, Status: http.StatusOK, Code: "ambiguous", Detail: "several users have this login or e-mail address; give the id",
		}
	}
	return records[0], nil
}

// UserGroups looks up the ids of all groups that a user is in, those that are
// not selected (Everyone) too. As everybody is in Everyone, somebody who can
// sign in and is in no group is no answer but a *directory.UnavailableError:
// the token does not see groups any more.
func (s *Source) UserGroups(ctx context.Context, userID string) ([]string, error) {
	if !isPathSafe(userID) {
		return nil, &directory.NotFoundError{Call: listUserGroups, What: "user"}
	}
	ids, cursor := []string{}, ""
	progress := directory.NewProgress(listUserGroups, func(r idRecord) string { return r.ID })
	for {
		records, next, _, err := getList[idRecord](ctx, s, request{
			call: listUserGroups, what: "user", path: "/api/v1/users/" + url.PathEscape(userID) + "/groups", query: url.Values{},
		}, cursor)
		if err == nil {
			err = progress.Page(records, next == "")
		}
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			ids = append(ids, record.ID)
		}
		if next != "" {
			cursor = next
			continue
		}
		if len(ids) == 0 {
			return nil, s.confirmNoGroups(ctx, userID)
		}
		return ids, nil
	}
}

// confirmNoGroups returns nil for somebody who cannot sign in, and so may be in
// no group at all.
func (s *Source) confirmNoGroups(ctx context.Context, userID string) error {
	record, err := s.userByID(ctx, userID)
	if err != nil {
		return err
	}
	if statusOf(record.Status) != directory.StatusActive {
		return nil
	}
	return &directory.UnavailableError{Call: listUserGroups, Status: http.StatusOK,
		Detail: "the answer has no group in it, not even Everyone, in which everybody is; the token's owner may have lost a role that sees groups"}
}

// Group looks one group up. With an application, Assigned says whether the
// group is assigned to it.
func (s *Source) Group(ctx context.Context, id string) (directory.Group, error) {
	if !isPathSafe(id) {
		return directory.Group{}, &directory.NotFoundError{Call: getGroup, What: "group"}
	}
	if s.config.AppID == "" {
		record, err := s.groupByID(ctx, id)
		return record.group(true), err
	}
	assignment, err := getOne[appGroupRecord](ctx, s, request{
		call: getAppGroup, what: "assignment", path: s.appPath("/groups/" + url.PathEscape(id)), query: url.Values{"expand": {"group"}},
	})
	var notFound *directory.NotFoundError
	if errors.As(err, &notFound) {
		if err := s.confirmApp(ctx); err != nil {
			return directory.Group{}, err
		}
		record, err := s.groupByID(ctx, id)
		return record.group(false), err
	}
	if err != nil {
		return directory.Group{}, err
	}
	s.sawApp()
	record, err := s.assignedGroup(ctx, assignment)
	return record.group(true), err
}

func (s *Source) groupByID(ctx context.Context, id string) (groupRecord, error) {
	return getOne[groupRecord](ctx, s, request{call: getGroup, what: "group", path: "/api/v1/groups/" + url.PathEscape(id)})
}
