package bitbucketdc

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// root is where the API is; "latest" is 1.0.
const root = "/rest/api/latest"

// pageSize is how many elements are asked for at once: Bitbucket's own bound
// for most lists. It says where the next page begins, should it give fewer.
const pageSize = 1000

// defaultGroup is the group that Bitbucket itself puts new users in when asked
// to; it is there after installation and has the permission to log in. [K]
const defaultGroup = "stash-users"

// Config says which Bitbucket a Target writes to.
type Config struct {
	// BaseURL is where Bitbucket is, with its context path:
	// https://bitbucket.example.com. Plain http is accepted for loopback addresses
	// only.
	BaseURL string
	// Credential is rest.Bearer with an HTTP access token, or rest.Basic with
	// user and password, of a user with the permission ADMIN.
	Credential rest.Credential
	// AccessGroups are the groups that make somebody a licensed user: a new
	// account is put in them, and one that is restored is put back in. Nil is
	// stash-users.
	AccessGroups []string
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is one Bitbucket. It is safe for concurrent use.
type Target struct {
	client   *rest.Client
	identity string
	// access are the groups that give access.
	access   []string
	licensed licensedList
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.Suspender      = (*Target)(nil)
	_ directory.AccessTaker    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; everything that is wrong with the
// configuration is in the error.
func New(config Config) (*Target, error) {
	base, unsound := rest.ParseBase(config.BaseURL)
	access := config.AccessGroups
	if access == nil {
		access = []string{defaultGroup}
	}
	var named error
	if len(access) == 0 || slices.ContainsFunc(access, func(name string) bool { return groupName(name) != "" }) {
		named = errors.New("access_groups: names no group, or one that cannot be; without one nobody could be given access")
	}
	if err := rest.Problems("bitbucket-dc", config.Timeout, unsound, config.Credential.ProblemOf("credential"), named); err != nil {
		return nil, err
	}
	return &Target{
		identity: Identity(config.BaseURL), access: slices.Clone(access),
		client: rest.New(rest.Config{
			Base: base, Authorize: config.Credential, Dialect: dialect(),
			// Bitbucket takes a write without a JSON body for one that a browser was
			// tricked into, unless this says otherwise. [K]
			Header:  http.Header{"X-Atlassian-Token": {"no-check"}},
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		}),
	}, nil
}

// Identity names the place that accounts live in: host and path in lower case,
// such as "bitbucket-dc:bitbucket.example.com".
func Identity(baseURL string) string {
	return "bitbucket-dc:" + rest.Place(baseURL)
}
