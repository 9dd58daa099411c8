package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
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
	// Targets are the kinds of the sandbox's targets (see Kinds), each once; none
	// means atlassian-cloud alone. Each is an organisation or a server of its
	// own, at an address of its own.
	Targets []string
	// OktaAddr and AtlassianAddr are where Start listens; empty means a free
	// port of the loopback interface.
	OktaAddr, AtlassianAddr string
	// Logger gets what goes wrong inside the stand-ins themselves; nil means
	// text on standard error.
	Logger *slog.Logger
}

// Server is a sandbox.
type Server struct {
	// Engine decides on faults and limits of all stand-ins and logs their calls.
	Engine *fault.Engine
	// Okta and Atlassian are stand-ins, for callers in this process; Atlassian
	// is nil in a sandbox without atlassian-cloud.
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
	targets []*standIn
	okta    *listening
	// at are the targets' servers, in the order of targets.
	at []*listening
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
	engine := fault.New(opts.Seed)
	s := &Server{
		Engine: engine,
		Okta:   oktasim.New(oktasim.Options{Token: opts.OktaToken, AppID: opts.AppID, Engine: engine, StaleFor: opts.StaleFor}),
		opts:   opts,
	}
	org := people.People(opts.People, opts.Groups, opts.Seed, people.Options{
		Uniform: opts.Uniform, Memberships: opts.Memberships, Now: time.Now(),
	})
	if err := s.Okta.Load(org); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := s.buildTargets(opts); err != nil {
		return nil, err
	}
	if err := s.seedAccounts(); err != nil {
		return nil, err
	}
	for _, t := range s.targets {
		t.initial = t.state()
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

// adminPrefix begins the paths of the admin endpoint, at every address.
const adminPrefix = "/_sandbox/"

// OktaHandler serves the Okta stand-in and the admin endpoint.
func (s *Server) OktaHandler() http.Handler { return s.withAdmin(s.Okta.Handler()) }

// AtlassianHandler serves the stand-in of Atlassian Cloud and the admin
// endpoint.
func (s *Server) AtlassianHandler() http.Handler { return s.TargetHandler(AtlassianCloud) }

// TargetHandler serves the stand-in of a kind and the admin endpoint; nil for a
// kind that the sandbox has no target of.
func (s *Server) TargetHandler(kind string) http.Handler {
	t := s.target(kind)
	if t == nil {
		return nil
	}
	return s.withAdmin(t.handler)
}

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
