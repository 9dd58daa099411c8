package confluencedc

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Config says which Confluence a Target writes to.
type Config struct {
	// BaseURL is Confluence's own base URL, with its context path if it has one,
	// such as "https://wiki.example.com/confluence". Plain http is accepted for
	// loopback addresses only.
	BaseURL string
	// Credential is a personal access token (Confluence 7.9 and later) or a user
	// name and a password.
	Credential rest.Credential
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is a Confluence Data Center. It is safe for concurrent use.
type Target struct {
	client   *rest.Client
	identity string
	now      func() time.Time
	// polls are the pauses between looks at a task that deletes an account.
	polls []time.Duration
	// fixed is set once this Confluence was seen to have no call that changes
	// names and addresses.
	fixed atomic.Bool
	// blocks is until when, in Unix nanoseconds, a deactivation that is answered
	// with success is believed.
	blocks atomic.Int64
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; errors are those of the
// configuration, all of them at once.
func New(config Config) (*Target, error) {
	base, unsound := rest.ParseBase(config.BaseURL)
	if err := rest.Problems("confluence-dc", config.Timeout, unsound, config.Credential.ProblemOf("credential")); err != nil {
		return nil, err
	}
	return &Target{
		client: rest.New(rest.Config{
			Base: base, Authorize: config.Credential, Dialect: dialect(),
			// Confluence takes a write without it for a forged one.
			// https://confluence.atlassian.com/kb/rest-api-calls-with-a-browser-user-agent-header-may-fail-csrf-checks-802591455.html
			Header:  http.Header{"X-Atlassian-Token": {"no-check"}},
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		}),
		identity: Identity(config.BaseURL),
		now:      time.Now,
		polls: []time.Duration{
			100 * time.Millisecond, 250 * time.Millisecond, 600 * time.Millisecond, 1500 * time.Millisecond,
			3 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second,
		},
	}, nil
}

// Identity names the place that a Confluence's accounts live in: its base URL
// without the scheme, in lower case.
func Identity(baseURL string) string {
	return "confluence-dc:" + rest.Place(baseURL)
}
