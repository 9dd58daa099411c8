package temporal_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/temporal"
)

// frontend answers the first question of a client and keeps its headers.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	mu      sync.Mutex
	headers metadata.MD
}

func (f *frontend) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.headers, _ = metadata.FromIncomingContext(ctx)
	return &workflowservice.GetSystemInfoResponse{}, nil
}

func serve(t *testing.T, options ...grpc.ServerOption) (*frontend, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, f := grpc.NewServer(options...), &frontend{}
	workflowservice.RegisterWorkflowServiceServer(server, f)
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return f, listener.Addr().String()
}

// pair writes a self-signed certificate for temporal.test and its key, and
// returns it for the server's use.
func pair(t *testing.T) (folder string, certificate tls.Certificate, pool *x509.CertPool) {
	t.Helper()
	folder = t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"temporal.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	for name, content := range map[string][]byte{"cert.pem": certPEM, "key.pem": keyPEM} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err = tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return folder, certificate, pool
}

func TestAClientProvesWhoItIsAndChecksTheServer(t *testing.T) {
	t.Parallel()
	folder, certificate, pool := pair(t)
	f, address := serve(t, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12,
	})))
	var log bytes.Buffer
	c, err := temporal.Dial(t.Context(), temporal.Options{
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Temporal: config.Temporal{
			Address: address, Namespace: "default", APIKey: config.NewSecret("hunter2"),
			TLS: &config.TLS{CA: filepath.Join(folder, "cert.pem"), Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem"), ServerName: "temporal.test"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := f.headers.Get("authorization"); len(got) != 1 || got[0] != "Bearer hunter2" {
		t.Errorf("authorization of %d values; want the API key", len(got))
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("the API key is in the log: %s", log.String())
	}
}

func TestAPlainConnectionIsPlain(t *testing.T) {
	t.Parallel()
	_, address := serve(t)
	registry := prometheus.NewRegistry()
	metrics, err := temporal.NewMetrics(registry, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := temporal.Dial(t.Context(), temporal.Options{
		Temporal: config.Temporal{Address: address, Namespace: "default"}, Metrics: metrics.Handler, Identity: "worker-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		names = append(names, family.GetName())
	}
	if !strings.Contains(strings.Join(names, " "), "temporal_request") {
		t.Errorf("metrics %v; want the SDK's requests", names)
	}
	if err := metrics.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnAPIKeyIsNeverSentOverAPlainConnection(t *testing.T) {
	t.Parallel()
	f, address := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	c, err := temporal.Dial(ctx, temporal.Options{Temporal: config.Temporal{Address: address, Namespace: "prod", APIKey: config.NewSecret("hunter2")}})
	if err == nil {
		c.Close()
		t.Fatal("connected; want an error, since the server speaks no TLS")
	}
	if !strings.Contains(err.Error(), "connect to Temporal at "+address+", namespace prod") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v; want one with the address and without the key", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.headers != nil {
		t.Error("the server was sent headers")
	}
}

func TestFilesThatCannotBeReadAreReportedBeforeConnecting(t *testing.T) {
	t.Parallel()
	folder, _, _ := pair(t)
	empty := filepath.Join(folder, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		tls  config.TLS
		want string
	}{
		"an authority that is not there":  {config.TLS{CA: filepath.Join(folder, "none.pem")}, "read the certificate authority of Temporal"},
		"an authority that is none":       {config.TLS{CA: empty}, "no certificate in"},
		"a certificate that is not there": {config.TLS{Cert: filepath.Join(folder, "none.pem"), Key: filepath.Join(folder, "key.pem")}, "read the client certificate for Temporal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := temporal.Dial(t.Context(), temporal.Options{Temporal: config.Temporal{Address: "127.0.0.1:1", TLS: &test.tls}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want …%s…", err, test.want)
			}
		})
	}
}
