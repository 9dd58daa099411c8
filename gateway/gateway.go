package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-sync/rollcall/internal/config"
	"github.com/rollcall-sync/rollcall/internal/scim"
	"github.com/rollcall-sync/rollcall/internal/store"
)

// Store is what the gateway needs of the database. *store.Store is one; the
// errors are documented there.
type Store interface {
	ScimCaller(ctx context.Context, connection, digest string, now time.Time) (store.ScimCaller, error)
	ScimTokens(ctx context.Context, connection string) ([]store.ScimToken, error)
	TouchScimToken(ctx context.Context, tokenID int64, now time.Time) error
	ScimBacklogs(ctx context.Context) ([]store.ScimBacklog, error)
	ConnectionID(ctx context.Context, name string) (int64, error)

	CreateScim(ctx context.Context, w store.ScimWrite, document scim.Resource, members []scim.Member) (store.ScimChanged, error)
	ChangeScim(ctx context.Context, w store.ScimWrite, scimID string, change func(store.ScimResource) (store.ScimEdit, error)) (store.ScimChanged, error)
	DeleteScim(ctx context.Context, w store.ScimWrite, scimID string, check func(store.ScimResource) error) (store.ScimChanged, error)
	ScimResource(ctx context.Context, connectionID int64, t *scim.ResourceType, scimID string, parts store.ScimParts) (store.ScimResource, error)
	ScimList(ctx context.Context, q store.ScimQuery) (store.ScimPage, error)
	ScimMembersExceed(ctx context.Context, groupID int64, limit int) (bool, error)
	LogScim(ctx context.Context, requests []store.ScimRequest) error
}

// Options are what a gateway is made of.
type Options struct {
	Store Store
	// Connections are those that accept pushes, by name.
	Connections map[string]*Connection
	// Wake tells the workflows of some shards of a connection that they have
	// something to do. It does not block; nil wakes nobody.
	Wake     func(connection string, shards []int)
	Settings config.Scim
	// Registry gets the metrics; nil for none.
	Registry *prometheus.Registry
	Log      *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Connection is a connection that accepts pushes.
type Connection struct {
	Name     string
	Settings config.ConnectionScim
	Registry *scim.Registry
}

// Gateway answers SCIM requests. It is safe for concurrent use, and keeps
// nothing in memory that another gateway on the same database could make
// untrue.
type Gateway struct {
	store    Store
	doors    map[string]*door
	wake     func(string, []int)
	settings config.Scim
	log      *slog.Logger
	now      func() time.Time
	router   *mux.Router
	metrics  *metrics
	slots    chan struct{}
	logins   *logins
	requests *requestLog
	buffers  buffers
	touches  *touches
	proxies  proxies
}

// New makes a gateway. Run does its work in the background; Serve does both
// and listens.
func New(o Options) (*Gateway, error) {
	if len(o.Connections) == 0 {
		return nil, errors.New("no connection accepts pushes; give one a source with kind: scim, or with also: scim")
	}
	g := &Gateway{
		store: o.Store, doors: make(map[string]*door, len(o.Connections)), wake: o.Wake, settings: o.Settings, log: o.Log, now: o.Now,
		slots: make(chan struct{}, o.Settings.Concurrency), logins: newLogins(o.Settings.FailedLogins),
	}
	if g.wake == nil {
		g.wake = func(string, []int) {}
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.now == nil {
		g.now = time.Now
	}
	for name, c := range o.Connections {
		g.doors[name] = newDoor(c)
	}
	var err error
	if g.proxies, err = newProxies(o.Settings); err != nil {
		return nil, err
	}
	if g.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, err
	}
	g.requests = newRequestLog(o.Store, g.metrics, g.log)
	g.touches = newTouches(o.Store)
	g.router = g.routes()
	return g, nil
}

// Handler answers requests.
func (g *Gateway) Handler() http.Handler { return g }

// Run writes the log of requests, the last use of tokens and the metrics about
// tokens until ctx ends; then it writes what is left.
func (g *Gateway) Run(ctx context.Context) {
	second := time.NewTicker(logEvery)
	defer second.Stop()
	measured := time.NewTicker(measureEvery)
	defer measured.Stop()
	g.measure(ctx)
	for {
		select {
		case <-ctx.Done():
			// What was accepted is written though the context has ended; the
			// database has this long for it.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
			defer cancel()
			g.touch(ctx)
			g.requests.flush(ctx)
			return
		case <-second.C:
			g.touch(ctx)
			g.requests.flush(ctx)
		case <-measured.C:
			g.measure(ctx)
		}
	}
}

const (
	// logEvery is how often the log of requests is written.
	logEvery = time.Second
	// measureEvery is how often the metrics about tokens and about what waits
	// are renewed.
	measureEvery = 15 * time.Second
	// flushTimeout is how long a stopping gateway waits for the database.
	flushTimeout = 5 * time.Second
)

// base is the path of a base URL, without a slash at its end.
func base(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("scim.base_url: %w", err)
	}
	return strings.TrimRight(u.EscapedPath(), "/"), nil
}
