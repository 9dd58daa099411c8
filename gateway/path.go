package gateway

import (
	"net/http"
	"net/url"
	"strings"
)

// root is where SCIM begins; the name of the connection follows.
const root = "/scim/v2"

// endpoints are the segments that are not resource types, as RFC 7644 spells
// them (section 3.2).
func endpoints() []string {
	return []string{"ServiceProviderConfig", "ResourceTypes", "Schemas", "Bulk", "Me", ".search"}
}

// locate notes connection and path of a request and returns the request with
// its path as the router knows it: clients double slashes, end with one and
// spell endpoints in their own case (SCIM-CLIENTS.md, E16).
func (c *call) locate(r *http.Request) *http.Request {
	path := r.URL.EscapedPath()
	if prefix := c.g.proxies.path; prefix != "" {
		if rest, ok := strings.CutPrefix(path, prefix); ok && strings.HasPrefix(rest, "/") {
			path = rest
		}
	}
	segments := make([]string, 0, 6)
	for rest := path; rest != ""; {
		var segment string
		segment, rest, _ = strings.Cut(rest, "/")
		if segment != "" {
			segments = append(segments, segment)
		}
	}
	if len(segments) < 3 || !strings.EqualFold(segments[0], "scim") || !strings.EqualFold(segments[1], "v2") {
		return withPath(r, "/"+strings.Join(segments, "/"))
	}
	name, err := url.PathUnescape(segments[2])
	if err != nil {
		name = segments[2]
	}
	c.connection = name
	if len(segments) > 3 {
		segments[3] = c.g.spell(name, segments[3])
	}
	if last := len(segments) - 1; last == 4 && strings.EqualFold(segments[last], ".search") {
		segments[last] = ".search"
	}
	c.path = "/" + strings.Join(segments[3:], "/")
	return withPath(r, root+"/"+segments[2]+strings.TrimSuffix(c.path, "/"))
}

// spell returns an endpoint in its own case.
func (g *Gateway) spell(connection, segment string) string {
	if d, ok := g.doors[connection]; ok {
		if t, ok := d.byEndpoint(segment); ok {
			return t.segment
		}
	}
	for _, e := range endpoints() {
		if strings.EqualFold(e, segment) {
			return e
		}
	}
	return segment
}

// withPath returns the request with another path, still percent-encoded.
func withPath(r *http.Request, escaped string) *http.Request {
	if r.URL.Path == escaped && r.URL.RawPath == "" {
		return r
	}
	path, err := url.PathUnescape(escaped)
	if err != nil {
		path = escaped
	}
	located := *r
	u := *r.URL
	u.Path, u.RawPath = path, escaped
	located.URL = &u
	return &located
}
