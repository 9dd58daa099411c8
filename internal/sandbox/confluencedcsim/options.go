package confluencedcsim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine.
const API = "confluence-dc"

// What a Confluence whose options say nothing is.
const (
	// DefaultToken is the personal access token of DefaultUser, who may also come
	// with DefaultPassword.
	DefaultToken    = "sandbox-confluence-personal-access-token"
	DefaultUser     = "rollcall"
	DefaultPassword = "sandbox-confluence-password"
	DefaultVersion  = "10.0.3"
	// UsersGroup is the group that every new user is in, and that takes a licence.
	UsersGroup = "confluence-users"
	// AdministratorsGroup is the group that may do everything.
	AdministratorsGroup = "confluence-administrators"
)

// Options describe a fresh Confluence. The zero value is one of version 10.0.3
// with room for everybody.
type Options struct {
	// Engine decides faults and limits and keeps the log; nil makes a quiet one.
	Engine *fault.Engine
	// Seed decides random ids.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// SeatLimit is how many active people may be in UsersGroup; 0 means any
	// number.
	SeatLimit int
	// Token, User, Password and Version have defaults (DefaultToken, …).
	Token, User, Password, Version string
	// PageLimit bounds a page of any list; 0 means 200.
	PageLimit int
	// TaskPolls is after how many looks a deletion is done; 0 is at once.
	TaskPolls int
	// TaskFails makes deletions end without having been done.
	TaskFails bool
	// DisableDoesNothing answers to a deactivation with success and does nothing,
	// as has been said of 8.5.16.
	DisableDoesNothing bool
	// NoManifest hides the version; ManifestXML tells it in XML whatever is asked
	// for.
	NoManifest, ManifestXML bool
	// NoStatus leaves the status out of what is told of users.
	NoStatus bool
	// NotAdministrator is an owner of the credential who administers nothing.
	NotAdministrator bool
}

func (o Options) withDefaults() Options {
	standin.Default(&o.Token, DefaultToken)
	standin.Default(&o.User, DefaultUser)
	standin.Default(&o.Password, DefaultPassword)
	standin.Default(&o.Version, DefaultVersion)
	standin.Quiet(&o.Engine, &o.Now, 1)
	standin.Default(&o.PageLimit, 200)
	return o
}
