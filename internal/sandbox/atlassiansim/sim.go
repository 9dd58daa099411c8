package atlassiansim

import (
	"math/rand"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/mux"
)

// orgPrefix is where the organizations API is mounted under the base URL.
const orgPrefix = "/admin"

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts Options

	mu             sync.RWMutex
	rng            *rand.Rand
	seatLimit      int
	taken          map[string]int
	resources      []resource
	owner          *account
	accounts       []*account
	accountByID    map[string]*account
	accountByEmail map[string]*account
	groups         []*group
	groupByID      map[string]*group
	groupByName    map[string]*group

	// errors numbers the occurrences of errors, as the vendor's "id" does.
	errors occurrence
}

// New makes a fresh organisation.
func New(opts Options) *Sim {
	s := &Sim{
		opts:           opts.withDefaults(),
		rng:            rand.New(rand.NewSource(opts.Seed)),
		seatLimit:      opts.SeatLimit,
		taken:          map[string]int{},
		accountByID:    map[string]*account{},
		accountByEmail: map[string]*account{},
		groupByID:      map[string]*group{},
		groupByName:    map[string]*group{},
	}
	s.resources = resourcesOf(s.opts)
	s.seed()
	return s
}

// OrgID, DirectoryID and APIKey are what a client has to be configured with.
func (s *Sim) OrgID() string { return s.opts.OrgID }

// DirectoryID is the id of the organisation's only directory.
func (s *Sim) DirectoryID() string { return s.opts.DirectoryID }

// APIKey is the only bearer token that is accepted.
func (s *Sim) APIKey() string { return s.opts.APIKey }

type endpoint struct {
	method, template string
	serve            func(w http.ResponseWriter, r *http.Request)
}

// Handler serves both APIs. Its paths are those below the base URL, the
// organizations API's with /admin in front; in the log of calls, routes are
// templates as the vendor's descriptions write them, without it.
func (s *Sim) Handler() http.Handler {
	org := s.router(orgPrefix, s.orgEndpoints())
	users := s.router("", s.manageEndpoints())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, orgPrefix+"/") {
			http.StripPrefix(orgPrefix, org).ServeHTTP(w, r)
			return
		}
		users.ServeHTTP(w, r)
	})
}

// router matches a request by the vendor's template and only then hands it to
// the fault engine, with its path made whole again: rules see the path that
// was called, the log sees the template.
func (s *Sim) router(prefix string, endpoints []endpoint) http.Handler {
	router := mux.NewRouter()
	wrap := func(route string, next http.HandlerFunc) http.Handler {
		inner := s.opts.Engine.Wrap(API, s.admit(route, next), s.renderFault)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whole := *r
			u := *r.URL
			u.Path = prefix + u.Path
			if u.RawPath != "" {
				u.RawPath = prefix + u.RawPath
			}
			whole.URL = &u
			inner.ServeHTTP(w, &whole)
		})
	}
	for _, e := range endpoints {
		router.Handle(e.template, wrap(e.method+" "+e.template, e.serve)).Methods(e.method)
	}
	router.NotFoundHandler = wrap("unknown", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusNotFound, "ADMIN-404-1", "There is no such resource.")
	})
	router.MethodNotAllowedHandler = wrap("unknown", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusMethodNotAllowed, "ADMIN-405-1", "The method is not supported.")
	})
	return router
}

// orgEndpoints lists the organizations API. The router tries them in order:
// those called most often come first.
func (s *Sim) orgEndpoints() []endpoint {
	const (
		org       = "/v2/orgs/{orgId}"
		directory = org + "/directories/{directoryId}"
		group     = directory + "/groups/{groupId}"
		user      = directory + "/users/{accountId}"
	)
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	read := func(serve func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return s.inOrg(true, serve)
	}
	write := func(serve func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
		return s.inOrg(false, serve)
	}
	return []endpoint{
		{post, group + "/memberships", write(s.addMember)},
		{post, directory + "/users/search", read(s.searchUsers)},
		{post, org + "/users/invite", read(s.invite)},
		{post, directory + "/groups/search", read(s.searchGroups)},
		{del, group + "/memberships/{accountId}", write(s.removeMember)},
		{post, directory + "/groups", write(s.createGroup)},
		{post, user + "/suspend", write(s.suspend)},
		{post, user + "/restore", write(s.restore)},
		{get, directory + "/users", read(s.listUsers)},
		{get, directory + "/users/count", read(s.countUsers)},
		{get, directory + "/users/stats", read(s.userStats)},
		{get, user, read(s.getUser)},
		{del, user, write(s.removeUser)},
		{get, user + "/role-assignments", read(s.userRoles)},
		{get, directory + "/groups", read(s.listGroups)},
		{get, directory + "/groups/count", read(s.countGroups)},
		{get, directory + "/groups/stats", read(s.groupStats)},
		{get, group, read(s.getGroup)},
		{del, group, write(s.deleteGroup)},
		{get, group + "/role-assignments", read(s.groupRoles)},
		{post, group + "/role-assignments/assign", write(s.assignGroupRole)},
		{post, group + "/role-assignments/revoke", write(s.revokeGroupRole)},
		{get, org + "/directories", read(s.listDirectories)},
		{post, org + "/workspaces", read(s.listWorkspaces)},
		{get, "/v1/orgs", s.listOrgs},
		{get, "/v1/orgs/{orgId}", read(s.getOrg)},
		{get, "/v1/orgs/{orgId}/domains", read(s.listDomains)},
		{get, "/v1/orgs/{orgId}/users", read(s.listManaged)},
		{post, "/v1/orgs/{orgId}/users/{userId}/roles/assign", write(s.assignUserRole)},
		{post, "/v1/orgs/{orgId}/users/{userId}/roles/revoke", write(s.revokeUserRole)},
	}
}

// manageEndpoints lists the user management API.
func (s *Sim) manageEndpoints() []endpoint {
	const manage = "/users/{account_id}/manage"
	get, post := http.MethodGet, http.MethodPost
	return []endpoint{
		{http.MethodPatch, manage + "/profile", s.managed(s.patchProfile)},
		{http.MethodPut, manage + "/email", s.managed(s.setEmail)},
		{get, manage + "/profile", s.managed(s.getProfile)},
		{get, manage, s.managed(s.permissions)},
		{post, manage + "/lifecycle/disable", s.managed(s.disable)},
		{post, manage + "/lifecycle/enable", s.managed(s.enable)},
		{post, manage + "/lifecycle/delete", s.managed(s.scheduleDelete)},
		{post, manage + "/lifecycle/cancel-delete", s.managed(s.cancelDelete)},
	}
}

// inOrg refuses another organisation and another directory. The directory "-"
// means all of them, on reads alone.
func (s *Sim) inOrg(read bool, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		vars := mux.Vars(r)
		if vars["orgId"] != s.opts.OrgID {
			code := "ADMIN-404-2"
			if uam(r.URL.Path) {
				code = "ADMIN-UAM-404-2"
			}
			s.fail(w, r, http.StatusNotFound, code, "The organization was not found.")
			return
		}
		if d, has := vars["directoryId"]; has && d != s.opts.DirectoryID && (!read || d != "-") {
			s.fail(w, r, http.StatusNotFound, "ADMIN-404-1", "The directory was not found.")
			return
		}
		next(w, r)
	}
}
