package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// proxies knows who may speak for a client, and what the gateway is called
// from outside.
type proxies struct {
	trusted []netip.Prefix
	// base is the configured base URL, empty for that of each request; path is
	// its path.
	base, path string
}

func newProxies(s config.Scim) (proxies, error) {
	path, err := base(s.BaseURL)
	return proxies{trusted: s.TrustedProxies, base: strings.TrimRight(s.BaseURL, "/"), path: path}, err
}

func (p proxies) trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, prefix := range p.trusted {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address that a request comes from, and whether a trusted proxy
// brought it. X-Forwarded-For is read from its end, where the nearest proxy
// writes, up to the first address that is not a trusted one: what stands
// before that anybody may have written.
func (p proxies) client(r *http.Request) (netip.Addr, bool) {
	address := remote(r)
	if len(p.trusted) == 0 || !p.trusts(address) {
		return address, false
	}
	values := r.Header.Values("X-Forwarded-For")
	for i := len(values) - 1; i >= 0; i-- {
		hops := strings.Split(values[i], ",")
		for j := len(hops) - 1; j >= 0; j-- {
			hop, err := parseHop(hops[j])
			if err != nil {
				return address, true
			}
			address = hop
			if !p.trusts(address) {
				return address, true
			}
		}
	}
	return address, true
}

func remote(r *http.Request) netip.Addr {
	if port, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return port.Addr().Unmap()
	}
	return netip.Addr{}
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, error) {
	s = strings.TrimSpace(s)
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap(), err
}

// baseURL is the address of the connection as the client knows it.
func (c *call) baseURL() string {
	if c.base != "" {
		return c.base
	}
	p := c.g.proxies
	if p.base != "" {
		c.base = p.base + root + "/" + c.connection
		return c.base
	}
	scheme, host := "http", c.r.Host
	if c.r.TLS != nil {
		scheme = "https"
	}
	if c.trusted {
		if proto := last(c.r.Header.Get("X-Forwarded-Proto")); proto == "http" || proto == "https" {
			scheme = proto
		}
		if forwarded := last(c.r.Header.Get("X-Forwarded-Host")); forwarded != "" {
			host = forwarded
		}
	}
	if !isHost(host) {
		host = "localhost"
	}
	c.base = scheme + "://" + host + root + "/" + c.connection
	return c.base
}

// last is the last of several values with commas between: the nearest proxy's.
func last(values string) string {
	if i := strings.LastIndexByte(values, ','); i >= 0 {
		values = values[i+1:]
	}
	return strings.ToLower(strings.TrimSpace(values))
}

// isHost reports whether a text has only characters of host names, addresses
// and ports, which need no escaping anywhere.
func isHost(s string) bool {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if !(b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._:[]", b) >= 0) {
			return false
		}
	}
	return s != ""
}
