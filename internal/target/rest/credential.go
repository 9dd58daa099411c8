package rest

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Credential is how a client proves who it is.
type Credential struct {
	user, secret string
	basic        bool
}

// Bearer is a token in the Authorization header.
func Bearer(token string) Credential { return Credential{secret: token} }

// Basic is a user's (or an application's) name and password or token.
func Basic(user, secret string) Credential {
	return Credential{user: user, secret: secret, basic: true}
}

func (c Credential) authorize(r *http.Request) {
	if c.basic {
		r.SetBasicAuth(c.user, c.secret)
		return
	}
	r.Header.Set("Authorization", "Bearer "+c.secret)
}

// Problem says what is wrong with a credential; nil is nothing.
func (c Credential) Problem() error {
	switch {
	case c.secret == "":
		return errors.New("missing")
	case strings.ContainsFunc(c.secret, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("holds a control character")
	case !c.basic && strings.ContainsFunc(c.secret, func(r rune) bool { return r == ' ' || r > '~' }):
		return errors.New("holds a blank or a character that no token has")
	case c.basic && (c.user == "" || strings.ContainsAny(c.user, ":\r\n")):
		return errors.New("the user name is missing or holds a colon")
	}
	return nil
}

// ParseBase reads a base URL, such as "https://jira.example.com/jira". Plain
// http is accepted for loopback addresses only, since it would show the
// credential to the network. The error never repeats the value.
func ParseBase(raw string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil || base.Host == "":
		return nil, errors.New("base URL: not an address; expected one such as https://jira.example.com")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("base URL: holds a user, a query or a fragment")
	case base.Scheme == "https":
		return base, nil
	case base.Scheme != "http":
		return nil, errors.New("base URL: expected https")
	}
	host := base.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("base URL: plain http would show the credential to the network; use https")
	}
	return base, nil
}

// NewTransport returns a transport that keeps enough connections open for 64
// and more calls at once; net/http's default keeps two a host and would open a
// new one for nearly every call.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}
