package guardsim

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
	fresh  standin.Fresh

	// mu is held by whatever looks before it writes.
	mu sync.Mutex
	// platform are the Atlassian accounts that exist, by address in lower case.
	platform map[string]string
	// sites are groups of the organisation's sites, which are not the
	// directory's.
	sites []SiteGroup
	// hidden are names of the directory's groups that never reach the products.
	hidden []string
	// created and modified are when resources were, by id.
	created, modified map[string]string
}

// SiteGroup is a group of a site of the organisation, which no directory owns.
type SiteGroup struct {
	ID, Name string
	// Administrator is a group that makes its members administrators.
	Administrator bool
}

// New returns a Sim with an administrator, and the group of a site that makes
// them one.
func New(opts Options) *Sim {
	opts = opts.withDefaults()
	s := &Sim{
		opts: opts, roster: roster.New(opts.Seed),
		platform: map[string]string{}, created: map[string]string{}, modified: map[string]string{},
	}
	administrator := s.NewAccount(DefaultAdministrator)
	administrator.DisplayName, administrator.Administrator = "Site Administrator", true
	if err := s.roster.AddAccount(administrator); err != nil {
		panic(err) // the roster is empty
	}
	s.SeedSiteGroup("site-admins", true)
	return s
}

// Roster is the directory's whole state.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// NewAccount is an active account of an address as the API would make it, not
// added yet: its user name is the address.
func (s *Sim) NewAccount(email string) roster.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return roster.Account{
		ID: s.roster.NewID(), UserName: email, Email: email, DisplayName: email, Active: true,
		Attributes: map[string]string{attributeAccountID: s.linked(email)},
	}
}

// NewGroup is a group of a name as the API would make it, not added yet.
func (s *Sim) NewGroup(name string) roster.Group {
	return roster.Group{ID: s.roster.NewID(), Name: name}
}

// SeedAtlassianAccount makes a managed Atlassian account that no directory has
// yet, and returns its id: a user of that address will be linked to it.
func (s *Sim) SeedAtlassianAccount(email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.linked(email)
}

// linked returns the Atlassian account of an address, made if there is none.
func (s *Sim) linked(email string) string {
	key := strings.ToLower(email)
	if s.platform[key] == "" {
		s.platform[key] = "712020:" + s.roster.NewID()
	}
	return s.platform[key]
}

// SeedSiteGroup makes a group of a site and returns its id.
func (s *Sim) SeedSiteGroup(name string, administrator bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := SiteGroup{ID: s.roster.NewID(), Name: name, Administrator: administrator}
	s.sites = append(s.sites, group)
	return group.ID
}

// NotPropagated returns the names of the directory's groups that never reached
// the products, because a group of a site has the name.
func (s *Sim) NotPropagated() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hidden)
}

// Handler serves both APIs.
func (s *Sim) Handler() http.Handler {
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now, Authorized: s.authorized, Problem: s.problem, Limits: limitHeaders,
	}
	at := "/scim/directory/{directoryId}"
	in := s.inDirectory
	return frame.Handler([]standin.Endpoint{
		{Method: http.MethodGet, Template: at + "/Users", Serve: in(s.listUsers)},
		{Method: http.MethodPost, Template: at + "/Users", Serve: in(s.createUser)},
		{Method: http.MethodGet, Template: at + "/Users/{userId}", Serve: in(s.getUser)},
		{Method: http.MethodPut, Template: at + "/Users/{userId}", Serve: in(s.putUser)},
		{Method: http.MethodPatch, Template: at + "/Users/{userId}", Serve: in(s.patchUser)},
		{Method: http.MethodDelete, Template: at + "/Users/{userId}", Serve: in(s.deleteUser)},
		{Method: http.MethodGet, Template: at + "/Groups", Serve: in(s.listGroups)},
		{Method: http.MethodPost, Template: at + "/Groups", Serve: in(s.createGroup)},
		{Method: http.MethodGet, Template: at + "/Groups/{id}", Serve: in(s.getGroup)},
		{Method: http.MethodPut, Template: at + "/Groups/{id}", Serve: in(s.putGroup)},
		{Method: http.MethodPatch, Template: at + "/Groups/{id}", Serve: in(s.patchGroup)},
		{Method: http.MethodDelete, Template: at + "/Groups/{id}", Serve: in(s.deleteGroup)},
		{Method: http.MethodPost, Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/groups/search", Serve: s.inOrganization(s.searchGroups)},
		{Method: http.MethodPost, Template: "/admin/v2/orgs/{orgId}/directories/{directoryId}/users/search", Serve: s.inOrganization(s.searchUsers)},
	})
}

// authorized takes the directory's key for SCIM and the organisation's for the
// rest: neither opens the other.
func (s *Sim) authorized(r *http.Request) bool {
	if ofOrganization(r) {
		return standin.Bearer(s.opts.OrganizationKey)(r)
	}
	return standin.Bearer(s.opts.Key)(r)
}

func ofOrganization(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/admin/") }

// inDirectory answers 404 for another directory than the key's.
func (s *Sim) inDirectory(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if standin.Var(r, "directoryId") != s.opts.Directory {
			fail(w, http.StatusNotFound, "", "there is no such directory")
			return
		}
		serve(w, r)
	}
}

func (s *Sim) inOrganization(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if standin.Var(r, "orgId") != s.opts.Organization {
			failOrganization(w, http.StatusNotFound, "ADMIN-404-2", "Organization not found")
			return
		}
		serve(w, r)
	}
}

// touch notes when a resource was made or changed, and that of whom it is is
// new to lists that are behind.
func (s *Sim) touch(id string) {
	now := s.opts.Now().UTC()
	s.fresh.Mark(id, now)
	s.modified[id] = now.Format(timeLayout)
	if s.created[id] == "" {
		s.created[id] = s.modified[id]
	}
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// spoil applies a fault's list effect to a whole list.
func spoil[T any](s *Sim, all []T, effect fault.Kind, limit int, id func(T) string) []T {
	now := s.opts.Now().UTC()
	return standin.Spoil(all, effect, limit, func(one T) bool { return s.fresh.Is(id(one), now) })
}
