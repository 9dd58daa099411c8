package okta

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

const getMe = "GET /api/v1/users/me"

// check is one thing that the credential should be able to do.
type check struct {
	request request
	can     string
	// missing says what cannot be done and what to do about it; empty for what
	// is not needed.
	missing string
}

const readOnlyAdmin = "Give the token's owner the Read-only Administrator role (Security > Administrators), or one that may view "

// Check asks for one item of each list that is read. The identity is the
// organisation's host name.
func (s *Source) Check(ctx context.Context) (directory.SourceReport, error) {
	host := strings.TrimPrefix(strings.TrimPrefix(s.config.URL, "https://"), "http://")
	report := directory.SourceReport{Identity: strings.ToLower(host)}
	// Who the token belongs to says whether it is one. Not every credential has
	// an owner who may be looked up, so only a refusal of the token counts.
	_, err := getOne[userRecord](ctx, s, request{call: getMe, what: "token's owner", path: "/api/v1/users/me"})
	if err != nil {
		var refused *directory.AuthError
		var absent *directory.NotFoundError
		switch {
		case errors.As(err, &refused) && refused.Status == 401:
			report.Missing = []string{"The token was refused. Make a new one (Security > API > Tokens), as the user that reads for Rollcall, and put it in the configuration."}
			return report, nil
		case !errors.As(err, &refused) && !errors.As(err, &absent):
			return report, err
		}
	}
	for _, c := range s.checks() {
		if err := s.performCheck(ctx, c, &report); err != nil {
			return report, err
		}
	}
	return report, s.checkMembers(ctx, &report)
}

func (s *Source) checks() []check {
	one := url.Values{"limit": {"1"}}
	users := check{
		request: request{call: listUsers, what: "organisation", path: "/api/v1/users", query: one},
		can:     "list users", missing: "Users cannot be listed. " + readOnlyAdmin + "users.",
	}
	groups := check{
		request: request{call: listGroups, what: "organisation", path: "/api/v1/groups", query: one},
		can:     "list groups", missing: "Groups cannot be listed. " + readOnlyAdmin + "groups.",
	}
	log := check{
		request: request{call: listLogs, what: "organisation", path: "/api/v1/logs", query: url.Values{"limit": {"1"}}},
		can:     "poll the system log",
	}
	if s.config.AppID == "" {
		return []check{users, groups, log}
	}
	app := " If application " + s.config.AppID + " exists: "
	return []check{users, groups, {
		request: request{call: listAppUsers, what: "application", path: s.appPath("/users"), query: one},
		can:     "list the application's users", missing: "The application's users cannot be listed." + app + readOnlyAdmin + "applications.",
	}, {
		request: request{
			call: listAppGroups, what: "application", path: s.appPath("/groups"), query: url.Values{"limit": {strconv.Itoa(leastAppGroups)}},
		},
		can: "list the application's groups", missing: "The application's groups cannot be listed." + app + readOnlyAdmin + "applications.",
	}, log}
}

// performCheck adds to the report; its error means that Okta could not be asked.
func (s *Source) performCheck(ctx context.Context, c check, report *directory.SourceReport) error {
	_, err := s.get(ctx, c.request)
	switch {
	case err == nil:
		report.Can = append(report.Can, c.can)
	case !isRefusal(err):
		return err
	case c.missing != "":
		report.Missing = append(report.Missing, c.missing)
	}
	return nil
}

func isRefusal(err error) bool {
	switch directory.ClassOf(err) {
	case directory.ClassAuth, directory.ClassNotFound, directory.ClassRefused:
		return true
	}
	return false
}

// checkMembers lists the members of any one group.
func (s *Source) checkMembers(ctx context.Context, report *directory.SourceReport) error {
	groups, _, _, err := getList[idRecord](ctx, s, request{
		call: listGroups, what: "organisation", path: "/api/v1/groups", query: url.Values{"limit": {"1"}},
	}, "")
	switch {
	case err != nil && !isRefusal(err):
		return err
	case err != nil || len(groups) == 0:
		return nil // groups cannot be listed, which was said, or there are none
	}
	return s.performCheck(ctx, check{
		request: request{
			call: listMembers, what: "group", path: "/api/v1/groups/" + url.PathEscape(groups[0].ID) + "/users", query: url.Values{"limit": {"1"}},
		},
		can: "list members of groups", missing: "Members of groups cannot be listed. " + readOnlyAdmin + "groups and users.",
	}, report)
}
