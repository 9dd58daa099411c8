package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer is a small SMTP server (RFC 5321) with STARTTLS (RFC 3207) and
// AUTH (RFC 4954).
type mailServer struct {
	// answers replaces what the server says to a command, by the command's
	// beginning in capitals: "RCPT TO:<GONE@EXAMPLE.COM>".
	answers map[string]string
	// mechanisms are those that AUTH offers.
	mechanisms string
	// withoutStartTLS does not offer it; implicit begins with TLS.
	withoutStartTLS, implicit bool
	// hangUp closes the connection instead of answering the command.
	hangUp string
	// greeted, when set, is closed at the first EHLO.
	greeted chan struct{}

	address string
	roots   *x509.CertPool
	tls     *tls.Config

	mu       sync.Mutex
	mails    []delivered
	commands []string
}

// delivered is a mail that the server took.
type delivered struct {
	From string
	To   []string
	// SignedIn is name and password, Encrypted whether they came over TLS.
	SignedIn  string
	Encrypted bool
	Text      string
}

func (s *mailServer) start(t *testing.T) *mailServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certificate)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() { s.serve(connection) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // a second close by the test itself is no matter
		sessions.Wait()
	})
	return s
}

// session is one connection's state.
type session struct {
	server *mailServer
	conn   net.Conn
	lines  *bufio.Scanner
	mail   delivered
}

func (s *mailServer) serve(connection net.Conn) {
	if s.implicit {
		connection = tls.Server(connection, s.tls)
	}
	c := &session{server: s, conn: connection, lines: bufio.NewScanner(connection), mail: delivered{Encrypted: s.implicit}}
	defer func() { _ = c.conn.Close() }() // the client may have closed first
	if !c.say("220 mail.test ESMTP") {
		return
	}
	for c.lines.Scan() && c.command(c.lines.Text()) {
	}
}

func (c *session) say(line string) bool {
	_, err := c.conn.Write([]byte(line + "\r\n"))
	return err == nil
}

// command answers a line and reports whether the session goes on.
func (c *session) command(line string) bool {
	s, capitals := c.server, strings.ToUpper(line)
	s.mu.Lock()
	s.commands = append(s.commands, line)
	s.mu.Unlock()
	if s.greeted != nil && strings.HasPrefix(capitals, "EHLO") {
		close(s.greeted)
	}
	if s.hangUp != "" && strings.HasPrefix(capitals, s.hangUp) {
		return false
	}
	for beginning, answer := range s.answers {
		if strings.HasPrefix(capitals, beginning) {
			return c.say(answer)
		}
	}
	verb, _, _ := strings.Cut(capitals, " ")
	switch verb {
	case "EHLO":
		return c.greet()
	case "STARTTLS":
		if !c.say("220 go ahead") {
			return false
		}
		c.conn = tls.Server(c.conn, s.tls)
		c.lines, c.mail = bufio.NewScanner(c.conn), delivered{Encrypted: true}
		return true
	case "AUTH":
		return c.signIn(line)
	case "MAIL":
		c.mail.From = inBrackets(line)
		return c.say("250 ok")
	case "RCPT":
		c.mail.To = append(c.mail.To, inBrackets(line))
		return c.say("250 ok")
	case "DATA":
		return c.say("354 go ahead") && c.text()
	case "QUIT":
		c.say("221 bye")
		return false
	}
	return c.say("502 not known")
}

func (c *session) greet() bool {
	extensions := []string{"mail.test", "8BITMIME"}
	if !c.server.withoutStartTLS && !c.mail.Encrypted {
		extensions = append(extensions, "STARTTLS")
	}
	if c.server.mechanisms != "" {
		extensions = append(extensions, "AUTH "+c.server.mechanisms)
	}
	for i, e := range extensions {
		separator := "-"
		if i == len(extensions)-1 {
			separator = " "
		}
		if !c.say("250" + separator + e) {
			return false
		}
	}
	return true
}

func (c *session) signIn(line string) bool {
	words := strings.Fields(line)
	if words[1] == "PLAIN" {
		c.mail.SignedIn = strings.ReplaceAll(strings.TrimPrefix(decoded(words[2]), "\x00"), "\x00", ":")
		return c.say("235 welcome")
	}
	var answers []string
	for _, question := range []string{"Username:", "Password:"} {
		if !c.say("334 "+base64.StdEncoding.EncodeToString([]byte(question))) || !c.lines.Scan() {
			return false
		}
		answers = append(answers, decoded(c.lines.Text()))
	}
	c.mail.SignedIn = strings.Join(answers, ":")
	return c.say("235 welcome")
}

func (c *session) text() bool {
	var text strings.Builder
	for c.lines.Scan() {
		line := c.lines.Text()
		if line == "." {
			s := c.server
			if s.hangUp == "." {
				return false
			}
			c.mail.Text = text.String()
			s.mu.Lock()
			s.mails = append(s.mails, c.mail)
			s.mu.Unlock()
			return c.say("250 taken")
		}
		text.WriteString(strings.TrimPrefix(line, ".") + "\n")
	}
	return false
}

// took returns the mails that the server took so far.
func (s *mailServer) took() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivered(nil), s.mails...)
}

// heard reports whether a client sent a command that begins so.
func (s *mailServer) heard(beginning string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, beginning) {
			return true
		}
	}
	return false
}

func decoded(text string) string {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "not base64"
	}
	return string(raw)
}

func inBrackets(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
