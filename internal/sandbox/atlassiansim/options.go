package atlassiansim

import (
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// API is the name under which calls appear in the fault engine: its rules,
// limits and log.
const API = "atlassian"

// BucketAll is the rate-limit bucket that counts every endpoint together. It
// is asked when the endpoint's own bucket (its route, such as
// "POST /v2/orgs/{orgId}/users/invite") has no limit.
const BucketAll = "*"

// Options describe a fresh organisation. The zero value is a small one with
// one site; the key is then DefaultAPIKey.
type Options struct {
	// OrgID, DirectoryID and APIKey have defaults (DefaultOrgID, …).
	OrgID       string
	DirectoryID string
	APIKey      string
	// OrgName is what GET /v1/orgs calls the organisation.
	OrgName string
	// Engine decides faults and limits and keeps the log; nil makes a quiet
	// one.
	Engine *fault.Engine
	// Sites hold the products. Nil means one site with Jira and Confluence.
	Sites []Site
	// Managed are the verified domains: accounts in them can be managed.
	Managed []string
	// SeatLimit is how many people may have a paid role in each product; 0
	// means any number.
	SeatLimit int
	// Unpaid is an organisation without a paid subscription, which cannot
	// invite.
	Unpaid bool
	// Admins are the people there from the start, the first being the owner of
	// the API key. Nil means three.
	Admins []Admin
	// Staleness is how far behind a list is while the fault "stale" is in
	// force; 0 means three seconds.
	Staleness time.Duration
	// Seed decides the ids that are given.
	Seed int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// The ids and the key of an organisation whose options give none.
const (
	DefaultOrgID       = "5f3a1c7e-9b42-4d0f-8a61-2c9e4b7d1f30"
	DefaultDirectoryID = "8d0e6f24-31b7-4c9a-b5f8-70a2d3e4c516"
	DefaultAPIKey      = "sandbox-atlassian-organization-key"
)

// Site is an Atlassian site with its products.
type Site struct {
	// Name is the first label of the site's host name.
	Name string
	// ID is the cloud id, part of the products' resource ids.
	ID string
	// Products are type keys: "jira-software", "confluence", ….
	Products []string
}

// Admin is an administrator who is there from the start.
type Admin struct {
	Email string
	Name  string
	// OrgAdmin puts the person in the group org-admins, SiteAdmin in
	// site-admins. With neither, the organisation's own role is given to the
	// account directly.
	OrgAdmin  bool
	SiteAdmin bool
}

func (o Options) withDefaults() Options {
	if o.OrgID == "" {
		o.OrgID = DefaultOrgID
	}
	if o.DirectoryID == "" {
		o.DirectoryID = DefaultDirectoryID
	}
	if o.APIKey == "" {
		o.APIKey = DefaultAPIKey
	}
	if o.OrgName == "" {
		o.OrgName = "Example"
	}
	if o.Engine == nil {
		o.Engine = fault.New(1)
	}
	if o.Sites == nil {
		o.Sites = []Site{{
			Name: "example", ID: "3b1f8c52-6a7d-4e90-9c14-d5e2a0b7f683",
			Products: []string{productJira, productConfluence},
		}}
	}
	if o.Admins == nil {
		o.Admins = []Admin{
			{Email: "olivia.owner@admins.example.net", Name: "Olivia Owner", OrgAdmin: true},
			{Email: "sam.site@admins.example.net", Name: "Sam Site", SiteAdmin: true},
			{Email: "robin.role@admins.example.net", Name: "Robin Role"},
		}
	}
	if o.Staleness == 0 {
		o.Staleness = 3 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
