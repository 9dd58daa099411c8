package notify

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
)

// subject is what every mail's subject begins with, to filter by.
const subject = "[Rollcall] "

// compose writes a mail: RFC 5322, plain text, and marked as written by a
// program (RFC 3834), so that nobody's absence note answers it. Its Message-ID
// stays the same when it is sent again.
func (s *mailer) compose(m Message) ([]byte, error) {
	to := make([]string, len(s.to))
	for i, address := range s.to {
		to[i] = address.String()
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	var text bytes.Buffer
	for _, header := range [][2]string{
		{"Date", s.now().UTC().Format(time.RFC1123Z)},
		{"From", s.from.String()},
		{"To", strings.Join(to, ",\r\n ")},
		{"Subject", mime.QEncoding.Encode("utf-8", subject+m.Title)},
		{"Message-ID", fmt.Sprintf("<%s.%s@%s>", m.ID, messagePart(s.name), domain)},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
		{"Auto-Submitted", "auto-generated"},
	} {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	body := quotedprintable.NewWriter(&text)
	if _, err := fmt.Fprintf(body, "%s\r\n\r\n%s\r\n", lines(m.Text), lines(m.Next)); err != nil {
		return nil, fmt.Errorf("encode the text: %w", err)
	}
	if err := body.Close(); err != nil {
		return nil, fmt.Errorf("encode the text: %w", err)
	}
	return text.Bytes(), nil
}

// lines ends each line as mail does.
func lines(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// messagePart makes a destination's name fit for a Message-ID.
func messagePart(name string) string { return fmt.Sprintf("%x", name) }
