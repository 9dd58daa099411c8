package gateway

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// certificate is a certificate that is read again when one of its files has
// changed, as those are that a program renews.
type certificate struct {
	files config.ServerTLS
	log   *slog.Logger

	mu        sync.Mutex
	pair      *tls.Certificate
	cert, key os.FileInfo
}

// newCertificate reads the files; what is wrong with them is said at the start.
func newCertificate(files config.ServerTLS, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: files, log: log}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// config accepts TLS 1.2 and later, with HTTP/2 where the client has it.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil }}
}

// current is the certificate for a handshake. New files that do not fit
// together, as while they are being replaced, leave the old one in place.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed() {
		if err := c.load(); err != nil {
			c.log.Warn("the new certificate is not used yet", "error", err)
		} else {
			c.log.Info("the certificate was read again", "file", c.files.Cert)
		}
	}
	return c.pair
}

// changed compares the files with those that were tried last. A file that is
// not there now is about to be.
func (c *certificate) changed() bool {
	cert, certErr := os.Stat(c.files.Cert)
	key, keyErr := os.Stat(c.files.Key)
	return certErr == nil && keyErr == nil && !(same(cert, c.cert) && same(key, c.key))
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// load reads the files. They are looked at before they are read, so that what
// changes in between is seen the next time.
func (c *certificate) load() error {
	cert, err := os.Stat(c.files.Cert)
	if err != nil {
		return fmt.Errorf("scim.tls.cert: %w", err)
	}
	key, err := os.Stat(c.files.Key)
	if err != nil {
		return fmt.Errorf("scim.tls.key: %w", err)
	}
	c.cert, c.key = cert, key
	pair, err := tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	if err != nil {
		return fmt.Errorf("scim.tls: %w", err)
	}
	c.pair = &pair
	return nil
}
