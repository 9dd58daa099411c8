package jiradc

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/target/rest"
)

// Config says which Jira a Target writes to.
type Config struct {
	// BaseURL is Jira's own base URL, with its context path if it has one, such
	// as "https://jira.example.com/jira". Plain http is accepted for loopback
	// addresses only.
	BaseURL string
	// Credential is a personal access token (Jira 8.14 and later) or a user name
	// and a password.
	Credential rest.Credential
	// Applications are the keys of the applications that a new account may use,
	// such as "jira-software". Without any, a new account has only what its
	// groups grant.
	Applications []string
	// LeadsTo is the user name or e-mail address of who gets the projects and
	// components that a leaver leads. Without it nothing is handed over.
	LeadsTo string
	// Timeout bounds one call; rest.DefaultTimeout when zero.
	Timeout time.Duration
	// UserAgent is sent with every call; "rollcall" when empty.
	UserAgent string
	// Transport carries the calls; rest.NewTransport() when nil.
	Transport http.RoundTripper
}

// Target is a Jira Data Center. It is safe for concurrent use.
type Target struct {
	client       *rest.Client
	identity     string
	applications []string
	now          func() time.Time
	names        *nameMemory
	sight        *sight
	leads        *leadIndex
}

var (
	_ directory.Target         = (*Target)(nil)
	_ directory.AccountCreator = (*Target)(nil)
	_ directory.AccountWriter  = (*Target)(nil)
	_ directory.AccessGranter  = (*Target)(nil)
	_ directory.AccountFinder  = (*Target)(nil)
	_ directory.Deactivator    = (*Target)(nil)
	_ directory.AccountDeleter = (*Target)(nil)
	_ directory.LeadKeeper     = (*Target)(nil)
	_ directory.Guarded        = (*Target)(nil)
)

// New returns a Target. It asks nothing; errors are those of the
// configuration, all of them at once.
func New(config Config) (*Target, error) {
	base, unsound := rest.ParseBase(config.BaseURL)
	problems := []error{unsound, config.Credential.ProblemOf("credential")}
	if slices.Contains(config.Applications, "") {
		problems = append(problems, errors.New("applications: one of the keys is empty"))
	}
	if err := rest.Problems("jira-dc", config.Timeout, problems...); err != nil {
		return nil, err
	}
	return &Target{
		client: rest.New(rest.Config{
			Base: base, Authorize: config.Credential, Dialect: dialect(),
			// Jira takes a write without it for a forged one in some set-ups.
			Header:  http.Header{"X-Atlassian-Token": {"no-check"}},
			Timeout: config.Timeout, UserAgent: config.UserAgent, Transport: config.Transport,
		}),
		identity:     Identity(config.BaseURL),
		applications: append([]string{}, config.Applications...),
		now:          time.Now,
		names:        newNameMemory(),
		sight:        &sight{},
		leads:        &leadIndex{to: strings.TrimSpace(config.LeadsTo), turn: make(chan struct{}, 1)},
	}, nil
}

// Identity names the place that a Jira's accounts live in: its base URL without
// the scheme, in lower case.
func Identity(baseURL string) string {
	return "jira-dc:" + rest.Place(baseURL)
}
