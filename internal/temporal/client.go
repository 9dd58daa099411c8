package temporal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/rollcall-sync/rollcall/internal/config"
)

// Options are what a client needs besides the configuration.
type Options struct {
	Temporal config.Temporal
	// Logger gets the client's and the workers' messages.
	Logger *slog.Logger
	// Metrics counts what the client and its workers do; nil for none. See
	// NewMetrics.
	Metrics client.MetricsHandler
	// Identity names this process in workflow histories and in the list of
	// pollers; empty for process id and host.
	Identity string
}

// Dial connects to the Temporal server and waits until it answers or ctx ends.
// An error says which address was tried; it never holds the API key. The
// caller closes the client, after the workers that use it have stopped.
func Dial(ctx context.Context, o Options) (client.Client, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s, namespace %s: %w", o.Temporal.Address, o.Temporal.Namespace, err)
	}
	return c, nil
}

func clientOptions(o Options) (client.Options, error) {
	options := client.Options{
		HostPort:       o.Temporal.Address,
		Namespace:      o.Temporal.Namespace,
		MetricsHandler: o.Metrics,
		Identity:       o.Identity,
	}
	if o.Logger != nil {
		options.Logger = log.NewStructuredLogger(o.Logger)
	}
	if !o.Temporal.APIKey.IsZero() {
		options.Credentials = client.NewAPIKeyStaticCredentials(o.Temporal.APIKey.Reveal())
	}
	encryption, err := tlsConfig(o.Temporal)
	if err != nil {
		return client.Options{}, err
	}
	options.ConnectionOptions.TLS = encryption
	return options, nil
}

// tlsConfig returns nil for a plain connection. An API key is never sent over
// one.
func tlsConfig(t config.Temporal) (*tls.Config, error) {
	if t.TLS == nil && t.APIKey.IsZero() {
		return nil, nil
	}
	encryption := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.TLS == nil {
		return encryption, nil
	}
	encryption.ServerName = t.TLS.ServerName
	if t.TLS.CA != "" {
		pem, err := os.ReadFile(t.TLS.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificate authority of Temporal: %w", err)
		}
		encryption.RootCAs = x509.NewCertPool()
		if !encryption.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the certificate authority of Temporal: no certificate in %s", t.TLS.CA)
		}
	}
	if t.TLS.Cert == "" {
		return encryption, nil
	}
	if _, err := tls.LoadX509KeyPair(t.TLS.Cert, t.TLS.Key); err != nil {
		return nil, fmt.Errorf("read the client certificate for Temporal: %w", err)
	}
	// Read again for each handshake: short-lived certificates are replaced on
	// disk while the worker runs.
	encryption.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(t.TLS.Cert, t.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate for Temporal: %w", err)
		}
		return &pair, nil
	}
	return encryption, nil
}
