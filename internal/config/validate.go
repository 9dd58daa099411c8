package config

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// validate checks what a single value cannot tell by itself.
func (r *reader) validate(c *Config) {
	r.validateTemporal(c.Temporal)
	r.hostPort("worker.listen", c.Worker.Listen)
	for _, name := range c.ConnectionNames() {
		path := "connections." + name
		connection := c.Connections[name]
		r.validateSource(path+".source", connection.Source)
		for _, target := range connection.TargetNames() {
			r.validateTarget(path+".targets."+target, connection.Targets[target])
		}
		if connection.Schedule != nil {
			r.validateSchedule(path+".schedule", *connection.Schedule)
		}
	}
}

func (r *reader) validateTemporal(t Temporal) {
	r.hostPort("temporal.address", t.Address)
	if t.Namespace == "" {
		r.problem("temporal.namespace", "is empty")
	}
	if t.TLS == nil {
		return
	}
	if t.TLS.CA != "" {
		t.TLS.CA = r.resolve(t.TLS.CA)
		pem, err := os.ReadFile(t.TLS.CA)
		switch {
		case err != nil:
			r.problem("temporal.tls.ca", "cannot read the file: %v", reason(err))
		case !x509.NewCertPool().AppendCertsFromPEM(pem):
			r.problem("temporal.tls.ca", "no certificate in the file; expected PEM")
		}
	}
	switch {
	case t.TLS.Cert == "" && t.TLS.Key != "":
		r.problem("temporal.tls.cert", "is missing; key and cert go together")
	case t.TLS.Key == "" && t.TLS.Cert != "":
		r.problem("temporal.tls.key", "is missing; cert and key go together")
	case t.TLS.Cert != "":
		t.TLS.Cert, t.TLS.Key = r.resolve(t.TLS.Cert), r.resolve(t.TLS.Key)
		for path, file := range map[string]string{"temporal.tls.cert": t.TLS.Cert, "temporal.tls.key": t.TLS.Key} {
			if _, err := os.ReadFile(file); err != nil {
				r.problem(path, "cannot read the file: %v", reason(err))
			}
		}
		if r.failed["temporal.tls.cert"] || r.failed["temporal.tls.key"] {
			return
		}
		if _, err := tls.LoadX509KeyPair(t.TLS.Cert, t.TLS.Key); err != nil {
			r.problem("temporal.tls.cert", "is no pair with the key; expected two PEM files that belong together")
		}
	}
}

func (r *reader) validateSource(path string, s Source) {
	if s.Kind != KindOkta {
		return
	}
	if u := r.endpoint(path+".url", s.URL); u != nil {
		switch host := u.Hostname(); {
		case strings.Trim(u.Path, "/") != "":
			r.problem(path+".url", "has a path; expected the organisation's address alone, such as https://example.okta.com")
		case strings.Contains(host, "-admin.okta") || strings.Contains(host, "-admin.trexcloud"):
			r.problem(path+".url", "is the administrators' console; expected the address without -admin")
		case strings.Contains(strings.ToLower(s.URL), "youroktadomain"):
			r.problem(path+".url", "is the documentation's placeholder; expected your organisation's address")
		}
	}
	r.opaqueID(path+".app_id", s.AppID)
	for i, id := range s.GroupIDs {
		r.opaqueID(indexed(path+".group_ids", i), id)
	}
	r.unique(path+".group_types", s.GroupTypes)
	r.unique(path+".group_ids", s.GroupIDs)
	r.validatePatterns(path, s)
}

func (r *reader) validateTarget(path string, t Target) {
	if t.Kind != KindAtlassianCloud {
		return
	}
	r.endpoint(path+".url", t.URL)
	r.opaqueID(path+".organization", t.Organization)
	r.opaqueID(path+".directory", t.Directory)
	if t.Directory == "-" {
		r.problem(path+".directory", "- means every directory and can be read only; expected one directory's id")
	}
	r.unique(path+".protected.accounts", t.Protected.Accounts)
	r.unique(path+".protected.groups", t.Protected.Groups)
}

// endpoint checks a base URL and returns it, or nil when it is no good. The
// value is not repeated: a URL may hold a password.
func (r *reader) endpoint(path, value string) *url.URL {
	const expected = "expected https://host"
	if r.failed[path] || value == "" {
		r.problem(path, "is empty; %s", expected)
		return nil
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		r.problem(path, "is not a URL; %s", expected)
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", !validPort(u.Port()):
		r.problem(path, "is not a web address; %s", expected)
	case u.User != nil:
		r.problem(path, "has a user name in it; %s and the credential in its own setting", expected)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		r.problem(path, "has a query or fragment; %s", expected)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		r.problem(path, "is plain http, which is for loopback only; %s", expected)
	default:
		return u
	}
	return nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

func (r *reader) hostPort(path, value string) {
	_, port, err := net.SplitHostPort(value)
	if err != nil || port == "" || !validPort(port) {
		r.problem(path, "is not an address; expected host:port")
	}
}

var opaqueID = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// opaqueID checks what becomes a part of a request's path.
func (r *reader) opaqueID(path, value string) {
	if value != "" && !opaqueID.MatchString(value) {
		r.problem(path, "is not an id; expected letters, digits, dots, - and _")
	}
}

// unique reports a value that a list has twice, ignoring case.
func (r *reader) unique(path string, values []string) {
	seen := map[string]int{}
	for i, value := range values {
		folded := strings.ToLower(value)
		if first, twice := seen[folded]; twice {
			r.problem(indexed(path, i), "is there twice, first in line %d", r.finding(indexed(path, first), "").Line)
			continue
		}
		seen[folded] = i
	}
}
