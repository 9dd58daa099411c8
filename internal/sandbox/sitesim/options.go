package sitesim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/standin"
)

// API is the name under which calls appear in the fault engine, unless the
// options give another: a sandbox with one site for each product tells them
// apart so.
const API = "jira-cloud"

// APIConfluence is the name for a site that stands for Confluence.
const APIConfluence = "confluence-cloud"

// The credential of a site whose options give none.
const (
	DefaultUser  = "olivia.owner@admins.example.net"
	DefaultToken = "sandbox-site-api-token"
)

// The products that a site may have, by the vendor's keys.
const (
	ProductSoftware   = "jira-software"
	ProductService    = "jira-servicedesk"
	ProductCore       = "jira-core"
	ProductDiscovery  = "jira-product-discovery"
	ProductConfluence = "confluence"
)

// Options describe a fresh site. The zero value is one with Jira, Jira Service
// Management and Confluence.
type Options struct {
	// API is the name in the fault engine; API when empty.
	API string
	// Engine decides faults and limits and keeps the log; nil makes a quiet one.
	Engine *fault.Engine
	// Seed decides the ids that are given.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// User and Token are the only credential; DefaultUser and DefaultToken when
	// empty. The user is the owner, who administers site and organisation.
	User, Token string
	// Products of the site; nil means ProductSoftware, ProductService and
	// ProductConfluence. Without a product of Jira's there is no Jira.
	Products []string
	// NotBrowsing takes the permission "Browse users and groups" of Jira from the
	// owner.
	NotBrowsing bool
	// SeatLimit is how many people may have each product; 0 means any number.
	SeatLimit int
	// PageLimit is how much an answer holds at most, whatever is asked; 0 means
	// the vendor's own limits.
	PageLimit int
	// Staleness is how far behind a list is while the fault "stale" is in force;
	// 0 means three seconds.
	Staleness time.Duration
}

func (o Options) withDefaults() Options {
	standin.Default(&o.API, API)
	standin.Quiet(&o.Engine, &o.Now, 1)
	standin.Default(&o.User, DefaultUser)
	standin.Default(&o.Token, DefaultToken)
	if o.Products == nil {
		o.Products = []string{ProductSoftware, ProductService, ProductConfluence}
	}
	standin.Default(&o.Staleness, 3*time.Second)
	return o
}
