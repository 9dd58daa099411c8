package config

import (
	"net"
	"net/netip"
	"time"
)

// Scim is how the gateway serves pushes.
type Scim struct {
	// Listen is host:port. Without TLS it should be loopback, or where only a
	// proxy reaches it.
	Listen string `yaml:"listen"`
	// MetricsListen is host:port of the metrics and health endpoint of scimgw,
	// which has a process of its own. Where the file does not say, it is
	// worker.listen with the next port.
	MetricsListen string `yaml:"metrics_listen"`
	// BaseURL is what identity providers reach the gateway by, without
	// /scim/v2 and without a slash at its end; empty when each request tells.
	BaseURL string `yaml:"base_url"`
	// TLS is nil when a proxy does it.
	TLS *ServerTLS `yaml:"tls"`
	// TrustedProxies are the addresses whose X-Forwarded-* headers are
	// believed.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	// MaxBody is the most bytes of a request's body; beyond is 413.
	MaxBody int64 `yaml:"max_body" range:"1KiB..256MiB"`
	// MaxHeader is the most bytes of a request's headers.
	MaxHeader int64 `yaml:"max_header" range:"4KiB..1MiB"`
	// BulkOperations is the most operations of one Bulk request.
	BulkOperations int `yaml:"bulk_operations" range:"1..100000"`
	// RequestTimeout is for reading and answering one request.
	RequestTimeout time.Duration `yaml:"request_timeout" range:"1s..10m"`
	// Concurrency is how many requests are answered at a time; beyond is 429.
	Concurrency int `yaml:"concurrency" range:"1..100000"`
	// FailedLogins is how many wrong tokens an address may send in a minute.
	FailedLogins int `yaml:"failed_logins" range:"1..100000"`
	// LogDays is how long the log of requests is kept.
	LogDays time.Duration `yaml:"log_days" range:"1d..3650d"`
	// StopTimeout is how long a stopping gateway finishes what it accepted.
	StopTimeout time.Duration `yaml:"stop_timeout" range:"0s..10m"`
}

// Base is the SCIM base URL of a connection: what an administrator gives the
// identity provider. Without BaseURL it is where this machine reaches the
// gateway, which others may not.
func (s Scim) Base(connection string) string {
	base := s.BaseURL
	if base == "" {
		scheme := "http"
		if s.TLS != nil {
			scheme = "https"
		}
		host, port, err := net.SplitHostPort(s.Listen)
		if address, parseErr := netip.ParseAddr(host); err == nil && (host == "" || parseErr == nil && address.IsUnspecified()) {
			host = "localhost"
		}
		base = scheme + "://" + net.JoinHostPort(host, port)
	}
	return base + "/scim/v2/" + connection
}

// ServerTLS is a server's certificate. Both files are read again when they
// change.
type ServerTLS struct {
	// Cert and Key are paths of PEM files.
	Cert string `yaml:"cert" rule:"required"`
	Key  string `yaml:"key" rule:"required"`
}

// What is known about the client of a connection.
const (
	// ClientAuto recognises the client by what it sends.
	ClientAuto = "auto"
	// ClientEntra is Microsoft Entra ID, whatever it sends.
	ClientEntra = "entra"
	// ClientRFC is one that follows RFC 7644 to the letter.
	ClientRFC = "rfc"
)

// ConnectionScim is about a connection's own door for pushes.
type ConnectionScim struct {
	// Client is ClientAuto, ClientEntra or ClientRFC.
	Client string `yaml:"client" oneof:"auto,entra,rfc"`
	// RawToken accepts a token without "Bearer" before it.
	RawToken bool `yaml:"raw_token"`
	// Basic accepts Basic authentication: the user is the token's name, the
	// password the token.
	Basic bool `yaml:"basic"`
	// StrictMembers refuses members that are not known yet instead of keeping
	// them until they are.
	StrictMembers bool `yaml:"strict_members"`
	// Extensions add attributes to User and Group.
	Extensions []ScimExtension `yaml:"extensions"`
	// ResourceTypes are served beside User and Group: kept as they were
	// pushed, and applied nowhere.
	ResourceTypes []ScimResourceType `yaml:"resource_types"`
}

// ScimExtension is a schema of attributes beside those of the RFC.
type ScimExtension struct {
	URN         string `yaml:"urn" rule:"required"`
	Name        string `yaml:"name" rule:"required"`
	Description string `yaml:"description"`
	// On is the resource type that carries it, User or Group.
	On string `yaml:"on" oneof:"User,Group"`
	// Required is whether every resource of that type must carry it.
	Required   bool            `yaml:"required"`
	Attributes []ScimAttribute `yaml:"attributes" rule:"required"`
}

// ScimResourceType is a kind of resource that a connection declares.
type ScimResourceType struct {
	// Name is what meta.resourceType says.
	Name string `yaml:"name" rule:"required"`
	// Endpoint is the path under the base, with its slash.
	Endpoint    string `yaml:"endpoint" rule:"required"`
	URN         string `yaml:"urn" rule:"required"`
	Description string `yaml:"description"`
	// Unique is the top-level attribute that no two have in common, and that
	// they are shown by; empty where there is none.
	Unique     string          `yaml:"unique"`
	Attributes []ScimAttribute `yaml:"attributes" rule:"required"`
}

// ScimAttribute defines an attribute (RFC 7643, section 2.2).
type ScimAttribute struct {
	Name        string `yaml:"name" rule:"required"`
	Type        string `yaml:"type" oneof:"string,boolean,decimal,integer,dateTime,binary,reference,complex"`
	Multi       bool   `yaml:"multi"`
	Required    bool   `yaml:"required"`
	CaseExact   bool   `yaml:"case_exact"`
	Description string `yaml:"description"`
	// Mutability has no readOnly: nothing would ever set such a value.
	Mutability string `yaml:"mutability" oneof:"readWrite,immutable,writeOnly"`
	Returned   string `yaml:"returned" oneof:"always,never,default,request"`
	Uniqueness string `yaml:"uniqueness" oneof:"none,server,global"`
	// Canonical are suggested values; others are accepted all the same.
	Canonical []string `yaml:"canonical"`
	// References says what a reference may point at: external, uri or names
	// of resource types.
	References []string `yaml:"references"`
	// Sub are the attributes inside a complex one.
	Sub []ScimAttribute `yaml:"sub"`
}
