package oktasim

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-sync/rollcall/internal/sandbox/fault"
)

// API is the name under which the fault engine knows this stand-in.
const API = "okta"

// Options shapes a stand-in.
type Options struct {
	// Token is what clients must send as "SSWS <token>".
	Token string
	// AppID is the id of the one application; empty means DefaultAppID.
	AppID string
	// Engine decides on faults and limits, and logs calls; nil means one of
	// its own.
	Engine *fault.Engine
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// StaleFor is how far behind a list with the Stale effect is; 0 means five
	// seconds.
	StaleFor time.Duration
	// LogLag is how long after its publication an event of the system log is
	// persisted, and so can be read.
	LogLag time.Duration
	// Concurrency is how many calls may be under way at once before others are
	// answered 429; 0 means any number. Okta allows 75 to most organisations.
	Concurrency int
}

// DefaultAppID is the application's id unless Options has another.
const DefaultAppID = "0oa1sbx0000000000app"

// Sim is the stand-in. It is safe for concurrent use.
type Sim struct {
	opts    Options
	engine  *fault.Engine
	handler http.Handler
	// underway counts calls being performed, for Options.Concurrency.
	underway atomic.Int64

	mu      sync.RWMutex
	users   []*user // in order of id
	byID    map[string]*user
	byLogin map[string]*user // lower case
	groups  []*group         // in order of id
	groupID map[string]*group
	// everyone holds all users without listing them.
	everyone *group
	app      *app
	journal  []entry
	log      []*event
	// ids counts what was ever created, so that no id is given twice.
	ids int64
}

// New returns a stand-in of an organisation in which nobody is yet: there are
// the group Everyone and one application.
func New(opts Options) *Sim {
	if opts.AppID == "" {
		opts.AppID = DefaultAppID
	}
	if opts.Engine == nil {
		opts.Engine = fault.New(1)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.StaleFor == 0 {
		opts.StaleFor = 5 * time.Second
	}
	s := &Sim{
		opts: opts, engine: opts.Engine,
		byID: map[string]*user{}, byLogin: map[string]*user{}, groupID: map[string]*group{},
	}
	now := s.now()
	s.everyone = &group{id: s.newID("00g"), rec: &groupRecord{
		Name: "Everyone", Description: "All users in your organization", Type: builtIn,
		Created: now, LastUpdated: now, LastMembershipUpdated: now,
	}}
	s.groups = []*group{s.everyone}
	s.groupID[s.everyone.id] = s.everyone
	s.app = &app{id: opts.AppID, created: now, direct: map[*user]time.Time{}}
	s.handler = s.routes()
	return s
}

// Handler serves the API; its paths begin with /api/v1.
func (s *Sim) Handler() http.Handler { return s.handler }

// AppID returns the application's id.
func (s *Sim) AppID() string { return s.app.id }

// now is the time to the millisecond, which is all that Okta states.
func (s *Sim) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }
