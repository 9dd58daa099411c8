package bitbucketcloudsim

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts   Options
	roster *roster.Roster
	fresh  standin.Fresh
	owner  string
	uuid   string

	// mu is held by whatever looks before it writes.
	mu sync.Mutex
	// scopes are what exists of "project KEY" and "repository slug".
	scopes map[string]bool
}

// New returns a Sim with an owner, the group of administrators, a project and a
// repository.
func New(opts Options) *Sim {
	opts = opts.withDefaults()
	s := &Sim{opts: opts, roster: roster.New(opts.Seed), scopes: map[string]bool{}}
	s.uuid = "{" + s.roster.NewID() + "}"
	if opts.CallsPerHour > 0 {
		opts.Engine.SetLimit(API, standin.BucketAll, fault.Limit{Requests: opts.CallsPerHour, Window: time.Hour})
	}
	owner := s.NewAccount(opts.User, "Workspace Administrator")
	owner.Administrator = !opts.NotAdministrator
	s.owner = owner.ID
	must(s.roster.AddAccount(owner))
	must(s.roster.AddGroup(roster.Group{
		ID: AdministratorsGroup, Name: "Administrators", Administrator: true, Permissions: map[string]string{"": "admin"},
	}))
	if owner.Administrator {
		_, err := s.roster.Join(AdministratorsGroup, owner.ID)
		must(err)
	}
	s.SeedProject(DefaultProject)
	s.SeedRepository(DefaultRepository)
	return s
}

// must is for what cannot fail in a roster that is empty.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Roster is the workspace's whole state. A group's permissions are by scope
// ("project KEY", "repository slug"); that of "" is what it gets in new
// repositories.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// Owner is the id of the credential's user.
func (s *Sim) Owner() string { return s.owner }

// NewAccount is a member as the vendor would make it, not added yet.
func (s *Sim) NewAccount(email, name string) roster.Account {
	nickname, _, _ := strings.Cut(email, "@")
	return roster.Account{
		ID: "{" + s.roster.NewID() + "}", Email: strings.ToLower(email), DisplayName: name, Active: true,
		Attributes: map[string]string{"account_id": "557058:" + s.roster.NewID(), "nickname": nickname},
	}
}

// NewGroup is a group of a name as the vendor would make it, not added yet.
func (s *Sim) NewGroup(name string) roster.Group { return roster.Group{ID: slugOf(name), Name: name} }

// SeedAccount makes somebody a member of the workspace, in no group, and
// returns the id: no API does.
func (s *Sim) SeedAccount(email, name string) (string, error) {
	a := s.NewAccount(email, name)
	return a.ID, s.roster.AddAccount(a)
}

// SeedProject and SeedRepository make a place in which groups have permissions.
func (s *Sim) SeedProject(key string) { s.seed("project " + key) }

// SeedRepository makes a repository; see SeedProject.
func (s *Sim) SeedRepository(slug string) { s.seed("repository " + slug) }

func (s *Sim) seed(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes[scope] = true
}

// Handler serves both versions of the API.
func (s *Sim) Handler() http.Handler {
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now, Authorized: s.authorized, Problem: problem,
	}
	const (
		workspace  = "/2.0/workspaces/{workspace}"
		project    = workspace + "/projects/{project_key}/permissions-config/groups"
		repository = "/2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups"
		groups     = "/1.0/groups/{workspace}"
	)
	in := s.inWorkspace
	endpoints := []standin.Endpoint{
		{Method: http.MethodGet, Template: "/2.0/user", Serve: s.currentUser},
		{Method: http.MethodGet, Template: workspace, Serve: in(s.getWorkspace)},
		{Method: http.MethodGet, Template: workspace + "/members", Serve: in(s.listMembers)},
		{Method: http.MethodGet, Template: workspace + "/members/{member}", Serve: in(s.getMember)},
		{Method: http.MethodGet, Template: workspace + "/permissions", Serve: in(s.listPermissions)},
	}
	for _, template := range []string{project, repository} {
		endpoints = append(endpoints,
			standin.Endpoint{Method: http.MethodGet, Template: template, Serve: in(s.asAdmin(s.listGroupPermissions))},
			standin.Endpoint{Method: http.MethodGet, Template: template + "/{group_slug}", Serve: in(s.asAdmin(s.getGroupPermission))},
			standin.Endpoint{Method: http.MethodPut, Template: template + "/{group_slug}", Serve: in(s.asAdmin(s.putGroupPermission))},
			standin.Endpoint{Method: http.MethodDelete, Template: template + "/{group_slug}", Serve: in(s.asAdmin(s.deleteGroupPermission))},
		)
	}
	// 1.0 takes each address with and without a slash at its end.
	for _, slash := range []string{"", "/"} {
		endpoints = append(endpoints,
			standin.Endpoint{Method: http.MethodGet, Template: groups + slash, Serve: in(s.asAdmin(s.listGroups))},
			standin.Endpoint{Method: http.MethodPost, Template: groups + slash, Serve: in(s.asAdmin(s.createGroup))},
			standin.Endpoint{Method: http.MethodDelete, Template: groups + "/{group_slug}" + slash, Serve: in(s.asAdmin(s.deleteGroup))},
			standin.Endpoint{Method: http.MethodGet, Template: groups + "/{group_slug}/members" + slash, Serve: in(s.asAdmin(s.listGroupMembers))},
			standin.Endpoint{Method: http.MethodPut, Template: groups + "/{group_slug}/members/{uuid}" + slash, Serve: in(s.asAdmin(s.addGroupMember))},
			standin.Endpoint{Method: http.MethodDelete, Template: groups + "/{group_slug}/members/{uuid}" + slash, Serve: in(s.asAdmin(s.removeGroupMember))},
		)
	}
	return frame.Handler(endpoints)
}

// authorized takes the owner's address and token (Basic), the same token as a
// bearer, and the workspace's access token.
func (s *Sim) authorized(r *http.Request) bool {
	return standin.Basic(s.opts.User, s.opts.Token)(r) || standin.Bearer(s.opts.Token)(r) || standin.Bearer(s.opts.AccessToken)(r)
}

// inWorkspace answers 404 for a workspace that is not this one. It is known by
// its slug and by its uuid.
func (s *Sim) inWorkspace(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if name := standin.Var(r, "workspace"); !strings.EqualFold(name, s.opts.Workspace) && name != s.uuid {
			fail(w, r, http.StatusNotFound, "No workspace with identifier '"+name+"'.")
			return
		}
		serve(w, r)
	}
}

// asAdmin answers 403 to who does not administer.
func (s *Sim) asAdmin(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.opts.NotAdministrator {
			fail(w, r, http.StatusForbidden, "Access denied. You must have admin rights.")
			return
		}
		serve(w, r)
	}
}

// fail writes an error: as JSON in 2.0, as plain text in 1.0.
func fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	if strings.HasPrefix(r.URL.Path, "/1.0/") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		if _, err := w.Write([]byte(message)); err != nil {
			return // the caller has gone away
		}
		return
	}
	standin.Answer(w, status, map[string]any{"type": "error", "error": map[string]string{"message": message}})
}

func problem(w http.ResponseWriter, r *http.Request, status int) {
	message := http.StatusText(status)
	if status == http.StatusTooManyRequests {
		message = "Rate limit for this resource has been exceeded"
	}
	fail(w, r, status, message)
}
