package bitbucketdcsim

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine: the kind of
// target.
const API = "bitbucket-dc"

// The credentials of a stand-in whose options name none. The token is the
// user's.
const (
	DefaultToken    = "sandbox-bitbucket-access-token"
	DefaultUser     = "admin"
	DefaultPassword = "sandbox-bitbucket-admin-password"
)

// What is there from the start.
const (
	// UsersGroup is the default group, which makes licensed users; it is what
	// access_groups is to name.
	UsersGroup = "stash-users"
	// AdministratorsGroup administers, and Operator is in it.
	AdministratorsGroup = "bitbucket-administrators"
	Operator            = "operator"
)

// DefaultVersion is what the stand-in says that it is.
const DefaultVersion = "9.5.1"

// DefaultMaxPage is the longest page.
const DefaultMaxPage = 1000

// The global permissions, from the least to the highest.
const (
	LicensedUser   = "LICENSED_USER"
	ProjectCreate  = "PROJECT_CREATE"
	Admin          = "ADMIN"
	SysAdmin       = "SYS_ADMIN"
	directoryOwn   = "Bitbucket Internal Directory"
	directoryOther = "Corporate LDAP"
)

// Options describe a fresh Bitbucket. The zero value is usable.
type Options struct {
	// Token, User and Password are accepted, the defaults when empty. User owns
	// both.
	Token, User, Password string
	// Permission is the global permission that User has; SysAdmin when empty.
	Permission string
	// Version is DefaultVersion when empty.
	Version string
	// Engine decides faults and limits and keeps the log; nil makes a quiet one.
	Engine *fault.Engine
	// SeatLimit is how many licensed users there may be; 0 means any number.
	SeatLimit int
	// MaxPage is the longest page; DefaultMaxPage when zero.
	MaxPage int
	// ReadOnly is a Bitbucket whose first user directory another system fills.
	ReadOnly bool
	// Seed decides the ids that are given.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts   Options
	roster *roster.Roster
	fresh  standin.Fresh
	// writing makes a check and the write that it is for one step.
	writing sync.Mutex
	seats   int
}

// New makes a fresh Bitbucket with two administrators.
func New(opts Options) *Sim {
	standin.Default(&opts.Token, DefaultToken)
	standin.Default(&opts.User, DefaultUser)
	standin.Default(&opts.Password, DefaultPassword)
	standin.Default(&opts.Permission, SysAdmin)
	standin.Default(&opts.Version, DefaultVersion)
	standin.Quiet(&opts.Engine, &opts.Now, opts.Seed)
	standin.Default(&opts.MaxPage, DefaultMaxPage)
	s := &Sim{opts: opts, roster: roster.New(opts.Seed), seats: opts.SeatLimit}
	s.seed()
	return s
}

func (s *Sim) seed() {
	must := func(err error) {
		if err != nil {
			panic(err) // a fresh roster has no such names
		}
	}
	must(s.roster.AddGroup(roster.Group{ID: UsersGroup, Name: UsersGroup, Permissions: map[string]string{"": LicensedUser}}))
	must(s.roster.AddGroup(roster.Group{
		ID: AdministratorsGroup, Name: AdministratorsGroup, Administrator: true, Permissions: map[string]string{"": Admin},
	}))
	must(s.roster.AddAccount(roster.Account{
		ID: s.opts.User, UserName: s.opts.User, Email: s.opts.User + "@admins.example.net", DisplayName: "Sysadmin",
		Active: true, Administrator: true, Permissions: []string{s.opts.Permission},
	}))
	must(s.roster.AddAccount(roster.Account{
		ID: Operator, UserName: Operator, Email: Operator + "@admins.example.net", DisplayName: "Operator", Active: true,
	}))
	_, err := s.roster.Join(AdministratorsGroup, Operator)
	must(err)
}

// Token is an HTTP access token of User's, with all its rights.
func (s *Sim) Token() string { return s.opts.Token }

// Roster is the stand-in's whole state. Ids are names; a group's global
// permission is the one of the scope "".
func (s *Sim) Roster() *roster.Roster { return s.roster }

// SetSeatLimit changes how many licensed users there may be; 0 is any number.
func (s *Sim) SetSeatLimit(n int) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.seats = n
}

// Handler serves the API at the root of a host.
func (s *Sim) Handler() http.Handler {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	bearer, basic := standin.Bearer(s.opts.Token), standin.Basic(s.opts.User, s.opts.Password)
	tokens := slices.Compare(standin.VersionNumbers(s.opts.Version), []int{5, 5}) >= 0
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now,
		// Tokens came with 5.5.
		Authorized: func(r *http.Request) bool { return tokens && bearer(r) || basic(r) },
		Problem:    s.problem, Limits: limits,
	}
	var endpoints []standin.Endpoint
	for _, e := range []standin.Endpoint{
		{Method: get, Template: "/admin/users", Serve: s.listUsers},
		{Method: post, Template: "/admin/users", Serve: s.createUser},
		{Method: put, Template: "/admin/users", Serve: s.updateUser},
		{Method: del, Template: "/admin/users", Serve: s.removeUser},
		{Method: post, Template: "/admin/users/rename", Serve: s.renameUser},
		{Method: post, Template: "/admin/users/add-groups", Serve: s.addGroups},
		{Method: post, Template: "/admin/users/remove-group", Serve: s.removeGroupOfUser},
		{Method: get, Template: "/admin/users/more-members", Serve: s.groupsOfUser(true)},
		{Method: get, Template: "/admin/users/more-non-members", Serve: s.groupsOfUser(false)},
		{Method: get, Template: "/admin/groups", Serve: s.listGroups},
		{Method: post, Template: "/admin/groups", Serve: s.createGroup},
		{Method: del, Template: "/admin/groups", Serve: s.removeGroup},
		{Method: post, Template: "/admin/groups/add-users", Serve: s.addUsers},
		{Method: get, Template: "/admin/groups/more-members", Serve: s.membersOfGroup(true)},
		{Method: get, Template: "/admin/groups/more-non-members", Serve: s.membersOfGroup(false)},
		{Method: get, Template: "/admin/permissions/users", Serve: s.permittedUsers},
		{Method: put, Template: "/admin/permissions/users", Serve: s.permitUser},
		{Method: del, Template: "/admin/permissions/users", Serve: s.forbidUser},
		{Method: get, Template: "/admin/permissions/groups", Serve: s.permittedGroups},
		{Method: put, Template: "/admin/permissions/groups", Serve: s.permitGroup},
		{Method: del, Template: "/admin/permissions/groups", Serve: s.forbidGroup},
		{Method: get, Template: "/admin/user-directories", Serve: s.directories},
		{Method: get, Template: "/groups", Serve: s.groupNames},
		{Method: get, Template: "/users", Serve: s.searchUsers},
		{Method: get, Template: "/users/{userSlug}", Serve: s.getUser},
		{Method: get, Template: "/application-properties", Serve: s.properties, Public: true},
	} {
		if administrative(e.Method, e.Template) {
			e.Serve = s.administrator(e.Serve)
		}
		e.Template, e.Serve = "/rest/api/latest"+e.Template, s.guarded(e.Serve)
		endpoints = append(endpoints, e)
	}
	return frame.Handler(endpoints)
}
