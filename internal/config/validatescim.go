package config

import (
	"net"
	"strconv"
	"strings"
)

// validateScim checks how pushes are served, and gives a configuration whose
// connections accept pushes the defaults when it says nothing about it.
func (r *reader) validateScim(c *Config) {
	pushed := len(c.PushedNames()) > 0
	if c.Scim == nil {
		if pushed {
			c.Scim = new(Scim)
			c.Scim.setDefaults()
			c.Scim.MetricsListen = nextPort(c.Worker.Listen)
		}
		return
	}
	if !pushed {
		r.warn("scim", "no connection accepts pushes, so nothing is served; expected a source with kind: scim or also: scim")
	}
	s := c.Scim
	r.hostPort("scim.listen", s.Listen)
	if r.nodes["scim.metrics_listen"] == nil {
		s.MetricsListen = nextPort(c.Worker.Listen)
	} else {
		r.hostPort("scim.metrics_listen", s.MetricsListen)
	}
	if s.TLS != nil {
		r.certificate("scim.tls", &s.TLS.Cert, &s.TLS.Key)
	}
	if r.nodes["scim.base_url"] != nil {
		r.validateBaseURL(s)
	}
	if s.TLS == nil && len(s.TrustedProxies) == 0 && !r.failed["scim.listen"] && !listensLocally(s.Listen) {
		r.warn("scim.listen", "tokens and people's attributes come in over plain http; better tls, or a proxy that does it and trusted_proxies")
	}
}

func (r *reader) validateBaseURL(s *Scim) {
	const path = "scim.base_url"
	u := r.endpoint(path, s.BaseURL)
	if u == nil {
		return
	}
	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
	switch {
	case strings.Contains(s.BaseURL, "_"):
		r.problem(path, "has a _ in it, which Okta refuses; expected an address without")
	case strings.HasSuffix(strings.ToLower(s.BaseURL), "/scim/v2") || strings.Contains(strings.ToLower(s.BaseURL), "/scim/v2/"):
		r.problem(path, "has /scim/v2 in it, which the gateway adds itself; expected what stands before, such as https://rollcall.example.com")
	}
}

// nextPort is an address with its port raised by one, so that a worker and a
// gateway can run on one machine with one file; 0 stays, which is any port.
func nextPort(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address // hostPort has reported it
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil || n == 0:
		return address
	case n == 65535:
		n = 65533 // there is none above, so the one below
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1))
}

// listensLocally says whether only this machine reaches an address.
func listensLocally(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopback(host)
}

// validatePushed reports the settings that a source of pushes has no use for.
func (r *reader) validatePushed(path string) {
	for _, setting := range []string{
		"url", "token", "token_expires", "app_id", "groups", "exclude_groups", "group_types", "group_ids", "page_size",
		"full_read", "rate_limit_share", "timeout", "system_log", "overlap",
	} {
		if r.nodes[path+"."+setting] != nil {
			r.problem(path+"."+setting, "does not go with kind: scim; the identity provider chooses what it pushes")
		}
	}
	if r.nodes[path+".also"] != nil {
		r.problem(path+".also", "does not go with kind: scim, which is pushes already; expected none, or kind: okta")
	}
}

// validateDoor checks a connection's settings for pushes.
func (r *reader) validateDoor(path string, c Connection) {
	path += ".scim"
	if r.nodes[path] == nil {
		return
	}
	if !c.Pushed() {
		r.problem(path, "goes with kind: scim or also: scim only; this connection accepts no pushes")
		return
	}
	r.validateSchemas(path, c.Scim)
	for failed := range r.failed {
		if strings.HasPrefix(failed, path) {
			return
		}
	}
	// What is left is about all of them together.
	if _, err := c.Scim.Registry(); err != nil {
		r.problem(path, "%v", err)
	}
}
