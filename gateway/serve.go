package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Server is a gateway that listens.
type Server struct {
	gateway  *Gateway
	server   *http.Server
	listener net.Listener
	scheme   string
	failed   chan error
	stop     context.CancelFunc
	running  sync.WaitGroup
	once     sync.Once
	closed   error
}

const (
	// headerTimeout is how long a client may take to send the headers.
	headerTimeout = 10 * time.Second
	// idleTimeout is longer than the minute that proxies commonly keep a
	// connection, so that it is not closed under a request.
	idleTimeout = 2 * time.Minute
	// answerTimeout is how long an answer may take to be sent, beside the time
	// that the request has.
	answerTimeout = 30 * time.Second
	// headerMargin is what the headers may have beyond scim.max_header and
	// still get an answer that SCIM clients understand.
	headerMargin = 256 << 10
)

// Serve makes a gateway and listens where the settings say; port 0 takes any
// free one. ctx bounds the start only; the gateway works until Close.
func Serve(ctx context.Context, o Options) (*Server, error) {
	g, err := New(o)
	if err != nil {
		return nil, err
	}
	s := &Server{gateway: g, scheme: "http", failed: make(chan error, 1)}
	s.server = &http.Server{
		Handler: g, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout + o.Settings.RequestTimeout,
		WriteTimeout: headerTimeout + o.Settings.RequestTimeout + answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: int(o.Settings.MaxHeader) + headerMargin, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
	serve := func() error { return s.server.Serve(s.listener) }
	if o.Settings.TLS != nil {
		certificate, err := newCertificate(*o.Settings.TLS, g.log)
		if err != nil {
			return nil, err
		}
		s.scheme, s.server.TLSConfig = "https", certificate.config()
		serve = func() error { return s.server.ServeTLS(s.listener, "", "") }
	}
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", o.Settings.Listen); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%s is in use by another program; choose another address with scim.listen: %w", o.Settings.Listen, err)
		}
		return nil, fmt.Errorf("listen for SCIM requests, scim.listen: %w", err)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.running.Go(func() { g.Run(background) })
	s.running.Go(func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve SCIM requests: %w", err)
		}
	})
	return s, nil
}

// Address is the host:port that is listened on.
func (s *Server) Address() string { return s.listener.Addr().String() }

// BaseURL is the SCIM base URL of a connection, as it is entered at an identity
// provider: below scim.base_url when that is set, else at the address that is
// listened on.
func (s *Server) BaseURL(connection string) string {
	if s.gateway.proxies.base != "" {
		return s.gateway.proxies.base + root + "/" + connection
	}
	return s.scheme + "://" + s.Address() + root + "/" + connection
}

// Failed delivers the error that ended serving without Close.
func (s *Server) Failed() <-chan error { return s.failed }

// Close takes no more requests, finishes those that it accepted, writes what
// is left of the log of requests, and ends. When ctx ends first, what is still
// under way is cut off, and the error says so; what was answered is durable in
// any case. Closing twice does nothing.
func (s *Server) Close(ctx context.Context) error {
	s.once.Do(func() {
		if err := s.server.Shutdown(ctx); err != nil {
			s.closed = errors.Join(fmt.Errorf("finish SCIM requests: %w", err), s.server.Close())
		}
		s.stop()
		s.running.Wait()
	})
	return s.closed
}
