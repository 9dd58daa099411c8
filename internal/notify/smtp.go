package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/internal/directory"
)

// How a connection to a mail server is protected.
const (
	// StartTLS begins in the clear and must then be encrypted (port 587).
	StartTLS = "starttls"
	// ImplicitTLS is encrypted from the first byte (port 465).
	ImplicitTLS = "tls"
	// NoTLS is for a server on this machine alone.
	NoTLS = "none"
)

// Mail says how an e-mail is sent.
type Mail struct {
	// Address is host and port of the mail server.
	Address string
	// TLS is StartTLS, ImplicitTLS or NoTLS; empty is StartTLS.
	TLS string
	// Username and Password sign in; without a username nobody does.
	Username, Password string
	// From and To are addresses, with or without a name.
	From string
	To   []string
}

// mailer sends e-mail through one server.
type mailer struct {
	name, host, hello string
	mail              Mail
	from              *mail.Address
	to                []*mail.Address
	roots             *x509.CertPool
	now               func() time.Time
}

func newMailer(name string, m Mail, o Options) (*mailer, error) {
	host, _, err := net.SplitHostPort(m.Address)
	if err != nil || host == "" {
		return nil, errors.New("its address is not host:port")
	}
	if m.TLS == "" {
		m.TLS = StartTLS
	}
	switch {
	case m.TLS != StartTLS && m.TLS != ImplicitTLS && m.TLS != NoTLS:
		return nil, fmt.Errorf("tls is %q; expected %s, %s or %s", m.TLS, StartTLS, ImplicitTLS, NoTLS)
	case m.TLS == NoTLS && !loopback(host):
		return nil, errors.New("without TLS the mail server must be on this machine")
	case len(m.To) == 0:
		return nil, errors.New("it has nobody to send to")
	}
	sender := &mailer{name: name, host: host, hello: o.Hello, mail: m, roots: o.Roots, now: o.Now}
	if sender.from, err = mail.ParseAddress(m.From); err != nil {
		return nil, errors.New("from is not an e-mail address")
	}
	for _, to := range m.To {
		address, err := mail.ParseAddress(to)
		if err != nil {
			return nil, errors.New("to holds what is not an e-mail address")
		}
		sender.to = append(sender.to, address)
	}
	return sender, nil
}

// loopback reports whether a host is this machine by its name or address.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// send sends one mail to all. When the server takes it for some and refuses
// others for good, those get it, and the error is a *directory.RefusedError.
func (s *mailer) send(ctx context.Context, m Message, _ []byte) error {
	text, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("%s: %w", s.call("compose"), err)
	}
	connection, err := s.dial(ctx)
	if err != nil {
		return s.typed("connect", err)
	}
	// The end of the context ends whatever is waited for.
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	client, err := smtp.NewClient(connection, s.host)
	if err != nil {
		_ = connection.Close() // what matters is why it is no mail server
		return s.typed("greeting", err)
	}
	defer client.Close()
	if err := s.open(client); err != nil {
		return err
	}
	if err := s.transfer(client, text); err != nil {
		return err
	}
	// The mail is taken; how the goodbye goes makes no difference.
	_ = client.Quit()
	return nil
}

func (s *mailer) call(step string) string { return "SMTP " + step + " " + s.name }

func (s *mailer) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if s.mail.TLS == ImplicitTLS {
		return (&tls.Dialer{NetDialer: &dialer, Config: s.tls()}).DialContext(ctx, "tcp", s.mail.Address)
	}
	return dialer.DialContext(ctx, "tcp", s.mail.Address)
}

func (s *mailer) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// open greets, encrypts and signs in.
func (s *mailer) open(client *smtp.Client) error {
	if err := client.Hello(s.hello); err != nil {
		return s.typed("EHLO", err)
	}
	if s.mail.TLS == StartTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			// Going on in the clear is what somebody in between would want.
			return &directory.RefusedError{Call: s.call("STARTTLS"), Code: "no-starttls"}
		}
		if err := client.StartTLS(s.tls()); err != nil {
			return s.typed("STARTTLS", err)
		}
	}
	if s.mail.Username == "" {
		return nil
	}
	offered, mechanisms := client.Extension("AUTH")
	if !offered {
		return &directory.RefusedError{Call: s.call("AUTH"), Code: "no-auth"}
	}
	if err := client.Auth(s.auth(mechanisms)); err != nil {
		return s.typed("AUTH", err)
	}
	return nil
}

// transfer hands the mail over. What fails for now fails for all, so that
// nobody gets it twice; who is refused for good does not keep it from the rest.
func (s *mailer) transfer(client *smtp.Client, text []byte) error {
	if err := client.Mail(s.from.Address); err != nil {
		return s.typed("MAIL", err)
	}
	var refused error
	taken := 0
	for _, to := range s.to {
		err := client.Rcpt(to.Address)
		var said *textproto.Error
		switch {
		case err == nil:
			taken++
		case errors.As(err, &said) && said.Code >= 500:
			refused = &directory.RefusedError{Call: s.call("RCPT"), Status: said.Code, Code: "recipient", Detail: said.Msg}
		default:
			return s.typed("RCPT", err)
		}
	}
	if taken == 0 {
		return refused
	}
	w, err := client.Data()
	if err != nil {
		return s.typed("DATA", err)
	}
	if _, err := w.Write(text); err != nil {
		return s.typed("DATA", err)
	}
	if err := w.Close(); err != nil {
		err := s.typed("DATA", err)
		var unavailable *directory.UnavailableError
		if errors.As(err, &unavailable) && unavailable.Status == 0 {
			unavailable.Ambiguous = true
		}
		return err
	}
	return refused
}

// typed turns an error of a mail server into one of ours: RFC 5321 section
// 4.2.1 says that 4yz is worth another try and 5yz is not, RFC 4954 section 6
// which of them are about the credential.
func (s *mailer) typed(step string, err error) error {
	call := s.call(step)
	var said *textproto.Error
	switch {
	case errors.Is(err, errInsecure), errors.Is(err, errChallenge):
		return &directory.RefusedError{Call: call, Code: "auth-mechanism", Detail: err.Error()}
	case !errors.As(err, &said):
		return &directory.UnavailableError{Call: call, Detail: err.Error()}
	case said.Code < 500:
		return &directory.UnavailableError{Call: call, Status: said.Code, Detail: said.Msg}
	case said.Code == 530, said.Code == 534, said.Code == 535, said.Code == 538:
		return &directory.AuthError{Call: call, Status: said.Code, Detail: said.Msg}
	}
	return &directory.RefusedError{Call: call, Status: said.Code, Detail: strings.ToValidUTF8(said.Msg, "")}
}
