package atlassianguard

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DefaultBaseURL is where the vendor serves the User provisioning API and the
// organisation API.
const DefaultBaseURL = "https://api.atlassian.com"

// Config says which directory a Target writes to.
type Config struct {
	// BaseURL is DefaultBaseURL when empty.
	BaseURL string
	// Directory is the id in the SCIM base URL that Atlassian Administration
	// shows beside the key.
	Directory string
	// Credential is the directory's SCIM key, as rest.Bearer.
	Credential rest.Credential
	// Organization and OrganizationKey (rest.Bearer) are optional. With the key a
	// group's name is looked for among the groups of the organisation's sites
	// before it is created, and administrators are known; it needs the
	// organization, which alone says only whose the directory is.
	Organization    string
	OrganizationKey rest.Credential
	// UserNames is whether accounts are given user names that are not their
	// e-mail addresses: an address is then looked for in the list of accounts.
	UserNames bool
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is a SCIM directory. It is safe for concurrent use.
type Target struct {
	client    *rest.Client
	directory string
	// organisation is nil without an organisation key.
	organisation *organisation
	// named is set once an account was seen, or bumped into, whose user name is not
	// its address.
	named  atomic.Bool
	absent absent
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
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
	if config.Directory == "" || strings.ContainsAny(config.Directory, "/?# ") {
		problems = append(problems, errors.New("directory: expected the id at the end of the SCIM base URL that Atlassian Administration shows beside the key"))
	}
	problems = append(problems, config.Credential.ProblemOf("SCIM key"))
	hasKey := config.OrganizationKey != (rest.Credential{})
	switch {
	case hasKey && config.Organization == "":
		problems = append(problems, errors.New("organization: missing, and its key is given"))
	case hasKey:
		problems = append(problems, config.OrganizationKey.ProblemOf("organization key"))
	}
	if err := rest.Problems("atlassian guard", config.Timeout, problems...); err != nil {
		return nil, err
	}

	if config.Transport == nil {
		config.Transport = rest.NewTransport()
	}
	client := func(credential rest.Credential, media string, dialect rest.Dialect) *rest.Client {
		return rest.New(rest.Config{
			Base: base, Authorize: credential, Dialect: dialect, Accept: media, ContentType: media,
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		})
	}
	target := &Target{
		client:    client(config.Credential, "application/scim+json", rest.Dialect{Read: readProblem, Type: typeProblem}),
		directory: config.Directory,
		absent:    absent{now: time.Now},
	}
	if hasKey {
		target.organisation = &organisation{
			client: client(config.OrganizationKey, "application/json", rest.Dialect{Read: readOrganisationProblem}),
			id:     config.Organization,
		}
	}
	target.named.Store(config.UserNames)
	return target, nil
}

// Identity names the place that the accounts of a directory live in.
func Identity(directoryID string) string { return "atlassian-scim:" + strings.ToLower(directoryID) }
