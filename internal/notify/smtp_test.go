package notify_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-sync/rollcall/internal/directory"
	"github.com/rollcall-sync/rollcall/internal/notify"
)

var noon = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

// through returns a notifier with one destination, "it", at a mail server.
func through(t *testing.T, s *mailServer, change func(*notify.Mail)) *notify.Notifier {
	t.Helper()
	m := notify.Mail{Address: s.address, From: `"Rollcall, Köln" <rollcall@example.com>`, To: []string{"it@example.com"}}
	if change != nil {
		change(&m)
	}
	n, err := notify.New([]notify.Destination{{Name: "it", Kind: notify.SMTP, Mail: m}},
		notify.Options{Roots: s.roots, Hello: "worker.test", Timeout: time.Minute, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func encoded(t *testing.T, m notify.Message) []byte {
	t.Helper()
	payload, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestAMailIsSentAsTheConfigurationSays(t *testing.T) {
	t.Parallel()
	signIn := func(m *notify.Mail) { m.Username, m.Password = "rollcall", "s3cr3t" }
	for name, c := range map[string]struct {
		server *mailServer
		change func(*notify.Mail)
		want   delivered
	}{
		"over STARTTLS, without signing in": {&mailServer{}, nil, delivered{Encrypted: true}},
		"over STARTTLS, signed in by PLAIN": {&mailServer{mechanisms: "LOGIN PLAIN"}, signIn, delivered{Encrypted: true, SignedIn: "rollcall:s3cr3t"}},
		"over STARTTLS, signed in by LOGIN where the server has no other": {&mailServer{mechanisms: "LOGIN XOAUTH2"}, signIn,
			delivered{Encrypted: true, SignedIn: "rollcall:s3cr3t"}},
		"over TLS from the first byte": {&mailServer{implicit: true, mechanisms: "PLAIN"},
			func(m *notify.Mail) { signIn(m); m.TLS = notify.ImplicitTLS }, delivered{Encrypted: true, SignedIn: "rollcall:s3cr3t"}},
		"in the clear to this machine": {&mailServer{withoutStartTLS: true, mechanisms: "PLAIN"},
			func(m *notify.Mail) { signIn(m); m.TLS = notify.NoTLS }, delivered{SignedIn: "rollcall:s3cr3t"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.server.start(t)
			if err := through(t, s, c.change).Deliver(t.Context(), "it", encoded(t, notify.Test(noon))); err != nil {
				t.Fatal(err)
			}
			took := s.took()
			if len(took) != 1 {
				t.Fatalf("the server took %d mails, want 1", len(took))
			}
			c.want.From, c.want.To, c.want.Text = "rollcall@example.com", []string{"it@example.com"}, took[0].Text
			if diff := cmp.Diff(c.want, took[0]); diff != "" {
				t.Errorf("delivered (-want +got):\n%s", diff)
			}
			if !s.heard("EHLO worker.test") {
				t.Error("the server was not greeted by name")
			}
		})
	}
}

func TestAMailIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	n := through(t, s, func(m *notify.Mail) { m.To = []string{"Zoë <zoe@example.com>", "ops@example.com"} })
	message := notify.Message{Event: notify.EventFailure, Key: "k", At: noon, Title: "Straße\r\nBcc: all@example.com", Text: "a = b\n.\n" + strings.Repeat("long ", 300), Next: "Nichts täte not."}
	for range 2 {
		if err := n.Deliver(t.Context(), "it", encoded(t, message)); err != nil {
			t.Fatal(err)
		}
	}
	took := s.took()
	if len(took) != 2 {
		t.Fatalf("the server took %d mails, want 2", len(took))
	}
	for line := range strings.Lines(took[0].Text) {
		if len(line) > 79 {
			t.Errorf("a line has %d bytes: %q", len(line), line)
		}
	}
	parsed, err := mail.ReadMessage(strings.NewReader(took[0].Text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"zoe@example.com", "ops@example.com"}, took[0].To); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	var words mime.WordDecoder
	title, err := words.DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "[Rollcall] Straße\r\nBcc: all@example.com"; title != want || parsed.Header.Get("Bcc") != "" {
		t.Errorf("the subject is %q, Bcc is %q; want %q and none", title, parsed.Header.Get("Bcc"), want)
	}
	from, err := parsed.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != "Rollcall, Köln" {
		t.Errorf("it is from %v (%v)", from, err)
	}
	if to, err := parsed.Header.AddressList("To"); err != nil || len(to) != 2 || to[0].Name != "Zoë" {
		t.Errorf("it is to %v (%v)", to, err)
	}
	if at, err := parsed.Header.Date(); err != nil || !at.Equal(noon) {
		t.Errorf("it is of %s (%v), want %s", at, err, noon)
	}
	if parsed.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Error("an absence note would answer it")
	}
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil {
		t.Fatal(err)
	}
	if want, got := message.Text+"\n\n"+message.Next+"\n", strings.ReplaceAll(string(body), "\r\n", "\n"); got != want {
		t.Errorf("the text (-want +got):\n%s", cmp.Diff(want, got))
	}
	again, err := mail.ReadMessage(strings.NewReader(took[1].Text))
	if err != nil {
		t.Fatal(err)
	}
	id := parsed.Header.Get("Message-Id")
	if id == "" || id != again.Header.Get("Message-Id") || !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("the ids are %q and %q; want one, of the sender's domain", id, again.Header.Get("Message-Id"))
	}
}

func TestAMailServerThatDoesNotTakeAMailIsToldApart(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for name, c := range map[string]struct {
		server *mailServer
		change func(*notify.Mail)
		want   error
		takes  int
	}{
		"a server that offers no STARTTLS is not spoken to in the clear": {server: &mailServer{withoutStartTLS: true, mechanisms: "PLAIN"},
			want: &directory.RefusedError{Call: "SMTP STARTTLS it", Code: "no-starttls"}},
		"a server without AUTH, where a name is configured": {server: &mailServer{}, want: &directory.RefusedError{Call: "SMTP AUTH it", Code: "no-auth"}},
		"a wrong password": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"AUTH": "535 5.7.8 wrong"}},
			want: &directory.AuthError{Call: "SMTP AUTH it", Status: 535, Detail: "5.7.8 wrong"}},
		"a server that wants another mechanism": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"AUTH": "334 V2hhdD8="}},
			want: &directory.RefusedError{Call: "SMTP AUTH it", Code: "auth-mechanism", Detail: "the server asked for what a password does not answer"}},
		"a busy server": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"MAIL": "451 4.3.2 later"}},
			want: &directory.UnavailableError{Call: "SMTP MAIL it", Status: 451, Detail: "4.3.2 later"}},
		"a server that wants to be asked again for a recipient": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"RCPT": "450 4.2.0 greylisted"}},
			want: &directory.UnavailableError{Call: "SMTP RCPT it", Status: 450, Detail: "4.2.0 greylisted"}},
		"a recipient that is not there": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"RCPT": "550 5.1.1 unknown"}},
			want: &directory.RefusedError{Call: "SMTP RCPT it", Status: 550, Code: "recipient", Detail: "5.1.1 unknown"}},
		"one of two recipients that is not there keeps nothing from the other": {
			server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"RCPT TO:<GONE@": "550 5.1.1 unknown"}},
			change: func(m *notify.Mail) { m.To = []string{"gone@example.com", "it@example.com"} },
			want:   &directory.RefusedError{Call: "SMTP RCPT it", Status: 550, Code: "recipient", Detail: "5.1.1 unknown"}, takes: 1},
		"one of two recipients that is put off puts all off": {
			server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"RCPT TO:<SLOW@": "450 4.2.0 greylisted"}},
			change: func(m *notify.Mail) { m.To = []string{"it@example.com", "slow@example.com"} },
			want:   &directory.UnavailableError{Call: "SMTP RCPT it", Status: 450, Detail: "4.2.0 greylisted"}},
		"a mail that is refused": {server: &mailServer{mechanisms: "PLAIN", answers: map[string]string{"DATA": "554 5.7.1 no"}},
			want: &directory.RefusedError{Call: "SMTP DATA it", Status: 554, Detail: "5.7.1 no"}},
		"a connection that breaks before the text": {server: &mailServer{mechanisms: "PLAIN", hangUp: "MAIL"},
			want: &directory.UnavailableError{Call: "SMTP MAIL it", Detail: "EOF"}},
		"a connection that breaks after the text": {server: &mailServer{mechanisms: "PLAIN", hangUp: "."},
			want: &directory.UnavailableError{Call: "SMTP DATA it", Detail: "EOF", Ambiguous: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.server.start(t)
			err := through(t, s, func(m *notify.Mail) {
				m.Username, m.Password = "rollcall", secret
				if c.change != nil {
					c.change(m)
				}
			}).Deliver(t.Context(), "it", encoded(t, notify.Test(noon)))
			if diff := cmp.Diff(c.want, err); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "@") {
				t.Errorf("the error shows too much: %s", err)
			}
			if took := s.took(); len(took) != c.takes {
				t.Errorf("the server took %d mails, want %d", len(took), c.takes)
			}
			if c.server.withoutStartTLS && s.heard("AUTH") {
				t.Error("the password went over the line in the clear")
			}
		})
	}
}

func TestAMailServerWhoseCertificateIsNotTrustedGetsNothing(t *testing.T) {
	t.Parallel()
	s := (&mailServer{mechanisms: "PLAIN"}).start(t)
	s.roots = (&mailServer{}).start(t).roots
	err := through(t, s, func(m *notify.Mail) { m.Username, m.Password = "rollcall", "s3cr3t" }).Deliver(t.Context(), "it", encoded(t, notify.Test(noon)))
	var unavailable *directory.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Call != "SMTP STARTTLS it" {
		t.Errorf("the error is %v, want the server to be unavailable at STARTTLS", err)
	}
	if s.heard("AUTH") || len(s.took()) > 0 {
		t.Error("a server that is not trusted was spoken to")
	}
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	// The server never ends its answer to the first command; the context ends meanwhile.
	s := (&mailServer{greeted: make(chan struct{}), answers: map[string]string{"EHLO": "250-still thinking"}}).start(t)
	done := make(chan error, 1)
	n, payload := through(t, s, nil), encoded(t, notify.Test(noon))
	go func() { done <- n.Deliver(ctx, "it", payload) }()
	select {
	case <-s.greeted:
	case err := <-done:
		t.Fatalf("it ended by itself: %v", err)
	}
	cancel()
	var unavailable *directory.UnavailableError
	if err := <-done; !errors.As(err, &unavailable) {
		t.Errorf("the error is %v, want the server to be unavailable", err)
	}
}
