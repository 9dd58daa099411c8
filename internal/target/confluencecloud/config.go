package confluencecloud

import (
	"net/http"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/atlassiansite"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Config says which site a Target writes to.
type Config struct {
	// BaseURL is the site's address, such as https://example.atlassian.net, with
	// or without Confluence's /wiki.
	BaseURL string
	// Credential is rest.Basic(e-mail address, API token).
	Credential rest.Credential
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is a Confluence Cloud site. It is safe for concurrent use.
type Target struct {
	client   *rest.Client
	people   *atlassiansite.Finder
	identity string
}

var (
	_ directory.Target  = (*Target)(nil)
	_ directory.Guarded = (*Target)(nil)
)

// New returns a Target. It asks nothing; errors are those of the configuration,
// all of them at once.
func New(config Config) (*Target, error) {
	base, unsound := atlassiansite.ParseBase(config.BaseURL)
	if err := rest.Problems("confluence-cloud", config.Timeout, unsound, config.Credential.ProblemOf("API token")); err != nil {
		return nil, err
	}
	client := rest.New(rest.Config{
		Base: base, Authorize: config.Credential, Dialect: atlassiansite.Dialect(),
		Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
	})
	return &Target{
		client: client, people: &atlassiansite.Finder{Client: client},
		identity: Identity(config.BaseURL),
	}, nil
}

// Identity names the place that the accounts of a site live in; Jira of the same
// site has the same.
func Identity(baseURL string) string { return atlassiansite.Identity(baseURL) }
