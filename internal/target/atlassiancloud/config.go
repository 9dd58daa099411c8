package atlassiancloud

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DefaultBaseURL is where the vendor serves both APIs; the organisation API is
// below /admin.
const DefaultBaseURL = "https://api.atlassian.com"

// Config says which organisation and directory a Target writes to.
type Config struct {
	// BaseURL is DefaultBaseURL when empty. Plain http is accepted for
	// loopback addresses only.
	BaseURL string
	// Organization and Directory are the vendor's ids. The directory cannot be
	// "-" (all of them), because writes need one.
	Organization string
	Directory    string
	// APIKey is the organisation API key. It is in no error and no log.
	APIKey string
	// Products are what a new account may use. Without any, a new account has
	// only what its groups grant.
	Products []Product
	// SendInvitations makes the vendor write an e-mail to people invited.
	SendInvitations bool
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Product is one product on one site, and the role that a new account gets.
type Product struct {
	// Name is "jira", "confluence", "jira-service-management", … or the
	// vendor's own type key.
	Name string
	// Role is "user", "guest", …, with or without the vendor's "atlassian/".
	Role string
	// Site is the host name of the site, such as example.atlassian.net. It may
	// be empty if the organisation has the product once.
	Site string
}

// inviteRoles are those that an invitation may carry, but for atlassian/admin:
// it would make an administrator of every new account, who would then be
// protected from ever being removed.
// https://developer.atlassian.com/cloud/admin/organization/rest/api-group-users/#api-v2-orgs-orgid-users-invite-post
func inviteRoles() []string {
	return []string{
		"atlassian/user", "atlassian/guest", "atlassian/contributor",
		"atlassian/customer", "atlassian/basic", "atlassian/stakeholder", "atlassian/viewer",
	}
}

// Target is an Atlassian Cloud directory. It is safe for concurrent use.
type Target struct {
	client          *rest.Client
	organization    string
	directory       string
	sendInvitations bool
	products        *productAccess
	created         *groupLookup
	// readBackWaits are the pauses between the looks for something that was
	// just written and that the search may not show yet.
	readBackWaits []time.Duration
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.AccessGranter  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; errors are those of the
// configuration, all of them at once.
func New(config Config) (*Target, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	base, unsound := rest.ParseBase(config.BaseURL)
	problems := []error{unsound}
	if config.Organization == "" {
		problems = append(problems, errors.New("organization: missing: the id in the address of Atlassian Administration"))
	}
	switch config.Directory {
	case "":
		problems = append(problems, errors.New("directory: missing: the id of the directory that accounts live in"))
	case "-":
		problems = append(problems, errors.New(`directory: "-" means all directories, and only one can be written to`))
	}
	key := rest.Bearer(config.APIKey)
	problems = append(problems, key.ProblemOf("API key"))
	products := make([]Product, 0, len(config.Products))
	for _, product := range config.Products {
		product, err := product.normalised()
		if err != nil {
			problems = append(problems, err)
			continue
		}
		products = append(products, product)
	}
	if err := rest.Problems("atlassian cloud", config.Timeout, problems...); err != nil {
		return nil, err
	}

	target := &Target{
		client: rest.New(rest.Config{
			Base: base, Authorize: key, Dialect: rest.Dialect{Read: readRefusal, Type: typeRefusal},
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		}),
		organization:    config.Organization,
		directory:       config.Directory,
		sendInvitations: config.SendInvitations,
		// Six looks within about six seconds: what the vendor calls eventually
		// consistent is a matter of a second or two for groups.
		readBackWaits: []time.Duration{
			100 * time.Millisecond, 250 * time.Millisecond, 600 * time.Millisecond,
			1500 * time.Millisecond, 3500 * time.Millisecond,
		},
	}
	target.products = newProductAccess(target, products)
	target.created = newGroupLookup(target.FindGroups)
	return target, nil
}

func (p Product) normalised() (Product, error) {
	if p.Name == "" {
		return p, errors.New("product: the name is missing")
	}
	p.Name = strings.ToLower(p.Name)
	p.Role = strings.ToLower(p.Role)
	if !strings.Contains(p.Role, "/") {
		p.Role = "atlassian/" + p.Role
	}
	if !slices.Contains(inviteRoles(), p.Role) {
		return p, fmt.Errorf("product %s: role %q cannot be given to everybody; use one of %s",
			p.Name, strings.TrimPrefix(p.Role, "atlassian/"), strings.ReplaceAll(strings.Join(inviteRoles(), ", "), "atlassian/", ""))
	}
	p.Site = hostOf(p.Site)
	return p, nil
}

// hostOf takes the host out of what people write for a site: a host name or
// the address of any page there.
func hostOf(site string) string {
	if site == "" {
		return ""
	}
	if !strings.Contains(site, "://") {
		site = "https://" + site
	}
	parsed, err := url.Parse(site)
	if err != nil {
		return strings.ToLower(site)
	}
	return strings.ToLower(parsed.Host)
}
