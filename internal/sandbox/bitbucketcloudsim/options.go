package bitbucketcloudsim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine.
const API = "bitbucket-cloud"

// What a Sim is set up with where its Options leave something out.
const (
	DefaultWorkspace = "acme"
	// DefaultUser and DefaultToken are the owner's address and API token.
	DefaultUser  = "bitbucket.admin@" + people.Domain
	DefaultToken = "bitbucket-api-token-for-the-sandbox"
	// DefaultAccessToken is a workspace access token: nobody's, and not good for
	// changing permissions.
	DefaultAccessToken = "bitbucket-access-token-for-the-sandbox"
	// DefaultProject and DefaultRepository are there from the start.
	DefaultProject    = "CORE"
	DefaultRepository = "core"
	// AdministratorsGroup is the slug of the group that comes with a workspace.
	AdministratorsGroup = "administrators"
)

// Options shape a Sim. The zero value is usable.
type Options struct {
	// Engine misbehaves and keeps the log of calls; nil is a quiet one.
	Engine *fault.Engine
	Seed   int64
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Workspace, User, Token and AccessToken are the Default… ones when empty.
	Workspace, User, Token, AccessToken string
	// NotAdministrator makes the credentials somebody's who administers nothing.
	NotAdministrator bool
	// SeatLimit is how many members the plan has room for; 0 is any number.
	SeatLimit int
	// CallsPerHour is the limit of calls; 0 is none.
	CallsPerHour int
}

func (o Options) withDefaults() Options {
	standin.Quiet(&o.Engine, &o.Now, o.Seed)
	standin.Default(&o.Workspace, DefaultWorkspace)
	standin.Default(&o.User, DefaultUser)
	standin.Default(&o.Token, DefaultToken)
	standin.Default(&o.AccessToken, DefaultAccessToken)
	return o
}
