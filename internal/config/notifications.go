package config

import (
	"maps"
	"net/mail"
	"slices"
)

// The kinds of notification.
const (
	KindWebhook = "webhook"
	KindSlack   = "slack"
	KindSMTP    = "smtp"
)

// How a connection to a mail server is encrypted.
const (
	TLSStartTLS = "starttls"
	TLSImplicit = "tls"
	TLSNone     = "none"
)

// Notification is somebody, or something, that is told what happened.
type Notification struct {
	Name string `yaml:"-"`
	// Kind is KindWebhook, KindSlack or KindSMTP.
	Kind string `yaml:"kind" rule:"required" oneof:"webhook,slack,smtp"`
	// Events are those that are told; none means all.
	Events []string `yaml:"events" oneof:"failure,held,quarantine,seats,token,silence"`
	// Connections are those that are told of; none means all.
	Connections []string `yaml:"connections"`
	// URL is where a webhook is, which may be a secret by itself.
	URL Hook `yaml:"url"`
	// Secret signs what is sent to a webhook.
	Secret Secret `yaml:"secret"`
	// Address is host:port of a mail server; what follows is for it too.
	Address  string   `yaml:"address"`
	From     string   `yaml:"from"`
	To       []string `yaml:"to"`
	Username string   `yaml:"username"`
	Password Secret   `yaml:"password"`
	// TLS is TLSStartTLS, TLSImplicit or TLSNone.
	TLS string `yaml:"tls" oneof:"starttls,tls,none"`
}

// Hook is a URL that no log, error, JSON or %v ever shows.
type Hook struct {
	Secret
	// Literal is whether it stands in the file itself.
	Literal bool
}

func (h *Hook) readNode(r *reader, at place) {
	value, literal, ok := r.secret(at)
	if ok {
		*h = Hook{Secret: NewSecret(value), Literal: literal}
	}
}

// NotificationNames returns the names of all notifications, sorted.
func (c *Config) NotificationNames() []string { return slices.Sorted(maps.Keys(c.Notifications)) }

func (r *reader) validateNotifications(c *Config) {
	for _, name := range c.NotificationNames() {
		n, path := c.Notifications[name], "notifications."+name
		r.unique(path+".events", n.Events)
		for i, connection := range n.Connections {
			if _, ok := c.Connections[connection]; !ok {
				r.problem(indexed(path+".connections", i), "%q is no connection; expected %s", r.raw(indexed(path+".connections", i)), listed(c.ConnectionNames()))
			}
		}
		r.unique(path+".connections", n.Connections)
		switch n.Kind {
		case KindWebhook:
			r.needs(path, "url", "secret")
			r.has(path, n.Kind, "address", "from", "to", "username", "password", "tls")
			r.longEnough(path+".secret", n.Secret)
		case KindSlack:
			r.needs(path, "url")
			r.has(path, n.Kind, "secret", "address", "from", "to", "username", "password", "tls")
			if n.URL.Literal && !n.URL.IsZero() {
				r.warn(path+".url", "a secret stands in the file itself; better ${NAME} or file:path")
			}
		case KindSMTP:
			r.needs(path, "address", "from", "to")
			r.has(path, n.Kind, "url", "secret")
			r.validateMail(path, n)
		}
		if r.nodes[path+".url"] != nil && !r.failed[path+".url"] {
			r.endpoint(path+".url", n.URL.Reveal())
		}
	}
}

// needs reports settings that are missing.
func (r *reader) needs(path string, settings ...string) {
	for _, setting := range settings {
		if r.nodes[path+"."+setting] == nil {
			r.problem(path+"."+setting, "is missing")
		}
	}
}

// has reports settings that a kind has no use for.
func (r *reader) has(path, kind string, settings ...string) {
	for _, setting := range settings {
		if r.nodes[path+"."+setting] != nil {
			r.problem(path+"."+setting, "does not go with kind: %s", kind)
		}
	}
}

func (r *reader) validateMail(path string, n Notification) {
	if r.nodes[path+".address"] != nil {
		r.hostPort(path+".address", n.Address)
	}
	const expected = "is not an address; expected one such as rollcall@example.com"
	if r.nodes[path+".from"] != nil && !mailAddress(n.From) {
		r.problem(path+".from", expected)
	}
	for i, to := range n.To {
		if !mailAddress(to) {
			r.problem(indexed(path+".to", i), expected)
		}
	}
	if r.nodes[path+".to"] != nil && len(n.To) == 0 {
		r.problem(path+".to", "is empty; expected at least one address")
	}
	r.unique(path+".to", n.To)
	if (n.Username == "") != n.Password.IsZero() {
		r.problem(path+".username", "goes with password, and password with username; expected both or none")
	}
	if n.TLS == TLSNone && !listensLocally(n.Address) && !r.failed[path+".address"] {
		r.problem(path+".tls", "none is for loopback only; expected starttls or tls")
	}
}

// mailAddress says whether a text is an address and nothing else.
func mailAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}
