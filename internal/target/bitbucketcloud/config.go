package bitbucketcloud

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// DefaultBaseURL is where the vendor serves both versions of the API.
const DefaultBaseURL = "https://api.bitbucket.org"

// Config says which workspace a Target writes to.
type Config struct {
	// BaseURL is DefaultBaseURL when empty.
	BaseURL string
	// Workspace is the workspace's short name in its addresses.
	Workspace string
	// Credential is rest.Basic of an administrator's user name or address with an
	// API token or app password, or rest.Bearer of a workspace access token. The
	// vendor changes permissions only for the former.
	Credential rest.Credential
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is a workspace. It is safe for concurrent use.
type Target struct {
	client    *rest.Client
	workspace string
	snapshot  *snapshot
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.GroupPermitter = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// slug is what the vendor makes of a workspace's name.
var slug = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// New returns a Target. It asks nothing; errors are those of the
// configuration, all of them at once.
func New(config Config) (*Target, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	base, unsound := rest.ParseBase(config.BaseURL)
	problems := []error{unsound}
	if !slug.MatchString(config.Workspace) {
		problems = append(problems, errors.New("workspace: expected its short name, as in https://bitbucket.org/<workspace>"))
	}
	problems = append(problems, config.Credential.ProblemOf("credential"))
	if err := rest.Problems("bitbucket cloud", config.Timeout, problems...); err != nil {
		return nil, err
	}
	return &Target{
		client: rest.New(rest.Config{
			Base: base, Authorize: config.Credential, Dialect: rest.Dialect{Read: readProblem, Type: typeProblem},
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		}),
		workspace: config.Workspace, snapshot: &snapshot{now: time.Now},
	}, nil
}

// Identity names the place that the members of a workspace are in.
func Identity(workspace string) string { return "bitbucket:" + strings.ToLower(workspace) }
