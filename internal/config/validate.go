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
	r.validateScim(c)
	r.validateApprovals(c.Approvals)
	r.validateNotifications(c)
	for _, name := range c.ConnectionNames() {
		path := "connections." + name
		connection := c.Connections[name]
		r.validateSource(path+".source", connection.Source)
		r.validateDoor(path, connection)
		for _, name := range connection.TargetNames() {
			target := connection.Targets[name]
			r.completeTarget(path+".targets."+name, &target)
			connection.Targets[name] = target
			r.validateTarget(path+".targets."+name, target)
		}
		r.validateRules(connection)
		if connection.Schedule != nil {
			r.validateSchedule(path+".schedule", *connection.Schedule)
		}
	}
	r.validateSharedGroups(c)
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
	if t.TLS.Cert != "" || t.TLS.Key != "" {
		r.certificate("temporal.tls", &t.TLS.Cert, &t.TLS.Key)
	}
}

// certificate checks the files of a certificate and its key, and makes their
// paths start from the folder of the configuration.
func (r *reader) certificate(path string, cert, key *string) {
	switch {
	case *cert == "":
		r.problem(path+".cert", "is missing; key and cert go together")
		return
	case *key == "":
		r.problem(path+".key", "is missing; cert and key go together")
		return
	}
	*cert, *key = r.resolve(*cert), r.resolve(*key)
	for setting, file := range map[string]string{path + ".cert": *cert, path + ".key": *key} {
		if _, err := os.ReadFile(file); err != nil {
			r.problem(setting, "cannot read the file: %v", reason(err))
		}
	}
	if r.failed[path+".cert"] || r.failed[path+".key"] {
		return
	}
	if _, err := tls.LoadX509KeyPair(*cert, *key); err != nil {
		r.problem(path+".cert", "is no pair with the key; expected two PEM files that belong together")
	}
}

func (r *reader) validateSource(path string, s Source) {
	switch s.Kind {
	case KindScim:
		r.validatePushed(path)
		return
	case KindOkta:
	default:
		return
	}
	for _, setting := range []string{"url", "token"} {
		if r.nodes[path+"."+setting] == nil {
			r.problem(path+"."+setting, "is missing")
		}
	}
	if r.nodes[path+".token"] != nil && s.Token.IsZero() {
		r.problem(path+".token", "is empty; expected ${NAME} or file:path")
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
