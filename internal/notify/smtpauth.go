package notify

import (
	"bytes"
	"errors"
	"net/smtp"
	"slices"
	"strings"
)

var (
	errInsecure  = errors.New("a password is sent over TLS, or to this machine, and nowhere else")
	errChallenge = errors.New("the server asked for what a password does not answer")
)

// auth chooses how to sign in: PLAIN where the server has it, else LOGIN,
// which some large providers have alone.
func (s *mailer) auth(mechanisms string) smtp.Auth {
	offered := strings.Fields(strings.ToUpper(mechanisms))
	return password{username: s.mail.Username, password: s.mail.Password, host: s.host, login: !slices.Contains(offered, "PLAIN") && slices.Contains(offered, "LOGIN")}
}

// password signs in with a name and a password: by PLAIN (RFC 4616) or LOGIN
// (draft-murchison-sasl-login).
type password struct {
	username, password, host string
	login                    bool
}

// Start begins. It fails before anything was sent where others could listen.
func (p password) Start(server *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	if !server.TLS && !loopback(p.host) {
		return "", nil, errInsecure
	}
	if p.login {
		return "LOGIN", nil, nil
	}
	return "PLAIN", []byte("\x00" + p.username + "\x00" + p.password), nil
}

// Next answers what the server asks.
func (p password) Next(asked []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case p.login && bytes.HasPrefix(bytes.ToLower(asked), []byte("user")):
		return []byte(p.username), nil
	case p.login && bytes.HasPrefix(bytes.ToLower(asked), []byte("pass")):
		return []byte(p.password), nil
	}
	return nil, errChallenge
}
