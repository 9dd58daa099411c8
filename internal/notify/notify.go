package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// The kinds of destination.
const (
	Webhook = "webhook"
	Slack   = "slack"
	SMTP    = "smtp"
)

// DefaultTimeout is how long one delivery may take. A receiver of webhooks is
// expected to answer within some seconds; a mail server may look a sender up
// before it does.
const DefaultTimeout = 20 * time.Second

// Destination is somebody who wants to hear of events.
type Destination struct {
	// Name is the destination's in the configuration; it is in errors.
	Name string
	// Kind is Webhook, Slack or SMTP.
	Kind string
	// Events and Connections limit what is sent; an empty list limits nothing.
	Events, Connections []string
	// URL is where a webhook is sent to. It may be a secret.
	URL string
	// Secret signs what goes to a Webhook; without one nothing is signed.
	Secret string
	// Mail says how an e-mail is sent.
	Mail Mail
}

// wants reports whether the destination is told of an event of a connection. What
// concerns no connection, such as a test, concerns all.
func (d Destination) wants(connection, event string) bool {
	return (len(d.Events) == 0 || slices.Contains(d.Events, event)) &&
		(len(d.Connections) == 0 || connection == "" || slices.Contains(d.Connections, connection))
}

// Options are what all destinations share. The zero value is ready for use.
type Options struct {
	// Timeout is for one delivery; 0 is DefaultTimeout.
	Timeout time.Duration
	// Transport sends webhooks; nil is a plain one.
	Transport http.RoundTripper
	// Roots are the authorities that mail servers are trusted by; nil is the system's.
	Roots *x509.CertPool
	// Hello is the name that a mail server is greeted with; empty is the host's.
	Hello string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// sender delivers to one destination.
type sender interface {
	send(ctx context.Context, m Message, payload []byte) error
}

// Notifier delivers messages to destinations. It may be used by many at once.
type Notifier struct {
	destinations []Destination
	senders      map[string]sender
	timeout      time.Duration
}

// New makes a notifier of the destinations. It fails on one that cannot be
// sent to as it is described, with an error that shows no secret.
func New(destinations []Destination, o Options) (*Notifier, error) {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Hello == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("learn the host's name, to greet mail servers with: %w", err)
		}
		o.Hello = name
	}
	n := &Notifier{destinations: slices.Clone(destinations), senders: make(map[string]sender, len(destinations)), timeout: o.Timeout}
	post := newPoster(o)
	for _, d := range destinations {
		s, err := newSender(d, o, post)
		if err != nil {
			return nil, fmt.Errorf("notification %q: %w", d.Name, err)
		}
		if n.senders[d.Name] != nil {
			return nil, fmt.Errorf("notification %q: there are two of that name", d.Name)
		}
		n.senders[d.Name] = s
	}
	return n, nil
}

func newSender(d Destination, o Options, post *poster) (sender, error) {
	for _, event := range d.Events {
		if !slices.Contains(Events[:], Event(event)) {
			return nil, fmt.Errorf("no event is called %q", event)
		}
	}
	if d.Name == "" {
		return nil, errors.New("it has no name")
	}
	switch d.Kind {
	case Webhook, Slack:
		if err := checkURL(d.URL); err != nil {
			return nil, err
		}
		if d.Kind == Slack {
			return slack{name: d.Name, url: d.URL, post: post}, nil
		}
		return webhook{name: d.Name, url: d.URL, secret: d.Secret, post: post, now: o.Now}, nil
	case SMTP:
		return newMailer(d.Name, d.Mail, o)
	}
	return nil, fmt.Errorf("no kind is called %q", d.Kind)
}

// Names are the destinations' names, in the order of the configuration. A nil
// Notifier has none.
func (n *Notifier) Names() []string {
	if n == nil {
		return nil
	}
	names := make([]string, len(n.destinations))
	for i, d := range n.destinations {
		names[i] = d.Name
	}
	return names
}

// Destinations are the names of those who want to hear of an event of a
// connection; an empty connection is for what concerns all.
func (n *Notifier) Destinations(connection, event string) []string {
	var names []string
	for _, d := range n.destinations {
		if d.wants(connection, event) {
			names = append(names, d.Name)
		}
	}
	return names
}

// Deliver sends a payload, as Message.Encode made it, to a destination.
//
// *directory.UnavailableError and *directory.RateLimitError are worth trying
// again; *directory.AuthError and *directory.RefusedError are not, the latter
// also for a destination that is not configured any more. Nothing of a
// destination but its name is in what their Error says.
func (n *Notifier) Deliver(ctx context.Context, destination string, payload []byte) error {
	s := n.senders[destination]
	if s == nil {
		return &directory.RefusedError{Call: "notify " + destination, Code: "not-configured"}
	}
	m, err := Decode(payload)
	if err != nil {
		return fmt.Errorf("notify %s: %w", destination, err)
	}
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	return s.send(ctx, m, payload)
}
