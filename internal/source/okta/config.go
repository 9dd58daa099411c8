package okta

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// Config says which organisation is read and what of it.
type Config struct {
	// URL is the organisation, such as "https://example.okta.com": no path, and
	// https unless it is a loopback address.
	URL string
	// Token is an API token (SSWS). It is sent and nothing else.
	Token string
	// AppID limits users and groups to those assigned to an application; empty
	// means the whole organisation.
	AppID string
	// Groups selects groups.
	Groups Selection
	// Attributes are what is read of each user's profile beside login, address
	// and names.
	Attributes Attributes
	// PageSize is how many users or groups are asked for in one call, at most
	// 200. Zero means 200, and 500 for an application's users.
	PageSize int
	// MembersPageSize is how many members of a group are asked for in one call,
	// at most 1000. Zero means 200, which Okta recommends.
	MembersPageSize int
	// Timeout bounds one call, answer included. Zero means 30 s.
	Timeout time.Duration
	// UserAgent is added to the SDK's own.
	UserAgent string
	// Transport sends the requests; nil means a plain one. A rate-limit budget
	// goes here.
	Transport http.RoundTripper
}

// Selection says which groups are read. Without Names, Types and IDs it is all
// but BUILT_IN ones (Everyone).
type Selection struct {
	// Names are patterns as of path.Match, ignoring case, except that "*" and
	// "?" match a slash too.
	Names []string
	// Exclude are patterns of names that are not selected by Names or Types.
	Exclude []string
	// Types are Okta's: OKTA_GROUP, APP_GROUP, BUILT_IN. With Names too, both
	// must agree.
	Types []string
	// IDs are selected whatever their name and type.
	IDs []string
	// Where narrows all of that; nil narrows nothing.
	Where func(directory.Group) bool
}

// The page sizes of the API; developer.okta.com/docs/api/openapi/okta-management.
const (
	mostUsers       = 200
	mostMembers     = 1000
	standardMembers = 200
	mostAppUsers    = 500
	leastAppGroups  = 20
	mostAppGroups   = 200
	standardTimeout = 30 * time.Second
	builtIn         = "BUILT_IN"
)

func (c Config) validated() (Config, error) {
	base, err := orgURL(c.URL)
	if err != nil {
		return c, err
	}
	c.URL = base
	if c.Token == "" {
		return c, errors.New("token: expected an Okta API token")
	}
	if strings.ContainsAny(c.Token, " \t\r\n") {
		return c, errors.New("token: an Okta API token has no spaces or line breaks")
	}
	if c.PageSize < 0 || c.PageSize > mostUsers {
		return c, fmt.Errorf("page size %d: expected 1 to %d", c.PageSize, mostUsers)
	}
	if c.MembersPageSize < 0 || c.MembersPageSize > mostMembers {
		return c, fmt.Errorf("members page size %d: expected 1 to %d", c.MembersPageSize, mostMembers)
	}
	if c.MembersPageSize == 0 {
		c.MembersPageSize = standardMembers
	}
	if c.Timeout < 0 {
		return c, fmt.Errorf("timeout %s: expected a positive duration", c.Timeout)
	}
	if c.Timeout == 0 {
		c.Timeout = standardTimeout
	}
	for _, pattern := range append(append([]string(nil), c.Groups.Names...), c.Groups.Exclude...) {
		if _, err := path.Match(pattern, ""); err != nil {
			return c, fmt.Errorf("group pattern %q: %w", pattern, err)
		}
	}
	return c, nil
}

// orgURL checks an organisation's address and takes a trailing slash off.
func orgURL(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "", errors.New("url: it cannot be parsed; expected something like https://example.okta.com")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "", errors.New("url: expected scheme and host only, such as https://example.okta.com")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("url: http is accepted for loopback addresses only, not for %s; use https", u.Hostname())
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("url: expected https, found %q", u.Scheme)
	}
	for _, console := range []string{"-admin.okta.com", "-admin.oktapreview.com", "-admin.okta-emea.com"} {
		if host, ok := strings.CutSuffix(u.Hostname(), console); ok {
			return "", fmt.Errorf("url: %s is the admin console; the organisation is %s%s",
				u.Hostname(), host, strings.TrimPrefix(console, "-admin"))
		}
	}
	return u.Scheme + "://" + u.Host, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
