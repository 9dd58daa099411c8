package sitesim

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts   Options
	roster *roster.Roster
	owner  string

	// writing is held by whoever changes the site, so that what is refused is
	// decided by what is then changed.
	writing sync.Mutex

	mu        sync.Mutex
	seatLimit int
	// removed are people who were on the site, by id.
	removed map[string]roster.Account
	recent  []write
}

// New makes a fresh site.
func New(opts Options) *Sim {
	s := &Sim{opts: opts.withDefaults(), roster: roster.New(opts.Seed), removed: map[string]roster.Account{}}
	s.seatLimit = s.opts.SeatLimit
	s.seed()
	return s
}

// Roster is the site's whole state but for who was removed from it. Write to it
// only to prepare a test.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// Engine decides faults and limits and keeps the log.
func (s *Sim) Engine() *fault.Engine { return s.opts.Engine }

// User and Token are the credential that is accepted.
func (s *Sim) User() string { return s.opts.User }

// Token is the secret of the credential.
func (s *Sim) Token() string { return s.opts.Token }

// SetSeatLimit changes how many people may have each product; 0 means any
// number.
func (s *Sim) SetSeatLimit(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seatLimit = limit
}

func (s *Sim) seats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seatLimit
}

// hasJira reports whether the site has a product of Jira's.
func (s *Sim) hasJira() bool {
	return slices.ContainsFunc(s.opts.Products, func(product string) bool { return product != ProductConfluence })
}

func (s *Sim) hasConfluence() bool { return slices.Contains(s.opts.Products, ProductConfluence) }

// Handler serves the site's APIs.
func (s *Sim) Handler() http.Handler {
	frame := standin.Frame{
		API: s.opts.API, Engine: s.opts.Engine, Now: s.opts.Now,
		Authorized: standin.Basic(s.opts.User, s.opts.Token), Problem: s.problem, Limits: limits,
	}
	var endpoints []standin.Endpoint
	if s.hasJira() {
		endpoints = append(endpoints, s.jiraEndpoints()...)
	}
	if s.hasConfluence() {
		endpoints = append(endpoints, s.confluenceEndpoints()...)
	}
	return frame.Handler(endpoints)
}

// jiraEndpoints lists Jira's API; those called most often come first.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/
func (s *Sim) jiraEndpoints() []standin.Endpoint {
	const api = "/rest/api/3"
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	return []standin.Endpoint{
		{Method: post, Template: api + "/group/user", Serve: s.administrator(s.addMember)},
		{Method: get, Template: api + "/user/search", Serve: s.searchUsers},
		{Method: post, Template: api + "/user", Serve: s.createUser},
		{Method: del, Template: api + "/group/user", Serve: s.administrator(s.removeMember)},
		{Method: get, Template: api + "/group/member", Serve: s.members},
		{Method: get, Template: api + "/group/bulk", Serve: s.browsing(s.listGroups)},
		{Method: post, Template: api + "/group", Serve: s.administrator(s.createGroup)},
		{Method: del, Template: api + "/group", Serve: s.administrator(s.deleteGroup)},
		{Method: get, Template: api + "/groups/picker", Serve: s.pickGroups},
		{Method: get, Template: api + "/users/search", Serve: s.browsing(s.listUsers)},
		{Method: get, Template: api + "/users", Serve: s.browsing(s.listUsers)},
		{Method: get, Template: api + "/user", Serve: s.browsing(s.getUser)},
		{Method: del, Template: api + "/user", Serve: s.administrator(s.deleteUser)},
		{Method: get, Template: api + "/user/bulk", Serve: s.bulkUsers},
		{Method: get, Template: api + "/user/groups", Serve: s.browsing(s.groupsOfUser)},
		{Method: get, Template: api + "/applicationrole", Serve: s.listRoles},
		{Method: get, Template: api + "/myself", Serve: s.myself},
		{Method: get, Template: api + "/serverInfo", Serve: s.serverInfo, Public: true},
	}
}

// confluenceEndpoints lists Confluence's two APIs.
// https://developer.atlassian.com/cloud/confluence/rest/v1/
// https://developer.atlassian.com/cloud/confluence/rest/v2/
func (s *Sim) confluenceEndpoints() []standin.Endpoint {
	const one, two = "/wiki/rest/api", "/wiki/api/v2"
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	return []standin.Endpoint{
		{Method: post, Template: one + "/group/userByGroupId", Serve: s.administrator(s.wikiAddMember)},
		{Method: del, Template: one + "/group/userByGroupId", Serve: s.administrator(s.wikiRemoveMember)},
		{Method: get, Template: one + "/group/by-id", Serve: s.wikiGetGroup},
		{Method: del, Template: one + "/group/by-id", Serve: s.administrator(s.wikiDeleteGroup)},
		{Method: get, Template: one + "/group/picker", Serve: s.wikiPickGroups},
		{Method: get, Template: one + "/group/{groupId}/membersByGroupId", Serve: s.wikiMembers},
		{Method: get, Template: one + "/group", Serve: s.wikiListGroups},
		{Method: post, Template: one + "/group", Serve: s.administrator(s.wikiCreateGroup)},
		{Method: get, Template: one + "/user", Serve: s.wikiGetUser},
		{Method: get, Template: one + "/user/current", Serve: s.wikiCurrentUser},
		{Method: get, Template: one + "/user/memberof", Serve: s.wikiMemberOf},
		{Method: get, Template: one + "/user/bulk", Serve: s.wikiBulkUsers},
		{Method: post, Template: two + "/users-bulk", Serve: s.wikiUsersBulk},
		{Method: post, Template: two + "/user/access/check-access-by-email", Serve: s.wikiCheckAccess},
	}
}

// administrator refuses a caller who does not administer the site.
func (s *Sim) administrator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.ownerIn(groupSiteAdmins) && !s.ownerIn(groupOrgAdmins) {
			s.fail(w, r, http.StatusForbidden, "You do not have permission to perform this operation.")
			return
		}
		next(w, r)
	}
}

// browsing refuses a caller who may not browse users and groups.
func (s *Sim) browsing(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.opts.NotBrowsing {
			s.fail(w, r, http.StatusForbidden, "You do not have permission to browse users and groups.")
			return
		}
		next(w, r)
	}
}

func (s *Sim) ownerIn(groupName string) bool {
	group, there := s.roster.GroupNamed(groupName)
	return there && s.roster.IsMember(group.ID, s.owner)
}

func fold(text string) string { return strings.ToLower(text) }
