package crowdsim

import (
	"net/http"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/roster"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine: the kind of
// target.
const API = "crowd"

// The application of a stand-in whose options name none.
const (
	DefaultApplication = "rollcall"
	DefaultPassword    = "sandbox-crowd-application-password"
)

// The names that are there from the start.
const (
	// AdministratorsGroup administers Crowd; Administrator is in it.
	AdministratorsGroup = "crowd-administrators"
	Administrator       = "crowd-admin"
)

// DefaultVersion is what the stand-in says that it is.
const DefaultVersion = "5.2.1"

// jiraVersion is what it says as Jira.
const jiraVersion = "10.3.24"

// Options describe a fresh Crowd. The zero value is usable.
type Options struct {
	// Application and Password are what a client needs; DefaultApplication and
	// DefaultPassword when empty.
	Application, Password string
	// Version is DefaultVersion when empty.
	Version string
	// Engine decides faults and limits and keeps the log; nil makes a quiet one.
	Engine *fault.Engine
	// Jira is the API as Jira serves it: names are put in lower case, a write must
	// not look forged, and the version is Jira's.
	Jira bool
	// MaxResults is the longest page, however many are asked for; 0 is none.
	MaxResults int
	// FlatGroups is a directory without nested groups.
	FlatGroups bool
	// Seed decides the keys that are given.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts   Options
	roster *roster.Roster
	fresh  standin.Fresh
}

// New makes a fresh Crowd with one administrator.
func New(opts Options) *Sim {
	standin.Default(&opts.Application, DefaultApplication)
	standin.Default(&opts.Password, DefaultPassword)
	if opts.Jira {
		standin.Default(&opts.Version, jiraVersion)
	}
	standin.Default(&opts.Version, DefaultVersion)
	standin.Quiet(&opts.Engine, &opts.Now, opts.Seed)
	s := &Sim{opts: opts, roster: roster.New(opts.Seed)}
	s.seed()
	return s
}

func (s *Sim) seed() {
	must := func(err error) {
		if err != nil {
			panic(err) // a fresh roster has no such names
		}
	}
	must(s.roster.AddGroup(roster.Group{ID: AdministratorsGroup, Name: AdministratorsGroup, Administrator: true}))
	must(s.roster.AddGroup(roster.Group{ID: "crowd-users", Name: "crowd-users"}))
	must(s.roster.AddAccount(roster.Account{
		ID: Administrator, UserName: Administrator, Email: "crowd.admin@admins.example.net", DisplayName: "Crowd Admin", Active: true,
		Attributes: map[string]string{firstName: "Crowd", lastName: "Admin"},
	}))
	for _, group := range []string{AdministratorsGroup, "crowd-users"} {
		_, err := s.roster.Join(group, Administrator)
		must(err)
	}
}

// Application and Password are what a client has to be configured with.
func (s *Sim) Application() string { return s.opts.Application }

// Password is the application's.
func (s *Sim) Password() string { return s.opts.Password }

// Roster is the stand-in's whole state. Ids are names.
func (s *Sim) Roster() *roster.Roster { return s.roster }

// Handler serves the API at the root of a host, as Jira does without a context
// path; a Crowd server has it below /crowd.
func (s *Sim) Handler() http.Handler {
	const root = "/rest/usermanagement/1"
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	frame := standin.Frame{
		API: API, Engine: s.opts.Engine, Now: s.opts.Now,
		Authorized: standin.Basic(s.opts.Application, s.opts.Password), Problem: s.problem,
	}
	var endpoints []standin.Endpoint
	for _, e := range []standin.Endpoint{
		{Method: get, Template: "/user", Serve: s.getUser},
		{Method: post, Template: "/user", Serve: s.createUser},
		{Method: put, Template: "/user", Serve: s.updateUser},
		{Method: del, Template: "/user", Serve: s.removeUser},
		{Method: get, Template: "/user/attribute", Serve: s.getAttributes},
		{Method: post, Template: "/user/attribute", Serve: s.setAttributes},
		{Method: del, Template: "/user/attribute", Serve: s.removeAttribute},
		{Method: post, Template: "/user/rename", Serve: s.renameUser},
		{Method: get, Template: "/user/group/direct", Serve: s.groupsOfUser},
		{Method: post, Template: "/user/group/direct", Serve: s.joinGroup},
		{Method: del, Template: "/user/group/direct", Serve: s.leaveGroup},
		{Method: get, Template: "/group", Serve: s.getGroup},
		{Method: post, Template: "/group", Serve: s.createGroup},
		{Method: put, Template: "/group", Serve: s.updateGroup},
		{Method: del, Template: "/group", Serve: s.removeGroup},
		{Method: get, Template: "/group/user/direct", Serve: s.members(false)},
		{Method: get, Template: "/group/user/nested", Serve: s.members(true)},
		{Method: post, Template: "/group/user/direct", Serve: s.addUser},
		{Method: del, Template: "/group/user/direct", Serve: s.leaveGroup},
		{Method: get, Template: "/group/child-group/direct", Serve: s.children(false)},
		{Method: get, Template: "/group/child-group/nested", Serve: s.children(true)},
		{Method: post, Template: "/group/child-group/direct", Serve: s.addChild},
		{Method: del, Template: "/group/child-group/direct", Serve: s.removeChild},
		{Method: get, Template: "/search", Serve: s.search},
	} {
		e.Template, e.Serve = root+e.Template, s.speaksJSON(e.Serve)
		endpoints = append(endpoints, e)
	}
	return frame.Handler(endpoints)
}
