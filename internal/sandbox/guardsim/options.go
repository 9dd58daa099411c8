package guardsim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine.
const API = "atlassian-guard"

// What a Sim is set up with where its Options leave something out.
const (
	DefaultDirectory       = "2fb21891-0000-4000-8000-a61aade3834c"
	DefaultKey             = "guard-scim-key-for-the-sandbox"
	DefaultOrganization    = "6f1f4b3e-0000-4000-8000-00000000a11a"
	DefaultOrganizationKey = "guard-organisation-key-for-the-sandbox"
	// DefaultAdministrator is the address of the organisation's administrator.
	DefaultAdministrator = "site.admin@" + people.Domain
	// DefaultPage is the most that a page of a list has.
	DefaultPage = 100
)

// Options shape a Sim. The zero value is usable.
type Options struct {
	// Engine misbehaves and keeps the log of calls; nil is a quiet one.
	Engine *fault.Engine
	Seed   int64
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Directory and Key, Organization and OrganizationKey are the Default… ones
	// when empty.
	Directory, Key                string
	Organization, OrganizationKey string
	// Domains are the verified ones; when nil those of the sandbox's people and
	// example.com.
	Domains []string
	// Page is the most that a page has; DefaultPage when zero.
	Page int
	// SeatLimit is how many active users the directory takes; 0 is any number.
	SeatLimit int
}

func (o Options) withDefaults() Options {
	standin.Quiet(&o.Engine, &o.Now, o.Seed)
	standin.Default(&o.Directory, DefaultDirectory)
	standin.Default(&o.Key, DefaultKey)
	standin.Default(&o.Organization, DefaultOrganization)
	standin.Default(&o.OrganizationKey, DefaultOrganizationKey)
	if o.Domains == nil {
		o.Domains = []string{people.Domain, people.PartnerDomain, "example.com"}
	}
	standin.Default(&o.Page, DefaultPage)
	return o
}
