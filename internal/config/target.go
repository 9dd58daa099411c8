package config

import "time"

// KindAtlassianCloud is the kind of a target that is an Atlassian Cloud
// organization.
const KindAtlassianCloud = "atlassian-cloud"

// Target is where accounts live.
type Target struct {
	Name string `yaml:"-"`
	Kind string `yaml:"kind" rule:"required" oneof:"atlassian-cloud"`
	// URL is the base URL of the API.
	URL          string `yaml:"url"`
	Organization string `yaml:"organization" rule:"required"`
	Directory    string `yaml:"directory" rule:"required"`
	APIKey       Secret `yaml:"api_key" rule:"required"`
	// APIKeyExpires is the day on which the key ends, so that somebody is told in
	// time; zero when it is not known.
	APIKeyExpires time.Time `yaml:"api_key_expires"`
	// Scope is a rule that narrows the connection's scope for this target.
	Scope string `yaml:"scope"`
	// Attributes are rules that make an account's attributes, by their names.
	Attributes Expressions `yaml:"attributes"`
	// Groups and Leavers are the connection's where the file says nothing here,
	// setting by setting.
	Groups  Groups  `yaml:"groups"`
	Leavers Leavers `yaml:"leavers"`
	// Guard has limits of its own for this target.
	Guard TargetGuard `yaml:"guard"`
	// LinkBy are the attributes by which an existing account is found to be
	// somebody's, in order.
	LinkBy []string `yaml:"link_by"`
	// Products are what a new account gets access to, in the file's order.
	Products Products `yaml:"products"`
	// AdoptGroups says which existing groups may become ours.
	AdoptGroups AdoptGroups `yaml:"adopt_groups"`
	// SendInvitations is whether Atlassian mails a person who is added.
	SendInvitations bool `yaml:"send_invitations"`
	// FullRead is how often everything is read again; 0 means every run.
	FullRead Interval `yaml:"full_read"`
	// RateLimitShare is how much of the vendor's limits may be used.
	RateLimitShare Share `yaml:"rate_limit_share" range:"1%..100%"`
	// Concurrency is how many calls one batch has in flight.
	Concurrency int `yaml:"concurrency" range:"1..16"`
	// Timeout is for one request.
	Timeout   time.Duration `yaml:"timeout" range:"1s..10m"`
	Protected Protected     `yaml:"protected"`
}

// Protected lists what is never touched, besides whatever holds an
// administrative role in the target.
type Protected struct {
	// Accounts are e-mail addresses or ids.
	Accounts []string `yaml:"accounts"`
	// Groups are names or ids.
	Groups []string `yaml:"groups"`
}

// Product is access to one product.
type Product struct {
	// Name is the product's, such as "jira".
	Name string
	// Role is the role in it, such as "user".
	Role string
	// Site is the host of the site, such as "example.atlassian.net"; empty
	// when the organization has one site with that product.
	Site string
}

// Products is a list of products, each name once for a site.
type Products []Product

// AdoptGroups says which existing target groups become ours when a source
// group has their name.
type AdoptGroups struct {
	// All adopts any.
	All bool
	// Names adopts these alone.
	Names []string
}
