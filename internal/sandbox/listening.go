package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// listening is one of the HTTP servers.
type listening struct {
	url    string
	server *http.Server
	// done is closed when the server has ended, with err.
	done chan struct{}
	err  error
}

// Start listens and serves until Close. It returns an error if an address
// cannot be listened on, or when called twice.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("sandbox: started already")
	}
	okta, err := listen(s.opts.OktaAddr)
	if err != nil {
		return fmt.Errorf("sandbox: listen for Okta: %w", err)
	}
	listeners := []net.Listener{okta}
	for _, t := range s.targets {
		address := ""
		if t.kind == AtlassianCloud {
			address = s.opts.AtlassianAddr
		}
		l, err := listen(address)
		if err != nil {
			errs := []error{fmt.Errorf("sandbox: listen for %s: %w", t.kind, err)}
			for _, open := range listeners {
				errs = append(errs, open.Close())
			}
			return errors.Join(errs...)
		}
		listeners = append(listeners, l)
	}
	s.started = true
	errorLog := slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelError)
	s.okta = serve(okta, s.OktaHandler(), errorLog)
	for i, t := range s.targets {
		s.at = append(s.at, serve(listeners[1+i], s.withAdmin(t.handler), errorLog))
	}
	return nil
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return net.Listen("tcp", addr)
}

func serve(on net.Listener, handler http.Handler, errorLog *log.Logger) *listening {
	l := &listening{
		url: "http://" + on.Addr().String(),
		server: &http.Server{
			Handler: handler, ErrorLog: errorLog,
			// A client that sends its request this slowly is gone.
			ReadHeaderTimeout: 10 * time.Second,
		},
		done: make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		l.err = l.server.Serve(on)
	}()
	return l
}

// OktaURL is the base URL of the Okta stand-in; empty before Start.
func (s *Server) OktaURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.okta == nil {
		return ""
	}
	return s.okta.url
}

// AtlassianURL is the base URL of the stand-in of Atlassian Cloud; empty before
// Start. The organization API is under its path /admin.
func (s *Server) AtlassianURL() string { return s.TargetURL(AtlassianCloud) }

// TargetURL is the base URL of the stand-in of a kind; empty before Start, and
// for a kind that the sandbox has no target of.
func (s *Server) TargetURL(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.at {
		if s.targets[i].kind == kind {
			return l.url
		}
	}
	return ""
}

// OktaToken is the token that the Okta stand-in accepts.
func (s *Server) OktaToken() string { return s.opts.OktaToken }

// Close cuts all connections, stops listening, and waits for the servers to
// end. Closing twice, or before Start, does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, l := range s.servers() {
		errs = append(errs, l.server.Close())
		<-l.done
		if !errors.Is(l.err, http.ErrServerClosed) {
			errs = append(errs, l.err)
		}
	}
	return errors.Join(errs...)
}

// wait returns when the context ends, or with the error of a server that
// ended by itself.
func (s *Server) wait(ctx context.Context) error {
	ended := make(chan error, len(s.servers()))
	for _, l := range s.servers() {
		go func() {
			<-l.done
			ended <- l.err
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return fmt.Errorf("sandbox: serve: %w", err)
	}
}

// servers are the HTTP servers of a started sandbox.
func (s *Server) servers() []*listening { return append([]*listening{s.okta}, s.at...) }
