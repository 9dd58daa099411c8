package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/atlassiansim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/compare"
	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
	"github.com/rollcall-sync/rollcall/internal/sandbox/oktasim"
	"github.com/rollcall-sync/rollcall/internal/sandbox/people"
)

// DefaultOktaToken is the token of an Okta stand-in whose options give none.
const DefaultOktaToken = "sandbox-okta-token"

// LatencyRule is the id of the rule by which Options.Latency is in force.
const LatencyRule = "latency"

// Options shape a sandbox.
type Options struct {
	// People and Groups are how many the Okta organisation has.
	People, Groups int
	// Memberships is how many groups a person is in (see people.Options).
	Memberships int
	// Uniform asks for the shape that is measured: everybody active.
	Uniform bool
	// Unmanaged leaves the organisation's mail domain unverified, so that the
	// names and addresses of accounts cannot be written.
	Unmanaged bool
	// Seed decides who the people are, and what faults draw.
	Seed int64
	// OktaToken, AtlassianKey, OrgID, DirectoryID and AppID have defaults.
	OktaToken, AtlassianKey   string
	OrgID, DirectoryID, AppID string
	// Latency is how long every call takes at least.
	Latency time.Duration
	// PublishedLimits puts Okta's published rate limits in force. Atlassian
	// publishes no numbers for its organization API.
	PublishedLimits bool
	// SeatLimit is how many people may have each Atlassian product; 0 means any
	// number.
	SeatLimit int
	// StaleFor is how far behind a list with the fault "stale" is; 0 leaves it
	// to each stand-in (a few seconds).
	StaleFor time.Duration
	// OktaAddr and AtlassianAddr are where Start listens; empty means a free
	// port of the loopback interface.
	OktaAddr, AtlassianAddr string
	// Logger gets what goes wrong inside the stand-ins themselves; nil means
	// text on standard error.
	Logger *slog.Logger
}

// Server is a sandbox.
type Server struct {
	// Engine decides on faults and limits of both stand-ins and logs their
	// calls.
	Engine *fault.Engine
	// Okta and Atlassian are the stand-ins, for callers in this process.
	Okta      *oktasim.Sim
	Atlassian *atlassiansim.Sim
	// Initial is the Atlassian organisation as it was before anybody wrote to
	// it: its administrators and default groups.
	Initial atlassiansim.Snapshot

	opts    Options
	mu      sync.Mutex
	earlier []compare.OktaState
	started bool
	closed  bool
	okta    listening
	atl     listening
}

// listening is one of the two HTTP servers.
type listening struct {
	url    string
	server *http.Server
	done   chan error
}

// New makes a sandbox that is not served yet. It returns an error if the
// options ask for what cannot be.
func New(opts Options) (*Server, error) {
	if opts.People < 0 || opts.Groups < 0 || opts.Memberships < 0 || opts.Latency < 0 {
		return nil, errors.New("sandbox: numbers of people, groups and memberships, and the latency, cannot be negative")
	}
	if opts.OktaToken == "" {
		opts.OktaToken = DefaultOktaToken
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	managed := []string{people.Domain}
	if opts.Unmanaged {
		managed = nil
	}
	engine := fault.New(opts.Seed)
	s := &Server{
		Engine: engine,
		Okta:   oktasim.New(oktasim.Options{Token: opts.OktaToken, AppID: opts.AppID, Engine: engine, StaleFor: opts.StaleFor}),
		Atlassian: atlassiansim.New(atlassiansim.Options{
			OrgID: opts.OrgID, DirectoryID: opts.DirectoryID, APIKey: opts.AtlassianKey, Engine: engine,
			Managed: managed, SeatLimit: opts.SeatLimit, Staleness: opts.StaleFor, Seed: opts.Seed,
		}),
		opts: opts,
	}
	s.Initial = s.Atlassian.State()
	org := people.People(opts.People, opts.Groups, opts.Seed, people.Options{
		Uniform: opts.Uniform, Memberships: opts.Memberships, Now: time.Now(),
	})
	if err := s.Okta.Load(org); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if opts.Latency > 0 {
		engine.Add(fault.Rule{ID: LatencyRule, Kind: fault.Latency, Delay: fault.Duration(opts.Latency)})
	}
	if opts.PublishedLimits {
		for bucket, limit := range oktasim.PublishedLimits() {
			engine.SetLimit(oktasim.API, bucket, limit)
		}
	}
	return s, nil
}

// adminPrefix begins the paths of the admin endpoint, at both addresses.
const adminPrefix = "/_sandbox/"

// OktaHandler serves the Okta stand-in and the admin endpoint.
func (s *Server) OktaHandler() http.Handler { return s.withAdmin(s.Okta.Handler()) }

// AtlassianHandler serves the Atlassian stand-in and the admin endpoint.
func (s *Server) AtlassianHandler() http.Handler { return s.withAdmin(s.Atlassian.Handler()) }

func (s *Server) withAdmin(sim http.Handler) http.Handler {
	admin := s.adminRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, adminPrefix) {
			admin.ServeHTTP(w, r)
			return
		}
		sim.ServeHTTP(w, r)
	})
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
	atlassian, err := listen(s.opts.AtlassianAddr)
	if err != nil {
		return errors.Join(fmt.Errorf("sandbox: listen for Atlassian: %w", err), okta.Close())
	}
	s.started = true
	errorLog := slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelError)
	s.okta = serve(okta, s.OktaHandler(), errorLog)
	s.atl = serve(atlassian, s.AtlassianHandler(), errorLog)
	return nil
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return net.Listen("tcp", addr)
}

func serve(on net.Listener, handler http.Handler, errorLog *log.Logger) listening {
	l := listening{
		url: "http://" + on.Addr().String(),
		server: &http.Server{
			Handler: handler, ErrorLog: errorLog,
			// A client that sends its request this slowly is gone.
			ReadHeaderTimeout: 10 * time.Second,
		},
		done: make(chan error, 1),
	}
	go func() { l.done <- l.server.Serve(on) }()
	return l
}

// OktaURL is the base URL of the Okta stand-in; empty before Start.
func (s *Server) OktaURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.okta.url
}

// AtlassianURL is the base URL of the Atlassian stand-in; empty before Start.
// The organization API is under its path /admin.
func (s *Server) AtlassianURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atl.url
}

// OktaToken is the token that the Okta stand-in accepts.
func (s *Server) OktaToken() string { return s.opts.OktaToken }

// Close cuts all connections, stops listening, and waits for both servers to
// end. Closing twice, or before Start, does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started || s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, l := range []listening{s.okta, s.atl} {
		errs = append(errs, l.server.Close())
		if err := <-l.done; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// wait returns when the context ends, or with the error of a server that
// ended by itself.
func (s *Server) wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		return nil
	case err = <-s.okta.done:
		s.okta.done <- err
	case err = <-s.atl.done:
		s.atl.done <- err
	}
	return fmt.Errorf("sandbox: serve: %w", err)
}
