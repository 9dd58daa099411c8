package jiradcsim

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
	owner  string
	fresh  standin.Fresh
	seats  atomic.Int64

	// mu makes a write one with the checks before it.
	mu       sync.Mutex
	keys     int
	projects []*project
}

// New makes a fresh Jira with two administrators, the first being the owner of
// the credential, and the groups of administrators and of the application.
func New(opts Options) *Sim {
	opts = opts.withDefaults()
	s := &Sim{opts: opts, roster: roster.New(opts.Seed)}
	s.seats.Store(int64(opts.SeatLimit))
	owner := s.NewAccount(opts.User, opts.User+"@admins.example.net", "Rollcall")
	admin := s.NewAccount(DefaultLeadsTo, "admin@admins.example.net", "Jira Administrator")
	s.owner = owner.ID
	administrators, users := s.NewGroup(AdministratorsGroup), s.NewGroup(DefaultGroup)
	administrators.Administrator = true
	errs := []error{s.roster.AddGroup(administrators), s.roster.AddGroup(users)}
	for _, a := range []roster.Account{owner, admin} {
		errs = append(errs, s.roster.AddAccount(a))
		_, err := s.roster.Join(administrators.ID, a.ID)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		panic(fmt.Errorf("make a fresh Jira: %w", err))
	}
	return s
}

// Roster is the whole state but for projects.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// Owner is the key of the owner of the credential.
func (s *Sim) Owner() string { return s.owner }

// NewAccount returns an active account with a key of its own, for
// Roster().AddAccount.
func (s *Sim) NewAccount(userName, email, displayName string) roster.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return roster.Account{ID: s.newKey(), UserName: userName, Email: email, DisplayName: displayName, Active: true}
}

func (s *Sim) newKey() string {
	s.keys++
	return "JIRAUSER" + strconv.Itoa(10099+s.keys)
}

// NewGroup returns a group, for Roster().AddGroup. It is known by its name in
// lower case.
func (s *Sim) NewGroup(name string) roster.Group {
	return roster.Group{ID: strings.ToLower(name), Name: name}
}

// SetSeatLimit changes how many active people the application takes; 0 means
// any number.
func (s *Sim) SetSeatLimit(limit int) { s.seats.Store(int64(limit)) }

// has reports whether the owner of the credential has a global permission.
func (s *Sim) has(permission string) bool { return !slices.Contains(s.opts.Lacks, permission) }

// atLeast reports whether the version is one or a later one.
func (s *Sim) atLeast(major, minor int) bool {
	return slices.Compare(s.numbers(), []int{major, minor}) >= 0
}

func (s *Sim) numbers() []int { return standin.VersionNumbers(s.opts.Version) }

// Handler serves the API at /rest/api/2.
func (s *Sim) Handler() http.Handler {
	bearer, basic := standin.Bearer(s.opts.Token), standin.Basic(s.opts.User, s.opts.Password)
	// Tokens came with 8.14.
	// https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
	authorized := func(r *http.Request) bool { return s.atLeast(8, 14) && bearer(r) || basic(r) }
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now, Authorized: authorized,
		Problem: func(w http.ResponseWriter, _ *http.Request, status int) { problem(w, status, http.StatusText(status)) },
		Limits:  limits,
	}
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	endpoints := []standin.Endpoint{
		{Method: post, Template: "/group/user", Serve: s.administrator(s.addMember)},
		{Method: del, Template: "/group/user", Serve: s.administrator(s.removeMember)},
		{Method: get, Template: "/user/search", Serve: s.searchUsers},
		{Method: get, Template: "/user", Serve: s.getUser},
		{Method: post, Template: "/user", Serve: s.administrator(s.createUser)},
		{Method: put, Template: "/user", Serve: s.administrator(s.updateUser)},
		{Method: del, Template: "/user", Serve: s.administrator(s.deleteUser)},
		{Method: get, Template: "/group/member", Serve: s.administrator(s.listMembers)},
		{Method: get, Template: "/groups/picker", Serve: s.pickGroups},
		{Method: post, Template: "/group", Serve: s.administrator(s.createGroup)},
		{Method: del, Template: "/group", Serve: s.administrator(s.deleteGroup)},
		{Method: post, Template: "/user/application", Serve: s.administrator(s.grantApplication)},
		{Method: del, Template: "/user/application", Serve: s.administrator(s.revokeApplication)},
		{Method: get, Template: "/applicationrole", Serve: s.administrator(s.listRoles)},
		{Method: get, Template: "/applicationrole/{key}", Serve: s.administrator(s.getRole)},
		{Method: get, Template: "/mypermissions", Serve: s.myPermissions},
		{Method: get, Template: "/myself", Serve: s.myself},
		// Jira tells its version to everybody, but not to who comes with a wrong
		// credential.
		{Method: get, Template: "/serverInfo", Public: true, Serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" && !authorized(r) {
				problem(w, http.StatusUnauthorized, "The credential is wrong.")
				return
			}
			s.serverInfo(w, r)
		}},
		{Method: get, Template: "/project", Serve: s.listProjects},
		{Method: get, Template: "/project/{key}", Serve: s.getProject},
		{Method: put, Template: "/project/{key}", Serve: s.administrator(s.updateProject)},
		{Method: get, Template: "/project/{key}/components", Serve: s.listComponents},
		{Method: get, Template: "/component/{id}", Serve: s.getComponent},
		{Method: put, Template: "/component/{id}", Serve: s.administrator(s.updateComponent)},
	}
	if s.atLeast(listSince, 0) {
		endpoints = append(endpoints, standin.Endpoint{Method: get, Template: "/user/list", Serve: s.administrator(s.listUsers)})
	}
	for i, e := range endpoints {
		endpoints[i].Template, endpoints[i].Serve = "/rest/api/2"+e.Template, unforged(e.Serve)
	}
	return frame.Handler(endpoints)
}

// administrator refuses a call that takes the permission to administer.
func (s *Sim) administrator(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.has("ADMINISTER") {
			problem(w, http.StatusForbidden, "You do not have permission to do this.")
			return
		}
		serve(w, r)
	}
}

// unforged refuses a write that a browser could have been tricked into, before
// anything else and with a text of its own.
func unforged(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if standin.Forgeable(r) {
			http.Error(w, "XSRF check failed", http.StatusForbidden)
			return
		}
		serve(w, r)
	}
}

// problem answers with Jira's error body.
func problem(w http.ResponseWriter, status int, message string) {
	standin.Answer(w, status, map[string]any{"errorMessages": []string{message}, "errors": map[string]string{}})
}

// wrong answers 400 about fields.
func wrong(w http.ResponseWriter, fields map[string]string) {
	standin.Answer(w, http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": fields})
}

// limits are the headers of Jira's rate limiting: a bucket that is filled up
// every so often.
// https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
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
