package confluencedcsim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts   Options
	roster *roster.Roster
	fresh  standin.Fresh
	seats  atomic.Int64

	// mu makes a write one with the checks before it.
	mu    sync.Mutex
	tasks map[string]*task
}

// New makes a fresh Confluence with two administrators, the first being the
// owner of the credential, and the groups of administrators and of users.
func New(opts Options) *Sim {
	opts = opts.withDefaults()
	s := &Sim{opts: opts, roster: roster.New(opts.Seed), tasks: map[string]*task{}}
	s.seats.Store(int64(opts.SeatLimit))
	administrators, users := s.NewGroup(AdministratorsGroup), s.NewGroup(UsersGroup)
	administrators.Administrator = true
	errs := []error{s.roster.AddGroup(administrators), s.roster.AddGroup(users)}
	for _, a := range []roster.Account{
		s.NewAccount(opts.User, opts.User+"@admins.example.net", "Rollcall"),
		s.NewAccount("admin", "admin@admins.example.net", "Confluence Administrator"),
	} {
		errs = append(errs, s.roster.AddAccount(a))
		_, err := s.roster.Join(administrators.ID, a.ID)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		panic(fmt.Errorf("make a fresh Confluence: %w", err))
	}
	return s
}

// Roster is the whole state.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// Owner is the user name of the owner of the credential.
func (s *Sim) Owner() string { return s.opts.User }

// NewAccount returns an active account, for Roster().AddAccount. It is known by
// its user name.
func (s *Sim) NewAccount(userName, email, displayName string) roster.Account {
	return roster.Account{ID: userName, UserName: userName, Email: email, DisplayName: displayName, Active: true}
}

// NewGroup returns a group, for Roster().AddGroup. It is known by its name in
// lower case.
func (s *Sim) NewGroup(name string) roster.Group {
	return roster.Group{ID: strings.ToLower(name), Name: name}
}

// SetSeatLimit changes how many active people may be in UsersGroup; 0 means any
// number.
func (s *Sim) SetSeatLimit(limit int) { s.seats.Store(int64(limit)) }

// atLeast reports whether the version is one or a later one.
func (s *Sim) atLeast(major, minor int) bool {
	return slices.Compare(standin.VersionNumbers(s.opts.Version), []int{major, minor}) >= 0
}

// Handler serves the API at /rest.
func (s *Sim) Handler() http.Handler {
	bearer, basic := standin.Bearer(s.opts.Token), standin.Basic(s.opts.User, s.opts.Password)
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now,
		// Tokens came with 7.9.
		// https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
		Authorized: func(r *http.Request) bool { return s.atLeast(7, 9) && bearer(r) || basic(r) },
		Problem:    func(w http.ResponseWriter, _ *http.Request, status int) { problem(w, status, http.StatusText(status)) },
		Limits:     limits,
	}
	served := frame.Handler(s.endpoints())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The web server in front takes no slash within a name.
		if path := strings.ToUpper(r.URL.EscapedPath()); strings.Contains(path, "%2F") || strings.Contains(path, "%5C") {
			http.Error(w, "<html>HTTP Status 400 – Bad Request</html>", http.StatusBadRequest)
			return
		}
		served.ServeHTTP(w, r)
	})
}

func (s *Sim) endpoints() []standin.Endpoint {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	const user, membership = "/rest/api/admin/user/{username}", "/rest/api/user/{username}/group/{groupName}"
	endpoints := []standin.Endpoint{
		{Method: put, Template: membership, Serve: s.write(s.addMember)},
		{Method: del, Template: membership, Serve: s.write(s.removeMember)},
		{Method: get, Template: "/rest/api/user/current", Serve: s.current},
		{Method: get, Template: "/rest/api/user/memberof", Serve: s.memberOf},
		{Method: get, Template: "/rest/api/user", Serve: s.getUser},
		{Method: get, Template: "/rest/api/admin/users/list/active", Serve: s.listActive},
		{Method: get, Template: "/rest/api/group/{groupName}/member", Serve: s.administrator(s.listMembers)},
		{Method: get, Template: "/rest/api/group/{groupName}", Serve: s.getGroup},
		{Method: get, Template: "/rest/api/group", Serve: s.listGroups},
		{Method: post, Template: "/rest/api/admin/group", Serve: s.write(s.createGroup)},
		{Method: del, Template: "/rest/api/admin/group/{groupName}", Serve: s.write(s.deleteGroup)},
		{Method: get, Template: "/rest/api/longtask/{id}", Serve: s.getTask},
	}
	if s.atLeast(8, 2) {
		endpoints = append(endpoints,
			standin.Endpoint{Method: put, Template: user + "/disable", Serve: s.write(s.disable)},
			standin.Endpoint{Method: put, Template: user + "/enable", Serve: s.write(s.enable)},
			standin.Endpoint{Method: del, Template: user, Serve: s.write(s.deleteUser)})
	}
	if s.atLeast(8, 4) {
		endpoints = append(endpoints,
			standin.Endpoint{Method: get, Template: "/rest/api/user/list", Serve: s.listUsers},
			standin.Endpoint{Method: post, Template: "/rest/api/admin/user", Serve: s.write(s.createUser)})
	}
	if s.atLeast(10, 0) {
		endpoints = append(endpoints, standin.Endpoint{Method: put, Template: user, Serve: s.write(s.updateUser)})
	}
	if !s.opts.NoManifest {
		endpoints = append(endpoints, standin.Endpoint{Method: get, Template: "/rest/applinks/1.0/manifest", Serve: s.manifest, Public: true})
	}
	return endpoints
}

// administrator refuses a call that only an administrator may make.
func (s *Sim) administrator(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.opts.NotAdministrator {
			problem(w, http.StatusForbidden, "You do not have permission to do this.")
			return
		}
		serve(w, r)
	}
}

// write is administrator for a write, which must not look forged, one at a
// time.
func (s *Sim) write(serve http.HandlerFunc) http.HandlerFunc {
	return s.administrator(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Atlassian-Token") != "no-check" {
			problem(w, http.StatusForbidden, "XSRF check failed")
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		serve(w, r)
	})
}

// problem answers with Confluence's error body.
func problem(w http.ResponseWriter, status int, message string) {
	standin.Answer(w, status, map[string]any{
		"statusCode": status, "message": message, "reason": http.StatusText(status),
		"data": map[string]any{"authorized": status != http.StatusForbidden, "valid": false, "successful": false},
	})
}

// limits are the headers of Confluence's rate limiting: a bucket that is filled
// up every so often.
// https://confluence.atlassian.com/doc/adjusting-your-code-for-rate-limiting-992679009.html
func limits(header http.Header, limit, remaining int, reset, now time.Time) {
	wait := max(1, int(reset.Sub(now).Round(time.Second)/time.Second))
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	header.Set("X-RateLimit-Interval-Seconds", strconv.Itoa(wait))
	header.Set("X-RateLimit-FillRate", strconv.Itoa(limit))
	if remaining > 0 {
		wait = 0
	}
	header.Set("Retry-After", strconv.Itoa(wait))
}
