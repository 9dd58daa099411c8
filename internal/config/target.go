package config

import "time"

// Target is where accounts live. Which settings go with which kind is in
// targetKinds; those of other kinds are empty.
type Target struct {
	Name string `yaml:"-"`
	Kind string `yaml:"kind" rule:"required" oneof:"atlassian-cloud,atlassian-guard,jira-cloud,confluence-cloud,bitbucket-cloud,jira-dc,confluence-dc,bitbucket-dc,crowd"`
	// URL is the base URL of the product or of its API.
	URL          string `yaml:"url"`
	Organization string `yaml:"organization"`
	Directory    string `yaml:"directory"`
	APIKey       Secret `yaml:"api_key"`
	// APIKeyExpires is the day on which the key ends, so that somebody is told in
	// time; zero when it is not known.
	APIKeyExpires time.Time `yaml:"api_key_expires"`
	// OrganizationKey reads an organization's groups beside a Guard directory.
	OrganizationKey Secret `yaml:"organization_key"`
	// Workspace is the short name of one in Bitbucket Cloud.
	Workspace string `yaml:"workspace"`
	// User and Token, Token alone, User and Password or Application and Password
	// are the credential of a product.
	User  string `yaml:"user"`
	Token Secret `yaml:"token"`
	// TokenExpires is for Token what APIKeyExpires is for APIKey.
	TokenExpires time.Time `yaml:"token_expires"`
	Application  string    `yaml:"application"`
	Password     Secret    `yaml:"password"`
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
	// Applications are the keys of the Jira applications that a new account gets
	// access to.
	Applications []string `yaml:"applications"`
	// LeadsTo is the user name or address of whoever leads what a leaver led;
	// empty for nobody.
	LeadsTo string `yaml:"leads_to"`
	// AccessGroups are the groups that give access to Bitbucket Data Center.
	AccessGroups []string `yaml:"access_groups"`
	// Permissions are what groups may do in Bitbucket Cloud.
	Permissions []Permission `yaml:"permissions"`
	// CallsPerHour is what Bitbucket Cloud gives the credential, which no answer
	// tells.
	CallsPerHour int `yaml:"calls_per_hour" range:"60..1000000"`
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

// RenamesAccounts is whether the user name of an account that exists follows
// the rules: only a rule of the file changes it, and only where the account
// stays the same by it.
func (t Target) RenamesAccounts() bool {
	return t.Attributes["user_name"] != "" && Capabilities(t.Kind).RenamesAccounts
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
	// Role is the role in it, such as "user"; empty where a kind of target has
	// none.
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
