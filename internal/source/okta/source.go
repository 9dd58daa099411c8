package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"github.com/rollcall-sync/rollcall/internal/budget"
	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Source reads one organisation. It is safe for concurrent use.
type Source struct {
	config    Config
	groups    selector
	executor  *sdk.RequestExecutor
	transport *transport
	// appSeen is when the application was last known to exist, in Unix
	// nanoseconds.
	appSeen atomic.Int64
}

var (
	_ directory.Source            = (*Source)(nil)
	_ directory.IncrementalReader = (*Source)(nil)
	_ directory.ChangeLog         = (*Source)(nil)
)

// New returns a source, or an error that says which setting is wrong. It makes
// no call.
func New(c Config) (*Source, error) {
	c, err := c.validated()
	if err != nil {
		return nil, fmt.Errorf("okta: %w", err)
	}
	base := c.Transport
	if base == nil {
		base = NewTransport()
	}
	t := &transport{base: base, token: c.Token, now: time.Now}
	client := &http.Client{
		Transport: t,
		Timeout:   c.Timeout,
		// The API does not redirect: whoever does is not the organisation.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Source{config: c, groups: newSelector(c.Groups), executor: newExecutor(c, client), transport: t}, nil
}

// mostConnections is how many connections are kept open between calls. Okta
// allows 35 to 75 calls at once; developer.okta.com/docs/reference/rl-additional-limits.
const mostConnections = 32

// NewTransport returns a plain transport that suits many calls to one host.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   mostConnections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// Incremental says whether users and groups can be read by time of change:
// only those of the whole organisation can.
func (s *Source) Incremental() bool { return s.config.AppID == "" }

// timeLayout is what Okta's filters take; to the millisecond, as it states
// times itself.
const timeLayout = "2006-01-02T15:04:05.000Z"

// changedSince filters by an attribute's time, at or after t. "gt" is the one
// operator that the documentation shows for users and for groups.
func changedSince(attribute string, t time.Time) string {
	t = t.UTC().Truncate(time.Millisecond).Add(-time.Millisecond)
	return attribute + ` gt "` + t.Format(timeLayout) + `"`
}

var errNotIncremental = errors.New("an application's lists cannot be read by time of change")

// pageLimit is the configured page size within what a list takes.
func (s *Source) pageLimit(standard, least, most int) string {
	limit := s.config.PageSize
	if limit == 0 {
		limit = standard
	}
	return strconv.Itoa(min(max(limit, least), most))
}

// listUsers is GET /api/v1/users;
// developer.okta.com/docs/api/openapi/okta-management/management/tag/User/#tag/User/operation/listUsers.
const listUsers = "GET /api/v1/users"

// Users reads one page of users: of the whole organisation with the list of
// users, "filter" rather than "search" for those that changed (a search index
// is behind), or of those assigned to the application.
func (s *Source) Users(ctx context.Context, page directory.PageRequest) (directory.UserPage, error) {
	if s.config.AppID != "" {
		return s.appUsers(ctx, page)
	}
	query := url.Values{"limit": {s.pageLimit(mostUsers, 1, mostUsers)}}
	if !page.Since.IsZero() {
		query.Set("filter", changedSince("lastUpdated", page.Since))
	}
	records, next, x, err := getList[userRecord](ctx, s, request{
		call: listUsers, what: "organisation", path: "/api/v1/users", query: query,
	}, page.Cursor)
	if err != nil {
		return directory.UserPage{}, err
	}
	users := make([]directory.User, len(records))
	for i := range records {
		if users[i], err = s.user(records[i], true); err != nil {
			return directory.UserPage{}, err
		}
	}
	return directory.UserPage{Users: users, Next: next, AskedAt: x.askedAt}, nil
}

// listGroups is GET /api/v1/groups;
// developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/#tag/Group/operation/listGroups.
const listGroups = "GET /api/v1/groups"

// Groups reads one page of the selected groups.
func (s *Source) Groups(ctx context.Context, page directory.PageRequest) (directory.GroupPage, error) {
	if s.config.AppID != "" {
		return s.appGroups(ctx, page)
	}
	query := url.Values{"limit": {s.pageLimit(mostUsers, 1, mostUsers)}}
	if !page.Since.IsZero() {
		query.Set("filter", changedSince("lastUpdated", page.Since)+" or "+changedSince("lastMembershipUpdated", page.Since))
	}
	records, next, x, err := getList[groupRecord](ctx, s, request{
		call: listGroups, what: "organisation", path: "/api/v1/groups", query: query,
	}, page.Cursor)
	if err != nil {
		return directory.GroupPage{}, err
	}
	return s.groupPage(records, next, x), nil
}

func (s *Source) groupPage(records []groupRecord, next string, x *exchange) directory.GroupPage {
	page := directory.GroupPage{Next: next, AskedAt: x.askedAt}
	for _, record := range records {
		if s.groups.selects(record) {
			page.Groups = append(page.Groups, record.group(true))
		} else {
			page.Unselected = append(page.Unselected, record.ID)
		}
	}
	return page
}

// listMembers is GET /api/v1/groups/{groupId}/users;
// developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/#tag/Group/operation/listGroupUsers.
const listMembers = "GET /api/v1/groups/{groupId}/users"

// Members reads one page of the ids of a group's members, whatever their
// status.
func (s *Source) Members(ctx context.Context, groupID, cursor string) (directory.MemberPage, error) {
	if !isPathSafe(groupID) {
		return directory.MemberPage{}, &directory.NotFoundError{Call: listMembers, What: "group"}
	}
	records, next, x, err := getList[idRecord](ctx, s, request{
		call: listMembers, what: "group", path: "/api/v1/groups/" + url.PathEscape(groupID) + "/users",
		query: url.Values{"limit": {strconv.Itoa(s.config.MembersPageSize)}},
	}, cursor)
	if err != nil {
		return directory.MemberPage{}, err
	}
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	return directory.MemberPage{UserIDs: ids, Next: next, AskedAt: x.askedAt}, nil
}

func isStoreError(err error) bool {
	var failed *budget.StoreError
	return errors.As(err, &failed)
}
