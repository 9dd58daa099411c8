package crowd

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// root is where a product serves the API.
const root = "/rest/usermanagement/1"

// pageSize is how many users, groups or members are asked for at once: what
// the API returns when nobody says how many.
// https://developer.atlassian.com/server/crowd/crowd-rest-resources/
const pageSize = 1000

// Config says which Crowd a Target writes to.
type Config struct {
	// BaseURL is where the product is, with its context path:
	// https://crowd.example.com/crowd, https://jira.example.com/jira. The whole
	// address of the API (…/rest/usermanagement/1) does as well. Plain http is
	// accepted for loopback addresses only.
	BaseURL string
	// Credential is rest.Basic with the application's name and password.
	Credential rest.Credential
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is one application's view of a Crowd. It is safe for concurrent use.
type Target struct {
	client   *rest.Client
	config   Config
	base     *url.URL
	identity string
	// longest is how many elements the longest page of a list had so far.
	longest atomic.Int64
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
	_ directory.Nester         = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; everything that is wrong with the
// configuration is in the error.
func New(config Config) (*Target, error) {
	base, unsound := rest.ParseBase(product(config.BaseURL))
	if err := rest.Problems("crowd", config.Timeout, unsound, config.Credential.ProblemOf("credential")); err != nil {
		return nil, err
	}
	t := &Target{config: config, base: base, identity: Identity(config.BaseURL)}
	t.client = t.clientAt(base)
	return t, nil
}

func (t *Target) clientAt(base *url.URL) *rest.Client {
	return rest.New(rest.Config{
		Base: base, Authorize: t.config.Credential, Dialect: dialect(),
		// Jira takes writes for ones that a browser was tricked into unless this
		// says otherwise; the vendor's own client sends it too. [P]
		Header:  http.Header{"X-Atlassian-Token": {"no-check"}},
		Timeout: t.config.Timeout, UserAgent: t.config.UserAgent, Transport: t.config.Transport,
	})
}

// product is a base URL without the API's own path.
func product(raw string) string {
	raw = strings.TrimRight(raw, "/")
	for _, api := range []string{root, "/rest/usermanagement/latest"} {
		raw = strings.TrimSuffix(raw, api)
	}
	return raw
}

// Identity names the place that accounts live in: host and path of the product
// in lower case, such as "crowd:crowd.example.com/crowd".
func Identity(baseURL string) string {
	return "crowd:" + rest.Place(product(baseURL))
}
