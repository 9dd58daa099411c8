package jiracloud

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Config says which site a Target writes to.
type Config struct {
	// BaseURL is the site's address, such as https://example.atlassian.net.
	BaseURL string
	// Credential is rest.Basic(e-mail address, API token).
	Credential rest.Credential
	// Products are what a new account may use, by the vendor's keys (Products).
	// Without any, a new account has only what its groups grant.
	Products []string
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Products lists what an account can be created with.
// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/#api-rest-api-3-user-post
func Products() []string {
	return []string{"jira-software", "jira-servicedesk", "jira-core", "jira-product-discovery"}
}

// Target is a Jira Cloud site. It is safe for concurrent use.
type Target struct {
	client   *rest.Client
	people   *atlassiansite.Finder
	identity string
	products []string
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccessGranter  = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; errors are those of the configuration,
// all of them at once.
func New(config Config) (*Target, error) {
	base, unsound := atlassiansite.ParseBase(config.BaseURL)
	problems := []error{unsound, config.Credential.ProblemOf("API token")}
	var products []string
	for _, product := range config.Products {
		product = strings.ToLower(strings.TrimSpace(product))
		switch {
		case !slices.Contains(Products(), product):
			problems = append(problems, fmt.Errorf("products: there is no %q; use %s", product, strings.Join(Products(), ", ")))
		case slices.Contains(products, product):
			problems = append(problems, fmt.Errorf("products: %s is there twice", product))
		default:
			products = append(products, product)
		}
	}
	if err := rest.Problems("jira-cloud", config.Timeout, problems...); err != nil {
		return nil, err
	}
	client := rest.New(rest.Config{
		Base: base, Authorize: config.Credential, Dialect: atlassiansite.Dialect(),
		Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
	})
	return &Target{
		client: client, people: &atlassiansite.Finder{Client: client},
		identity: Identity(config.BaseURL), products: products,
	}, nil
}

// Identity names the place that the accounts of a site live in; Confluence of
// the same site has the same.
func Identity(baseURL string) string { return atlassiansite.Identity(baseURL) }
